"""A rule as it is in force: what it says about itself, where it applies, and the tree that decides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from soc.sigma.nodes import All

if TYPE_CHECKING:
    from collections.abc import Callable

    from soc.event import Logsource
    from soc.finding import RuleInfo
    from soc.sigma.condition import Node
    from soc.sigma.nodes import Named


class Example(NamedTuple):
    """One of a rule's `tests:`."""

    event: str | dict[str, Any]
    """A raw log line, or an event as a mapping."""
    matches: bool
    line: int


@dataclass(frozen=True)
class Rule:
    info: RuleInfo
    logsource: Logsource
    tree: Node | Callable[[], Node]
    """What it asks, without filters; or what makes that when it is needed."""
    file: str
    line: int
    own: bool = False
    """Shipped or the site's, with `soc:` in it: its metrics start at 0."""
    name: str = ""
    """Sigma's `name`, by which correlations and filters refer to it."""
    examples: tuple[Example, ...] = ()
    filters: tuple[Named, ...] = ()
    """What must hold besides: the site's filters."""

    @cached_property
    def unfiltered(self) -> Node:
        return self.tree() if callable(self.tree) else self.tree

    @cached_property
    def node(self) -> Node:
        """What decides."""
        return All((self.unfiltered, *self.filters)) if self.filters else self.unfiltered

    def forget(self) -> None:
        """Let go of the trees, if they can be made again: of most rules nobody asks for them."""
        if callable(self.tree):
            self.__dict__.pop("unfiltered", None)
            self.__dict__.pop("node", None)

    def __hash__(self) -> int:
        return hash(self.info.id)
