"""Documents in the tables of `sqlite.sql`: each function works within a transaction that its caller holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from soc import instant
from soc.alerting.rollup import KEPT, REFS, slim
from soc.stores import FIELDS, indexed
from soc.stores.sqlite_query import SQL, columns

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from soc.stores import Collection, Document

_COLLECTIONS: tuple[Collection, ...] = ("alert", "finding")
_ALL: Mapping[Collection, Mapping[str, str]] = {
    collection: {
        name: SQL[name].format(collection=collection, **columns())
        for name in (
            "insert", "insert_document", "insert_more", "get", "document", "delete_more", "delete_document", "delete",
            "old", "samples",
        )
    }
    for collection in _COLLECTIONS
}  # fmt: skip
_REPLACE = SQL["replace"].format(**columns())


def insert(connection: sqlite3.Connection, collection: Collection, document: Document, json: bytes) -> bool:
    """Whether the document is new."""
    sql = _ALL[collection]
    found = {field: indexed.terms(document, field) for field in FIELDS}
    found["soc.id"] = [document["soc"]["id"]]
    cursor = connection.execute(sql["insert"], (indexed.MONTH_OF[collection](document), *_least(found)))
    if not cursor.rowcount:
        return False
    n = cursor.lastrowid
    assert n is not None
    connection.execute(sql["insert_document"], (n, json))
    _insert_more(connection, collection, found, n)
    if collection == "alert":
        _insert_words(connection, document, n)
    return True


def replace(connection: sqlite3.Connection, n: int, before: Document, after: Document) -> None:
    """Put another document in an alert's place."""
    found = {field: indexed.terms(after, field) for field in FIELDS}
    connection.execute(_REPLACE, (*_least(found), n))
    connection.execute(SQL["replace_document"], (indexed.encoded(after), n))
    connection.execute(_ALL["alert"]["delete_more"], (n,))
    _insert_more(connection, "alert", found, n)
    if before["soc"].get("search") != after["soc"].get("search"):
        _delete_words(connection, before, n)
        _insert_words(connection, after, n)


def get(connection: sqlite3.Connection, collection: Collection, id_: str) -> tuple[int, Document] | None:
    row = connection.execute(_ALL[collection]["get"], (id_,)).fetchone()
    return None if row is None else (row[0], msgspec.json.decode(row[1]))


def document(connection: sqlite3.Connection, collection: Collection, n: int) -> Document:
    found: Document = msgspec.json.decode(connection.execute(_ALL[collection]["document"], (n,)).fetchone()[0])
    return found


def delete(connection: sqlite3.Connection, collection: Collection, which: str, *values: str | int) -> int:
    """Delete some of the documents that `old` or `samples` finds; how many. The last of the values limits them."""
    sql = _ALL[collection]
    rows = connection.execute(sql[which], values).fetchall()
    if collection == "alert":
        for (n,) in rows:
            _delete_words(connection, document(connection, collection, n), n)
    for statement in (sql["delete_more"], sql["delete_document"], sql["delete"]):
        connection.executemany(statement, rows)
    return len(rows)


def touched(connection: sqlite3.Connection, since: int) -> list[str]:
    """The alerts with a finding ingested at an instant or later."""
    return [row[0] for row in connection.execute(SQL["touched"], (since // 1000,))]


def findings_of(connection: sqlite3.Connection, alert_id: str) -> tuple[list[Document], int]:
    """As many of an alert's findings as its roll-up needs, and how many there are."""
    total = connection.execute(SQL["findings"], (alert_id,)).fetchone()[0]
    found: dict[str, Document] = {}
    if total > 2 * KEPT:
        slim_ones = [(SQL["first_slim"], REFS)]
        slim_ones += [(SQL["most_severe"], 1), (SQL["most_risky"], 1)] if total > REFS else []
        for statement, limit in slim_ones:
            for id_, ref, time, *rest in connection.execute(statement, (alert_id, limit)):
                found[id_] = slim(id_, ref, instant.iso(time * 1000), *rest)
    limits = ((SQL["first_documents"], 2 * KEPT if total <= 2 * KEPT else KEPT), (SQL["last_documents"], KEPT))
    for statement, limit in limits:
        for (json,) in connection.execute(statement, (alert_id, limit)):
            whole = msgspec.json.decode(json)
            found[whole["soc"]["id"]] = whole
    return list(found.values()), total


def first_findings(connection: sqlite3.Connection, alert_id: str, most: int) -> list[Document]:
    return [msgspec.json.decode(json) for (json,) in connection.execute(SQL["first_documents"], (alert_id, most))]


def _least(found: Mapping[str, Sequence[Any]]) -> list[Any]:
    return [min(terms) if terms else None for terms in found.values()]


def _insert_more(
    connection: sqlite3.Connection, collection: Collection, found: Mapping[str, Sequence[Any]], n: int
) -> None:
    rows = [(field, term, n) for field, terms in found.items() if len(terms) > 1 for term in sorted(terms)[1:]]
    if rows:
        connection.executemany(_ALL[collection]["insert_more"], rows)


def _insert_words(connection: sqlite3.Connection, document: Document, n: int) -> None:
    words = set(indexed.words(document))
    connection.executemany(SQL["insert_word"], [(word,) for word in words])
    connection.executemany(SQL["insert_alert_word"], [(n, word) for word in words])


def _delete_words(connection: sqlite3.Connection, document: Document, n: int) -> None:
    connection.executemany(SQL["delete_word"], [(word, n) for word in set(indexed.words(document))])
