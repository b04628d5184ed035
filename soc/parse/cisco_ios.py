"""Cisco IOS, IOS XE and IOS XR: routers and Catalyst switches, by syslog or from a console's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import cisco_switch
from soc.parse.format import Format, Native

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_KIND: Kind = tuple(Logsource(product="cisco", service=service) for service in ("aaa", "bgp", "ldp", "syslog"))
_FILTER: Kind = (Logsource(product="cisco", category="firewall"), *_KIND)


def decode(frame: Frame) -> Native | None:
    native = cisco_switch.decode(frame)
    return native if native and ("mnemonic" in native or "sequence" in native) else None


def ecs(event: Event, document: Document) -> None:
    cisco_switch.ecs(event, document)
    cisco_switch.keep(event.native, "cisco.ios.", document)
    filtered = "verdict" in event.native
    document["observer.product"], document["observer.type"] = "IOS", "firewall" if filtered else "router"
    if filtered:
        document["event.provider"] = "firewall"


def kind(native: Native) -> Kind:
    return _FILTER if "verdict" in native else _KIND


FORMAT = Format(
    name="cisco_ios",
    title="Cisco IOS, IOS XE and IOS XR",
    decode=decode,
    time=cisco_switch.time,
    ecs=ecs,
    kind=kind,
    hints=("%", "last message repeated"),
)
