"""Common Event Format: ArcSight's, which many vendors write.

`CEF:0|vendor|product|version|event class|name|severity|key=value ...`, `|` and `\\` escaped in the header, `=` and `\\` in values.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.event import Kind, Logsource
from soc.parse import network, plain, url
from soc.parse.format import Format, Native
from soc.parse.when import ctime, epoch, iso, zone_or

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_START = re.compile(r"(?:^|[\s:])CEF: ?(?=\d\|)")
_HEADER = re.compile(r"(\d)\|" + r"((?:[^|\\]|\\.){0,1023})\|" * 6, re.DOTALL)
_KEY = re.compile(r"(?:^|(?<=\s))([\w][\w.\[\]-]{0,127})=")
_ESCAPED = re.compile(r"\\([\\=|nr])")
_CONTROL = {"n": "\n", "r": "\r"}
HEADER = (
    "Version", "DeviceVendor", "DeviceProduct", "DeviceVersion", "DeviceEventClassID", "Name", "Severity",
)  # fmt: skip
_SEVERITIES = {"low": 0, "medium": 4, "high": 7, "very-high": 9}
_HASHES = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: _CONTROL.get(found[1], found[1]), text) if "\\" in text else text


def fields(text: str) -> dict[str, Any] | None:
    """Header and extension by their CEF names, unescaped; None if the text is no CEF. Some relays take `CEF:` for a syslog tag."""
    start = _START.search(text, 0, 512)
    header = _HEADER.match(text, start.end() if start else 0)
    if header is None:
        return None
    found: dict[str, Any] = {name: _unescape(value) for name, value in zip(HEADER, header.groups(), strict=True)}
    extension = text[header.end() :]
    keys = list(_KEY.finditer(extension))
    ends = [key.start() for key in keys[1:]]
    for key, end in zip(keys, [*ends, len(extension)], strict=False):
        value = extension[key.end() : end].rstrip()
        found.setdefault(key[1], _unescape(value))
    return found


def decode(frame: Frame) -> Native | None:
    found = fields(frame.text)
    return None if found is None else {"message": frame.text, **found}


def time(event: Event) -> int | None:
    native = event.native
    where = zone_or(native.get("dtz", ""), event.frame.zone)
    for name in ("rt", "end", "endTime", "start"):
        if told := moment(native.get(name), where, event.record.arrived):
            return told
    return plain.time(event)


def moment(text: str | None, where: tzinfo, arrived: int) -> int | None:
    """A CEF date: milliseconds since 1970, `Mmm dd yyyy hh:mm:ss`, or ISO 8601."""
    if not text:
        return None
    return epoch(text) if text.isdigit() else ctime(text.strip(), where, arrived) or iso(text, where)


_TEXT: dict[str, str] = {
    "act": "event.action", "externalId": "event.id", "eventId": "event.id", "reason": "event.reason", "dtz": "event.timezone",
    "suser": "source.user.name", "suid": "source.user.id", "sntdom": "source.user.domain", "duser": "destination.user.name",
    "duid": "destination.user.id", "dntdom": "destination.user.domain", "shost": "source.domain", "dhost": "destination.domain",
    "app": "network.application", "fname": "file.name", "filePath": "file.path", "fileType": "file.type",
    "requestMethod": "http.request.method", "requestContext": "http.request.referrer",
    "requestClientApplication": "user_agent.original", "requestCookies": "http.request.cookies", "dvchost": "observer.hostname",
    "deviceExternalId": "observer.serial_number", "deviceInboundInterface": "observer.ingress.interface.name",
    "deviceOutboundInterface": "observer.egress.interface.name", "ifname": "observer.ingress.interface.name",
    "inzone": "observer.ingress.zone", "outzone": "observer.egress.zone", "deviceProcessName": "process.name",
    "sproc": "process.name", "dproc": "process.name", "sourceServiceName": "service.name", "rule_uid": "rule.uuid",
}  # fmt: skip
_CONVERTED: dict[str, tuple[str, Callable[[str], Any]]] = {
    "src": ("source.ip", network.ip), "dst": ("destination.ip", network.ip), "sourceTranslatedAddress": ("source.nat.ip", network.ip),
    "destinationTranslatedAddress": ("destination.nat.ip", network.ip), "spt": ("source.port", network.number),
    "dpt": ("destination.port", network.number), "sourceTranslatedPort": ("source.nat.port", network.number),
    "destinationTranslatedPort": ("destination.nat.port", network.number), "smac": ("source.mac", network.mac),
    "dmac": ("destination.mac", network.mac), "in": ("source.bytes", network.number), "out": ("destination.bytes", network.number),
    "fsize": ("file.size", network.number), "dpid": ("process.pid", network.number), "spid": ("process.pid", network.number),
}  # fmt: skip
_LABELS = {"rule": "rule.name", "rule name": "rule.name", "ruleid": "rule.id", "rule id": "rule.id", "policy": "rule.ruleset",
           "matched category": "rule.category", "user agent": "user_agent.original"}  # fmt: skip


def ecs(event: Event, document: Document) -> None:
    native = event.native
    for name, target in _TEXT.items():
        document[target] = native.get(name) or document.get(target)
    for name, (target, convert) in _CONVERTED.items():
        document[target] = convert(native[name]) if name in native else document.get(target)
    document["observer.vendor"], document["observer.product"] = native["DeviceVendor"], native["DeviceProduct"]
    document["observer.version"] = native["DeviceVersion"]
    document["event.code"] = document["rule.id"] = native["DeviceEventClassID"]
    document["rule.name"] = native["Name"]
    document["message"] = native.get("msg") or native["Name"]
    severity = native["Severity"].strip().lower()
    document["event.severity"] = network.number(severity) if severity.isdigit() else _SEVERITIES.get(severity)
    document["network.transport"] = network.transport(native.get("proto"))[0]
    document["observer.type"] = native["DeviceProduct"]
    document["network.application"] = (document["network.application"] or "").lower() or None
    document["network.direction"] = {"0": "inbound", "1": "outbound"}.get(native.get("deviceDirection", ""))
    _more(event, document)


def _more(event: Event, document: Document) -> None:
    native = event.native
    outcome = native.get("outcome", "").lower()
    document["event.outcome"] = outcome if outcome in {"success", "failure"} else None
    document["user.name"] = native.get("suser") or native.get("duser")
    document["observer.ip"] = [native["dvc"]] if network.is_ip(native.get("dvc")) else document.get("observer.ip")
    where = zone_or(native.get("dtz", ""), event.frame.zone)
    for name, target in (("start", "event.start"), ("end", "event.end"), ("endTime", "event.end")):
        if told := moment(native.get(name), where, event.record.arrived):
            document[target] = instant.iso(told)
    for name in ("fileHash", "oldFileHash"):
        if algorithm := _HASHES.get(len(native.get(name, ""))):
            document.setdefault(f"file.hash.{algorithm}", native[name])
    for name, label in native.items():
        if name.endswith("Label") and (labelled := _LABELS.get(label.lower())):
            document[labelled] = native.get(name.removesuffix("Label")) or document.get(labelled)
    url.fill(document, native.get("request", "").strip('"'))


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
    hints=("CEF:",),
)
