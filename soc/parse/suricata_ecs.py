"""What the records of Suricata's EVE JSON are in ECS."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.parse import network, sensor, url, x509
from soc.parse.ecs import flat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from soc.event import Event
    from soc.parse.format import Document

Section = dict[str, Any]


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 1 << 63 else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _known(value: Any) -> str | None:
    """A word that stands for something; Suricata writes these where it found nothing."""
    return value.lower() if isinstance(value, str) and value not in {"", "failed", "unknown"} else None


def _words(value: Any) -> list[str] | None:
    found = [word for word in (value if isinstance(value, list) else [value]) if isinstance(word, str) and word]
    return found or None


def _mailboxes(value: Any) -> list[str] | None:
    """The addresses of `Name <user@host>` and `<user@host>`."""
    found = [word.rpartition("<")[2].rstrip("> ") for word in _words(value) or ()]
    return [address for address in found if address] or None


def _mailbox(value: Any) -> str | None:
    found = _mailboxes(value)
    return found[0] if found else None


def _id(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def _lower_hex(value: Any) -> str | None:
    return value.replace(":", "").upper() if isinstance(value, str) and value else None


def _moment(value: Any) -> str | None:
    told = instant.parse_iso(value, UTC) if isinstance(value, str) else None
    return None if told is None else instant.iso(told)


def _http_version(value: Any) -> str | None:
    return value.rpartition("/")[2] if isinstance(value, str) and value else None


_Field = tuple[str, "Callable[[Any], Any]"]
# Section and name as Suricata has them -> ECS; what stands here is not repeated below `suricata.eve`.
_FIELDS: dict[str, dict[str, _Field]] = {
    "": {
        "in_iface": ("observer.ingress.interface.name", _text), "src_port": ("source.port", _count),
        "dest_port": ("destination.port", _count), "proto": ("network.transport", _known),
        "app_proto": ("network.protocol", _known), "community_id": ("network.community_id", _text),
        "host": ("observer.name", _text), "src_ip": ("source.ip", network.ip), "dest_ip": ("destination.ip", network.ip),
    },
    "alert": {
        "severity": ("event.severity", _count), "signature": ("rule.name", _text), "signature_id": ("rule.id", _id),
        "category": ("rule.category", _text), "rev": ("rule.version", _id),
    },
    "flow": {
        "pkts_toserver": ("source.packets", _count), "pkts_toclient": ("destination.packets", _count),
        "bytes_toserver": ("source.bytes", _count), "bytes_toclient": ("destination.bytes", _count),
        "start": ("event.start", _moment), "end": ("event.end", _moment), "reason": ("event.reason", _text),
    },
    "netflow": {
        "pkts": ("source.packets", _count), "bytes": ("source.bytes", _count), "start": ("event.start", _moment),
        "end": ("event.end", _moment),
    },
    "ether": {"src_mac": ("source.mac", network.mac), "dest_mac": ("destination.mac", network.mac)},
    "http": {
        "http_method": ("http.request.method", _text), "status": ("http.response.status_code", _count),
        "length": ("http.response.body.bytes", _count), "http_content_type": ("http.response.mime_type", _text),
        "http_refer": ("http.request.referrer", _text), "http_user_agent": ("user_agent.original", _text),
        "protocol": ("http.version", _http_version), "xff": ("network.forwarded_ip", network.ip),
    },
    "dns": {"id": ("dns.id", _id), "rcode": ("dns.response_code", _text), "opcode": ("dns.op_code", _id)},
    "tls": {
        "sni": ("tls.client.server_name", _text), "subject": ("tls.server.subject", _text),
        "issuerdn": ("tls.server.issuer", _text), "fingerprint": ("tls.server.hash.sha1", _lower_hex),
        "serial": ("tls.server.x509.serial_number", _lower_hex), "notbefore": ("tls.server.not_before", _moment),
        "notafter": ("tls.server.not_after", _moment), "session_resumed": ("tls.resumed", bool),
        "certificate": ("tls.server.certificate", _text), "chain": ("tls.server.certificate_chain", _words),
        "subjectaltname": ("tls.server.x509.alternative_names", _words),
    },
    "smtp": {"mail_from": ("email.sender.address", _mailbox), "rcpt_to": ("email.to.address", _mailboxes)},
    "email": {
        "from": ("email.from.address", _mailboxes), "to": ("email.to.address", _mailboxes), "cc": ("email.cc.address", _mailboxes),
        "subject": ("email.subject", _text), "message_id": ("email.message_id", _text), "x_mailer": ("email.x_mailer", _text),
    },
    "fileinfo": {
        "filename": ("file.path", _text), "size": ("file.size", _count),
        "md5": ("file.hash.md5", _text), "sha1": ("file.hash.sha1", _text), "sha256": ("file.hash.sha256", _text),
    },
    "smb": {"command": ("event.action", _text), "filename": ("file.path", _text), "share": ("file.directory", _text)},
    "ftp": {"command": ("event.action", _text)},
    "tftp": {"packet": ("event.action", _text), "file": ("file.path", _text)},
    "nfs": {"procedure": ("event.action", _text), "filename": ("file.path", _text)},
    "krb5": {"msg_type": ("event.action", _text), "cname": ("user.name", _text), "realm": ("user.domain", _text),
             "sname": ("service.name", _text)},
    "rdp": {"event_type": ("event.action", _text), "cookie": ("user.name", _text)},
    "sip": {"method": ("event.action", _text), "uri": ("url.full", _text)},
    "dhcp": {"dhcp_type": ("event.action", _text), "client_mac": ("client.mac", network.mac),
             "assigned_ip": ("client.ip", network.ip), "hostname": ("client.domain", _text)},
    "anomaly": {"event": ("event.action", _text)},
    "drop": {"reason": ("event.reason", _text)},
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
    kind = native.get("event_type")
    rest = _mapped(native, document)
    if kind in _APPLICATIONS or kind in _CALLED:
        document["network.protocol"] = _CALLED.get(kind, kind)
    categories, types = _MEANINGS.get(
        "alert" if isinstance(native.get("alert"), dict) else str(kind), (("network",), ("protocol",))
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
    vlans = [_id(vlan) for vlan in (vlans if isinstance(vlans, list) else [vlans])]
    document["network.vlan.id"] = vlans[0] if vlans else None
    document["network.inner.vlan.id"] = vlans[1] if len(vlans) > 1 else None
    document["observer.product"], document["observer.vendor"] = "Suricata", "OISF"
    document["observer.type"] = "ids"
    flow = native.get("flow")
    if native.get("icmp_type") is not None:
        document["network.icmp.type"], document["network.icmp.code"] = (
            _id(native["icmp_type"]),
            _id(native.get("icmp_code")),
        )
    if isinstance(flow, dict) and (begun := document.get("event.start")) and (ended := document.get("event.end")):
        told = (instant.parse_iso(ended) or 0) - (instant.parse_iso(begun) or 0)
        document["event.duration"] = max(told, 0) * 1000


def _alert(section: Section, document: Document) -> None:
    document["event.kind"] = "alert"
    document["message"] = _text(section.get("category")) or _text(section.get("signature"))
    document["event.type"] = ["allowed" if section.get("action") == "allowed" else "denied"]
    metadata = section.get("metadata")
    if isinstance(metadata, dict):
        for name, target in _METADATA.items():
            told = _words(metadata.get(name))
            document[target] = document.get(target) or (told[0] if told and target == "file.name" else told)
        attack = _words(metadata.get("mitre_attack"))
        document["threat.technique.id"] = document["threat.technique.id"] or attack


def _http(section: Section, document: Document) -> None:
    host, path = _text(section.get("hostname")), _text(section.get("url"))
    if path:
        url.fill(document, path)
    document["url.domain"] = document["destination.domain"] = host or document.get("url.domain")
    document["url.port"] = _count(section.get("http_port")) or document.get("url.port")
    status = document.get("http.response.status_code")
    if "web" in document["event.category"] and status:
        document["event.outcome"] = "failure" if status >= 400 else "success"


_FLAGS = (("aa", "AA"), ("tc", "TC"), ("rd", "RD"), ("ra", "RA"), ("ad", "AD"), ("cd", "CD"))


def _dns(section: Section, document: Document) -> None:
    """Version 1 logs each answer as a record of its own, version 2 an answer with its question, version 3 lists of both."""
    kind = section.get("type")
    document["dns.type"] = {"request": "query", "response": "answer"}.get(str(kind), _text(kind))
    document["dns.header_flags"] = [name for flag, name in _FLAGS if section.get(flag) is True]
    queries = section.get("queries")
    question = queries[0] if isinstance(queries, list) and queries and isinstance(queries[0], dict) else section
    if "rdata" not in section:
        document["dns.question.name"], document["dns.question.type"] = (
            _text(question.get("rrname")),
            _text(question.get("rrtype")),
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
        "data": _text(record.get("rdata")), "name": _text(record.get("rrname")), "ttl": _count(record.get("ttl")),
        "type": _text(record.get("rrtype")),
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
        document[target] = _text(digest.get("hash")) if isinstance(digest, dict) else _text(digest)
    document["related.hash"] = [
        digest for digest in (document["tls.client.ja3"], document["tls.server.ja3s"]) if digest
    ]
    document["destination.domain"] = document.get("tls.client.server_name")
    document["tls.established"] = True if section.get("subject") or section.get("session_resumed") else None


def _files(section: Section, document: Document) -> None:
    path = _text(section.get("filename"))
    document["file.name"] = document.get("file.name") or (path.rpartition("/")[2] if path else None)


def _smtp(section: Section, document: Document) -> None:
    document["source.domain"] = _text(section.get("helo"))


def _smb(section: Section, document: Document) -> None:
    ntlm = section.get("ntlmssp")
    if isinstance(ntlm, dict):
        document["user.name"], document["user.domain"] = _text(ntlm.get("user")), _text(ntlm.get("domain"))
        document["source.domain"] = _text(ntlm.get("host"))


_FILLS: dict[str, Callable[[Section, Document], None]] = {
    "alert": _alert, "http": _http, "dns": _dns, "tls": _tls, "fileinfo": _files, "smtp": _smtp, "smb": _smb,
}  # fmt: skip
