"""A rule's tree as literals under `every` and `some`, with `not` only at the literals: the form that proofs work on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from soc.sigma.nodes import All, Item, Named, Not
from soc.sigma.predicates import Exists, OneOf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from soc.sigma.condition import Node
    from soc.sigma.predicates import Predicate


@dataclass(frozen=True, slots=True)
class Literal:
    """One predicate on one field: some value of the field satisfies it, or, if not `positive`, none does."""

    field: str
    predicate: Predicate
    positive: bool = True
    key: str = dataclasses.field(default="", compare=False)
    """As written: `Image|endswith`."""
    selection: str = dataclasses.field(default="", compare=False)

    def __str__(self) -> str:
        told = f"{self.key or 'any value'}: {self.predicate}"
        return told if self.positive else f"not ({told})"


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple[Literal | Every | Some, ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple[Literal | Every | Some, ...]


Form = Literal | Every | Some


def normal(node: Node, *, positive: bool = True, selection: str = "") -> Form:
    """The form of a tree, or of its negation."""
    if isinstance(node, Named):
        return normal(node.node, positive=positive, selection=node.name)
    if isinstance(node, Not):
        return normal(node.node, positive=not positive, selection=selection)
    if isinstance(node, Item):
        return _item(node, positive, selection)
    parts = [normal(each, positive=positive, selection=selection) for each in node.nodes]
    return joined(parts, every=isinstance(node, All) is positive)


def _item(item: Item, positive: bool, selection: str) -> Form:  # noqa: FBT001 (as in `normal`)
    positive = positive is not item.negated
    parts = [_literal(item, predicate, positive, selection) for predicate in item.predicates]
    return joined(parts, every=item.every is positive)


def _literal(item: Item, predicate: Predicate, positive: bool, selection: str) -> Form:  # noqa: FBT001 (as in `normal`)
    if isinstance(predicate, OneOf):
        forms = [_literal(item, form, positive, selection) for form in predicate.forms]
        return joined(forms, every=not positive)
    if isinstance(predicate, Exists) and not positive:
        return Literal(item.field, Exists(not predicate.wanted), positive=True, key=item.key, selection=selection)
    return Literal(item.field, predicate, positive, item.key, selection)


def joined(parts: Iterable[Form], *, every: bool) -> Form:
    """Parts as one form, those of the same kind inside them lifted out."""
    kind = Every if every else Some
    flat: dict[Form, None] = {}
    for part in parts:
        flat |= dict.fromkeys(part.parts if isinstance(part, kind) else (part,))
    return next(iter(flat)) if len(flat) == 1 else kind(tuple(flat))


def literals(form: Form) -> Iterator[Literal]:
    """Every literal in a form."""
    if isinstance(form, Literal):
        yield form
    else:
        for part in form.parts:
            yield from literals(part)


def selections(node: Node) -> Iterator[str]:
    """The names of the selections that a tree is made of."""
    if isinstance(node, Named):
        yield node.name
    elif isinstance(node, Not):
        yield from selections(node.node)
    elif not isinstance(node, Item):
        for each in node.nodes:
            yield from selections(each)
