"""What FortiGate's fields are in ECS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.parse import network, url
from soc.parse.ecs_fields import FRAME
from soc.parse.when import epoch

if TYPE_CHECKING:
    from collections.abc import Callable

    from soc.event import Event
    from soc.parse.format import Document, EcsField, Native

_UNSET = frozenset({"", "N/A", "n/a", "(null)", "undefined", "unknown-0.0.0.0"})
_USER_INTERFACE = re.compile(r"([\w.-]{0,32})\(([0-9A-Fa-f:.]{2,64})\)|([0-9A-Fa-f:.]{7,64})")
_FAILED = ("fail", "error", "denied", "negotiate_error")
_BLOCKED = frozenset({
    "blocked", "block", "deny", "denied", "dropped", "drop", "reset", "reset_client", "reset_server", "clear_session",
    "quarantine", "client-rst-block",
})  # fmt: skip
_ENDED = frozenset({"close", "client-rst", "server-rst", "timeout", "ip-conn", "accept", "deny", "dns"})
_DIRECTIONS = {"outgoing": "outbound", "incoming": "inbound", "1": "outbound", "0": "inbound"}

_FIELDS: dict[str, str] = {
    "action": "event.action", "logid": "event.code", "level": "log.level", "ref": "event.reference",
    "devid": "observer.serial_number", "devname": "observer.name", "srcintf": "observer.ingress.interface.name",
    "dstintf": "observer.egress.interface.name", "srcintfrole": "observer.ingress.interface.alias",
    "dstintfrole": "observer.egress.interface.alias", "policyid": "rule.id", "poluuid": "rule.uuid", "policyname": "rule.name",
    "logdesc": "rule.description", "method": "event.provider", "filename": "file.name", "agent": "user_agent.original",
    "httpmethod": "http.request.method", "referralurl": "http.request.referrer", "qname": "dns.question.name",
    "qtype": "dns.question.type", "qclass": "dns.question.class", "xid": "dns.id", "dstuser": "destination.user.name",
    "scertissuer": "tls.server.issuer", "filetype": "file.type",
}  # fmt: skip
_ZONE = re.compile(r"(?:UTC|GMT)([+-])(\d{1,2}):(\d\d)")


def _offset(zone: str) -> str:
    """`UTC-5:00`, as some versions write it, is `-0500`, as the others do."""
    found = _ZONE.fullmatch(zone)
    return f"{found[1]}{found[2]:0>2}{found[3]}" if found else zone


_CONVERTED: dict[str, tuple[str, Callable[[str], Any]]] = {
    "tz": ("event.timezone", _offset),
    "srcport": ("source.port", network.number), "dstport": ("destination.port", network.number),
    "transip": ("source.nat.ip", network.ip), "transport": ("source.nat.port", network.number),
    "tranip": ("destination.nat.ip", network.ip), "tranport": ("destination.nat.port", network.number),
    "sentbyte": ("source.bytes", network.number), "rcvdbyte": ("destination.bytes", network.number),
    "sentpkt": ("source.packets", network.number), "rcvdpkt": ("destination.packets", network.number),
    "srcmac": ("source.mac", network.mac), "dstmac": ("destination.mac", network.mac), "filesize": ("file.size", network.number),
    "service": ("network.protocol", str.lower), "app": ("network.application", str.lower),
}  # fmt: skip


def told(native: Native, *names: str) -> str | None:
    """The first of these fields that says something."""
    for name in names:
        if (value := native.get(name)) is not None and value not in _UNSET:
            return value  # type: ignore[no-any-return]
    return None


def ecs(event: Event, document: Document) -> None:
    native = event.native
    for name, target in _FIELDS.items():
        value = native.get(name)
        document[target] = None if value in _UNSET else value
    for name, (target, convert) in _CONVERTED.items():
        value = native.get(name)
        document[target] = None if value is None or value in _UNSET else convert(value)
    document["observer.vendor"], document["observer.product"], document["observer.type"] = (
        "Fortinet",
        "Fortigate",
        "firewall",
    )
    document["observer.hostname"] = document["observer.name"]
    if "DeviceVersion" in native:
        document["observer.version"], document["observer.type"] = native["DeviceVersion"], native.get("DeviceProduct")
        document["network.application"] = document["network.protocol"]
        document["event.severity"] = network.number(native.get("Severity"))
        document["event.code"] = _code(native)
        document["rule.id"] = document["rule.id"] or native.get("DeviceEventClassID")
    document["service.name"] = document["network.protocol"]
    document["message"] = native.get("msg") or event.frame.text
    if document["network.protocol"] is None and (interface := _USER_INTERFACE.match(native.get("ui", ""))):
        document["network.protocol"] = interface[1] or None
    document["event.reason"] = told(native, "reason", "msg")
    started = epoch(native.get("eventtime"))
    document["event.start"] = instant.iso(started) if started not in (None, event.time) else None
    document["rule.ruleset"] = told(native, "applist", "policytype", "profile")
    document["rule.category"] = told(native, "appcat", "catdesc")
    _flow(native, document)
    _users(native, document)
    _meaning(native, document)
    _content(native, document)


def _code(native: Native) -> str | None:
    return told(native, "logid") or (native.get("DeviceEventClassID") if "DeviceVersion" in native else None)


FIELDS: dict[str, EcsField] = {
    **{name: accessor for name, accessor in FRAME.items() if name != "event.action"},
    "event.code": lambda event: _code(event.native) or None,
}
"""Those that are told without the whole document; actions are not."""


def _flow(native: Native, document: Document) -> None:
    """Both ends: of a VPN event the local and the remote gateway, of an administrator's session what the interface names."""
    source, destination = told(native, "srcip", "locip", "userip", "ip"), told(native, "dstip")
    if source is None and (interface := _USER_INTERFACE.match(native.get("ui", ""))):
        source = interface[2] or interface[3]
    remote, ports = told(native, "remip"), ("srcport", "dstport")
    if remote and native.get("locip"):
        destination, ports = remote, ("locport", "remport")
    elif remote and source is None:
        source, ports = remote, ("remport", "dstport")
    for side, address, port in (("source", source, ports[0]), ("destination", destination, ports[1])):
        document[f"{side}.ip"] = network.ip(address)
        document[f"{side}.domain"] = address if address and not document[f"{side}.ip"] else None
        document[f"{side}.port"] = network.number(native.get(port))
    document["source.nat.ip"] = document.get("source.nat.ip") or network.ip(native.get("tunnelip"))
    document["source.domain"] = told(native, "srcname") or document["source.domain"]
    if "DeviceVersion" in native:
        document["source.address"] = document["source.domain"]
    if native.get("subtype") != "ha":  # which names its own member
        document["destination.domain"] = told(native, "hostname") or document["destination.domain"]
    document["source.mac"] = document.get("source.mac") or network.mac(native.get("mac"))
    name, number = network.transport(native.get("proto"))
    document["network.transport"], document["network.iana_number"] = name, str(number) if number is not None else None
    document["network.direction"] = _DIRECTIONS.get(
        native.get("direction") or native.get("deviceDirection", ""), native.get("dir")
    )
    forwarded = told(native, "forwardedfor")
    document["network.forwarded_ip"] = network.ip(network.endpoint(forwarded)[0]) if forwarded else None


