"""Forcepoint (formerly Stonesoft) NGFW engines, 5.10 to 7.1, as the Management Center forwards their logs in CEF and LEEF.

The fields of LEEF are translated to the names of CEF, so that rules and mappings see one vocabulary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import cef, leef, network, plain
from soc.parse.ecs_fields import dataset
from soc.parse.fieldmap import UNSET, fill, nanoseconds, one, table
from soc.parse.format import Format, Native

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_LEEF = {
    "Vendor": "DeviceVendor", "Product": "DeviceProduct", "Version": "DeviceVersion", "srcPort": "spt", "dstPort": "dpt", "devTime": "rt",
    "sender": "deviceExternalId", "srcMAC": "smac", "dstMAC": "dmac", "srcPostNAT": "sourceTranslatedAddress", "dstPostNAT": "destinationTranslatedAddress",
    "srcPostNATPort": "sourceTranslatedPort", "dstPostNATPort": "destinationTranslatedPort", "usrName": "suser", "sev": "Severity",
    "EventID": "Name", "srcBytes": "in", "dstBytes": "out", "url": "request", "action": "act", "service": "app", "cat": "deviceFacility",
}  # fmt: skip
_FIELDS = table(
    (
        None,
        {
            "Name": "event.action", "deviceExternalId": "device.id", "dvchost": "observer.hostname", "suser": "source.user.name user.name",
            "duser": "destination.user.name", "deviceInboundInterface": "observer.ingress.interface.name",
            "deviceOutboundInterface": "observer.egress.interface.name", "deviceFacility": "log.syslog.facility.name", "RuleID": "rule.id",
            "reason": "event.reason", "fname": "file.name", "filePath": "file.path", "request": "url.original", "requestMethod": "http.request.method",
            "requestContext": "http.request.referrer", "requestClientApplication": "user_agent.original", "shost": "source.domain",
            "dhost": "destination.domain", "DeviceVersion": "observer.version", "DeviceProduct": "observer.type observer.product", "VulnRef": "vulnerability.id",
        },
    ),
    (str.lower, {"app": "network.application", "requestScheme": "url.scheme"}),
    (
        network.ip,
        {
            "src": "source.ip", "dst": "destination.ip", "sourceTranslatedAddress": "source.nat.ip",
            "destinationTranslatedAddress": "destination.nat.ip",
        },
    ),
    (
        network.number,
        {
            "spt": "source.port", "dpt": "destination.port", "sourceTranslatedPort": "source.nat.port", "Severity": "event.severity",
            "destinationTranslatedPort": "destination.nat.port", "in": "source.bytes", "out": "destination.bytes", "fsize": "file.size",
        },
    ),
    (network.mac, {"smac": "source.mac", "dmac": "destination.mac"}),
    (nanoseconds, {"cn1": "event.duration"}),
    (lambda text: one(text) if network.is_ip(text) else None, {"dvc": "observer.ip"}),
)  # fmt: skip
_MAPPED = _FIELDS.names | {*cef.HEADER, "message", "form", "msg", "proto", "rt", "devTimeFormat", "LEEFVersion"}
# How the names of situations that engines report begin or end, and what that is.
_SITUATIONS = (
    ("Allowed", ["connection"], "success"), ("Closed", ["end"], None), ("Discarded", ["connection", "denied"], "success"),
    ("Refused", ["connection", "denied"], "success"), ("Terminated", ["connection", "denied"], "success"), ("Progress", ["connection", "info"], None),
)  # fmt: skip
_BLOCKED = frozenset({"block", "discard", "refuse", "terminate", "deny", "blacklist"})
_KIND: Kind = (Logsource(product="forcepoint", category="firewall"),)


def decode(frame: Frame) -> Native | None:
    """The fields of CEF, custom ones by their labels; `form` says which form it was."""
    text = frame.text
    if (found := leef.fields(text)) is not None:
        if found["Vendor"].lower() != "forcepoint":
            return None
        return {**{_LEEF.get(name, name): value for name, value in found.items()}, "message": text, "form": "leef"}
    fields = cef.fields(text)
    if fields is None or fields["DeviceVendor"].lower() not in {"forcepoint", "stonesoft", "mcafee ngfw"}:
        return None
    named: dict[str, str] = {}
    for name, value in fields.items():
        if not name.endswith("Label"):
            named.setdefault(fields.get(f"{name}Label") or name, value)
    return {**named, "message": text, "form": "cef"}


def time(event: Event) -> int | None:
    told = leef.moment(event.native.get("rt"), event.frame.zone, event.record.arrived)
    return told if told is not None else plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    if document.get("process.name") in {"CEF", "LEEF"}:  # the tag of a header that took it for one
        document["process.name"] = document["log.syslog.appname"] = None
    fill(document, native, _FIELDS)
    for name, value in native.items():
        if name not in _MAPPED and value not in UNSET:
            document[f"forcepoint.ngfw.{name}"] = value
    situation = native["Name"]
    document["observer.vendor"], document["event.code"] = "forcepoint", native.get("DeviceEventClassID")
    document["message"] = native.get("msg") or situation
    if native["form"] == "leef":
        document["observer.name"] = native.get("deviceExternalId")
        document["host.name"] = document["observer.name"] or document.get("host.name")
    document["related.ip"] = document.get("observer.ip")
    protocol, number = network.transport(native.get("proto"))
    document["network.transport"] = protocol
    document["network.iana_number"] = str(number) if number is not None else None
    _meaning(native, situation, document)


def _meaning(native: Native, situation: str, document: Document) -> None:
    types, outcome = next(((found, end) for word, found, end in _SITUATIONS if word in situation), (["info"], None))
    if native.get("act", "").lower() in _BLOCKED and "denied" not in types:
        types = ["denied"]
    document["event.category"], document["event.type"] = ["network"], types
    document["event.kind"] = "event"
    document["event.outcome"] = outcome or "unknown"


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="forcepoint_ngfw",
    title="Forcepoint NGFW, CEF and LEEF",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={"event.dataset": dataset},
    kind=kind,
    hints=("|FORCEPOINT|", "|Forcepoint|", "|Stonesoft|", "|forcepoint|"),
)
