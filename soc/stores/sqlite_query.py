"""A query as SQL: conditions are put together from the pieces in `sqlite.sql`, values are parameters always."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from soc.log.database import statements
from soc.stores import FIELDS, indexed, pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.stores import Query
    from soc.stores.pages import Place

SQL = statements(__package__ or "", "sqlite")
# Fields that come from events, or are lists of ours: these may have several values, all others have one.
MANY = frozenset(
    {
        "threat.tactic.id",
        "threat.technique.id",
        "host.name",
        "source.ip",
        "destination.ip",
        "user.name",
        "soc.controls",
        "soc.suppressed_by",
    }
)
_LAST = chr(0x10FFFF)


class Statement(NamedTuple):
    text: str
    values: tuple[str | int, ...] = ()


def _piece(name: str, *values: str | int, **parts: str) -> Statement:
    return Statement(SQL[name].strip().format(**parts), values)


def condition(query: Query) -> Statement:
    """What a document must fulfil, without its place in the order."""
    parts = [_has(query, field, values) for field, values in query.filters.items()]
    parts += [_not(_has(query, field, values)) for field, values in query.excluded.items()]
    parts += [
        _word(word) if query.collection == "alert" else _piece("nothing") for word in indexed.asked_words(query.text)
    ]
    time = indexed.TIME[query.collection]
    limits = (
        ("since", time, query.since),
        ("until", time, query.until),
        ("since", "event.ingested", query.ingested_since),
    )
    parts += [_piece(name, at // 1000, field=field) for name, field, at in limits if at is not None]
    if query.collection == "alert" and (query.only_suppressed or not query.suppressed):
        parts.append(_piece("hidden" if query.only_suppressed else "visible"))
    return _all(parts)


def total(query: Query) -> Statement:
    where = condition(query)
    return _piece("total", *where.values, collection=query.collection, condition=where.text)


def facet(query: Query, field: str, limit: int) -> Statement:
    where = condition(query)
    name, times = ("facet_many", 2) if field in MANY else ("facet", 1)
    return _piece(
        name, *where.values * times, limit, collection=query.collection, condition=where.text, field=field
    )  # fmt: skip


def places(query: Query, after: Place | None, limit: int) -> list[Statement]:
    """What follows a place: first what has a value of the field sorted by, then what has none."""
    parts = [] if after and after.first is None else [_with_value(query, after)]
    parts.append(_without_value(query, after if after and after.first is None else None))
    return [_select(query, [condition(query), *where], order, limit) for where, order in parts]


def _with_value(query: Query, after: Place | None) -> tuple[list[Statement], Statement]:
    field, fall = pages.field(query), pages.falling(query)
    name = "greatest" if fall and field in MANY else "column"
    first = _piece(name, collection=query.collection, field=field).text
    way = "falling" if fall else "rising"
    # The plus in it keeps the planner from an index that only says which have a value: it would sort all of those.
    where = [_piece("has_first", field=field)]
    if after and after.first is not None:
        later = _later(query, after)
        bounds = (after.first, after.first, after.first, *later.values)
        where.append(_piece(f"{way}_after", *bounds, first=first, later=later.text))
    return where, _piece(way, first=first, time=indexed.TIME[query.collection])


def _without_value(query: Query, after: Place | None) -> tuple[list[Statement], Statement]:
    where = [_piece("has_no_first", field=pages.field(query))]
    if after:
        where.append(_later(query, after))
    return where, _piece("by_time", time=indexed.TIME[query.collection])


def _later(query: Query, after: Place) -> Statement:
    return _piece("later", after.time, after.time, after.id, time=indexed.TIME[query.collection])


def _select(query: Query, where: Sequence[Statement], order: Statement, limit: int) -> Statement:
    both = _all(where)
    parts = {"collection": query.collection, "condition": both.text, "order": order.text}
    return _piece("place", *both.values, limit, **parts)


def _has(query: Query, field: str, values: Sequence[str | int]) -> Statement:
    many = "_many" if field in MANY else ""
    asked = indexed.asked(field, values)
    found = _piece("nothing")
    if asked:
        marks = ", ".join("?" * len(asked))
        times = 2 if many else 1
        found = _piece(f"is{many}", *asked * times, collection=query.collection, field=field, marks=marks)
    if "" in values:
        none = _piece(f"is_none{many}", collection=query.collection, field=field)
        found = _piece("any", *found.values, one=found.text, other=none.text)
    return found


def _not(part: Statement) -> Statement:
    return _piece("not", *part.values, condition=part.text)


def _all(parts: Sequence[Statement]) -> Statement:
    found, *others = parts or [_piece("everything")]
    for part in others:
        found = _piece("both", *found.values, *part.values, one=found.text, other=part.text)
    return found


def _word(word: str) -> Statement:
    return _piece("word", word, following(word))


def following(word: str) -> str:
    """The first text after all that begin with a word."""
    stem = word.rstrip(_LAST)
    if not stem:
        return _LAST * (len(word) + indexed.MAX_WORD)
    code = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if 0xD800 <= code < 0xE000 else code)


def columns() -> dict[str, str]:
    """What stands for the fields in the schema and in statements that write all of them."""
    kinds = {"keyword": "TEXT", "integer": "INTEGER", "date": "INTEGER"}
    return {
        "typed": ",\n    ".join(f'"{field}" {kinds[kind]}' for field, kind in FIELDS.items()),
        "columns": ", ".join(f'"{field}"' for field in FIELDS),
        "marks": ", ".join("?" * len(FIELDS)),
    }


def schema() -> str:
    parts = columns()
    tables = [SQL["tables"].format(collection=collection, **parts) for collection in ("alert", "finding")]
    return "\n".join([*tables, SQL["alert_tables"], SQL["finding_tables"]])