def _users(native: Native, document: Document) -> None:
    user = told(native, "user")
    name, domain = _split(user)
    document["user.full_name"] = document["source.user.full_name"] = user if user and ",cn=" in user else None
    document["source.user.name"], document["source.user.domain"] = name, domain
    if unauthenticated := told(native, "unauthuser"):
        name, domain = (name, domain) if name else _split(unauthenticated)
    document["user.name"], document["user.domain"] = name, domain
    document["destination.user.name"], document["destination.user.domain"] = _split(document["destination.user.name"])
    document["source.user.group.name"] = document["group.name"] = told(native, "group")


def _split(user: str | None) -> tuple[str | None, str | None]:
    """`DOMAIN\\name` as name and domain; of a distinguished name what stands before it."""
    user = user.partition(",cn=")[0] if user else user
    domain, backslash, name = (user or "").rpartition("\\")
    return (name, domain.rstrip("\\")) if backslash and name else (user, None)


def _meaning(native: Native, document: Document) -> None:
    type_, subtype, action = native["type"], native.get("subtype", ""), native.get("action", "").lower()
    blocked = action in _BLOCKED or native.get("utmaction") in _BLOCKED
    status = f"{native.get('status', '')} {action if native.get('type') == 'event' else ''}".lower()
    document["event.outcome"] = "failure" if any(word in status for word in _FAILED) else "success"
    document["event.category"], document["event.type"] = ["network"], []
    if type_ == "traffic":
        ended = ["end"] if action in _ENDED else ["start"] if action == "start" else []
        document["event.type"] = ["connection", "denied" if blocked else "allowed", *ended]
        document["event.type"] += ["protocol"] if told(native, "app") else []
        if (seconds := network.number(native.get("duration"))) is not None:
            document["event.duration"] = seconds * 1_000_000_000
        if action == "accept":
            _period(native, document)
    elif type_ == "utm":
        _inspection(subtype, native, document, blocked=blocked)
    elif type_ == "event":
        _own_event(subtype, action, document)


