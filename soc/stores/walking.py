"""All that a query matches, page by page, so that no size of answer fills the memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from soc.stores import AlertStore, Document, Query

_PAGE = 200


async def documents(store: AlertStore, query: Query, most: int | None = None) -> AsyncIterator[Document]:
    """Sorted by `soc.id` nothing is left out or doubled, whatever changes meanwhile."""
    left = most
    after = ""
    while left is None or left > 0:
        limit = _PAGE if left is None else min(_PAGE, left)
        page = await store.search(replace(query, limit=limit, after=after))
        for document in page.documents:
            yield document
        after, left = page.next, None if left is None else left - len(page.documents)
        if not after:
            return
