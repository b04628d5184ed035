"""The built-in views: named addresses of the queue, each with how many alerts it holds now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from soc.console import alerts
from soc.console.address import OPEN, Address
from soc.console.searches import ME
from soc.console.words import LAYERS, N_
from soc.stores import Query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.console.call import Call
    from soc.console.schemas import Overview

_SEVERE = ("5", "4")


class View(NamedTuple):
    name: str
    title: str
    address: Address
    group: str = ""


class Counted(NamedTuple):
    view: View
    alerts: int
    current: bool


VIEWS: tuple[View, ...] = (
    View("open", N_("Open"), OPEN),
    View("mine", N_("Mine"), OPEN.include("triage.assignee", ME)),
    View("unassigned", N_("Unassigned"), OPEN.include("triage.assignee", "")),
    View(
        "severe",
        N_("Critical and high"),
        OPEN.include("event.severity", _SEVERE[0]).include("event.severity", _SEVERE[1]),
    ),
    View("closed", N_("Closed"), Address(filters=(("triage.status", "closed"),), sort="-soc.last_seen")),
    View("all", N_("All"), Address()),
    View("excepted", N_("Excepted"), Address(suppressed="only", sort="-soc.last_seen")),
    *(View(layer, title, OPEN.include("soc.layer", layer), "layer") for layer, title in LAYERS.items()),
)


async def counted(call: Call, address: Address) -> Sequence[Counted]:
    """Every view with its count; the current one is the one that the address asks for."""
    overview, mine, unassigned = await asyncio.gather(
        alerts.counts(call), _open_of(call, call.user.user), _open_of(call, "")
    )
    counts = _counts(overview) | {"mine": mine, "unassigned": unassigned}
    return [Counted(view, counts.get(view.name, 0), address.asks(view.address)) for view in VIEWS]


def _counts(overview: Overview) -> dict[str, int]:
    closed = overview.status.get("closed", 0)
    severe = sum(overview.open_severity.get(severity, 0) for severity in _SEVERE)
    return {
        "open": overview.total - closed,
        "severe": severe,
        "closed": closed,
        "all": overview.total,
        "excepted": overview.suppressed,
        **{layer: overview.open_layer.get(layer, 0) for layer in LAYERS},
    }


async def _open_of(call: Call, assignee: str) -> int:
    """Asked for by itself: the counted values of a field are the commonest only."""
    query = Query(filters={"triage.assignee": [assignee]}, excluded={"triage.status": ["closed"]}, limit=1)
    return (await call.desk.store.search(query)).total
