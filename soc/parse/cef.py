"""Common Event Format: ArcSight's, which many vendors write.

`CEF:0|vendor|product|version|event class|name|severity|key=value ...`, `|` and `\\` escaped in the header, `=` and `\\` in values.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import plain
from soc.parse.cef_ecs import HEADER, ecs, moment
from soc.parse.format import Format, Native
from soc.parse.when import zone_or

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.frame import Frame

__all__ = ["FORMAT", "HEADER", "decode", "fields", "moment"]

_START = re.compile(r"(?:^|[\s:])CEF: ?(?=\d\|)")
_HEADER = re.compile(r"(\d)\|" + r"((?:[^|\\]|\\.){0,1023})\|" * 6, re.DOTALL)
_KEY = re.compile(r"(?<!\S)([\w][\w.\[\]-]{0,127})=")
_ESCAPED = re.compile(r"\\([\\=|nr])")
_CONTROL = {"n": "\n", "r": "\r"}


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: _CONTROL.get(found[1], found[1]), text) if "\\" in text else text


def fields(text: str) -> dict[str, Any] | None:
    """Header and extension by their CEF names, unescaped; None if the text is no CEF. Some relays take `CEF:` for a syslog tag."""
    start = _START.search(text, 0, 512)
    header = _HEADER.match(text, start.end() if start else 0)
    if header is None:
        return None
    found: dict[str, Any] = {name: _unescape(value) for name, value in zip(HEADER, header.groups(), strict=True)}
    parts = _KEY.split(text[header.end() :])
    for name, value in zip(parts[1::2], parts[2::2], strict=True):
        found.setdefault(name, _unescape(value.rstrip()))
    return found


def decode(frame: Frame) -> Native | None:
    text = frame.text
    if "CEF:" not in text[:512] and not (frame.syslog and frame.syslog.app == "CEF"):
        return None
    found = fields(text)
    return None if found is None else {"message": text, **found}


def time(event: Event) -> int | None:
    native = event.native
    where = zone_or(native.get("dtz", ""), event.frame.zone)
    for name in ("rt", "deviceReceiptTime", "end", "endTime", "start", "startTime"):
        if told := moment(native.get(name), where, event.record.arrived):
            return told
    return plain.time(event)


# Products as Sigma names them; others are told by field only, since attackers may write any vendor.
_PRODUCTS = {
    "check point": "checkpoint", "cisco": "cisco", "f5": "f5", "fortinet": "fortinet", "forcepoint": "forcepoint",
    "juniper networks": "juniper", "palo alto networks": "paloalto", "sophos": "sophos", "trend micro": "trendmicro",
}  # fmt: skip


def kind(native: Native) -> Kind:
    product = _PRODUCTS.get(native["DeviceVendor"].lower(), "")
    return (Logsource(product=product or "cef"), Logsource(product=product, category="firewall"))


FORMAT = Format(
    name="cef",
    title="Common Event Format of any vendor",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    hints=("CEF:", "0|", "1|"),
)
