"""The keys of CEF's dictionary in ECS; keys that it lacks stay under `cef.extensions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc import instant
from soc.parse import network, url
from soc.parse.fieldmap import fill, one, table
from soc.parse.when import ctime, epoch, iso, zone_or

if TYPE_CHECKING:
    from datetime import tzinfo

    from soc.event import Event
    from soc.parse.format import Document, Native

HEADER = (
    "Version", "DeviceVendor", "DeviceProduct", "DeviceVersion", "DeviceEventClassID", "Name", "Severity",
)  # fmt: skip
_SEVERITIES = {"low": 0, "medium": 4, "high": 7, "very-high": 9, "unknown": None}
_HASHES = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}


def _degrees(text: str) -> float | None:
    """A latitude or longitude."""
    try:
        degrees = float(text) if len(text) < 32 else 999.0
    except ValueError:
        return None
    return degrees if -180 <= degrees <= 180 else None


def _mac(text: str) -> list[str] | None:
    address = network.mac(text)
    return [address] if address else None


_FIELDS = table(
    (
        None,
        {
            "act": "event.action", "externalId": "event.id", "eventId": "event.id", "reason": "event.reason",
            "suser": "source.user.name", "suid": "source.user.id", "sntdom": "source.user.domain", "spriv": "source.user.group.name",
            "duser": "destination.user.name", "duid": "destination.user.id", "dntdom": "destination.user.domain",
            "dpriv": "destination.user.group.name", "shost": "source.domain", "dhost": "destination.domain",
            "sourceDnsDomain": "source.registered_domain", "destinationDnsDomain": "destination.registered_domain",
            "fname": "file.name", "filePath": "file.path", "fileType": "file.type", "fileId": "file.inode", "requestMethod": "http.request.method",
            "requestContext": "http.request.referrer", "requestClientApplication": "user_agent.original",
            "requestCookies": "http.request.cookies", "dvchost": "observer.hostname", "deviceExternalId": "observer.serial_number",
            "deviceInboundInterface": "observer.ingress.interface.name", "deviceOutboundInterface": "observer.egress.interface.name",
            "ifname": "observer.ingress.interface.name", "inzone": "observer.ingress.zone", "outzone": "observer.egress.zone",
            "deviceFacility": "log.syslog.facility.name", "deviceProcessName": "process.name", "sproc": "process.name", "dproc": "process.name",
            "sourceServiceName": "service.name", "destinationServiceName": "service.target.name", "rule_uid": "rule.uuid",
            "agt": "agent.ip", "ahost": "agent.name", "aid": "agent.id", "at": "agent.type", "av": "agent.version",
        },
    ),
    (str.lower, {"app": "network.application network.protocol"}),
    (
        network.ip,
        {
            "src": "source.ip", "dst": "destination.ip", "sourceTranslatedAddress": "source.nat.ip",
            "destinationTranslatedAddress": "destination.nat.ip", "c6a2": "source.ip", "c6a3": "destination.ip",
        },
    ),
    (
        network.number,
        {
            "spt": "source.port", "dpt": "destination.port", "sourceTranslatedPort": "source.nat.port",
            "destinationTranslatedPort": "destination.nat.port", "in": "source.bytes", "out": "destination.bytes", "fsize": "file.size",
            "dvcpid": "process.pid", "spid": "process.pid", "dpid": "process.pid",
        },
    ),
    (network.mac, {"smac": "source.mac", "dmac": "destination.mac"}),
    (_mac, {"dvcmac": "observer.mac"}),
    (lambda text: one(text) if network.is_ip(text) else None, {"dvc": "observer.ip"}),
    (
        _degrees,
        {
            "slat": "source.geo.location.lat", "slong": "source.geo.location.lon", "dlat": "destination.geo.location.lat",
            "dlong": "destination.geo.location.lon",
        },
    ),
)  # fmt: skip
# The dictionary's full names, which some senders write instead of its keys.
_FULL = {
    "deviceAction": "act", "applicationProtocol": "app", "bytesIn": "in", "bytesOut": "out", "destinationAddress": "dst", "destinationHostName": "dhost",
    "destinationMacAddress": "dmac", "destinationNtDomain": "dntdom", "destinationPort": "dpt", "destinationProcessName": "dproc",
    "destinationProcessId": "dpid", "destinationUserId": "duid", "destinationUserName": "duser", "destinationUserPrivileges": "dpriv",
    "deviceAddress": "dvc", "deviceHostName": "dvchost", "deviceMacAddress": "dvcmac", "deviceProcessId": "dvcpid", "fileName": "fname", "fileSize": "fsize",
    "eventOutcome": "outcome", "transportProtocol": "proto", "requestUrl": "request", "requestURL": "request",
    "requestClientApplicationName": "requestClientApplication", "sourceAddress": "src", "sourceHostName": "shost", "sourceMacAddress": "smac",
    "sourceNtDomain": "sntdom", "sourcePort": "spt", "sourceProcessName": "sproc", "sourceProcessId": "spid", "sourceUserId": "suid",
    "sourceUserName": "suser", "sourceUserPrivileges": "spriv", "startTime": "start", "endTime": "end", "deviceReceiptTime": "rt",
}  # fmt: skip
_NAMES = frozenset(_FULL)
_MAPPED = _FIELDS.names | {
    *HEADER, "message", "msg", "dtz", "proto", "rt", "start", "end", "endTime", "startTime", "request", "deviceDirection", "outcome", "fileHash", "oldFileHash", *_FULL,
}  # fmt: skip
_LABELS = {"rule": "rule.name", "rule name": "rule.name", "ruleid": "rule.id", "rule id": "rule.id", "policy": "rule.ruleset",
           "matched category": "rule.category", "user agent": "user_agent.original"}  # fmt: skip
_UNSET = frozenset({"", "-", "null", "(null)"})


def moment(text: str | None, where: tzinfo, arrived: int) -> int | None:
    """A CEF date: milliseconds since 1970, `Mmm dd yyyy hh:mm:ss`, or ISO 8601."""
    if not text:
        return None
    return epoch(text) if text.isdigit() else ctime(text.strip(), where, arrived) or iso(text, where)


def ecs(event: Event, document: Document) -> None:
    native = by_key(event.native)
    if document.get("process.name") == "CEF":  # the tag of a header that took it for one
        document["process.name"] = document["log.syslog.appname"] = None
    document["event.timezone"] = native.get("dtz") or document.get("event.timezone")
    fill(document, native, _FIELDS)
    for name in ("suser", "duser"):  # N/A may be what somebody is called
        if native.get(name) == "N/A":
            document["source.user.name" if name == "suser" else "destination.user.name"] = "N/A"
    for name, value in native.items():
        if name not in _MAPPED and value not in _UNSET:
            document[f"cef.extensions.{name}"] = value
    document["observer.vendor"], document["observer.product"] = native["DeviceVendor"], native["DeviceProduct"]
    document["observer.version"], document["observer.type"] = native["DeviceVersion"], native["DeviceProduct"]
    document["event.code"] = document["rule.id"] = native["DeviceEventClassID"]
    document["rule.name"] = native["Name"]
    document["message"] = native.get("msg") or native["Name"]
    document["event.reason"] = document.get("event.reason") or native.get("msg", "").strip()
    severity = native["Severity"].strip().lower()
    document["event.severity"] = network.number(severity) if severity.isdigit() else _SEVERITIES.get(severity)
    document["network.transport"] = network.transport(native.get("proto"))[0]
    document["network.direction"] = {"0": "inbound", "1": "outbound"}.get(native.get("deviceDirection", ""))
    outcome = native.get("outcome", "").lower()
    document["event.outcome"] = outcome if outcome in {"success", "failure"} else None
    document["user.name"] = native.get("suser") or native.get("duser")
    _more(event, native, document)
    url.fill(document, native.get("request", "").strip('"'))


def by_key(native: Native) -> Native:
    """The fields under the dictionary's keys, also where the sender writes its full names."""
    if _NAMES.isdisjoint(native):
        return native
    return {**{_FULL[name]: value for name, value in native.items() if name in _NAMES}, **native}


def _more(event: Event, native: Native, document: Document) -> None:
    """Times, hashes, and what the labels of custom fields say that they are."""
    where = zone_or(native.get("dtz", ""), event.frame.zone)
    for name, target in (("start", "event.start"), ("end", "event.end"), ("endTime", "event.end")):
        if told := moment(native.get(name), where, event.record.arrived):
            document[target] = instant.iso(told)
    _hashes(native, document)
    for name, label in native.items():
        if name.endswith("Label") and (labelled := _LABELS.get(label.lower())):
            document[labelled] = native.get(name.removesuffix("Label")) or document.get(labelled)


def _hashes(native: Native, document: Document) -> None:
    """By their lengths."""
    for name in ("fileHash", "oldFileHash"):
        value = native.get(name, "")
        if algorithm := _HASHES.get(len(value)):
            document.setdefault(f"file.hash.{algorithm}", value)
    if (old := native.get("oldFileHash", "")) and len(old) in _HASHES:
        document["related.hash"] = [old]
