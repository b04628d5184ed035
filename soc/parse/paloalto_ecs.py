"""PAN-OS fields in ECS; what ECS has no name for stays under `panw.panos` by PAN-OS' own name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc import instant
from soc.parse import network
from soc.parse.fieldmap import UNSET, fill, nanoseconds, one, table
from soc.parse.paloalto_types import ATTACK, NETWORK, TYPES, told

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native

_FIELDS = table(
    (
        None,
        {
            "serial": "observer.serial_number", "device_name": "observer.name observer.hostname", "rule": "rule.name",
            "rule_uuid": "rule.uuid", "app": "network.application", "proto": "network.transport", "dtz": "event.timezone",
            "inbound_if": "observer.ingress.interface.name", "outbound_if": "observer.egress.interface.name",
            "from": "observer.ingress.zone observer.ingress.interface.alias",
            "to": "observer.egress.zone observer.egress.interface.alias", "severity": "log.level", "eventid": "event.code",
            "session_end_reason": "event.reason", "reason": "event.reason", "error": "event.reason", "user_agent": "user_agent.original",
            "referer": "http.request.referrer", "http_method": "http.request.method", "contenttype": "http.response.mime_type",
            "subject": "email.subject", "hostid": "host.id", "machinename": "host.name", "client_os": "host.os.family",
            "client_os_ver": "host.os.full host.os.version", "os": "host.os.family", "matchname": "rule.name",
            "objectname": "rule.name", "sni": "tls.client.server_name", "tls_enc": "tls.cipher", "ec_curve": "tls.curve",
            "cert_serial": "tls.server.x509.serial_number", "cert_ver": "tls.server.x509.version_number",
            "fingerprint": "tls.server.hash.sha256", "container_id": "container.id", "desc": "event.reason",
            "pod_name": "orchestrator.resource.name", "pod_namespace": "orchestrator.namespace", "filedigest": "file.hash.sha256",
            "comment": "event.reason", "evidence": "event.reason", "DeviceEventClassID": "rule.id",
        },
    ),
    (
        network.ip,
        {
            "src": "source.ip", "dst": "destination.ip", "natsrc": "source.nat.ip", "natdst": "destination.nat.ip",
            "ip": "source.ip", "srcipv6": "source.ip", "host": "source.ip", "xff_ip": "network.forwarded_ip",
        },
    ),
    (
        network.number,
        {
            "sport": "source.port", "dport": "destination.port", "natsport": "source.nat.port", "natdport": "destination.nat.port",
            "beginport": "source.port", "endport": "destination.port", "bytes_sent": "source.bytes",
            "bytes_received": "destination.bytes", "bytes": "network.bytes", "pkts_sent": "source.packets",
            "pkts_received": "destination.packets", "packets": "network.packets",
            "cert_size": "tls.server.x509.public_key_size",
        },
    ),
    (nanoseconds, {"elapsed": "event.duration", "login_duration": "event.duration"}),
    (one, {"cn": "tls.server.x509.subject.common_name", "issuer_cn": "tls.server.x509.issuer.common_name",
           "sender": "email.from.address", "recipient": "email.to.address"}),
    (lambda text: one(known) if (known := network.mac(text)) else None, {"mac": "host.mac"}),
    (lambda text: network.ip(text.partition(",")[0].strip()), {"xff": "network.forwarded_ip"}),
)  # fmt: skip
_ELSEWHERE = frozenset({
    "message", "form", "receive_time", "time_generated", "srcuser", "dstuser", "user", "admin", "srcuser_domain", "dstuser_domain",
    "user_domain", "opaque", "start", "public_ip", "public_ipv6", "private_ip", "private_ipv6", "tls_version", "notbefore", "notafter",
    "remote_user_ip", "DeviceVendor", "DeviceProduct", "DeviceVersion", "DeviceEventClassID", "Name", "Severity", "Version",
})  # fmt: skip
_MAPPED = _FIELDS.names | _ELSEWHERE
_NOTHING = UNSET | {"0", "0x0", "4294967295"}
"""What counters, identifiers and flags have that do not apply, two dozen of them in most records."""
_SEVERITIES = {"critical": 1, "high": 2, "medium": 3, "low": 4, "informational": 5}
_CLIENT = {"source": "client", "destination": "server"}
_BOTH = ("ip", "port", "bytes", "packets", "nat.ip", "nat.port", "user.name", "user.domain")
_MIRRORED = tuple((f"{side}.{name}", f"{other}.{name}") for side, other in _CLIENT.items() for name in _BOTH)

_CATEGORIES: dict[str, list[str]] = {
    "THREAT": ATTACK, "CONFIG": ["configuration"], "USERID": ["network", "iam"], "AUTH": ["authentication"],
    "AUTHENTICATION": ["authentication"], "GLOBALPROTECT": ["network", "session"], "AUDIT": ["configuration"], "FILE": ["file", *ATTACK],
    "URL": ATTACK, "WILDFIRE": ["malware", *ATTACK], "DATA": ATTACK,
}  # fmt: skip
_ALERTS = frozenset({"THREAT", "URL", "FILE", "WILDFIRE", "DATA"})
_THREATS = {
    "data": "data_match", "dlp": "data_match", "file": "file_match", "flood": "flood_detected", "packet": "packet_attack",
    "scan": "scan_detected", "spyware": "spyware_detected", "url": "url_filtering", "virus": "virus_detected", "ml-virus": "virus_detected",
    "vulnerability": "exploit_detected", "wildfire": "wildfire_verdict", "wildfire-virus": "wildfire_virus_detected",
}  # fmt: skip
_FLOWS = {"start": "flow_started", "end": "flow_terminated", "drop": "flow_dropped", "deny": "flow_denied"}
_ALLOWED = frozenset({"allow", "alert", "continue", "override", "forward", "wildfire-upload-success"})
_DENIED = frozenset({
    "deny", "drop", "drop-all-packets", "drop-icmp", "reset-client", "reset-server", "reset-both", "reset both", "block", "block-url",
    "block-ip", "block-continue", "block-override", "random-drop", "sinkhole", "override-lockout",
})  # fmt: skip
_DIRECTIONS = {"client-to-server": "inbound", "client to server": "inbound", "0": "inbound",
               "server-to-client": "outbound", "server to client": "outbound", "1": "outbound"}  # fmt: skip
_ZONES = {("trust", "untrust"): "outbound", ("untrust", "trust"): "inbound", ("trust", "trust"): "internal",
          ("untrust", "untrust"): "external"}  # fmt: skip


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["host.hostname"] = None
    known_host, document["host.name"] = document.get("host.name"), None
    fill(document, native, _FIELDS)
    for name, value in native.items():
        if name not in _MAPPED and value not in _NOTHING:
            document[f"panw.panos.{name}"] = value
    document["host.name"] = document["host.name"] or known_host or document.get("observer.name")
    document["observer.vendor"], document["observer.product"] = "Palo Alto Networks", "PAN-OS"
    document["observer.type"] = "firewall"
    document["log.logger"] = native["type"].lower()
    document["event.severity"] = _SEVERITIES.get(native.get("severity", "").lower())
    if native["form"] == "cef":
        _of_cef(native, document)
    elif native["form"] == "csv":
        document["message"] = _columns(event.frame.text, native)
    _users(native, document)
    if special := TYPES.get(native["type"]):
        special(event, document)
    _meaning(native, document)
    _period(event, document)
    _follow(document)


def _columns(text: str, native: Native) -> str:
    """What follows the header that all types have in common."""
    start = text.find(f",{native['serial']},{native['type']},")
    for _ in range(5):
        start = text.find(",", start + 1)
    return text[start + 1 :]


def _of_cef(native: Native, document: Document) -> None:
    document["observer.type"], document["observer.version"] = native["DeviceProduct"], native["DeviceVersion"]
    document["event.severity"], document["process.name"] = network.number(native["Severity"]), None
    document["host.hostname"] = document.get("observer.name")
    document["host.id"] = document.get("host.id") or native.get("serial")
    document["event.timezone"] = native.get("dtz") or document.get("event.timezone")
    document["message"] = native.get("opaque") or document["message"]
    document["network.protocol"] = native.get("app")


def _users(native: Native, document: Document) -> None:
    """Who is at the source is whom the event is about."""
    named = native.get("srcuser") or native.get("user") or native.get("admin")
    name, domain, whole = _person(named, native.get("srcuser_domain") or native.get("user_domain"))
    whole = None if native["form"] == "csv" else whole
    document["user.name"], document["user.domain"] = name, domain
    document["source.user.name"], document["source.user.domain"] = whole or name, None if whole else domain
    document["user.email"] = whole
    if whole and native["form"] == "cef":
        document["user.name"] = whole
    if whole:
        document["related.user"] = [name]
    name, domain, whole = _person(native.get("dstuser"), native.get("dstuser_domain"))
    whole = None if native["form"] == "csv" else whole
    document["destination.user.name"], document["destination.user.domain"] = whole or name, domain


def _person(text: str | None, domain: str | None) -> tuple[str | None, str | None, str | None]:
    """Name and domain of `DOMAIN\\name` and `name@realm`; of an address `name@host.domain` also the whole."""
    if not text:
        return None, None, None
    before, backslash, name = text.rpartition("\\")
    if backslash:
        return name, before.rstrip("\\") or domain, None
    name, at, realm = text.rpartition("@")
    if not at or not name:
        return text, domain, None
    return name, realm, text if "." in realm else None


def _follow(document: Document) -> None:
    """What other fields imply: the client's and the server's side, and the flow's identity on either side of the translation."""
    for name, other in _MIRRORED:
        value = document.get(name)
        if value is not None:
            document[other] = value
    source = document.get("source.ip")
    if source and not document.get("destination.ip"):
        document["network.type"] = "ipv6" if ":" in source else "ipv4"
    outer = {
        "source.ip": document.get("source.nat.ip"), "destination.ip": document.get("destination.nat.ip"),
        "source.port": document.get("source.nat.port"), "destination.port": document.get("destination.nat.port"),
    }  # fmt: skip
    if all(outer.values()) and document.get("network.transport"):
        found = [_community(document, {}), _community(document, outer)]
        document["network.community_id"] = found if all(found) else found[0]


