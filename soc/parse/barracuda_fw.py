"""Barracuda CloudGen Firewall 7 to 9: activity, threat, access and box logs as its syslog streaming sends them.

A line is the severity in a column of nine letters, the box, and the message; activities are `Allow: type=FWD|proto=TCP|...`, or
the same values by place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import fieldmap, network, plain
from soc.parse.format import Format, Native

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_HEAD = re.compile(
    r"(?P<level>Info {5}|Notice {3}|Warning {2}|Error {4}|Fatal {4}|Panic {4}|Security |Alert {4}|Debug {4})(?P<box>[\w.-]{1,64}) {1,4}(?P<said>.*)$",
    re.DOTALL,
)
_ACTIVITY = re.compile(
    r"(?:firewall: )?(?:\[\w{1,32}\] )?(?P<action>Allow|Block|Drop|Deny|Fail|Detect|Remove|Scan|LocalAllow|LocalBlock|Terminate): {1,4}(?P<rest>.*\|.*)$",
    re.DOTALL,
)
_PLACES = (
    "type", "proto", "srcIF", "srcIP", "srcPort", "srcMAC", "dstIP", "dstPort", "dstService", "dstIF", "rule", "info", "srcNAT",
    "dstNAT", "duration", "count", "receivedBytes", "sentBytes", "receivedPackets", "sentPackets", "user", "protocol",
    "application", "target", "content", "urlcat",
)  # fmt: skip
_THREAT = re.compile(
    r"(?P<engine>IPS|AV|ATP|SSL) (?P<proto>\w{1,16})\(\d{1,5}\) (?P<srcIP>[0-9A-Fa-f.]{2,45}|[0-9A-Fa-f:]{2,45})(?::(?P<srcPort>\d{1,5}))? -> (?P<dstIP>[0-9A-Fa-f.]{2,45}):(?P<dstPort>\d{1,5})"
    r" \|\[ID: (?P<id>\d{1,12}) (?P<rule>[^\]]{1,255})\]\|[^|]{0,64}\|(?P<severity>\d{1,3})\|(?P<class>[^|]{0,64})"
)
_ACCOUNT = re.compile(
    r"(?P<action>start|update|stop)\|[^|]{0,64}\|(?P<rule>[^|]{0,128})\|(?:[^|]{0,64}\|){5}(?P<begun>\d{0,12})\|(?P<ended>\d{0,12})\|(?P<in>\d{0,19})\|(?P<out>\d{0,19})\|(?P<address>[0-9A-Fa-f.:]{0,45})\|[^|]{0,64}\|[^|]{0,64}\|(?P<user>[^|]{0,128})"
)
_LOGIN = re.compile(
    r"LOGIN ATTEMPT: (?P<process>[\w.-]{1,64})\[(?P<pid>\d{1,10})\]: Login (?P<user>[^\s_]{1,128})\S{0,128} from (?P<address>[0-9A-Fa-f.:]{2,45}) ?: (?P<verdict>\w{1,16})"
)
_EVENT = re.compile(
    r"event: \[\d{1,12}\] (?P<action>\w{1,16}) Event \(\w\|(?P<severity>\d{1,3})\|(?P<service>[^|]{0,64})\|\d{1,6}\|[^|]{0,64}\|\d{1,6}\|.{0,1024}\|(?P<thread>[^|)]{0,128})\)(?: to Control Center (?P<address>[0-9A-Fa-f.:]{2,45}))?"
)
_SESSION = re.compile(
    r"(?:Session from (?P<address>[0-9A-Fa-f.:]{2,45}):(?P<port>\d{1,5})|New Session GCSID_(?P<host>[^_\s]{1,128})_\S{1,128}?_(?P<from>\d{1,3}(?:\.\d{1,3}){3})_(?P<from_port>\d{1,5})_\d{1,10}|challenge sent for (?P<for>[^_\s]{1,128})_)"
)
_COMMIT = re.compile(
    r"\[[^@\]]{1,64}@(?P<address>[0-9A-Fa-f.:]{2,45})_(?P<port>\d{1,5})\] {1,4}(?P<reason>Commit operation: .{0,64}?Copy: (?P<file>\S{1,255}) from (?P<folder>\S{1,255}))"
)
_SCAN = re.compile(r"SecurityEvent: \((?P<what>[^)]{1,64})\).{0,256}? source IP (?P<address>[0-9A-Fa-f.:]{2,45})")
_WATCHED = re.compile(
    r"was able to ping process (?P<pid>\d{1,10}) \((?P<path>(?P<folder>/\S{0,255})/(?P<file>[^/\s)]{1,128}))\)"
)
_GROUPS = re.compile(r"MSAD-Offline-Groups (?P<reason>.*)$", re.DOTALL)
_SYNCED = re.compile(r"Received \d{1,9} users from (?P<name>[\w.-]{1,128}) \(")
_ALIVE = re.compile(r"still alive|current load|currently there are|was (?:un)?able to")


def _translated(text: str) -> str | None:
    """An address; `0.0.0.0` where nothing is translated."""
    return network.ip(text) if text not in {"0.0.0.0", "::"} else None  # noqa: S104 (what the device writes)


_TABLE = fieldmap.table(
    (None, {
        "action": "event.action", "rule": "rule.name", "id": "rule.id", "class": "rule.category", "srcIF": "observer.ingress.interface.name",
        "dstIF": "observer.egress.interface.name", "user": "user.name", "application": "network.application", "urlcat": "rule.category",
        "info": "event.reason", "target": "url.domain", "dstService": "service.name",
    }),
    (str.lower, {"proto": "network.transport", "protocol": "network.protocol"}),
    (network.ip, {"srcIP": "source.ip", "dstIP": "destination.ip"}),
    (_translated, {"srcNAT": "source.nat.ip", "dstNAT": "destination.nat.ip"}),
    (network.number, {
        "srcPort": "source.port", "dstPort": "destination.port", "receivedBytes": "destination.bytes", "sentBytes": "source.bytes",
        "receivedPackets": "destination.packets", "sentPackets": "source.packets", "severity": "event.severity",
    }),
    (network.mac, {"srcMAC": "source.mac"}),
)  # fmt: skip


def decode(frame: Frame) -> Native | None:
    """Severity, box and message; of an activity or a threat also its values by the vendor's names."""
    head = _HEAD.match(frame.text)
    if head is None:
        return None
    native = {"level": head["level"].strip(), "box": head["box"], "said": head["said"], "raw": frame.text}
    activity = _ACTIVITY.match(head["said"])
    if activity is None:
        # A box speaks of itself in capitals; a lone word behind `Security` may be any program's.
        return native if head["level"] != "Security " or "firewall:" in head["said"] else None
    rest = activity["rest"]
    if threat := _THREAT.match(rest):
        return native | {
            "action": activity["action"],
            **{name: value for name, value in threat.groupdict().items() if value},
        }
    parts = rest.split("|")
    named = (
        dict(part.partition("=")[::2] for part in parts) if "=" in parts[0] else dict(zip(_PLACES, parts, strict=False))
    )
    return native | {"action": activity["action"], **named}


