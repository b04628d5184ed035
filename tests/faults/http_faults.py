"""A proxy before Elasticsearch that refuses bulk requests, or some of their items, in the ways that a cluster does."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import defaultdict, deque
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

_REJECTED = {"type": "es_rejected_execution_exception", "reason": "rejected execution of coordinating operation"}
_CONFLICT = {"type": "document_parsing_exception", "reason": "[1:2] failed to parse field"}
_LATER = 12.0
"""Longer than the client waits."""


@dataclass
class Store:
    """The proxy; `mode` says what becomes of bulk requests, everything else goes through."""

    port: int
    url: str
    seed: int = 0
    mode: str = "pass"
    refused: int = 0
    """Requests or items."""
    most: int = 0
    """How often one document was offered within a minute at most."""
    marked: bytes = b""
    """With mode `conflict`: documents with this text are refused unless they are reduced."""
    _open: list[asyncio.StreamWriter] = field(default_factory=list)
    _offers: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._modes: dict[str, Callable[[bytes, str], Awaitable[tuple[int, bytes] | None]]] = {
            "pass": self._through,
            "429": self._all_refused,
            "503": self._all_refused,
            "some": self._some_refused,
            "conflict": self._some_refused,
            "late": self._late,
        }

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Store]:
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as client:
            self._client = client
            server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 24)
            try:
                yield self
            finally:
                server.close()
                for writer in self._open:
                    writer.transport.abort()
                await asyncio.gather(*(writer.wait_closed() for writer in self._open), return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.append(writer)
        with suppress(OSError, asyncio.IncompleteReadError, ValueError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                method, path, headers = _parsed(head)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                answer = await self._answer(method, path, headers, body)
                if answer is None:
                    break
                status, content = answer
                writer.write(
                    b"HTTP/1.1 %d X\r\ncontent-type: application/vnd.elasticsearch+json;compatible-with=8\r\n"
                    b"x-elastic-product: Elasticsearch\r\ncontent-length: %d\r\n\r\n" % (status, len(content))
                )
                writer.write(b"" if method == "HEAD" else content)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.transport.abort()

    async def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes] | None:
        if path.startswith("/_bulk") and not body.startswith(b'{"index"'):  # roll-ups are no one's concern here
            self._note(body)
            return await self._modes[self.mode](body, path)
        return await self._forward(method, path, headers, body)

    async def _forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes] | None:
        kept = {name: headers[name] for name in ("accept", "content-type") if name in headers}
        try:
            answer = await self._client.request(method, path, headers=kept, content=body)
        except httpx.HTTPError:
            return None
        return answer.status_code, answer.content

    async def _through(self, body: bytes, path: str) -> tuple[int, bytes] | None:
        return await self._forward("POST", path, _BULK, body)

    async def _all_refused(self, _body: bytes, _path: str) -> tuple[int, bytes]:
        self.refused += 1
        return int(self.mode), json.dumps({"error": _REJECTED, "status": int(self.mode)}).encode()

    async def _late(self, body: bytes, path: str) -> None:
        """Everything is taken, and nobody hears of it."""
        await self._forward("POST", path, _BULK, body)
        self.refused += 1
        await asyncio.sleep(_LATER)

    async def _some_refused(self, body: bytes, path: str) -> tuple[int, bytes] | None:
        lines = body.splitlines(keepends=True)
        pairs = list(zip(lines[::2], lines[1::2], strict=True))
        refused = [self._is_refused(document) for _, document in pairs]
        sent = b"".join(b"".join(pair) for pair, no in zip(pairs, refused, strict=True) if not no)
        items: list[Any] = []
        if sent:
            answer = await self._forward("POST", path, _BULK, sent)
            if answer is None or answer[0] != 200:
                return answer
            items = json.loads(answer[1])["items"]
        status, error = (400, _CONFLICT) if self.mode == "conflict" else (429, _REJECTED)
        told = iter(items)
        whole = [{"create": {"status": status, "error": error}} if no else next(told) for no in refused]
        self.refused += sum(refused)
        return 200, json.dumps({"items": whole}).encode()

    def _is_refused(self, document: bytes) -> bool:
        if self.mode == "conflict":
            return self.marked in document and b'"reduced":' not in document
        return self._chance.random() < 0.2

    def _note(self, body: bytes) -> None:
        now = time.monotonic()
        for line in body.splitlines()[::2]:
            offers = self._offers[json.loads(line)["create"]["_id"]]
            offers.append(now)
            while now - offers[0] > 60:
                offers.popleft()
            self.most = max(self.most, len(offers))


_BULK = {
    "accept": "application/vnd.elasticsearch+json; compatible-with=8",
    "content-type": "application/vnd.elasticsearch+x-ndjson; compatible-with=8",
}


def _parsed(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    method, path, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines)
    return method, path, {name.strip().lower(): value.strip() for name, _, value in pairs}