def _community(document: Document, outer: Document) -> str | None:
    flow = {
        name: outer.get(name) or document.get(name)
        for name in ("source.ip", "destination.ip", "source.port", "destination.port")
    }
    _, number = network.transport(document["network.transport"])
    if number is None or not flow["source.ip"] or not flow["destination.ip"]:
        return None
    return network.community_id({**flow, "network.iana_number": str(number)})


def _period(event: Event, document: Document) -> None:
    native = event.native
    generated = native.get("time_generated") if native["form"] == "cef" and native["type"] != "TRAFFIC" else None
    started = told(native.get("start") or generated, event)
    if started is None:
        return
    document["event.start"] = instant.iso(started)
    if (lasted := document.get("event.duration")) is not None:
        document["event.end"] = instant.iso(started + lasted // 1000)


def _meaning(native: Native, document: Document) -> None:
    type_, subtype, action = native["type"], native.get("subtype", ""), native.get("action", "").lower()
    document.setdefault("event.category", _CATEGORIES.get(type_, NETWORK))
    verdict = "allowed" if action in _ALLOWED else "denied" if action in _DENIED else None
    types = document.get("event.type") or ([verdict] if verdict else [])
    if type_ in {"TRAFFIC", "START", "END"}:
        types = [*types, *([subtype] if subtype in {"start", "end"} else []), "connection"]
    if type_ == "THREAT" and native["form"] != "csv":
        types = [*types, "info"]
    document["event.type"] = types or ["info"]
    document["event.kind"] = "alert" if type_ in _ALERTS else "event"
    if document.get("event.outcome") is None and verdict:
        document["event.outcome"] = "success"
    # What the forms of the service call an action is one; PAN-OS' verdict on a session stands beside what it did.
    given = native.get("action") if native["form"] != "csv" else None
    known = _THREATS.get(subtype) if type_ == "THREAT" else _FLOWS.get(subtype)
    document["event.action"] = given or document.get("event.action") or known or native.get("action")
    zones = (native.get("from", "").lower(), native.get("to", "").lower())
    document["network.direction"] = _DIRECTIONS.get(native.get("direction", "")) or _ZONES.get(zones)