def _period(native: Native, document: Document) -> None:
    """A session that goes on is reported again and again: what counts is what was added since."""
    for name, target in (
        ("sentdelta", "source.bytes"), ("rcvddelta", "destination.bytes"), ("sentpktdelta", "source.packets"),
        ("rcvdpktdelta", "destination.packets"),
    ):  # fmt: skip
        document[target] = network.number(native.get(name)) or document[target]


def _inspection(subtype: str, native: Native, document: Document, *, blocked: bool) -> None:
    document["event.type"] = ["denied" if blocked or native.get("action") == "redirect" else "allowed"]
    if subtype == "ssh":
        document["process.command_line"] = native.get("command")
        document["destination.user.name"] = document.get("destination.user.name") or told(native, "login")
    if subtype == "dns":
        document["event.action"] = native.get("eventtype")
        document["event.type"] = ["info", *(document["event.type"] if native.get("action") else [])]
    if subtype in {"ips", "anomaly", "virus"}:
        document["event.kind"] = "alert"
    if subtype == "virus" and native.get("eventtype") == "infected":
        document["event.category"] = ["malware", "network"]
    if subtype in {"ips", "anomaly"}:
        document["event.category"] = ["intrusion_detection", "network"]
        document["rule.name"] = document["rule.name"] or told(native, "attack")


_OWN = {"vpn": (["network"], ["connection"]), "user": (["authentication"], ["start", "info"]), "endpoint": (["host"], ["info"]),
        "wireless": (["network"], ["info"]), "router": (["network"], ["info"]), "ha": (["host"], ["info"])}  # fmt: skip


def _own_event(subtype: str, action: str, document: Document) -> None:
    document["event.category"], document["event.type"] = _OWN.get(subtype, (["host"], ["info"]))
    if subtype == "system" and action in {"login", "logout"}:
        document["event.category"] = ["authentication"]
        document["event.type"] = ["start" if action == "login" else "end"]
    if subtype == "system" and action in {"add", "edit", "delete"}:
        document["event.category"], document["event.type"] = ["configuration"], ["change"]


def _content(native: Native, document: Document) -> None:
    """What was inspected: a URL, a name resolved, a certificate, a virus."""
    url.fill(document, told(native, "url") or "")
    document["url.domain"] = told(native, "hostname") or document.get("url.domain")
    resolved = [address.strip() for address in native.get("ipaddr", "").split(",")]
    document["dns.resolved_ip"] = [address for address in resolved if network.is_ip(address)]
    for name, target in (("scertcname", "subject"), ("scertissuer", "issuer")):
        if value := told(native, name):
            document[f"tls.server.x509.{target}.common_name"] = [value]
    if virus := told(native, "dtype"):
        document["vulnerability.category"] = [virus]
