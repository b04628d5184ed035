"""Palo Alto Networks firewalls: PAN-OS logs of all types, 4.0 to 11.2, also as Panorama and Strata Logging Service forward them.

Four forms with one vocabulary, the variable names of PAN-OS' custom log formats: CSV (the default of syslog forwarding), CEF,
LEEF, and the JSON of Strata Logging Service, formerly Cortex Data Lake.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc import instant
from soc.event import Kind, Logsource
from soc.parse import cef, csv_fields, leef, plain
from soc.parse.ecs_fields import dataset
from soc.parse.format import Format, Native
from soc.parse.paloalto_columns import TYPES, named
from soc.parse.paloalto_ecs import ecs
from soc.parse.paloalto_names import from_cef, from_leef, from_service
from soc.parse.paloalto_types import moment
from soc.parse.when import zone_or

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.frame import Frame

# A column for later use, receive time, serial number, type; `1,` is what PAN-OS writes first.
_START = re.compile(rf"\d?,[^,]{{8,40}},[^,]{{0,64}},(?:{'|'.join(TYPES)}),")
_STAMP = re.compile(r"\d{4}[/-]\d\d[/-]\d\d[ T]\d\d:\d\d:\d\d|\d\d?/\d\d?/\d\d(?:\d\d)? \d\d?:\d\d")
_KNOWN = frozenset({*TYPES, "DNS", "FILE", "URL", "WILDFIRE", "DATA", "TUNNEL_INSPECTION", "REMOTE_ACCESS", "AUDITLOG"})
_SERVICES = {"HIP-MATCH": "hipmatch", "AUTH": "authentication", "START": "tunnel", "END": "tunnel"}
_KINDS: dict[str, Kind] = {
    name: (
        Logsource(product="paloalto", category="firewall", service=_SERVICES.get(name, name.lower())),
        Logsource(product="paloalto", category="appliance", service=_SERVICES.get(name, name.lower())),
    )
    for name in _KNOWN
}
_TOLERATED = 2 * instant.SECOND


def decode(frame: Frame) -> Native | None:
    """The columns of CSV, or the fields of CEF and LEEF, by PAN-OS' names; `form` says which it was."""
    text = frame.text
    if "|Palo Alto Networks|" in text[:512]:
        return _from_leef(text) or _from_cef(text)
    # Relays may leave a header or a length before the first column.
    start = _START.search(text, 0, 512)
    if start is None:
        return None
    values = csv_fields.split(text[start.start() :].rstrip())
    if len(values) < 8 or not _STAMP.match(values[1]) or values[3] not in TYPES:
        return None
    return {"message": text, "form": "csv", **named(values)}


def _from_leef(text: str) -> Native | None:
    fields = leef.fields(text)
    if fields is None or fields["Vendor"] != "Palo Alto Networks":
        return None
    found = from_leef(fields)
    kind = found.get("type", "").upper()
    return {**found, "message": text, "form": "leef", "type": kind} if kind in _KNOWN else None


def _from_cef(text: str) -> Native | None:
    fields = cef.fields(text)
    if fields is None or fields["DeviceVendor"] != "Palo Alto Networks":
        return None
    # The service has the type for an event class and the subtype for a name, PAN-OS the other way round.
    kind, subtype = fields["DeviceEventClassID"], fields["Name"]
    if kind not in _KNOWN and subtype in _KNOWN:
        kind, subtype = subtype, kind
    if kind not in _KNOWN:
        return None
    return {**from_cef(fields), "message": text, "form": "cef", "type": kind, "subtype": subtype}


def decode_json(frame: Frame) -> Native | None:
    """The fields of a log of Strata Logging Service by PAN-OS' names."""
    found = frame.json
    if not found or not (
        "DeviceSN" in found or "LogSourceID" in found or found.get("VendorName") == "Palo Alto Networks"
    ):
        return None
    kind = found.get("LogType")
    if not isinstance(kind, str) or kind.upper() not in _KNOWN:
        return None
    return {**from_service(found), "form": "json", "type": kind.upper()}


def time(event: Event) -> int | None:
    """When it was generated, by the record's own zone where it names one and nobody has said another."""
    native = event.native
    where = zone_or(native.get("dtz", ""), event.frame.zone)
    if native["form"] == "cef":
        for name in ("receive_time", "time_generated"):
            if (told := cef.moment(native.get(name), where, event.record.arrived)) is not None:
                return told
        return plain.time(event)
    if native["form"] == "leef":
        told = leef.moment(native.get("time_generated"), where, event.record.arrived)
        return told if told is not None else plain.time(event)
    generated = moment(native.get("time_generated") or native.get("receive_time", ""), where)
    precise = instant.parse_iso(native.get("high_res_timestamp", ""), where) if native["form"] == "csv" else None
    if generated is None or precise is None or precise < instant.DAY:
        return generated if generated is not None else plain.time(event)
    # Both tell one wall clock. UTC is what collectors assume where nobody tells them anything.
    unsaid = not where.utcoffset(instant.to_datetime(generated))
    return precise if unsaid and abs(precise - generated) < instant.DAY else generated


def kind(native: Native) -> Kind:
    return _KINDS[native["type"]]


_FIELDS = {"event.dataset": dataset}
FORMAT = Format(
    name="paloalto",
    title="Palo Alto Networks PAN-OS, CSV, CEF and LEEF",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields=_FIELDS,
    kind=kind,
    hints=("|Palo Alto Networks|", *(f",{name}," for name in TYPES)),
)
JSON = Format(
    name="paloalto_json",
    title="Palo Alto Networks Strata Logging Service (Cortex Data Lake), JSON",
    decode=decode_json,
    time=time,
    ecs=ecs,
    ecs_fields=_FIELDS,
    kind=kind,
    json=True,
)
