"""SonicWall firewalls: SonicOS 5.8 to 7.1 in default, enhanced and ArcSight (CEF) syslog format.

The fields are those of the SonicOS Log Events Reference Guide, `m` the number of the message. A CEF record's fields take the
names that the other formats have.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import cef, plain
from soc.parse.format import Format, Native
from soc.parse.keyvalue import spaced
from soc.parse.sonicwall_ecs import ecs
from soc.parse.when import iso, zone_or

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.frame import Frame

_START = re.compile(r"(?:[\w.:-]{0,255}\s{1,8})?id=[^=]{1,64}?\s{1,8}sn=")
_STAMP = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2}) (\d{1,2})(:\d\d:\d\d)(?: (UTC))?")
_FROM_CEF = {
    "DeviceEventClassID": "m", "spt": "sport", "dpt": "dport", "deviceInboundInterface": "in_interface",
    "deviceOutboundInterface": "out_interface", "smac": "srcMac", "dmac": "dstMac", "cs3Label": "srcZone", "cs4Label": "dstZone",
    "in": "rcvd", "out": "sent", "susr": "usr", "suser": "usr", "cs1": "rule", "request": "arg", "outcome": "result",
    "deviceExternalId": "sn", "dvc": "fw", "rt": "time", "cn1": "vpnpolicy", "sourceTranslatedAddress": "natSrc",
    "destinationTranslatedAddress": "natDst", "cnt": "n", "dvchost": "id",
}  # fmt: skip
_KIND: Kind = (
    Logsource(product="sonicwall", category="firewall"),
    Logsource(product="sonicwall", category="proxy"),
)  # fmt: skip


def decode(frame: Frame) -> Native | None:
    text = frame.text
    if "|SonicWall|" in text[:512]:
        found = cef.fields(text)
        if found is not None and found["DeviceVendor"] == "SonicWall":
            return {**{_FROM_CEF.get(name, name): _bare(value) for name, value in found.items()}, "raw": text}
    if " sn=" not in text or not _START.match(text.lstrip()):
        return None
    native = {name: _bare(value) for name, value in spaced(text).items()}
    return {**native, "raw": text} if "fw" in native or "pri" in native else None


def _bare(value: str) -> str:
    """Application names stand in single quotes; CEF values keep theirs."""
    text = value.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else value


def time(event: Event) -> int | None:
    """`time`, in UTC where it says so."""
    stamp = _STAMP.match(event.native.get("time", ""))
    if stamp is None:
        return cef.moment(event.native.get("time"), event.frame.zone, event.record.arrived) or plain.time(event)
    year, month, day, hour, rest, utc = stamp.groups()
    return iso(f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}{rest}", zone_or(utc or "", event.frame.zone))


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="sonicwall",
    title="SonicWall SonicOS",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    hints=(" sn=", "|SonicWall|"),
)
