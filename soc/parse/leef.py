"""Log Event Extended Format 1.0 and 2.0: QRadar's, which many vendors write.

`LEEF:2.0|vendor|product|version|event id|delimiter|key=value...`; of 1.0, which has no delimiter, values end at a tab, or at a bar as in PAN-OS.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.event import Kind, Logsource
from soc.parse import cef, network, plain, url
from soc.parse.ecs_fields import dataset
from soc.parse.fieldmap import UNSET, fill, nanoseconds, table
from soc.parse.format import Format, Native
from soc.parse.when import zone_or

if TYPE_CHECKING:
    from datetime import tzinfo

    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_START = re.compile(r"(?:^|[\s:])LEEF: ?(?=\d)")
_HEADER = re.compile(r"(\d(?:\.\d)?)\|([^|]{0,255})\|([^|]{0,255})\|([^|]{0,255})\|([^|]{0,1023})(?:\||$)")
_DELIMITER = re.compile(r"(?:0?x([0-9A-Fa-f]{1,4})|([^\w\s=|]|\t|\^))?\|")
# Some products of version 1.0 keep to the header's delimiter.
_BARRED = re.compile(r"\|[A-Za-z]\w{0,63}=")
_FEW = 3
_KEY = re.compile(r"(?:^|(?<=\s))([A-Za-z_][\w.-]{0,127})=")
HEADER = ("LEEFVersion", "Vendor", "Product", "Version", "EventID")
# What SimpleDateFormat writes for z and Z behind a clock.
_ZONE = re.compile(
    r"(.{8,48}\d) (?:\(?([A-Za-z][A-Za-z/_]{1,31}(?:[+-]\d{1,2}(?::?\d\d)?)?)\)?|([+-]\d\d:?\d\d))", re.ASCII
)

_FIELDS = table(
    (
        None,
        {
            "usrName": "user.name", "accountName": "user.name", "userName": "user.name", "domain": "user.domain", "role": "user.roles",
            "identHostName": "host.name", "action": "event.action", "act": "event.action", "policy": "rule.name", "resource": "service.name",
            "reason": "event.reason", "shost": "source.address", "dhost": "destination.address", "identGrpName": "group.name",
            "groupID": "group.id", "fname": "file.name", "vSrcName": "host.hostname", "requestMethod": "http.request.method",
            "requestClientApplication": "user_agent.original", "deviceExternalId": "observer.serial_number", "duser": "destination.user.name",
            "suser": "source.user.name", "msg": "message", "sender": "observer.name", "identNetBios": "host.hostname", "filename": "file.name",
            "inzone": "observer.ingress.zone", "outzone": "observer.egress.zone",
        },
    ),
    (str.lower, {"app": "network.protocol", "application": "network.application"}),
    (
        network.ip,
        {
            "src": "source.ip", "dst": "destination.ip", "srcPreNAT": "source.ip", "srcPostNAT": "source.nat.ip",
            "dstPostNAT": "destination.nat.ip", "dstPreNAT": "destination.ip",
        },
    ),
    (
        network.number,
        {
            "srcPort": "source.port", "dstPort": "destination.port", "srcPostNATPort": "source.nat.port",
            "dstPostNATPort": "destination.nat.port", "srcBytes": "source.bytes", "dstBytes": "destination.bytes",
            "srcPackets": "source.packets", "dstPackets": "destination.packets", "totalPackets": "network.packets", "sev": "event.severity",
        },
    ),
    (network.mac, {"srcMAC": "source.mac", "dstMAC": "destination.mac"}),
    (nanoseconds, {"duration": "event.duration"}),
)  # fmt: skip
_MAPPED = _FIELDS.names | {*HEADER, "message", "proto", "cat", "devTime", "devTimeFormat", "url"}


def fields(text: str) -> dict[str, Any] | None:
    """Header and attributes by their LEEF names, the first of each; None if the text is no LEEF."""
    start = _START.search(text, 0, 512)
    header = _HEADER.match(text, start.end() if start else 0)
    if header is None or (start is None and "." not in header[1]):
        return None
    found: dict[str, Any] = dict(zip(HEADER, header.groups(), strict=True))
    at, delimiter = header.end(), "\t"
    if header[1][:1] == "2" and (told := _DELIMITER.match(text, at)):
        at = told.end()
        delimiter = chr(int(told[1], 16)) if told[1] else told[2] or "\t"
    elif "\t" not in text and len(_BARRED.findall(text, at - 1)) > _FEW:
        delimiter = "|"
    for name, value in _attributes(text[at:].replace("#011", "\t"), delimiter):  # syslog daemons escape the tab
        found.setdefault(name, value)
    return found


def _attributes(text: str, delimiter: str) -> list[tuple[str, str]]:
    if delimiter in text or text.count("=") < 2:
        pairs = (part.partition("=") for part in text.split(delimiter))
        return [(name.strip(), value.strip()) for name, equals, value in pairs if equals and len(name) < 128]
    # Relays turn tabs into blanks.
    keys = list(_KEY.finditer(text))
    ends = [*(key.start() for key in keys[1:]), len(text)]
    return [(key[1], text[key.end() : end].strip()) for key, end in zip(keys, ends, strict=False)]


def decode(frame: Frame) -> Native | None:
    found = fields(frame.text)
    return None if found is None else {**found, "message": frame.text}


def time(event: Event) -> int | None:
    told = moment(event.native.get("devTime"), event.frame.zone, event.record.arrived)
    return told if told is not None else plain.time(event)


def moment(text: str | None, where: tzinfo, arrived: int) -> int | None:
    """A device's time: as CEF has it, or with slashes, in the zone that it names if such a zone exists."""
    if not text or len(text) > 96:
        return None
    if zoned := _ZONE.fullmatch(text):
        text, where = zoned[1], zone_or(zoned[2] or zoned[3], where)
    told = cef.moment(text, where, arrived)
    return told if told is not None else cef.moment(text.replace("/", "-"), where, arrived)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    common(event, document)
    fill(document, native, _FIELDS)
    document["message"] = native.get("msg") or native["message"]
    category = native.get("cat", "")
    document["event.action"] = document.get("event.action") or native["EventID"] or None
    logout = native.get("isLogoutEvent", "").lower() == "true"
    if native.get("isLoginEvent", "").lower() == "true" or logout:
        document["event.category"], document["event.type"] = ["authentication"], ["end" if logout else "start"]
    document["source.user.name"] = document.get("source.user.name") or document.get("user.name")
    url.fill(document, native.get("url", ""))
    keep(document, native, _MAPPED)
    document["rule.category"] = category or None


