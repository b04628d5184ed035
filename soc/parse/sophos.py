"""Sophos Firewall (XG, SFOS 15 to 21, device standard and central reporting format) and Sophos UTM 9.

Both write key=value pairs. A `log_id` of SFOS names type, component, subtype, priority and, in its last five digits, the
message of the Sophos Firewall Log Guide. UTM begins with its own time stamp and what the daemon calls itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import plain
from soc.parse.format import Format, Native
from soc.parse.keyvalue import spaced
from soc.parse.sophos_ecs import ecs, zone_name
from soc.parse.when import iso, zone_or

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.frame import Frame

_UTM = re.compile(
    r"(?P<year>\d{4}):(?P<month>\d{1,2}):(?P<day>\d{1,2})-(?P<clock>\d\d:\d\d:\d\d) (?P<utm_host>[\w.-]{1,255}) "
    r"(?P<program>[\w./-]{1,64})(?:\[(?P<pid>\d{1,10})\])?: "
)
_PACKET = re.compile(r'(?:\S+ )?id="\d{4}" severity="')


def decode(frame: Frame) -> Native | None:
    """The pairs by their own names; of UTM also the parts of its header."""
    text = frame.text
    if "log_component=" in text:
        native = spaced(text)
        return {**native, "raw": text} if "log_id" in native and "log_type" in native else None
    header = _UTM.match(text) if text[4:5] == ":" else None
    if header:
        parts = {name: value for name, value in header.groupdict().items() if value}
        body = text[header.end() :]
        return {**(spaced(body) if '="' in body else {}), **parts, "body": body, "raw": text}
    if 'sys="' in text and 'sub="' in text and _PACKET.match(text):
        return {**spaced(text), "body": text, "raw": text}
    return None


def time(event: Event) -> int | None:
    """`timestamp` with its offset, or `date` and `time` in `timezone` where that names a zone."""
    native, where = event.native, event.frame.zone
    if "month" in native:
        return iso(f"{native['year']}-{native['month']:0>2}-{native['day']:0>2}T{native['clock']}", where)
    if "timestamp" in native:
        return iso(native["timestamp"], where) or plain.time(event)
    if "date" in native and "time" in native:
        return iso(f"{native['date']}T{native['time']}", zone_or(zone_name(native), where))
    return plain.time(event)


def _kind(category: str, service: str) -> Kind:
    return Logsource(product="sophos", category=category, service=service), Logsource(
        product="sophos", category="firewall"
    )


_KINDS: dict[str, Kind] = {
    "Firewall": _kind("firewall", "firewall"), "Content Filtering": _kind("proxy", "content_filtering"),
    "WAF": _kind("webserver", "waf"), "IDP": _kind("ids", "idp"), "ATP": _kind("ids", "atp"),
    "Anti-Virus": _kind("antivirus", "antivirus"), "Anti-Spam": _kind("email", "antispam"),
    "Sandbox": _kind("antivirus", "sandbox"), "Event": _kind("firewall", "event"),
    "httpproxy": _kind("proxy", "httpproxy"), "reverseproxy": _kind("webserver", "reverseproxy"),
}  # fmt: skip
_OTHER = _kind("firewall", "")


def kind(native: Native) -> Kind:
    return _KINDS.get(native.get("log_type") or native.get("program", ""), _OTHER)


FORMAT = Format(
    name="sophos",
    title="Sophos Firewall (XG) and Sophos UTM",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
)
