"""The condition of a rule as a tree that decides, and that prints: the plain evaluator, which is the oracle of any faster one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from soc.sigma.predicates import Exists, Null

if TYPE_CHECKING:
    from soc.sigma.predicates import Predicate
    from soc.sigma.values import Member, Reader


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a selection: a field and what its value must satisfy; without a field a keyword in any value."""

    key: str
    """As written: `CommandLine|contains|all`."""
    field: str
    predicates: tuple[Predicate, ...]
    every: bool = False
    """All predicates must hold (`|all`), each for some member of the value; otherwise any."""
    negated: bool = False
    """`|neq`."""

    def holds(self, reader: Reader) -> bool:
        found = reader.members(self.field) if self.field else reader.everything()
        quantify = all if self.every else any
        return quantify(_holds(predicate, found, reader) for predicate in self.predicates) is not self.negated


def _holds(predicate: Predicate, found: tuple[Member, ...] | None, reader: Reader) -> bool:
    if found is None:
        return isinstance(predicate, Null) or predicate == Exists(wanted=False)
    if isinstance(predicate, Exists):
        return predicate.wanted
    return any(predicate.holds(member, reader) for member in found)


@dataclass(frozen=True, slots=True)
class All:
    nodes: tuple[Item | All | AnyOf | Not | Named, ...]

    def holds(self, reader: Reader) -> bool:
        return all(node.holds(reader) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class AnyOf:
    nodes: tuple[Item | All | AnyOf | Not | Named, ...]

    def holds(self, reader: Reader) -> bool:
        return any(node.holds(reader) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Not:
    node: Item | All | AnyOf | Not | Named

    def holds(self, reader: Reader) -> bool:
        return not self.node.holds(reader)


@dataclass(frozen=True, slots=True)
class Named:
    """A selection under its name in the rule."""

    name: str
    node: Item | All | AnyOf | Not | Named

    def holds(self, reader: Reader) -> bool:
        return self.node.holds(reader)
