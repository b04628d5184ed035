"""The condition of a rule: `selection and not 1 of filter_*`, parsed into a tree over its selections."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from soc.sigma.nodes import All, AnyOf, Named, Not

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.sigma.nodes import Item

    Node = Item | All | AnyOf | Not | Named

_TOKEN = re.compile(r"\s*([()]|[^\s()]+)")
_MAX_DEPTH = 40
_WORDS = frozenset({"and", "or", "not", "of", "them", "(", ")"})
_QUANTIFIERS: dict[str, type[AnyOf | All]] = {"1": AnyOf, "any": AnyOf, "all": All}


class WrongCondition(Exception):  # noqa: N818 (a verdict on a text)
    """What is wrong with it, in words for the rule's author."""


def parse(text: str, selections: Mapping[str, Node]) -> tuple[Node, frozenset[str]]:
    """The tree of a condition, and the names of the selections that it uses.

    `not` binds closer than `and`, `and` closer than `or` (Sigma specification 2.0, "Condition").

    Raises:
        WrongCondition: it cannot be understood.
    """
    if "|" in text:
        raise WrongCondition("aggregations (`| count()`) are no longer Sigma; write a correlation rule")
    parser = _Parser(_TOKEN.findall(text), selections)
    node = parser.either(0)
    if parser.rest:
        raise WrongCondition(f"{parser.rest[0]!r} is not expected here: {text!r}")
    return node, frozenset(parser.used)


class _Parser:
    def __init__(self, tokens: list[str], selections: Mapping[str, Node]) -> None:
        self.rest = tokens
        self.used: set[str] = set()
        self._selections = selections

    def either(self, depth: int) -> Node:
        nodes = [self._both(depth)]
        while self._next_is("or"):
            self.rest = self.rest[1:]
            nodes.append(self._both(depth))
        return nodes[0] if len(nodes) == 1 else AnyOf(tuple(nodes))

    def _both(self, depth: int) -> Node:
        nodes = [self._one(depth)]
        while self._next_is("and"):
            self.rest = self.rest[1:]
            nodes.append(self._one(depth))
        return nodes[0] if len(nodes) == 1 else All(tuple(nodes))

    def _one(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise WrongCondition(f"nested deeper than {_MAX_DEPTH}")
        token = self._take()
        word = token.lower()
        if word == "not":
            return Not(self._one(depth + 1))
        if word == "(":
            node = self.either(depth + 1)
            if self._take() != ")":
                raise WrongCondition("a parenthesis is not closed")
            return node
        if self._next_is("of"):
            self.rest = self.rest[1:]
            return self._quantified(word, self._take())
        return self._named(token)

    def _quantified(self, quantifier: str, pattern: str) -> Node:
        kind = _QUANTIFIERS.get(quantifier)
        if kind is None:
            raise WrongCondition(f"`{quantifier} of` is not Sigma; write `1 of`, `any of` or `all of`")
        names = [name for name in self._selections if _selected(name, pattern)]
        if not names:
            raise WrongCondition(f"no selection is named {pattern!r}; there are {', '.join(self._selections)}")
        return kind(tuple(self._named(name) for name in names))

    def _named(self, name: str) -> Node:
        if name.lower() in _WORDS or name not in self._selections:
            raise WrongCondition(f"there is no selection {name!r}; there are {', '.join(self._selections)}")
        self.used.add(name)
        return Named(name, self._selections[name])

    def _next_is(self, word: str) -> bool:
        return bool(self.rest) and self.rest[0].lower() == word

    def _take(self) -> str:
        if not self.rest:
            raise WrongCondition("it ends in the middle")
        token, self.rest = self.rest[0], self.rest[1:]
        return token


def _selected(name: str, pattern: str) -> bool:
    """`them` leaves out what begins with an underscore, which is how rules keep a selection for themselves."""
    if pattern.lower() == "them":
        return not name.startswith("_")
    return fnmatchcase(name, pattern)
