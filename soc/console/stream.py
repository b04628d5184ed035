"""The stream of news (server-sent events): ids and counts, never text of alerts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse

from soc.console import guard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from soc.console.call import Call
    from soc.console.news import News, Watcher

HEARTBEAT = 15.0
"""Seconds of silence before a comment is sent, and between two looks whether the session still lives."""
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class EventStream(StreamingResponse):
    """Lets its watcher go however the connection ends."""

    def __init__(self, call: Call, news: News, watcher: Watcher) -> None:
        super().__init__(_events(call, watcher), headers=_HEADERS, media_type="text/event-stream")
        self._news, self._watcher = news, watcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._news.leave(self._watcher)


async def stream(call: Call) -> Response:
    news = call.desk.news
    return EventStream(call, news, news.watch(call.user.user))


async def _events(call: Call, watcher: Watcher) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    looked = asyncio.get_running_loop().time()
    while not watcher.gone.is_set():
        event = await _next(watcher)
        now = asyncio.get_running_loop().time()
        if now - looked >= HEARTBEAT:
            looked = now
            if not await _still_in(call):
                return
        if not watcher.gone.is_set():
            yield event or b": still here\n\n"


async def _next(watcher: Watcher) -> bytes | None:
    """The next event; None after a heartbeat's silence or when the stream has to end."""
    tasks = [asyncio.create_task(watcher.queue.get()), asyncio.create_task(watcher.gone.wait())]
    try:
        done, _ = await asyncio.wait(tasks, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
        return tasks[0].result() if tasks[0] in done else None  # type: ignore[return-value] # the first one's
    finally:
        for task in tasks:
            task.cancel()


async def _still_in(call: Call) -> bool:
    """Whether the visitor may still read: an open page by itself keeps no session alive."""
    if call.user.session:
        return await guard.session_visitor(call.desk, call.user.session, touch=False) is not None
    return await guard.visitor(call.desk, call.request) is not None