def common(event: Event, document: Document) -> None:
    """What the header tells, and the protocol, of any vendor's record."""
    native = event.native
    if document.get("process.name") == "LEEF":  # the tag of a header that took it for one
        document["process.name"] = document["log.syslog.appname"] = None
    document["observer.vendor"], document["observer.product"] = native["Vendor"], native["Product"]
    document["observer.version"], document["event.code"] = native["Version"], native["EventID"]
    name, number = network.transport(native.get("proto"))
    document["network.transport"], document["network.iana_number"] = name, str(number) if number is not None else None
    for key, target in (("startTime", "event.start"), ("endTime", "event.end")):
        if (told := moment(native.get(key), event.frame.zone, event.record.arrived)) is not None:
            document[target] = instant.iso(told)


def keep(document: Document, native: Native, known: frozenset[str]) -> None:
    """Adds the attributes that ECS has no name for."""
    for name, value in native.items():
        if name not in known and value not in UNSET:
            document[f"leef.attributes.{name}"] = value


# Products as Sigma names them; others are told by field only, since attackers may write any vendor.
_PRODUCTS = {
    "palo alto networks": "paloalto",
    "check point": "checkpoint",
    "fortinet": "fortinet",
    "trend micro": "trendmicro",
}


def kind(native: Native) -> Kind:
    return (Logsource(product=_PRODUCTS.get(native["Vendor"].lower(), "leef")),)


FORMAT = Format(
    name="leef",
    title="Log Event Extended Format of any vendor",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={"event.dataset": dataset},
    kind=kind,
    hints=("LEEF:", "1.0|", "2.0|"),
)
