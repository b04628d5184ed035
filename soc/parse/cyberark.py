"""CyberArk: the Digital Vault's audit records (LEEF and CEF, 9 to 14), and the audit events of CyberArk's cloud services (JSON).

The vault's fields have the names of its LEEF translator, those of CEF translated, so that rules and mappings see one vocabulary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import cef, leef, plain
from soc.parse.cyberark_ecs import ecs, ecs_json
from soc.parse.ecs_fields import dataset
from soc.parse.format import Format, Native
from soc.parse.when import epoch

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.frame import Frame

_HEADER = dict(
    zip(("DeviceVendor", "DeviceProduct", "DeviceVersion", "DeviceEventClassID"), leef.HEADER[1:], strict=True)
)
# Of the vault's own CEF translator.
_CEF = {
    "act": "Action", "suser": "usrName", "fname": "File", "Severity": "sev", "Name": "EventMessage",
    "Affected User Name": "TargetUser", "Safe Name": "Safe", "Location": "Location", "Property Name": "Category", "Target User Name": "duser",
    "Gateway Address": "GatewayStation", "Request Id": "RequestId", "Ticket Id": "CAPolicy", "Reason": "Reason", "Other info": "ExtraDetails",
    "Extra Details": "ExtraDetails", "Device Type": "DeviceType", "Database": "Database", "Source User Name": "SourceUser",
}  # fmt: skip
_KIND: Kind = (Logsource(product="cyberark", service="vault"),)
_AUDIT_KIND: Kind = (Logsource(product="cyberark", service="audit"),)


def decode(frame: Frame) -> Native | None:
    """A record of the vault by the names of its LEEF form."""
    text = frame.text
    if "|Vault|" not in text[:512]:
        return None
    if found := leef.fields(text):
        return {**found, "message": text} if found["Vendor"] == "Cyber-Ark" else None
    fields = cef.fields(text)
    if fields is None or fields["DeviceVendor"] != "Cyber-Ark":
        return None
    named: dict[str, str] = {}
    for name, value in fields.items():
        if not name.endswith("Label"):
            label = fields.get(f"{name}Label", "").strip('"')
            named.setdefault(_HEADER.get(name) or _CEF.get(label) or _CEF.get(name, name), value)
    return {**named, "message": text}


def time(event: Event) -> int | None:
    told = cef.moment(event.native.get("rt"), event.frame.zone, event.record.arrived)
    return told if told is not None else plain.time(event)


def decode_json(frame: Frame) -> Native | None:
    """An event of the audit service as it is."""
    found = frame.json
    return found if found and "auditCode" in found and "applicationCode" in found and "tenantId" in found else None


def time_json(event: Event) -> int | None:
    told = event.native.get("timestamp")
    return epoch(str(told)) if isinstance(told, int | str) else None


def kind(_: Native) -> Kind:
    return _KIND


def kind_json(_: Native) -> Kind:
    return _AUDIT_KIND


FORMAT = Format(
    name="cyberark",
    title="CyberArk Digital Vault, LEEF and CEF",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={"event.dataset": dataset},
    kind=kind,
    hints=("|Vault|",),
)
JSON = Format(
    name="cyberark_audit",
    title="CyberArk audit events of its cloud services, JSON",
    decode=decode_json,
    time=time_json,
    ecs=ecs_json,
    ecs_fields={"event.dataset": dataset},
    kind=kind_json,
    json=True,
)
