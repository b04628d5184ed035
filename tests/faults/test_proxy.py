"""The proxy on real sockets: what goes through, what is held back, and what ends."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, closing, suppress
from typing import TYPE_CHECKING

import pytest

from tests.faults.proxy import Proxy
from tests.services import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with closing(writer), suppress(ConnectionError):
        while data := await reader.read(100):
            writer.write(data)


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Proxy, asyncio.StreamReader, asyncio.StreamWriter]]:
    target = free_port()
    server = await asyncio.start_server(echo, "127.0.0.1", target)
    async with server, Proxy(free_port(), target).serving() as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        yield proxy, reader, writer
        writer.close()
        proxy.cut()
        server.close()


async def test_both_ways_go_through_and_a_silent_proxy_holds_all_back_until_it_speaks() -> None:
    async with connected() as (proxy, reader, writer):
        writer.write(b"one")
        assert await reader.readexactly(3) == b"one"
        proxy.silent = True
        writer.write(b"two")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(held := asyncio.ensure_future(reader.readexactly(3))), 0.3)
        proxy.silent = False
        assert await held == b"two"


async def test_a_cut_ends_connections_and_a_closed_proxy_takes_none() -> None:
    async with connected() as (proxy, reader, writer):
        writer.write(b"one")
        await reader.readexactly(3)
        proxy.cut()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        proxy.closed = True
        again, other = await asyncio.open_connection("127.0.0.1", proxy.port)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await again.readexactly(1)
        other.close()
