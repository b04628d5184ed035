"""What the rules ask of one field, by what finds it: plain data, which `kept` can keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from soc.sigma.needles import needles
from soc.sigma.predicates import Cidr, Exists, Null, Number, Regex, Text
from soc.sigma.strings import MANY, mapped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soc.sigma.predicates import Predicate
    from soc.sigma.strings import Any_

ANYWHERE, AT_START, AT_END, CHECK = range(4)
"""How a literal must lie: anywhere, at the start, at the end, or as the predicate itself says."""


class Table(NamedTuple):
    """The predicates of a field by what finds them, as plain data but for the predicates that must look themselves."""

    present: Sequence[int]
    missing: Sequence[int]
    null: Sequence[int]
    not_null: Sequence[int]
    """`*`: any value at all."""
    numbers: Sequence[tuple[float, int]]
    whole: Mapping[str, Sequence[int]]
    """Texts in lower case."""
    whole_cased: Mapping[str, Sequence[int]]
    networks: Sequence[tuple[str, int]]
    literals: Mapping[str, Sequence[tuple[int, int, int]]]
    """Literal in lower case -> id, how it must lie, and the place in `checks` of what decides then."""
    checked: Sequence[tuple[int, int]]
    """Ids and places in `checks` of those that every value is tested with."""
    checks: Sequence[Predicate]

    @classmethod
    def of(cls, ids: Mapping[Predicate, int]) -> Table:
        table = cls([], [], [], [], [], {}, {}, [], {}, [], [])
        for predicate, id_ in ids.items():
            _ADDERS.get(type(predicate), _add_other)(table, predicate, id_)
        return table

    def ids(self) -> frozenset[int]:
        """Of all predicates."""
        asked = (id_ for each in self.literals.values() for id_, _, _ in each)
        whole = (id_ for each in (self.whole, self.whole_cased) for ids in each.values() for id_ in ids)
        rest = (id_ for each in (self.numbers, self.networks) for _, id_ in each)
        checked = (id_ for id_, _ in self.checked)
        return frozenset((*self.present, *self.missing, *self.null, *self.not_null, *asked, *whole, *rest, *checked))

    def looking(self) -> dict[int, int]:
        """Places in `checks` -> ids: of the predicates that look at values themselves."""
        asked = ((check, id_) for each in self.literals.values() for id_, _, check in each if check >= 0)
        return {**dict(asked), **{check: id_ for id_, check in self.checked}}


def _add_text(table: Any, predicate: Text, id_: int) -> None:
    parts = predicate.parts if predicate.cased else mapped(predicate.parts, str.lower)
    if len(parts) == 1 and isinstance(parts[0], str):
        (table.whole_cased if predicate.cased else table.whole).setdefault(parts[0], []).append(id_)
        return
    if parts == (MANY,):
        table.not_null.append(id_)
        return
    texts = [part.lower() for part in parts if isinstance(part, str)]
    lies = CHECK if predicate.cased else _lies(parts)
    _find_by(table, [max(texts, key=len)] if texts else [], lies, predicate, id_)


def _add_regex(table: Any, predicate: Regex, id_: int) -> None:
    _find_by(table, needles(predicate.pattern), CHECK, predicate, id_)


def _find_by(table: Any, literals: Sequence[str], lies: int, predicate: Predicate, id_: int) -> None:
    """Without a literal every value is tested."""
    check = -1
    if lies == CHECK or not literals:
        check = len(table.checks)
        table.checks.append(predicate)
    for literal in literals:
        table.literals.setdefault(literal, []).append((id_, lies, check))
    if not literals:
        table.checked.append((id_, check))


def _add_number(table: Any, predicate: Number, id_: int) -> None:
    table.whole_cased.setdefault(str(predicate.value), []).append(id_)
    table.numbers.append((predicate.value, id_))


def _add_exists(table: Any, predicate: Exists, id_: int) -> None:
    (table.present if predicate.wanted else table.missing).append(id_)


def _add_other(table: Any, predicate: Predicate, id_: int) -> None:
    _find_by(table, (), CHECK, predicate, id_)


_ADDERS: dict[type, Any] = {
    Text: _add_text,
    Regex: _add_regex,
    Number: _add_number,
    Exists: _add_exists,
    Cidr: lambda table, predicate, id_: table.networks.append((str(predicate.network), id_)),
    Null: lambda table, _predicate, id_: table.null.append(id_),
}


def _lies(parts: Sequence[str | Any_]) -> int:
    shape = [part is MANY if not isinstance(part, str) else None for part in parts]
    if shape == [True, None, True]:
        return ANYWHERE
    if shape == [None, True]:
        return AT_START
    return AT_END if shape == [True, None] else CHECK
