"""Tables of native fields that become ECS fields one by one, and what several formats' tables convert values with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from soc.parse import network

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from soc.parse.format import Document, Native

UNSET = frozenset({"", "-", "--", "N/A", "n/a", "(null)", "<NULL>"})
"""What devices write for nothing."""


class Table(NamedTuple):
    """Which ECS fields a format's own fields are."""

    rows: tuple[tuple[str, Callable[[str], Any] | None, tuple[str, ...]], ...]
    """Native name, converter (None for as it is), names in ECS."""
    names: frozenset[str]
    """The native names."""
    places: Mapping[str, int]
    """Where each of them is among the rows."""


def table(*parts: tuple[Callable[[str], Any] | None, Mapping[str, str]]) -> Table:
    """A table of parts with one converter each, the more telling before the more general; blanks separate ECS names."""
    rows = tuple((name, convert, tuple(told.split())) for convert, names in parts for name, told in names.items())
    places = {row[0]: at for at, row in reversed(list(enumerate(rows)))}
    return Table(rows, frozenset(places), places)


def fill(document: Document, native: Native, known: Table) -> None:
    """Adds the ECS fields of a table; of several native fields for one of them the first that says something counts."""
    rows = known.rows
    for at in sorted([known.places[name] for name in native.keys() & known.names]):
        name, convert, targets = rows[at]
        value = native[name]
        if value is None or value in UNSET:
            continue
        if convert is not None and (value := convert(value)) is None:
            continue
        for target in targets:
            if document.get(target) in {None, ""}:
                document[target] = value


def keep(document: Document, native: Native, prefix: str, known: frozenset[str]) -> None:
    """Adds under a prefix what the vendor wrote and ECS has no name for."""
    for name, value in native.items():
        if name not in known and value not in UNSET:
            document[prefix + name] = value


def nanoseconds(seconds: str) -> int | None:
    """A count of whole seconds as ECS has durations."""
    count = network.number(seconds)
    return count * 1_000_000_000 if count is not None and count < 1 << 33 else None


def integer(text: str) -> int | None:
    """A decimal count that may have a sign or thousands separators."""
    digits = text.replace(",", "")
    return -int(digits[1:]) if digits[:1] == "-" and network.number(digits[1:]) is not None else network.number(digits)


def one(text: str) -> list[str]:
    """The only member of a field that ECS has as a list."""
    return [text]
