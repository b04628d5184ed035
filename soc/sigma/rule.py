"""A rule as it is in force: what it says about itself, where it applies, and the tree that decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from soc.event import Logsource
    from soc.finding import RuleInfo
    from soc.sigma.condition import Node


class Example(NamedTuple):
    """One of a rule's `tests:`."""

    event: str | dict[str, Any]
    """A raw log line, or an event as a mapping."""
    matches: bool
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    info: RuleInfo
    logsource: Logsource
    node: Node
    file: str
    line: int
    own: bool = False
    """Shipped or the site's, with `soc:` in it: its metrics start at 0."""
    name: str = ""
    """Sigma's `name`, by which correlations and filters refer to it."""
    examples: tuple[Example, ...] = ()
    unfiltered: Node | None = None
    """The rule's own tree where filters were added to `node`."""

    def __hash__(self) -> int:
        return hash(self.info.id)