def ecs(event: Event, document: Document) -> None:
    native, said = event.native, event.native["said"]
    document["observer.vendor"], document["observer.product"], document["observer.type"] = (
        "Barracuda",
        "CloudGen Firewall",
        "firewall",
    )
    document["observer.hostname"], document["log.level"], document["message"] = native["box"], native["level"], said
    document["event.category"], document["event.type"] = ["network"], ["info"]
    if "action" in native:
        _activity(native, document)
        return
    for pattern, fill in _SHAPES:
        if found := pattern.search(said, 0, 4096):
            fill({name: value for name, value in found.groupdict().items() if value}, document)
            return
    document["event.reason"] = said


def _activity(native: Native, document: Document) -> None:
    fieldmap.fill(document, native, _TABLE)
    if not document.get("network.transport", "").isalpha() or native.get("proto") == "ALLIP":
        document["network.transport"] = None
    if (millis := network.number(native.get("duration"))) is not None and millis < 1 << 43:
        document["event.duration"] = millis * 1_000_000
    allowed = native["action"] in {"Allow", "LocalAllow", "Detect"}
    if "engine" in native:
        document["event.category"], document["event.kind"] = ["network", "intrusion_detection"], "alert"
        document["event.type"] = ["allowed" if allowed else "denied"]
    else:
        document["event.type"] = (
            ["end"]
            if native["action"] in {"Remove", "Terminate"}
            else ["connection", "allowed" if allowed else "denied"]
        )


