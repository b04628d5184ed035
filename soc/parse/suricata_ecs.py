"""What the records of Suricata's EVE JSON are in ECS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc import instant
from soc.parse import json_values as values, network, sensor, suricata_protocols, url, x509
from soc.parse.dotted import flat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from soc.event import Event
    from soc.parse.format import Document

Section = dict[str, Any]


def _known(value: Any) -> str | None:
    """A word that stands for something; Suricata writes these where it found nothing."""
    return value.lower() if isinstance(value, str) and value not in {"", "failed", "unknown"} else None


def _http_version(value: Any) -> str | None:
    return value.rpartition("/")[2] if isinstance(value, str) and value else None


_Field = tuple[str, "Callable[[Any], Any]"]
# Section and name as Suricata has them -> ECS; what stands here is not repeated below `suricata.eve`.
_FIELDS: dict[str, dict[str, _Field]] = {
    "": {
        "in_iface": ("observer.ingress.interface.name", values.text), "src_port": ("source.port", values.count),
        "dest_port": ("destination.port", values.count), "proto": ("network.transport", _known),
        "app_proto": ("network.protocol", _known), "community_id": ("network.community_id", values.text),
        "host": ("observer.name", values.text), "src_ip": ("source.ip", values.ip), "dest_ip": ("destination.ip", values.ip),
    },
    "alert": {
        "severity": ("event.severity", values.count), "signature": ("rule.name", values.text), "signature_id": ("rule.id", values.identity),
        "category": ("rule.category", values.text), "rev": ("rule.version", values.identity),
    },
    "flow": {
        "pkts_toserver": ("source.packets", values.count), "pkts_toclient": ("destination.packets", values.count),
        "bytes_toserver": ("source.bytes", values.count), "bytes_toclient": ("destination.bytes", values.count),
        "start": ("event.start", values.moment), "end": ("event.end", values.moment), "reason": ("event.reason", values.text),
    },
    "netflow": {
        "pkts": ("source.packets", values.count), "bytes": ("source.bytes", values.count), "start": ("event.start", values.moment),
        "end": ("event.end", values.moment),
    },
    "ether": {"src_mac": ("source.mac", values.mac), "dest_mac": ("destination.mac", values.mac)},
    "http": {
        "http_method": ("http.request.method", values.text), "status": ("http.response.status_code", values.count),
        "length": ("http.response.body.bytes", values.count), "http_content_type": ("http.response.mime_type", values.text),
        "http_refer": ("http.request.referrer", values.text), "http_user_agent": ("user_agent.original", values.text),
        "protocol": ("http.version", _http_version), "xff": ("network.forwarded_ip", values.ip),
    },
    "dns": {"id": ("dns.id", values.identity), "rcode": ("dns.response_code", values.text), "opcode": ("dns.op_code", values.identity)},
    "tls": {
        "sni": ("tls.client.server_name", values.text), "subject": ("tls.server.subject", values.text),
        "issuerdn": ("tls.server.issuer", values.text), "fingerprint": ("tls.server.hash.sha1", values.digest),
        "serial": ("tls.server.x509.serial_number", values.digest), "notbefore": ("tls.server.not_before", values.moment),
        "notafter": ("tls.server.not_after", values.moment), "session_resumed": ("tls.resumed", values.truth),
        "certificate": ("tls.server.certificate", values.text), "chain": ("tls.server.certificate_chain", values.words),
        "subjectaltname": ("tls.server.x509.alternative_names", values.words),
    },
    "smtp": {"mail_from": ("email.sender.address", values.mailbox), "rcpt_to": ("email.to.address", values.mailboxes)},
    "email": {
        "from": ("email.from.address", values.mailboxes), "to": ("email.to.address", values.mailboxes), "cc": ("email.cc.address", values.mailboxes),
        "subject": ("email.subject", values.text), "message_id": ("email.message_id", values.text), "x_mailer": ("email.x_mailer", values.text),
    },
    "fileinfo": {
        "filename": ("file.path", values.text), "size": ("file.size", values.count),
        "md5": ("file.hash.md5", values.text), "sha1": ("file.hash.sha1", values.text), "sha256": ("file.hash.sha256", values.text),
    },
    "smb": {"command": ("event.action", values.text), "filename": ("file.path", values.text), "share": ("file.directory", values.text)},
    "ftp": {"command": ("event.action", values.text)},
    "tftp": {"packet": ("event.action", values.text), "file": ("file.path", values.text)},
    "nfs": {"procedure": ("event.action", values.text), "filename": ("file.path", values.text)},
    "krb5": {"msg_type": ("event.action", values.text), "cname": ("user.name", values.text), "realm": ("user.domain", values.text),
             "sname": ("service.name", values.text)},
    "rdp": {"event_type": ("event.action", values.text), "cookie": ("user.name", values.text)},
    "sip": {"method": ("event.action", values.text), "uri": ("url.full", values.text)},
    "dhcp": {"dhcp_type": ("event.action", values.text), "client_mac": ("client.mac", values.mac),
             "assigned_ip": ("client.ip", values.ip), "hostname": ("client.domain", values.text)},
    "anomaly": {"event": ("event.action", values.text)},
    "drop": {"reason": ("event.reason", values.text)},
}  # fmt: skip
_METADATA: dict[str, str] = {
    "mitre_tactic_id": "threat.tactic.id", "mitre_tactic_name": "threat.tactic.name",
    "mitre_technique_id": "threat.technique.id", "mitre_technique_name": "threat.technique.name", "filename": "file.name",
}  # fmt: skip
_APPLICATIONS = frozenset({
    "bittorrent-dht", "bittorrent_dht", "dcerpc", "dhcp", "dnp3", "dns", "ftp", "http", "http2", "ike", "krb5", "ldap", "mdns", "modbus",
    "mqtt", "nfs", "pgsql", "pop3", "quic", "rdp", "rfb", "sip", "smb", "smtp", "snmp", "ssh", "telnet", "tftp", "tls",
    "websocket",
})  # fmt: skip
_CALLED = {"ftp_data": "ftp", "ikev2": "ike", "bittorrent_dht": "bittorrent-dht"}
_MEANINGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "alert": (("intrusion_detection", "network"), ()),
    "anomaly": (("network",), ("info",)),
    "drop": (("network",), ("connection", "denied")),
    "fileinfo": (("network",), ("info",)),
    "flow": (("network",), ("connection",)),
    "netflow": (("network",), ("connection",)),
    "http": (("network", "web"), ("access", "protocol")),
    "http2": (("network", "web"), ("access", "protocol")),
    "smtp": (("network", "email"), ("info", "protocol")),
}


def ecs(event: Event, document: Document) -> None:
    native = event.native
    kind = values.text(native.get("event_type")) or ""
    rest = _mapped(native, document)
    if kind in _APPLICATIONS or kind in _CALLED:
        document["network.protocol"] = _CALLED.get(kind, kind)
    categories, types = _MEANINGS.get(
        "alert" if isinstance(native.get("alert"), dict) else kind, (("network",), ("protocol",))
    )
    document["event.category"], document["event.type"] = list(categories), list(types)
    for name, fill in _FILLS.items():
        if isinstance(section := native.get(name), dict):
            fill(section, document)
    if kind == "stats":
        document["event.kind"], document["event.category"], document["event.type"] = "metric", None, None
    _ids(native, document)
    document["network.direction"] = sensor.direction(document)
    for name, value in flat(rest):
        document[f"suricata.eve.{name}"] = value


def _mapped(native: Mapping[str, Any], document: Document) -> Section:
    """Tells by the table what it can, and gives what is left over."""
    rest: Section = {}
    top = _FIELDS[""]
    for name, value in native.items():
        if name in top:
            target, convert = top[name]
            document[target] = convert(value)
        elif name in _FIELDS and isinstance(value, dict):
            rest[name] = _section(_FIELDS[name], value, document)
        elif name not in {"timestamp", "vlan"}:
            rest[name] = value
    return rest


def _section(fields: dict[str, _Field], section: Section, document: Document) -> Section:
    rest: Section = {}
    for name, value in section.items():
        if name not in fields:
            rest[name] = value
            continue
        target, convert = fields[name]
        told = convert(value)
        if told is None:
            rest[name] = value
        else:
            document[target] = told
    return rest


def _ids(native: Mapping[str, Any], document: Document) -> None:
    vlans = native.get("vlan")
    vlans = [values.identity(vlan) for vlan in (vlans if isinstance(vlans, list) else [vlans])]
    document["network.vlan.id"] = vlans[0] if vlans else None
    document["network.inner.vlan.id"] = vlans[1] if len(vlans) > 1 else None
    document["observer.product"], document["observer.vendor"] = "Suricata", "OISF"
    document["observer.type"] = "ids"
    flow = native.get("flow")
    if native.get("icmp_type") is not None:
        document["network.icmp.type"], document["network.icmp.code"] = (
            values.identity(native["icmp_type"]),
            values.identity(native.get("icmp_code")),
        )
    if isinstance(flow, dict) and (begun := document.get("event.start")) and (ended := document.get("event.end")):
        told = (instant.parse_iso(ended) or 0) - (instant.parse_iso(begun) or 0)
        document["event.duration"] = max(told, 0) * 1000


def _alert(section: Section, document: Document) -> None:
    document["event.kind"] = "alert"
    document["message"] = values.text(section.get("category")) or values.text(section.get("signature"))
    document["event.type"] = ["allowed" if section.get("action") == "allowed" else "denied"]
    metadata = section.get("metadata")
    if isinstance(metadata, dict):
        for name, target in _METADATA.items():
            told = values.words(metadata.get(name))
            document[target] = document.get(target) or (told[0] if told and target == "file.name" else told)
        attack = values.words(metadata.get("mitre_attack"))
        document["threat.technique.id"] = document["threat.technique.id"] or attack


def _http(section: Section, document: Document) -> None:
    host, path = values.text(section.get("hostname")), values.text(section.get("url"))
    if path:
        url.fill(document, path)
    document["url.domain"] = document["destination.domain"] = host or document.get("url.domain")
    document["url.port"] = values.count(section.get("http_port")) or document.get("url.port")
    status = document.get("http.response.status_code")
    if "web" in document["event.category"] and status:
        document["event.outcome"] = "failure" if status >= 400 else "success"


_FLAGS = (("aa", "AA"), ("tc", "TC"), ("rd", "RD"), ("ra", "RA"), ("ad", "AD"), ("cd", "CD"))


def _dns(section: Section, document: Document) -> None:
    """Version 1 logs each answer as a record of its own, version 2 an answer with its question, version 3 lists of both."""
    kind = section.get("type")
    document["dns.type"] = {"request": "query", "response": "answer"}.get(str(kind), values.text(kind))
    document["dns.header_flags"] = [name for flag, name in _FLAGS if section.get(flag) is True]
    queries = section.get("queries")
    question = queries[0] if isinstance(queries, list) and queries and isinstance(queries[0], dict) else section
    if "rdata" not in section:
        document["dns.question.name"], document["dns.question.type"] = (
            values.text(question.get("rrname")),
            values.text(question.get("rrtype")),
        )
    listed = section.get("answers")
    records = listed if isinstance(listed, list) else [section] if "rdata" in section else []
    answers = [_answer(record) for record in records if isinstance(record, dict)]
    document["dns.answers"] = answers
    addresses = [network.ip(str(answer.get("data"))) for answer in answers if answer.get("type") in {"A", "AAAA"}]
    resolved = list(dict.fromkeys(address for address in addresses if address))
    document["dns.resolved_ip"] = resolved
    document["related.ip"] = list(resolved)
    if rcode := section.get("rcode"):
        document["event.outcome"] = "success" if rcode == "NOERROR" else "failure"


def _answer(record: Section) -> Section:
    told = {
        "data": values.text(record.get("rdata")), "name": values.text(record.get("rrname")), "ttl": values.count(record.get("ttl")),
        "type": values.text(record.get("rrtype")),
    }  # fmt: skip
    return {name: value for name, value in told.items() if value is not None}


def _tls(section: Section, document: Document) -> None:
    x509.tls_version(document, section.get("version"))
    x509.fill(document, "tls.server.x509", "subject", section.get("subject"))
    x509.fill(document, "tls.server.x509", "issuer", section.get("issuerdn"))
    for name in ("not_before", "not_after"):
        document[f"tls.server.x509.{name}"] = document.get(f"tls.server.{name}")
    for name, target in (("ja3", "tls.client.ja3"), ("ja3s", "tls.server.ja3s")):
        digest = section.get(name)
        document[target] = values.text(digest.get("hash")) if isinstance(digest, dict) else values.text(digest)
    document["related.hash"] = [
        digest for digest in (document["tls.client.ja3"], document["tls.server.ja3s"]) if digest
    ]
    document["destination.domain"] = document.get("tls.client.server_name")
    document["tls.established"] = True if section.get("subject") or section.get("session_resumed") else None


def _files(section: Section, document: Document) -> None:
    path = values.text(section.get("filename"))
    document["file.name"] = document.get("file.name") or (path.rpartition("/")[2] if path else None)


def _smtp(section: Section, document: Document) -> None:
    document["source.domain"] = values.text(section.get("helo"))


_FILLS: dict[str, Callable[[Section, Document], None]] = {
    "alert": _alert, "http": _http, "dns": _dns, "tls": _tls, "fileinfo": _files, "smtp": _smtp, **suricata_protocols.FILLS,
}  # fmt: skip
