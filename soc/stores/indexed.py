"""What every store finds documents by, so that the same question has the same answer in each.

Where Elasticsearch cannot be bent, its way is the way of all: nothing is looked for in lists of objects, times compare in
whole milliseconds, keywords of more than MAX_KEYWORD characters are not found by their value, lengths count UTF-16 units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from soc import alerting, instant
from soc.errors import ConfigurationError
from soc.stores import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from soc.stores import Collection, Document, Query

MAX_KEYWORD = 1024
MAX_WORD = 255
"""Lucene's tokenizer cuts longer words."""
MAX_PAGE = 200
MAX_FACET = 200
TIME: dict[Collection, str] = {"alert": "soc.last_seen", "finding": "@timestamp"}
Value = str | int
_PATHS = {field: tuple(field.split(".")) for field in FIELDS}
_SMALLEST, _GREATEST = -(1 << 63), (1 << 63) - 1


def check(query: Query) -> None:
    """ConfigurationError if the query asks for what is not indexed."""
    for field in (*query.filters, *query.excluded, query.sort.removeprefix("-")):
        _known(field)
    if not 1 <= query.limit <= MAX_PAGE:
        raise ConfigurationError(f"limit {query.limit} is not allowed; 1 to {MAX_PAGE}")


def check_facets(fields: Sequence[str], limit: int) -> None:
    """ConfigurationError if the values of a field cannot be counted."""
    for field in fields:
        _known(field)
        if FIELDS[field] == "date":
            raise ConfigurationError(f"values of {field} cannot be counted: it is a time")
    if not 1 <= limit <= MAX_FACET:
        raise ConfigurationError(f"limit {limit} is not allowed; 1 to {MAX_FACET}")


def countable(field: str) -> bool:
    """Whether a store knows the values of a field without reading documents."""
    return FIELDS.get(field, "date") != "date"


def all_values(counted: Iterable[str], *, lacking: bool) -> frozenset[str] | None:
    """The values of a field over all findings of an alert, from its MAX_FACET commonest ones; None if there may be more.

    The empty text stands for `lacking`: that a finding has none.
    """
    found = frozenset(counted)
    return None if len(found) >= MAX_FACET else found | ({""} if lacking else set())


def _known(field: str) -> None:
    if field not in FIELDS:
        raise ConfigurationError(f"unknown field {field!r}; known: {', '.join(FIELDS)}")


def terms(document: Document, field: str) -> list[Value]:
    """The distinct values that a document is found by under a field: text, whole numbers, times in milliseconds."""
    kind = FIELDS[field]
    found: Any = document
    for part in _PATHS[field]:
        found = found.get(part) if isinstance(found, dict) else None
    values = (_TERMS[kind](value) for value in _leaves(found))
    return list(dict.fromkeys(value for value in values if value is not None))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, dict):
        yield value


def _date(value: Any) -> Value | None:
    told = instant.parse_iso(value) if isinstance(value, str) else None
    return None if told is None else told // 1000


def _integer(value: Any) -> Value | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    return int(value) if _SMALLEST <= value <= _GREATEST else None


def _keyword(value: Any) -> Value | None:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if _units(text) <= MAX_KEYWORD else None


_TERMS = {"date": _date, "integer": _integer, "keyword": _keyword}


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def asked(field: str, values: Sequence[str | int]) -> list[Value]:
    """The terms that a condition asks for; one that cannot be understood is found nowhere."""
    return [term for value in values if value != "" and (term := _asked(FIELDS[field], value)) is not None]


def _asked(kind: str, value: str | int) -> Value | None:
    if kind == "integer" and isinstance(value, str):
        try:
            value = int(value)
        except ValueError:
            return None
    return _TERMS[kind](value)


def words(document: Document) -> Iterator[str]:
    """The words of an alert's search text, as they are compared."""
    for word in document["soc"].get("search", "").split():
        yield from _pieces(word)


def asked_words(text: str) -> list[str]:
    return list(dict.fromkeys(next(_pieces(word)) for word in alerting.fold(text).split()))


def _pieces(word: str) -> Iterator[str]:
    """A word as Lucene's tokenizer cuts it: each piece ends with the character that fills MAX_WORD units."""
    start = units = 0
    for position, char in enumerate(word):
        units += 1 if char <= "\uffff" else 2
        if units >= MAX_WORD:
            yield word[start : position + 1]
            start, units = position + 1, 0
    if start < len(word):
        yield word[start:]


def stamped(document: Document, ingested: int) -> Document:
    """A finding's document as it is stored."""
    return {**document, "event": {**document["event"], "ingested": instant.iso(ingested)}}


def encoded(document: Document) -> bytes:
    """A document as JSON. ValueError if there is none: text that is not Unicode."""
    return msgspec.json.encode(document)


def month_of_finding(document: Document) -> str:
    """The month whose index holds a finding: of its arrival for single events, of its bucket for windows."""
    soc = document["soc"]
    told = soc["arrived"] if soc["kind"] == "rule" else soc["bucket"]
    return instant.month(instant.parse_iso(told) or 0)


def month_of_alert(document: Document) -> str:
    return instant.month(instant.parse_iso(document["soc"]["bucket"]) or 0)


MONTH_OF = {"alert": month_of_alert, "finding": month_of_finding}


# What is ours, and of a shape that the mapping takes, whatever a record held.
_OURS = (
    "id", "alert_id", "kind", "ref", "step", "layer", "arrived", "bucket", "entity", "risk", "title", "controls",
    "national", "count", "first_seen", "last_seen", "suppressed_by", "suppressions", "search", "sample",
)  # fmt: skip


def reduced(document: Document) -> Document:
    """What is left of a document that the index refuses; the whole of it as text that is not indexed."""
    event, soc = document["event"], document["soc"]
    return {
        **{name: document[name] for name in ("@timestamp", "rule", "triage") if name in document},
        "event": {name: event[name] for name in ("kind", "severity", "ingested") if name in event},
        "soc": {name: soc[name] for name in _OURS if name in soc},
        "reduced": {"document": encoded(document).decode()},
    }


def whole(stored: Document) -> Document:
    """A document as it was before it was reduced."""
    if "reduced" not in stored:
        return stored
    document: Document = msgspec.json.decode(stored["reduced"]["document"])
    return document
