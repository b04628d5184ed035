"""Bounds of connections, and what becomes of the bytes of those that are closed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket

import pytest
from structlog.testing import capture_logs

from soc.sources import streams
from tests.sources.port import Port
from tests.waiting import until


@pytest.fixture
async def port():
    port = await Port().open()
    yield port
    await port.close()


def cut(port: Port) -> float:
    return port.counted("soc_syslog_messages_cut_total")


async def test_whoever_is_not_allowed_is_refused_whatever_the_protocol() -> None:
    port = await Port("::", allow=["::1", "192.0.2.0/24"]).open()
    port.host = "127.0.0.1"
    port.datagram(b"<34>four")
    await port.stream(b"<34>four\n")
    port.host = "::1"
    await port.stream(b"<34>six\n")
    assert await port.received(1) == [b"<34>six"]
    assert port.counted("soc_syslog_connections_refused_total", reason="not_allowed") == 1
    await until(lambda: port.dropped("not_allowed") == 1)
    await port.close()


async def test_a_service_has_so_many_connections_and_says_how_many_there_are(port, monkeypatch) -> None:
    monkeypatch.setattr(streams, "MAX_CONNECTIONS", 2)
    kept = [await port.connect() for _ in range(2)]
    await until(lambda: port.counted("soc_syslog_connections") == 2)
    with capture_logs() as logs:
        for _ in range(3):
            reader, writer = await port.connect()
            assert await reader.read() == b""
            writer.close()
    assert logs == [
        {"event": "connection refused: connections", "log_level": "warning", "times": 1, "peer": "127.0.0.1"}
    ]
    assert port.counted("soc_syslog_connections_refused_total", reason="connections") == 3
    for _, each in kept:
        each.close()
    await until(lambda: port.counted("soc_syslog_connections") == 0)
    await port.stream(b"<34>room again\n")
    assert await port.received(1) == [b"<34>room again"]


async def test_a_counted_message_that_breaks_off_leaves_the_whole_ones_and_is_counted(port) -> None:
    await port.stream(b"7 <34>one7 <34>two100 <34>thr")
    assert await port.received(3) == [b"<34>one", b"<34>two", b"<34>thr"]
    assert cut(port) == 1


async def test_a_promised_message_of_which_nothing_came_is_counted(port) -> None:
    await port.stream(b"7 <34>one")
    assert (await port.received(1), cut(port)) == ([b"<34>one"], 0)
    await port.stream(b"<34>a line\n")
    await until(lambda: not len(port.listener.streams))
    assert cut(port) == 0


async def test_a_line_that_a_reset_breaks_off_is_counted(port) -> None:
    _, writer = await port.connect()
    writer.write(b"<34>one\n<34>tw")
    await port.received(1)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()
    assert (await port.received(2), cut(port)) == ([b"<34>one", b"<34>tw"], 1)


async def test_bytes_that_trickle_do_not_keep_a_message_open(port, monkeypatch) -> None:
    monkeypatch.setattr(streams, "UNFINISHED_SECONDS", 0.1)
    _, writer = await port.connect()
    sent = 0

    def taken() -> bool:
        nonlocal sent
        writer.write(b"z")
        sent += 1
        return bool(port.raws)

    await until(taken)
    (raw,) = await port.received(1)
    assert (set(raw), len(raw) <= sent, cut(port)) == ({ord("z")}, True, 1)
    writer.close()


async def test_a_sender_that_is_silent_between_messages_is_left_in_peace(port, monkeypatch) -> None:
    monkeypatch.setattr(streams, "UNFINISHED_SECONDS", 0.0)
    _, writer = await port.connect()
    for number in range(3):
        writer.write(b"<34>%d\n" % number)
        await port.received(number + 1)
    assert len(port.listener.streams) == 1
    writer.close()


async def test_when_unfinished_messages_fill_the_memory_the_greatest_has_to_go(port, monkeypatch) -> None:
    monkeypatch.setattr(streams, "MAX_UNFINISHED", 1000)
    _, small = await port.connect()
    small.write(b"<34>small")
    await until(lambda: port.counted("soc_syslog_unfinished_bytes") == 9)
    reader, great = await port.connect()
    great.write(b"<34>" + b"z" * 2000)
    assert await reader.read() == b""
    assert [len(raw) for raw in await port.received(1)] == [2004]
    small.write(b" but whole\n")
    assert (await port.received(2))[1] == b"<34>small but whole"
    assert (port.counted("soc_syslog_unfinished_bytes"), cut(port)) == (0, 1)
    for writer in (small, great):
        writer.close()


async def test_what_the_kernel_has_taken_for_us_is_taken_when_we_stop(port) -> None:
    with socket.create_connection((port.host, port.port)) as sender:
        sender.sendall(b"<34>one\n")
        await port.received(1)
        sender.sendall(b"<34>two\n" + b"<34>three")
        await port.listener.close()
    assert port.raws == [b"<34>one", b"<34>two", b"<34>three"]


async def test_whoever_sends_without_end_cannot_keep_us_from_stopping() -> None:
    port = await Port(max_messages_per_second=10).open()

    def send() -> None:
        with socket.create_connection((port.host, port.port)) as sender:
            try:
                while True:
                    sender.sendall(b"<34>again\n" * 1000)
            except OSError:
                return

    sending = asyncio.create_task(asyncio.to_thread(send))
    await port.received(1)
    await port.close()
    await sending


async def test_connections_wait_while_there_are_no_descriptors(port, monkeypatch) -> None:
    monkeypatch.setattr(streams, "_LATER", 0.05)
    sender = socket.socket()
    sender.setblocking(False)
    before, taken = resource.getrlimit(resource.RLIMIT_NOFILE), []
    resource.setrlimit(resource.RLIMIT_NOFILE, (sender.fileno() + 20, before[1]))
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.dup(sender.fileno()))
        with capture_logs() as logs:
            await asyncio.get_running_loop().sock_connect(sender, (port.host, port.port))
            await until(lambda: logs)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for each in taken:
            os.close(each)
    assert (logs[0]["event"], logs[0]["error"]) == ("connections have to wait", "[Errno 24] Too many open files")
    sender.sendall(b"<34>later\n")
    assert await port.received(1) == [b"<34>later"]
    sender.close()