def _login(told: dict[str, Any], document: Document) -> None:
    document["event.category"], document["event.type"] = ["authentication"], ["start"]
    document["event.outcome"] = "success" if told["verdict"] == "Allowed" else "failure"
    document["process.name"], document["process.pid"] = told["process"], int(told["pid"])
    document["user.name"], document["source.ip"] = told["user"], network.ip(told["address"])


def _account(told: dict[str, Any], document: Document) -> None:
    document["event.action"], document["rule.name"] = told["action"], told.get("rule")
    document["destination.bytes"], document["source.bytes"] = (
        network.number(told.get("in")),
        network.number(told.get("out")),
    )
    document["client.ip"], document["client.user.name"] = network.ip(told.get("address")), told.get("user")
    document["related.user"] = [told["user"]] if "user" in told else []


def _event(told: dict[str, Any], document: Document) -> None:
    document["event.action"], document["event.severity"] = told["action"], int(told["severity"])
    document["service.name"], document["process.thread.name"] = told.get("service"), told.get("thread")
    document["destination.ip"] = network.ip(told.get("address"))


def _session(told: dict[str, Any], document: Document) -> None:
    document["event.category"], document["event.type"] = ["session"], ["start"]
    document["source.ip"] = network.ip(told.get("address") or told.get("from"))
    document["source.port"] = network.number(told.get("port") or told.get("from_port"))
    document["host.name"] = told.get("host") or told.get("for") or document.get("host.name")


def _commit(told: dict[str, Any], document: Document) -> None:
    document["event.category"], document["event.reason"] = ["file"], told["reason"]
    document["source.ip"], document["source.port"] = network.ip(told["address"]), int(told["port"])
    document["file.name"], document["file.directory"] = told["file"], told["folder"]


def _scan(told: dict[str, Any], document: Document) -> None:
    document["event.category"], document["event.kind"] = ["network", "intrusion_detection"], "alert"
    document["rule.name"], document["source.ip"] = told["what"], network.ip(told["address"])


def _watched(told: dict[str, Any], document: Document) -> None:
    document["event.category"], document["event.reason"] = ["process"], document["message"]
    document["process.pid"], document["file.path"] = int(told["pid"]), told["path"]
    document["file.directory"], document["file.name"] = told["folder"], told["file"]


def _synchronised(told: dict[str, Any], document: Document) -> None:
    document["event.category"], document["event.reason"] = ["authentication"], told.get("reason")
    document["related.hosts"] = [told["name"]] if "name" in told else []


def _alive(_: dict[str, Any], document: Document) -> None:
    document["event.category"], document["event.reason"] = ["process"], document["message"]


_SHAPES = ((_LOGIN, _login), (_ACCOUNT, _account), (_EVENT, _event), (_SESSION, _session), (_COMMIT, _commit), (_SCAN, _scan),
           (_WATCHED, _watched), (_GROUPS, _synchronised), (_SYNCED, _synchronised), (_ALIVE, _alive))  # fmt: skip
_KIND: Kind = (Logsource(product="barracuda", category="firewall"),)


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="barracuda_fw",
    title="Barracuda CloudGen Firewall",
    decode=decode,
    time=plain.time,
    ecs=ecs,
    kind=kind,
    hints=(
        "Info     ",
        "Notice   ",
        "Warning  ",
        "Error    ",
        "Fatal    ",
        "Panic    ",
        "Security ",
        "Alert    ",
        "Debug    ",
    ),
)
