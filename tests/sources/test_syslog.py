"""Real sockets: what is sent arrives in the spool as it was, from whoever really sent it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from soc.errors import ConfigurationError
from soc.log import Position
from soc.record import LogSource
from soc.sources import streams
from soc.sources.spool import TOPIC, records
from tests.sources.port import Port
from tests.waiting import until


@pytest.fixture
async def port():
    port = await Port().open()
    yield port
    await port.close()


async def test_a_datagram_is_a_message_as_it_is(port) -> None:
    port.datagram(b"<34>one\nstill one\n", b"", b"  \n", b"\xff\0")
    assert await port.received(2) == [b"<34>one\nstill one\n", b"\xff\0"]


async def test_a_connection_may_count_and_end_lines(port) -> None:
    await port.stream(b"<34>one\n13 <34>two\nthree<34>four")
    assert await port.received(3) == [b"<34>one", b"<34>two\nthree", b"<34>four"]


async def test_the_true_sender_is_kept_whatever_a_message_claims(port) -> None:
    port.datagram(b"<34>Oct 11 22:14:15 192.0.2.99 su: hi")
    await port.stream(b"<34>Oct 11 22:14:15 192.0.2.98 su: hi\n")
    await port.received(2)
    found = records(port.spool.messages[Position(TOPIC, 0)])
    assert {(record.peer, record.source) for record in found} == {
        ("127.0.0.1", LogSource("logs.firewall", "edge", timezone="+07:00"))
    }
    assert [record.offset for record in found] == [0, 1]


async def test_an_ipv4_sender_on_an_ipv6_socket_has_its_own_address() -> None:
    port = await Port("::").open()
    port.host = "127.0.0.1"
    port.datagram(b"<34>four")
    port.host = "::1"
    port.datagram(b"<34>six")
    await port.received(2)
    assert sorted(record.peer for record in records(port.spool.messages[Position(TOPIC, 0)])) == ["127.0.0.1", "::1"]
    await port.close()


async def test_a_message_of_two_megabytes_is_cut_and_the_next_is_whole(port) -> None:
    await port.stream(b"<34>" + b"z" * (2 << 20), b"\n<34>next\n")
    assert [len(raw) for raw in await port.received(2)] == [(1 << 20) + 1, 8]


async def test_forged_senders_add_no_series_to_our_metrics(port) -> None:
    before = port.metrics.text().count(b"\n")
    for number in range(20_000):
        port.listener._take_datagram(b"<34>x", f"2001:db8::{number:x}")
    await port.received(20_000)
    assert port.metrics.text().count(b"\n") == before


async def test_many_senders_at_once_lose_nothing(port) -> None:
    async def send(number: int) -> None:
        await port.stream(*(b"<34>%d-%d\n" % (number, line) for line in range(100)))

    await asyncio.gather(*(send(number) for number in range(50)))
    found = await port.received(5000)
    assert sorted(found) == sorted(b"<34>%d-%d" % (number, line) for number in range(50) for line in range(100))
    for number in range(50):
        mine = [raw for raw in found if raw.startswith(b"<34>%d-" % number)]
        assert mine == [b"<34>%d-%d" % (number, line) for line in range(100)]


async def test_what_exceeds_a_peers_rate_is_dropped_and_counted() -> None:
    port = await Port(max_messages_per_second=10).open()
    await port.stream(b"".join(b"<34>%d\n" % number for number in range(30)))
    assert await port.received(10) == [b"<34>%d" % number for number in range(10)]
    port.datagram(b"<34>more")
    await until(lambda: port.dropped("rate_limit") == 21)
    await port.close()
    assert (len(port.raws), port.dropped("queue_full")) == (10, 0)


async def test_datagrams_that_find_the_queue_full_are_counted() -> None:
    port = Port(limit=1000)
    await port.listener.open()  # and nobody writes
    port.datagram(*(b"<34>%d" % number for number in range(10)))
    await until(lambda: port.dropped("queue_full") == 6)
    port.write()
    assert await port.received(4) == [b"<34>%d" % number for number in range(4)]
    await port.close()


async def test_a_sender_waits_while_the_spool_cannot_be_written() -> None:
    port = Port()
    await port.listener.open()  # and nobody writes
    _reader, writer = await asyncio.open_connection(port.host, port.port)
    writer.transport.set_write_buffer_limits(0)
    sent = 0

    async def held_back() -> bool:
        nonlocal sent
        writer.write(b"<34>" + b"z" * 65_000 + b"\n")
        sent += 1
        try:
            async with asyncio.timeout(0.2):
                await writer.drain()
        except TimeoutError:
            return True
        return False

    await until(held_back, 20)
    port.write()
    await writer.drain()
    writer.close()
    assert len(await port.received(sent)) == sent
    await port.close()


async def test_too_many_connections_are_refused(port, monkeypatch) -> None:
    monkeypatch.setattr(streams, "MAX_OF_A_PEER", 2)
    kept = [await asyncio.open_connection(port.host, port.port) for _ in range(2)]
    await until(lambda: len(port.listener.streams) == 2)
    reader, writer = await asyncio.open_connection(port.host, port.port)
    assert await reader.read() == b""
    writer.close()
    for _, each in kept:
        each.write(b"<34>kept\n")
        each.close()
    assert await port.received(2) == [b"<34>kept"] * 2


async def test_a_connection_that_does_not_go_on_is_closed_with_what_it_began(port, monkeypatch) -> None:
    monkeypatch.setattr(streams, "UNFINISHED_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection(port.host, port.port)
    writer.write(b"<34>begun")
    assert await reader.read() == b""
    writer.close()
    assert await port.received(1) == [b"<34>begun"]


async def test_a_connection_that_breaks_leaves_what_it_sent(port) -> None:
    _, writer = await asyncio.open_connection(port.host, port.port)
    writer.write(b"<34>one\n")
    await port.received(1)
    linger = socket.SO_LINGER
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, linger, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()
    await until(lambda: not len(port.listener.streams))
    assert port.raws == [b"<34>one"]


async def test_closing_keeps_what_was_taken(port) -> None:
    _, writer = await asyncio.open_connection(port.host, port.port)
    writer.write(b"<34>one\n<34>tw")
    await port.received(1)
    port.datagram(b"<34>datagram")
    await port.listener.close()
    writer.close()
    assert sorted(await port.received(3)) == [b"<34>datagram", b"<34>one", b"<34>tw"]


@pytest.mark.parametrize(
    ("kind", "protocol"), [(socket.SOCK_STREAM, "TCP"), (socket.SOCK_DGRAM, "UDP")], ids=["tcp", "udp"]
)
async def test_an_address_that_is_taken_is_named_with_what_to_do(kind, protocol) -> None:
    port = Port()
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind((port.host, port.port))
        if kind == socket.SOCK_STREAM:
            other.listen()
        message = (
            rf"sources.syslog: 127.0.0.1:{port.port} \({protocol}\) cannot be opened: Address already in use; "
            "another program has it; stop that, or choose another port"
        )
        with pytest.raises(ConfigurationError, match=message):
            await port.listener.open()


async def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"192.0.2.1:\d+ \(TCP\) .*; this machine has no such address"):
        await Port("192.0.2.1").listener.open()
