"""F5 BIG-IP 11 to 17: modules' CEF (ASM, AFM, PSM), daemons' syslog (apmd, tmm, tmsh, mcpd, httpd, iRules), telemetry as JSON.

Daemons begin with `message number:level: `; which daemon a number is of and what it says is in the BIG-IP log message reference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import cef, f5_asm, plain
from soc.parse.f5_ecs import ecs, json_ecs
from soc.parse.format import Format, Native, flat_field
from soc.parse.when import ctime, epoch, iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.frame import Frame

_NUMBERED = re.compile(
    r"(?:(?P<word>emerg|alert|crit|err|error|warning|notice|info|debug) )?(?P<number>[0-9a-f]{8}):(?P<level>\d): "
)
_SESSION = re.compile(
    r"(?P<profile>/[\w.-]{1,64}/[\w./-]{1,128}):(?P<partition>[\w.-]{1,64}):(?P<session>[0-9A-Fa-f]{6,32}): "
)
_RULE = re.compile(r" ?Rule (?P<rule>/[\w./-]{1,255}) (?:<(?P<irule_event>\w{1,64})>)? ?: ?(?:LOGS: )?")
_AUDIT = re.compile(r"AUDIT - ")
_SSL = re.compile(
    r"\[ssl_(?:req|acc)\] ?(?:(?P<address>[0-9A-Fa-f.:]{2,45}) \S{1,64} (?P<user>\S{1,128}) )?\[(?P<time>[^\]]{20,32})\] "
    r"(?:(?P<client>[0-9A-Fa-f.:]{2,45}) (?P<version>[A-Z]{3}v[\d.]{1,4}) (?P<cipher>\S{1,64}) )?\"(?P<request>[^\"]*)\" (?:(?P<status>\d{3}) )?(?P<bytes>\d{1,18}|-)"
)
_SECURITY = re.compile(r"\[(?P<log>SECEV)\] ")
_DAEMONS = frozenset({
    "apmd", "tmsh", "mcpd", "bigd", "icrd_child", "iapd", "apd", "rba", "websso", "eam", "sod", "gtmd", "big3d", "bd", "asm_config_server.pl",
    "chmand", "lind", "overdog", "alertd", "named-f5", "tmm", *(f"tmm{number}" for number in range(64)),
})  # fmt: skip
# syslog-ng on a BIG-IP writes the severity before the daemon's name.
_WORDS = ("emerg", "alert", "crit", "err", "error", "warning", "notice", "info", "debug")
_CLOCKS = ("date_time", "f5telemetry_timestamp", "timestamp", "EOCTimestamp", "epoch_time")


def decode(frame: Frame) -> Native | None:
    """CEF's fields by their labels, or a daemon's message in parts."""
    text = frame.text
    if "|F5|" in text[:512]:
        found = cef.fields(text)
        return _labelled(found, text) if found and found["DeviceVendor"] == "F5" else None
    if (asm := f5_asm.pairs(text)) is not None:
        return {**asm, "kind": "asm", "program": "ASM", "raw": text, "body": text, "said": text}
    header = frame.syslog
    app = header.app.rpartition(" ")[2].rpartition("/")[2] if header else ""
    number = _NUMBERED.match(text)
    body = text[number.end() :] if number else text
    told = _body(body)
    if told is None and not (number and app in _DAEMONS):
        return None
    word = header.app.rpartition(" ")[0] if header else ""
    parts: dict[str, Any] = {"program": app, "raw": text, "body": body, **(told or {})}
    if number:
        parts |= {"number": number["number"], "level": number["word"] or word or number["level"]}
    return parts


def _labelled(found: dict[str, Any], text: str) -> Native:
    """`cs1=/Common/x cs1Label=policy_name` as `policy_name`."""
    native: dict[str, Any] = {"raw": text, "body": text}
    for name, value in found.items():
        if name.endswith("Label"):
            continue
        label = found.get(f"{name}Label")
        native.setdefault(label or name, value)
    return native


def _body(body: str) -> dict[str, str] | None:
    """What message this is by its beginning; None if it is of no known kind."""
    for kind, pattern in (
        ("session", _SESSION),
        ("irule", _RULE),
        ("audit", _AUDIT),
        ("security", _SECURITY),
        ("ssl", _SSL),
    ):
        if found := pattern.match(body):
            parts = {name: value for name, value in found.groupdict().items() if value}
            return {**parts, "kind": kind, "said": body[found.end() :]}
    return None


def time(event: Event) -> int | None:
    native = event.native
    if "rt" in native:
        return cef.moment(native["rt"], event.frame.zone, event.record.arrived) or plain.time(event)
    if native.get("kind") == "asm" and (told := iso(native.get("date_time", "").replace(" ", "T"), event.frame.zone)):
        return told
    return plain.time(event)


def _kind(category: str, service: str) -> Kind:
    return (Logsource(product="f5", category=category, service=service), Logsource(product="bigip", category=category))


_KINDS: dict[str, Kind] = {
    "ASM": _kind("webserver", "asm"), "asm": _kind("webserver", "asm"), "Advanced Firewall Module": _kind("firewall", "afm"), "PSM": _kind("firewall", "psm"),
    "AFM": _kind("firewall", "afm"), "session": _kind("", "apm"), "irule": _kind("webserver", "ltm"), "audit": _kind("", "audit"),
    "ssl": _kind("webserver", "httpd"), "APM": _kind("", "apm"),
}  # fmt: skip
_OTHER = _kind("", "ltm")


def kind(native: Native) -> Kind:
    told = native.get("DeviceProduct") or native.get("kind") or native.get("telemetryEventCategory")
    return _KINDS.get(told, _OTHER) if isinstance(told, str) else _OTHER


def decode_json(frame: Frame) -> Native | None:
    """Telemetry Streaming's events, which say what they are of."""
    document = frame.json
    return document if document is not None and isinstance(document.get("telemetryEventCategory"), str) else None


def json_time(event: Event) -> int | None:
    for name in _CLOCKS:
        told = event.native.get(name)
        if isinstance(told, str) and told:
            moment = epoch(told) or iso(told, event.frame.zone) or ctime(told, event.frame.zone, event.record.arrived)
            if moment is not None:
                return moment
    return None


FORMAT = Format(
    name="f5",
    title="F5 BIG-IP syslog and CEF",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    programs=_DAEMONS | {f"{word} {name}" for word in _WORDS for name in _DAEMONS},
    hints=("|F5|", ":Common:", " Rule /", "Rule /", "AUDIT - ", "[SECEV]", "[ssl_", 'support_id="'),
)
JSON = Format(
    name="f5_telemetry",
    title="F5 BIG-IP Telemetry Streaming",
    decode=decode_json,
    time=json_time,
    ecs=json_ecs,
    kind=kind,
    field=flat_field,
    json=True,
)
