"""What rules cost, in counts that any machine gives alike: how often they were tried, and bytes that they looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import MutableMapping


class Cost(NamedTuple):
    candidates: int
    """How often the rule's condition was decided: a guard held, and what came of it was not remembered."""
    scanned: int
    """Bytes of values that the rule's own patterns looked at, after or beside the one scan for all rules; each pattern counts."""


def added(costs: MutableMapping[str, Cost], rule_id: str, more: Cost) -> None:
    """Add to what is known of a rule."""
    known = costs.get(rule_id)
    costs[rule_id] = more if known is None else Cost(known.candidates + more.candidates, known.scanned + more.scanned)
