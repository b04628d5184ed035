"""Clavister cOS Core and NetWall 11 to 15: the events of the cOS Core Log Reference Guide, in both of its syslog layouts.

Newer versions put what belongs together into brackets, `[conn [conn connsrcip=...]]`; names are the same without them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import fieldmap, network, plain, url
from soc.parse.format import Format, Native

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_HEAD = re.compile(
    r"(?:\[[\d: -]{19}\] )?(?:[A-Z]{2,4}: )?(?:(?P<category>[A-Z][A-Z0-9_]{1,31}): )?(?:prio=(?P<prio>\d{1,2}) )?id=(?P<id>\d{5,8}) (?:rev=\d{1,4} )?event=(?P<event>\w{1,64})"
)
_MESSAGE = re.compile(r"\bmessage=(?:\"([^\"]*)\"|(.*?)(?= ?\[| ?\]| [A-Za-z_]\w{0,63}=|$))", re.DOTALL)
_PAIR = re.compile(r"(?:^|(?<=[\s\]\[]))([A-Za-z_]\w{0,63})=(?:\"([^\"]*)\"|([^\s\]\[]*))")
_TABLE = fieldmap.table(
    (None, {
        "id": "event.code", "rule": "rule.name", "username": "user.name", "user": "user.name", "connrecvif": "observer.ingress.interface.name",
        "recvif": "observer.ingress.interface.name", "conndestif": "observer.egress.interface.name", "connrecvzone": "observer.ingress.zone",
        "recvzone": "observer.ingress.zone", "conndestzone": "observer.egress.zone", "event": "event.action", "error": "error.message",
        "error_message": "error.message", "error_code": "error.code", "domain": "url.domain", "category": "event.provider",
    }),
    (str.lower, {"connipproto": "network.transport", "protocol": "network.transport"}),
    (network.ip, {
        "connsrcip": "source.ip", "srcip": "source.ip", "ipaddr": "source.ip", "local_ip": "source.ip", "conndestip": "destination.ip",
        "destip": "destination.ip", "remote_ip": "destination.ip", "newconnsrcip": "source.nat.ip", "newconndestip": "destination.nat.ip",
        "client_ip": "client.ip", "server": "server.ip", "ip": "host.ip",
    }),
    (network.number, {
        "connsrcport": "source.port", "srcport": "source.port", "conndestport": "destination.port", "destport": "destination.port",
        "newconnsrcport": "source.nat.port", "newconndestport": "destination.nat.port",
    }),
    (network.mac, {"hwsender": "source.mac", "hwdest": "destination.mac"}),
)  # fmt: skip
_KNOWN = _TABLE.names | {"raw", "message", "url", "prio", "rev"}
_LEVELS = dict(
    zip("01234567", ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"), strict=True)
)
_TRANSPORTS = frozenset({"TCP", "UDP", "ICMP", "IGMP", "GRE", "ESP", "AH", "SCTP"})
_DENIED = frozenset({"drop", "reject", "block", "deny"})
_STARTS = ("_open", "_opened", "_created", "_established", "_login", "_start", "_connected")
_ENDS = ("_close", "_closed", "_removed", "_disconnected", "_logout", "_timeout", "_deleted", "_ended")


def decode(frame: Frame) -> Native | None:
    """The pairs, the first of each name; `message` lasts until the next of them."""
    text = frame.text
    if "event=" not in text[:192]:
        return None
    head = _HEAD.match(text.lstrip())
    if head is None:
        return None
    found: dict[str, str] = {"raw": text}
    for name, quoted, bare in _PAIR.findall(text):
        found.setdefault(name, quoted or bare)
        if name == "ipproto" and bare in _TRANSPORTS:
            found["protocol"] = bare
    found |= {name: value for name, value in head.groupdict().items() if value}
    found["id"] = found["id"].lstrip("0")
    if message := _MESSAGE.search(text):
        found["message"] = (message[1] or message[2] or "").strip()
    return found


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.product"], document["observer.type"] = (
        "Clavister",
        "NGFW",
        "firewall",
    )
    if event.frame.syslog:
        document["observer.hostname"] = event.frame.syslog.hostname
    fieldmap.fill(document, native, _TABLE)
    fieldmap.keep(document, native, "clavister.ngfw.", _KNOWN)
    document["event.reason"] = native.get("message")
    document["message"] = native.get("message") or event.frame.text
    document["log.level"] = _LEVELS.get(native.get("prio", ""))
    if isinstance(host := document.get("host.ip"), str):
        document["host.ip"] = [host]
    url.fill(document, native.get("url", ""))
    _meaning(native, document)


def _meaning(native: Native, document: Document) -> None:
    name, action = native["event"], native.get("action", "")
    category, types = ["network"], ["info"]
    if name.startswith("user_"):
        category, document["event.outcome"] = ["authentication"], "success"
    elif "_session_" in name:
        category = ["session"]
    elif action == "policy_updated" or "config" in name:
        category, types = ["configuration"], ["change"]
    if action in _DENIED:
        types = ["denied"]
    elif name.endswith(_STARTS):
        types = ["start"]
    elif name.endswith(_ENDS) and types == ["info"]:
        types = ["end"]
    elif name.endswith("_connecting"):
        types = ["connection"]
    if "fail" in name or "error" in name:
        document["event.outcome"] = "failure"
        types = ["start"] if "conn" in name else types
    document["event.category"], document["event.type"] = category, types


_KIND: Kind = (Logsource(product="clavister", category="firewall"),)


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="clavister",
    title="Clavister cOS Core",
    decode=decode,
    time=plain.time,
    ecs=ecs,
    kind=kind,
    hints=(" event=",),
)
