"""Where a document stands in the order of a query, and the token with which a reader goes on from there."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec

from soc.errors import ConfigurationError
from soc.stores import FIELDS, indexed

if TYPE_CHECKING:
    from soc.stores import Document, Query

_Long = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
_PLACES: dict[str, msgspec.json.Decoder[Any]] = {
    "keyword": msgspec.json.Decoder(tuple[str, str | None, _Long, str]),
    "integer": msgspec.json.Decoder(tuple[str, _Long | None, _Long, str]),
    "date": msgspec.json.Decoder(tuple[str, _Long | None, _Long, str]),
}


class Place(NamedTuple):
    first: str | int | None
    """The value sorted by: the greatest if falling, else the least; what has none comes last either way."""
    time: int
    """In milliseconds; falling."""
    id: str


def falling(query: Query) -> bool:
    return query.sort.startswith("-")


def field(query: Query) -> str:
    return query.sort.removeprefix("-")


def place_of(query: Query, document: Document) -> Place:
    held = indexed.terms(document, field(query))
    time = indexed.terms(document, indexed.TIME[query.collection])
    first = (max(held) if falling(query) else min(held)) if held else None
    return Place(first, int(time[0]) if time else 0, document["soc"]["id"])


def encode(query: Query, place: Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([query.sort, *place])).decode()


def decode(query: Query) -> Place | None:
    """The place that `after` names; None for the first page. ConfigurationError if it is no place in this order."""
    if not query.after:
        return None
    try:
        sort, first, time, id_ = _PLACES[FIELDS[field(query)]].decode(base64.urlsafe_b64decode(query.after))
    except (ValueError, msgspec.DecodeError):
        sort = ""
    if sort != query.sort:
        raise ConfigurationError("`after` is not the `next` of a page in this order; start at the first page")
    return Place(first, time, id_)
