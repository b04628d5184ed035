"""What SonicOS' fields and message numbers are in ECS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from soc.parse import fieldmap, network

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native

_TABLE = fieldmap.table(
    (None, {
        "id": "observer.name", "sn": "observer.serial_number", "m": "event.code", "usr": "user.name", "rule": "rule.id",
        "in_interface": "observer.ingress.interface.name", "out_interface": "observer.egress.interface.name",
        "srcZone": "observer.ingress.zone", "dstZone": "observer.egress.zone", "dstname": "destination.domain",
        "dhost": "destination.domain", "shost": "source.domain", "DeviceVersion": "observer.version", "ai": "network.application",
        "agent": "user_agent.original", "requestClientApplication": "user_agent.original", "referer": "http.request.referrer",
        "fileid": "file.hash.sha256", "filename": "file.name", "uuid": "event.id", "ipscat": "rule.category",
        "spycat": "rule.category", "appcat": "rule.category", "viruscat": "rule.category",
    }),
    (str.lower, {"appName": "network.application"}),
    (network.mac, {"srcMac": "source.mac", "dstMac": "destination.mac"}),
    (network.number, {
        "sent": "source.bytes", "rcvd": "destination.bytes", "spkt": "source.packets", "rpkt": "destination.packets",
        "n": "event.sequence", "result": "http.response.status_code", "pri": "event.severity", "Severity": "event.severity",
    }),
)  # fmt: skip
_OWN = frozenset({
    "raw", "msg", "time", "fw", "src", "dst", "srcV6", "dstV6", "natSrc", "natDst", "natSrcV6", "natDstV6", "proto", "cdur", "dur",
    "arg", "op", "sport", "dport", "Version", "DeviceVendor", "Severity",
})  # fmt: skip
_KNOWN = _TABLE.names | _OWN
_LEVELS = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
_TRANSPORTS = frozenset(
    {"tcp", "udp", "icmp", "igmp", "gre", "esp", "ah", "sctp", "icmpv6", "ospf", "pim", "vrrp", "l2tp"}
)
_METHODS = {"1": "GET", "2": "POST", "3": "HEAD", "4": "PUT", "5": "CONNECT"}
_FILE = re.compile(r"filename: ([^\s,;]{1,255})")


class _Meaning(NamedTuple):
    action: str
    category: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    outcome: str = "success"
    kind: str = "event"


_OPENED = _Meaning("connection-start", ("network",), ("connection", "start"))
_CLOSED = _Meaning("connection-end", ("network",), ("connection", "end"))
_REFUSED = _Meaning("connection-denied", ("network",), ("connection", "denied"))
_TOLD = _Meaning("connection-info", ("network",), ("connection", "info"))
_DROPPED = _Meaning("packet-dropped", ("network",), ("denied",))
_ATTACK = _Meaning("attack-detected", ("intrusion_detection",), ("info",), kind="alert")
_STOPPED = _Meaning("attack-prevented", ("intrusion_detection",), ("denied",), kind="alert")
_VIRUS = _Meaning("virus-detected", ("malware",), ("denied",), kind="alert")
_LOGIN = _Meaning("login", ("authentication",), ("start", "info"))
_NO_LOGIN = _Meaning("login", ("authentication",), ("start", "info"), "failure")
_LOGOUT = _Meaning("logout", ("authentication",), ("end", "info"))
_SESSION, _SESSION_END = (
    _Meaning("session-start", ("session",), ("start",)),
    _Meaning("session-end", ("session",), ("end",)),
)
_CHANGED = _Meaning("config-change", ("configuration",), ("change",))
_UNCHANGED = _Meaning("config-change", ("configuration",), ("change",), "failure")


def _numbers(text: str, meaning: _Meaning) -> dict[str, _Meaning]:
    found: dict[str, _Meaning] = {}
    for part in text.split():
        first, _, last = part.partition("-")
        found |= {str(number): meaning for number in range(int(first), int(last or first) + 1)}
    return found


# By the message numbers of the reference guide.
_MEANINGS: dict[str, _Meaning] = {
    **_numbers("98", _OPENED), **_numbers("537", _CLOSED), **_numbers("1197", _TOLD),
    **_numbers("14-15 18-20 36 60 173 524 708-715 760 1198-1201 1474-1477", _REFUSED),
    **_numbers("28 37-41 46 48 174-175 181 522 533-534 538 883-886 1387", _DROPPED),
    **_numbers("22-23 25 27 72-83 177-179 267 446 527-528 546 548 606 608 795 860 905 1098 1154 1213-1214 1369", _ATTACK),
    **_numbers("609 794 1099 1155", _STOPPED), **_numbers("165 248 809", _VIRUS),
    **_numbers("29 31 199 235-238 1080", _LOGIN), **_numbers("30 32-33 35 200 243-246 329 986-987 1035 1048 1157", _NO_LOGIN),
    **_numbers("24 261-265", _LOGOUT), **_numbers("994 996-997", _SESSION), **_numbers("995 998", _SESSION_END),
    **_numbers("328 340-341 440-443 1382", _CHANGED), **_numbers("1383", _UNCHANGED),
}  # fmt: skip
# What older versions put a message into, by the bits of `c`, where its number says nothing.
_CATEGORIES = {"4": _REFUSED, "8": _REFUSED, "64": _REFUSED, "256": _DROPPED, "2048": _REFUSED, "4096": _DROPPED, "8192": _DROPPED,
               "262144": _OPENED}  # fmt: skip
_FIREWALL_ACTIONS = {
    "forward": _Meaning("packet-forwarded", ("network",), ("allowed",)),
    "mgmt": _Meaning("packet-management", ("network",), ("allowed",)),
    "drop": _DROPPED,
}  # fmt: skip


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.product"] = "SonicWall", native.get("DeviceProduct", "SonicOS")
    document["observer.type"] = "firewall"
    _ends(native, document)
    fieldmap.fill(document, native, _TABLE)
    fieldmap.keep(document, native, "sonicwall.firewall.", _KNOWN)
    if network.is_ip(native.get("fw")):
        document["observer.ip"] = [native["fw"]]
        document["related.ip"] = [native["fw"]]
    if (level := network.number(native.get("pri"))) is not None and level < len(_LEVELS):
        document["log.level"] = _LEVELS[level]
    note, told = native.get("note"), native.get("msg")
    if told is not None:
        document["message"] = f"{told} ({note})" if note else told
        document["event.reason"] = told
        file = _FILE.search(told)
        document["file.name"] = document.get("file.name") or (file[1].rstrip(".") if file else None)
    _traffic(native, document)
    _web(native, document)
    _meaning(native, document)


def _ends(native: Native, document: Document) -> None:
    """`address:port:interface:name`, each of which may be missing at the end."""
    for side, name, passing in (("source", "src", "ingress"), ("destination", "dst", "egress")):
        address, port, interface, host = _end(native.get(name) or native.get(f"{name}V6", ""))
        document[f"{side}.ip"], document[f"{side}.port"] = address, port
        document[f"{side}.domain"], document[f"observer.{passing}.interface.name"] = host, interface
        if host and not address:
            document[f"{side}.address"] = host
        if port is None:
            document[f"{side}.port"] = network.number(native.get("sport" if name == "src" else "dport", "").strip())
        nat = "natSrc" if name == "src" else "natDst"
        document[f"{side}.nat.ip"], document[f"{side}.nat.port"], _, _ = _end(
            native.get(nat) or native.get(f"{nat}V6", "")
        )


def _end(text: str) -> tuple[str | None, int | None, str | None, str | None]:
    text = text.strip()
    if address := network.ip(text):
        return address, None, None, None
    if text[:1] == "[":
        head, _, rest = text[1:].partition("]")
        parts = [head, *rest.removeprefix(":").split(":", 2)]
    else:
        parts = text.split(":", 3)
    address, port, interface, host = (*parts, "", "", "", "")[:4]
    return network.ip(address), network.number(port), interface or None, host or None


def _traffic(native: Native, document: Document) -> None:
    first, _, second = native.get("proto", "").lower().partition("/")
    if first in _TRANSPORTS or first.isdigit():
        document["network.transport"] = network.transport(first)[0]
        document["network.protocol"] = second if second and not second.isdigit() else None
    else:
        document["network.protocol"] = first
    if first == "icmp" or "type" in native:
        document["network.icmp.type"], document["network.icmp.code"] = native.get("type"), native.get("code")
    for name, factor in (("cdur", 1_000_000), ("dur", 1_000_000_000)):
        if (count := network.number(native.get(name))) is not None and count < 1 << 33:
            document["event.duration"] = count * factor
    for unit in ("bytes", "packets"):
        counts = [document[name] for side in ("source", "destination") if (name := f"{side}.{unit}") in document]
        if counts:
            document[f"network.{unit}"] = sum(counts)


def _web(native: Native, document: Document) -> None:
    """A request: its host in `dstname`, its path in `arg`, the scheme as the protocol."""
    host, path = native.get("dstname"), native.get("arg")
    document["http.request.method"] = _METHODS.get(native.get("op", ""))
    if not host or path is None:
        return
    document["url.domain"], document["url.scheme"] = host, document.get("network.protocol")
    stem, mark, query = path.partition("?")
    document["url.path"], document["url.query"] = stem, query if mark else None
    if document["url.scheme"] in {"http", "https"}:
        document["url.full"] = f"{document['url.scheme']}://{host}{path}"


def _meaning(native: Native, document: Document) -> None:
    told = native.get("fw_action", "").lower()
    meaning = _MEANINGS.get(native.get("m", "")) or _FIREWALL_ACTIONS.get(told) or _CATEGORIES.get(native.get("c", ""))
    if "DeviceVendor" in native:
        document["event.kind"] = "alert" if "alert" in native["Name"].lower() else None
        document["event.category"], document["event.type"] = ["network"], ["protocol"]
    if meaning is None:
        document["event.action"] = told if told not in {"", "na"} else None
        return
    document["event.action"], document["event.outcome"] = meaning.action, meaning.outcome
    if "DeviceVendor" in native:
        document["event.category"] += [name for name in meaning.category if name != "network"]
        document["event.type"] += meaning.types
        return
    document["event.kind"] = meaning.kind
    document["event.category"], document["event.type"] = list(meaning.category), list(meaning.types)
