"""What every store finds documents by, so that the same question has the same answer in each.

Times compare in whole milliseconds and keywords of more than MAX_KEYWORD characters are not found by their value: both are
what Elasticsearch keeps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from soc import alerting, instant
from soc.errors import ConfigurationError
from soc.stores import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from soc.stores import Collection, Document, Query

MAX_KEYWORD = 1024
MAX_WORD = 255
"""Lucene's tokenizer cuts longer words."""
MAX_PAGE = 200
TIME: dict[Collection, str] = {"alert": "soc.last_seen", "finding": "@timestamp"}
Value = str | int


def check(query: Query) -> None:
    """ConfigurationError if the query asks for what is not indexed."""
    for field in (*query.filters, *query.excluded, query.sort.removeprefix("-")):
        _known(field)
    if not 1 <= query.limit <= MAX_PAGE:
        raise ConfigurationError(f"limit {query.limit} is not allowed; 1 to {MAX_PAGE}")


def check_facets(fields: Sequence[str]) -> None:
    """ConfigurationError if the values of a field cannot be counted."""
    for field in fields:
        _known(field)
        if FIELDS[field] == "date":
            raise ConfigurationError(f"values of {field} cannot be counted: it is a time")


def _known(field: str) -> None:
    if field not in FIELDS:
        raise ConfigurationError(f"unknown field {field!r}; known: {', '.join(FIELDS)}")


def terms(document: Document, field: str) -> list[Value]:
    """The distinct values that a document is found by under a field: text, whole numbers, times in milliseconds."""
    found = document
    for part in field.split("."):
        found = found.get(part) if isinstance(found, dict) else None  # type: ignore[assignment]
    values: list[Any] = found if isinstance(found, list) else [found]
    kind = FIELDS[field]
    return list(dict.fromkeys(term for value in values if (term := _term(kind, value)) is not None))


def _term(kind: str, value: Any) -> Value | None:
    if value is None or isinstance(value, dict | list):
        return None
    if kind == "date":
        told = instant.parse_iso(value) if isinstance(value, str) else None
        return None if told is None else told // 1000
    if kind == "integer":
        return int(value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if text and len(text) <= MAX_KEYWORD else None


def asked(field: str, values: Sequence[str | int]) -> list[Value]:
    """The terms that a condition asks for; one that cannot be understood is found nowhere."""
    return [term for value in values if value != "" and (term := _asked(FIELDS[field], value)) is not None]


def _asked(kind: str, value: str | int) -> Value | None:
    if kind == "integer":
        try:
            return int(value)
        except ValueError:
            return None
    return _term(kind, value)


def words(text: str) -> Iterator[str]:
    """The words of folded text, as they are compared."""
    for word in text.split():
        for start in range(0, len(word), MAX_WORD):
            yield word[start : start + MAX_WORD]


def asked_words(text: str) -> list[str]:
    return [word[:MAX_WORD] for word in alerting.fold(text).split()]


def month_of_finding(document: Document) -> str:
    """The month whose index holds a finding: of its arrival for single events, of its bucket for windows."""
    soc = document["soc"]
    told = soc["arrived"] if soc["kind"] == "rule" else soc["bucket"]
    return instant.month(instant.parse_iso(told) or 0)


def month_of_alert(document: Document) -> str:
    return instant.month(instant.parse_iso(document["soc"]["bucket"]) or 0)


def reduced(document: Document) -> Document:
    """What is left of a document whose event's fields the index refuses; the whole of it as text that is not indexed."""
    event = document.get("event")
    kept = {name: document[name] for name in ("@timestamp", "rule", "soc", "triage") if name in document}
    core = (
        {name: event[name] for name in ("kind", "severity", "ingested") if name in event}
        if isinstance(event, dict)
        else {}
    )
    return {**kept, "event": core, "reduced": {"document": msgspec.json.encode(document).decode()}}
