"""News for open pages: one poller a process asks the store what is new, watchers get ids and counts only."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from soc import instant, logs
from soc.console.problems import Problem
from soc.errors import SocError
from soc.stores import Query

if TYPE_CHECKING:
    from soc.clock import Clock
    from soc.stores import AlertStore, Document

log = logs.get(__name__)
EVERY = 1.0
OVERLAP = 5 * instant.SECOND
"""Findings become visible a little after the time that they are stamped with."""
_QUEUED = 100
_WATCHERS, _OF_ONE_USER = 1000, 20
_PAGES, _PAGE = 5, 200


@dataclass(eq=False, slots=True)
class Watcher:
    user: str
    queue: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(_QUEUED))
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the stream has to end: it read too slowly, or the console stops."""


class News:
    def __init__(self, store: AlertStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._watchers: set[Watcher] = set()
        self._seen: dict[str, int] = {}
        self._last = clock.now()

    def watch(self, user: str) -> Watcher:
        """A new watcher; `leave` lets it go. Raises Problem 429."""
        own = sum(watcher.user == user for watcher in self._watchers)
        if len(self._watchers) >= _WATCHERS or own >= _OF_ONE_USER:
            raise Problem(429, "Too many open streams", "close some of the pages")
        watcher = Watcher(user)
        self._watchers.add(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        self._watchers.discard(watcher)

    def tell(self, name: str, data: dict[str, Any]) -> None:
        """Tell every watcher; one that cannot follow is let go, and its page reloads what it missed."""
        event = b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(data))
        for watcher in tuple(self._watchers):
            try:
                watcher.queue.put_nowait(event)
            except asyncio.QueueFull:
                watcher.gone.set()
                self._watchers.discard(watcher)

    async def run(self, stopping: asyncio.Event) -> None:
        """Poll until stopped, then let all watchers go."""
        while not stopping.is_set():
            await self._poll_patiently()
            try:
                await asyncio.wait_for(stopping.wait(), EVERY)
            except TimeoutError:
                continue
        for watcher in self._watchers:
            watcher.gone.set()

    async def poll(self) -> None:
        """Ask once, and tell what was not told before."""
        if not self._watchers:
            self._last = max(self._last, self._clock.now())
            return
        fresh, more = await self._fresh()
        self._seen = {id_: at for id_, at in self._seen.items() if at > self._last - OVERLAP}
        if fresh:
            alerts = list(dict.fromkeys(told["soc"]["alert_id"] for told in fresh if told["soc"]["alert_id"]))
            self.tell("news", {"alerts": alerts, "findings": len(fresh), "more": more})

    async def _poll_patiently(self) -> None:
        try:
            await self.poll()
        except SocError as error:
            log.warning("cannot ask the alert store for news", error=str(error))

    async def _fresh(self) -> tuple[list[Document], bool]:
        """Findings that nobody was told of, the newest first; whether there are more than it read."""
        fresh: list[Document] = []
        since, after = self._last - OVERLAP, ""
        for _ in range(_PAGES):
            query = Query("finding", ingested_since=since, sort="-event.ingested", limit=_PAGE, after=after)
            page = await self._store.search(query)
            fresh += [document for document in page.documents if self._is_new(document)]
            after = page.next
            if not after:
                return fresh, False
        return fresh, True

    def _is_new(self, finding: Document) -> bool:
        id_ = finding["soc"]["id"]
        at = instant.parse_iso(finding["event"]["ingested"]) or 0
        self._last = max(self._last, at)
        if id_ in self._seen:
            return False
        self._seen[id_] = at
        return True
