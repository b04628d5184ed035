"""FortiGate firewalls: key=value and CEF records of types traffic, utm and event, straight from the device or by way of FortiAnalyzer.

A CEF record's fields take the names that the key=value form has, so that rules and mappings see one vocabulary.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import cef, plain
from soc.parse.format import Format, Native
from soc.parse.fortigate_ecs import FIELDS, ecs
from soc.parse.keyvalue import pairs
from soc.parse.when import epoch, iso, zone_or

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.frame import Frame

_PREFIX = re.compile(r"(?:FTNTFGT|FortinetFortiGate|ad\.|foo\.)")
# FortiOS' own table, CEF Support in the FortiOS Log Message Reference.
_FROM_CEF = {
    "act": "action", "app": "service", "cnt": "count", "deviceExternalId": "devid", "deviceInboundInterface": "srcintf",
    "deviceOutboundInterface": "dstintf", "deviceSeverity": "level", "dhost": "hostname", "dmac": "dstmac", "dpt": "dstport",
    "dst": "dstip", "duser": "dstuser", "dvchost": "devname", "externalId": "sessionid", "externalID": "sessionid",
    "fname": "filename", "fsize": "filesize", "in": "rcvdbyte", "out": "sentbyte", "outcome": "status", "request": "url", "requestContext": "catdesc",
    "requestClientApplication": "agent", "requestMethod": "httpmethod", "shost": "srcname", "smac": "srcmac", "spt": "srcport",
    "sproc": "ui", "src": "srcip", "suser": "user", "sourceTranslatedAddress": "transip", "sourceTranslatedPort": "transport",
    "destinationTranslatedAddress": "tranip", "destinationTranslatedPort": "tranport",
}  # fmt: skip
_LABELS = {
    "Duration": "duration", "Packets Sent": "sentpkt", "Packets Received": "rcvdpkt", "Policy Id": "policyid", "Reference": "ref",
}  # fmt: skip
# Names of some log types and of FortiWeb, which writes the same form.
_ALIASES = {
    "device_id": "devid", "dst": "dstip", "dst_int": "dstintf", "dst_port": "dstport", "http_agent": "agent", "http_host": "hostname",
    "http_method": "httpmethod", "http_refer": "referralurl", "http_url": "url", "log_id": "logid", "policy_id": "policyid",
    "pri": "level", "session_id": "sessionid", "src": "srcip", "src_int": "srcintf", "src_port": "srcport",
}  # fmt: skip
_KINDS: dict[str, Kind] = {
    service: (
        Logsource(product="fortigate", category="firewall", service=service),
        Logsource(product="fortinet", category="firewall"),
        Logsource(product="fortios", service="sslvpnd" if service == "event" else service),
    )
    for service in ("traffic", "utm", "event", "")
}


def decode(frame: Frame) -> Native | None:
    """FortiOS' fields by FortiOS' names, those of CEF translated, beside the CEF header."""
    text = frame.text
    if "Fortinet|" in text[:512]:
        found = cef.fields(text)
        if found and found["DeviceVendor"] == "Fortinet" and "fortigate" in found["DeviceProduct"].lower():
            return {"message": text, **_translated(found)}
    if "type=" not in text:
        return None
    native = pairs(text)
    for name, own in _ALIASES.items():
        if name in native:
            native.setdefault(own, native[name])
    if "type" in native and any(name in native for name in ("logid", "vd", "devid", "logdesc")):
        return {**native, "message": text}
    return None


def _translated(given: dict[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in given.items() if name in cef.HEADER}
    for name, value in given.items():
        if name in cef.HEADER or name.endswith("Label"):
            continue
        if label := _LABELS.get(given.get(f"{name}Label", "")):
            found.setdefault(label, value)
            continue
        own = _PREFIX.match(name)
        found.setdefault(name[own.end() :] if own else _FROM_CEF.get(name, name), value.strip('"'))
    type_, _, subtype = found.get("cat", "").partition(":")
    if type_ in _KINDS:
        found.setdefault("type", type_)
    found.setdefault("type", found["Name"].partition(":")[0])
    if subtype:
        found.setdefault("subtype", subtype)
    return found


def time(event: Event) -> int | None:
    """The device's `date`, `time` and `tz` in what it sends itself, else `eventtime`, in any unit from seconds to nanoseconds.

    FortiAnalyzer rewrites the former to its own zone, but takes off the syslog header of what it passes on.
    """
    native = event.native
    clock = _clock(event)
    started = epoch(native.get("eventtime"))
    direct = event.frame.syslog is not None and event.frame.syslog.priority is not None
    stored = plain.time(event) or epoch(native.get("itime"))  # FortiAnalyzer's own stamp
    moments = (clock, started, stored) if direct else (started, clock, stored)
    return next((moment for moment in moments if moment is not None), None)


def _clock(event: Event) -> int | None:
    native = event.native
    where = zone_or(native.get("tz", ""), event.frame.zone)
    if "date" in native and "time" in native:
        return iso(f"{native['date']}T{native['time']}", where)
    return cef.moment(native.get("start"), where, event.record.arrived)


def kind(native: Native) -> Kind:
    return _KINDS.get(native["type"], _KINDS[""])


FORMAT = Format(
    name="fortigate",
    title="Fortinet FortiGate, key=value and CEF",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields=FIELDS,
    kind=kind,
    hints=("logid=", "devid=", "logdesc=", "vd=", "Fortinet|"),
)
