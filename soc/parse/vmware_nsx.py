"""VMware NSX (NSX-T, NSX Data Center for vSphere): its distributed and gateway firewalls, and the audit log of its managers.

VMware NSX Administration Guide, "Firewall Logs" and "Log Messages": `INET match DROP 1001 IN 60 TCP 192.0.2.1/5000->10.0.0.5/22 S`, of a connection that ended
with packets and bytes of both ways instead of the packet's size.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.format import Format, Native

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_ADDRESS = r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,41}"
_PACKET = re.compile(
    r"(?:(?:<[^<>]{1,64}>|[0-9A-Fa-f-]{1,36}) )?(?P<family>INET6?|L2) (?P<reason>match|TERM|[a-z][a-z-]{2,31}|ip-option|0x[0-9a-f]{1,8}) (?P<action>PASS|DROP|REJECT|PUNT|REDIRECT|COPY|NAT|SYNPROXY|ALLOW) "
    r"(?:(?P<ruleset>[\w.-]{1,128})/)?(?P<rule>\d{1,12}) (?P<direction>IN|OUT|FWD) (?:(?P<size>\d{1,9}) )?(?:PROTO (?P<number>\d{1,3})|(?P<protocol>[A-Za-z0-9-]{2,16}))(?: (?P<ending>RST|FIN|SYN|TIMEOUT))? "
    rf"(?P<source>{_ADDRESS})(?:/(?P<source_port>\d{{1,5}}))?->(?P<destination>{_ADDRESS})(?:/(?P<destination_port>\d{{1,5}}))?"
    r"(?: (?P<packets_in>\d{1,18})/(?P<packets_out>\d{1,18}) (?P<bytes_in>\d{1,18})/(?P<bytes_out>\d{1,18}))?(?: (?P<flags>[SAFRPUEWC.]{1,9})(?= |$))?(?: (?P<tag>\S{1,128}))?"
)
_AUDIT = re.compile(r"UserName ?= ?[\"']")
_PAIR = re.compile(r"(?:^|, ?)([A-Z][\w ]{1,32}?) ?= ?(?:\"([^\"\n]{0,8192})\"|'([^'\n]{0,8192})'|([^,\n]{0,512}))")
_KEPT = (
    "reason",
    "flags",
    "tag",
    "packets_in",
    "packets_out",
    "bytes_in",
    "bytes_out",
    "ModuleName",
    "Operation",
    "New value",
    "Old value",
)


def decode(frame: Frame) -> Native | None:
    """A packet's or connection's fields, or the pairs of an audit record by their own names."""
    text = frame.text
    at = text.find("INET", 0, 96)
    begin = text.rfind(" ", 0, max(at - 1, 0)) + 1 if at > 0 else 0
    if at >= 0 and (packet := _PACKET.match(text, begin) or _PACKET.match(text, at)):
        return {"message": text, **{name: value for name, value in packet.groupdict().items() if value}}
    if frame.syslog and "nsx@" in frame.syslog.structured and _AUDIT.search(text, 0, 4096):
        found = {name: quoted or single or bare for name, quoted, single, bare in _PAIR.findall(text[:16384])}
        return {"message": text, **found}
    return None


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.product"], document["observer.type"] = "VMware", "NSX", "firewall"
    for name in _KEPT:
        document[f"vmware.nsx.{name.lower().replace(' ', '_')}"] = native.get(name)
    if "family" in native:
        _flow(native, document)
    else:
        _audited(native, document)


def _flow(native: Native, document: Document) -> None:
    """In and out are seen from the virtual machine; whose packets are named first VMware does not say, so that only their sum is told."""
    for side in ("source", "destination"):
        document[f"{side}.ip"] = network.ip(native[side])
        document[f"{side}.port"] = network.number(native.get(f"{side}_port"))
    name, number = network.transport(native.get("number") or native.get("protocol"))
    document["network.transport"], document["network.iana_number"] = name, str(number) if number is not None else None
    document["network.bytes"] = network.number(native.get("size"))
    if "packets_in" in native:
        for unit in ("packets", "bytes"):
            document[f"network.{unit}"] = int(native[f"{unit}_in"]) + int(native[f"{unit}_out"])
    document["network.direction"] = {"IN": "inbound", "OUT": "outbound"}.get(native["direction"])
    document["rule.id"], document["rule.ruleset"] = native["rule"], native.get("ruleset")
    denied = native["action"] in {"DROP", "REJECT"}
    document["event.action"], document["event.category"] = native["action"].lower(), ["network"]
    document["event.type"] = ["connection", "denied" if denied else "allowed"]
    document["event.outcome"] = "success"
    document["event.reason"] = native.get("ending")
    if native["reason"] == "TERM":
        document["event.type"] = ["connection", "end"]


def _audited(native: Native, document: Document) -> None:
    operation = native.get("Operation", "")
    document["user.name"], document["event.action"] = native.get("UserName"), operation or None
    document["event.outcome"] = {"success": "success", "failure": "failure"}.get(
        native.get("Operation status", "").lower()
    )
    if "login" in operation.lower():
        document["event.category"], document["event.type"] = ["authentication"], ["start"]
    elif "logout" in operation.lower():
        document["event.category"], document["event.type"] = ["authentication"], ["end"]
    else:
        document["event.category"], document["event.type"] = ["configuration"], ["change"]


_FIREWALL: Kind = (Logsource(product="vmware", category="firewall", service="nsx"),)
_MANAGER: Kind = (Logsource(product="vmware", service="nsx"),)


def kind(native: Native) -> Kind:
    return _FIREWALL if "family" in native else _MANAGER


FORMAT = Format(
    name="vmware_nsx",
    title="VMware NSX firewalls and managers",
    decode=decode,
    time=plain.time,
    ecs=ecs,
    kind=kind,
    hints=("INET match ", "INET TERM ", "INET6 ", "INET reason", "INET ", "UserName="),
)
