"""Syslog over TLS on real sockets: what arrives, who is let in, and what each refusal is called."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import warnings

import pytest
from structlog.testing import capture_logs

from soc.sources import connection, streams, tls
from tests.authority import Authority, Signed
from tests.sources.port import Port
from tests.waiting import until

pytestmark = pytest.mark.openssl


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def ours(authority) -> Signed:
    return authority.sign("receiver")


def settings(signed: Signed, *, clients: Authority | None = None) -> dict[str, str]:
    asked = {"tls_ca_file": str(clients.cert)} if clients else {}
    return {"tls_cert_file": str(signed.cert), "tls_key_file": str(signed.key), **asked}


@pytest.fixture
async def port(ours):
    port = await Port(**settings(ours)).open()
    yield port
    await port.close()


@pytest.fixture
async def mutual(ours, authority):
    port = await Port(**settings(ours, clients=authority)).open()
    yield port
    await port.close()


def handshakes(port: Port) -> dict[str, float]:
    """Those that there were, by how they ended."""
    told = {
        result: port.counted("soc_syslog_tls_handshakes_total", result=result) for result in ("accepted", *tls.FIXES)
    }
    return {result: number for result, number in told.items() if number}


async def refused(port: Port, reason: str, client: ssl.SSLContext) -> None:
    """A sender with these settings is turned away for this reason, and what it says is not taken."""

    def send() -> None:  # the event loop's own client says nothing when it refuses
        with (
            contextlib.suppress(OSError),
            socket.create_connection((port.host, port.port)) as plain,
            client.wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            secured.sendall(b"<34>unwanted\n")

    await asyncio.to_thread(send)
    await until(lambda: handshakes(port) == {reason: 1}, what=reason)
    await until(lambda: not len(port.listener.streams))
    assert port.raws == []


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_messages_may_be_counted_or_end_in_lines(port, authority, version) -> None:
    client = authority.client()
    client.minimum_version = client.maximum_version = version
    await port.stream(b"12 <34>one\ntwo\n", b"<34>thr", b"ee\n8 <34>four", tls=client)
    assert await port.received(3) == [b"<34>one\ntwo\n", b"<34>three", b"<34>four"]
    assert handshakes(port) == {"accepted": 1}


async def test_no_datagram_is_taken_on_a_port_of_tls(port) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((port.host, port.port))


async def test_many_senders_that_close_without_reading_lose_nothing(port, authority) -> None:
    client = authority.client()

    def send(number: int) -> None:
        with socket.create_connection((port.host, port.port)) as plain:
            secured = client.wrap_socket(plain, server_hostname="localhost")
            for line in range(100):
                secured.sendall(b"<34>%d-%d\n" % (number, line))
            secured.close()

    await asyncio.gather(*(asyncio.to_thread(send, number) for number in range(40)))
    found = await port.received(4000)
    assert sorted(found) == sorted(b"<34>%d-%d" % (number, line) for number in range(40) for line in range(100))


async def test_a_sender_waits_while_the_spool_cannot_be_written(ours, authority) -> None:
    port = Port(**settings(ours))
    await port.listener.open()  # and nobody writes
    line, sent = b"<34>" + b"z" * 65_000 + b"\n", 0

    def send() -> None:
        nonlocal sent
        with socket.create_connection((port.host, port.port)) as plain:
            secured = authority.client().wrap_socket(plain, server_hostname="localhost")
            for _ in range(500):  # much more than the kernel keeps for us
                secured.sendall(line)
                sent += 1
            secured.close()

    sending = asyncio.create_task(asyncio.to_thread(send))
    await until(lambda: sent > 3 and port.intake._waiting)
    assert (sending.done(), len(port.intake._waiting)) == (False, 1)
    port.write()
    await sending
    assert await port.received(500) == [line[:-1]] * 500
    await port.close()


async def test_tls_1_1_is_refused(port, authority) -> None:
    client = authority.client()
    client.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_1
    await refused(port, "old_version", client)


async def test_ciphers_that_anybody_reads_later_who_gets_the_key_are_refused(port, authority) -> None:
    client = authority.client()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers("AES128-SHA")
    await refused(port, "no_common_cipher", client)


async def test_a_sender_that_does_not_trust_us_is_counted_as_such(port, tmp_path) -> None:
    await refused(port, "refused_by_peer", Authority(tmp_path, "stranger").client())


async def test_a_port_that_asks_for_certificates_takes_those_of_its_authority(mutual, authority) -> None:
    await mutual.stream(b"<34>one\n", tls=authority.client(authority.sign("sender")))
    assert await mutual.received(1) == [b"<34>one"]


async def test_a_sender_without_a_certificate_is_refused_where_one_is_asked_for(mutual, authority) -> None:
    await refused(mutual, "no_certificate", authority.client())


async def test_a_certificate_of_another_authority_is_refused(mutual, authority, tmp_path) -> None:
    await refused(mutual, "bad_certificate", authority.client(Authority(tmp_path, "stranger").sign("sender")))


async def test_an_expired_certificate_is_refused(mutual, authority) -> None:
    await refused(mutual, "bad_certificate", authority.client(authority.sign("old", days=-1)))


async def test_plain_text_is_refused_and_named(port) -> None:
    with capture_logs() as logs:
        await port.stream(b"<34>secret\n")
        await until(lambda: handshakes(port) == {"not_tls": 1})
    assert port.raws == []
    assert logs == [
        {
            "event": "handshake failed: not_tls", "log_level": "warning", "times": 1, "peer": "127.0.0.1",
            "fix": "it sends plain text to a port of TLS; let it use TLS, or send to a plain port",
        }
    ]  # fmt: skip


async def test_a_handshake_that_does_not_go_on_is_ended(port, monkeypatch) -> None:
    monkeypatch.setattr(streams, "HANDSHAKE_SECONDS", 0.05)
    reader, writer = await port.connect()
    writer.write(b"\x16\x03")
    assert await reader.read() == b""
    writer.close()
    assert handshakes(port) == {"timeout": 1}


async def test_a_sender_that_goes_away_within_the_handshake_is_counted(port) -> None:
    _, writer = await port.connect()
    writer.write(b"\x16\x03")
    writer.close()
    await until(lambda: handshakes(port) == {"lost": 1})


async def test_whoever_fails_again_and_again_gets_one_line_in_our_log(port) -> None:
    with capture_logs() as logs:
        for _ in range(30):
            await port.stream(b"<34>plain\n")
        await until(lambda: handshakes(port) == {"not_tls": 30})
    assert len(logs) == 1


async def test_a_peer_has_so_many_handshakes_a_second(port, monkeypatch) -> None:
    port.listener.streams._rate._per_second = 3
    for _ in range(5):
        await port.stream(b"<34>plain\n")
    await until(lambda: handshakes(port) == {"not_tls": 3})
    assert port.counted("soc_syslog_connections_refused_total", reason="handshakes_of_peer") == 2


async def test_those_who_never_end_their_handshake_keep_nobody_out_who_has_ended_it(
    port, authority, monkeypatch
) -> None:
    monkeypatch.setattr(streams, "MAX_HANDSHAKES", 2)
    _, kept = await port.connect(authority.client())
    half_open = [await port.connect() for _ in range(2)]
    await until(lambda: len(port.listener.streams) == 3)
    reader, late = await port.connect()
    assert await reader.read() == b""
    assert port.counted("soc_syslog_connections_refused_total", reason="handshakes") == 1
    kept.write(b"<34>kept\n")
    assert await port.received(1) == [b"<34>kept"]
    for writer in (kept, late, *(writer for _, writer in half_open)):
        writer.close()


async def test_an_end_that_anybody_in_between_could_forge_leaves_what_came_and_counts_it_as_cut(
    port, authority
) -> None:
    _, writer = await port.connect(authority.client())
    writer.write(b"<34>one\n<34>tw")
    await port.received(1)
    writer.get_extra_info("socket").shutdown(socket.SHUT_WR)  # and no close_notify
    assert await port.received(2) == [b"<34>one", b"<34>tw"]
    assert port.counted("soc_syslog_messages_cut_total") == 1
    writer.close()


async def test_a_last_line_without_its_end_is_whole_where_the_sender_says_that_it_has_ended(port, authority) -> None:
    await port.stream(b"<34>one\n<34>two", tls=authority.client())
    assert await port.received(2) == [b"<34>one", b"<34>two"]
    assert port.counted("soc_syslog_messages_cut_total") == 0


async def test_records_that_were_tampered_with_end_the_connection_behind_what_was_whole(port, authority) -> None:
    _, writer = await port.connect(authority.client())
    writer.write(b"<34>one\n")
    await port.received(1)
    writer.write(b"<34>two\n")
    os.write(writer.get_extra_info("socket").fileno(), b"\x17\x03\x03\x00\x20" + b"z" * 32)
    await until(lambda: not len(port.listener.streams))
    assert port.raws == [b"<34>one", b"<34>two"]
    writer.transport.abort()


async def test_a_sender_that_makes_us_answer_and_never_reads_is_given_up(port, authority, monkeypatch) -> None:
    monkeypatch.setattr(connection, "_SEND_SECONDS", 0.05)
    monkeypatch.setattr(tls.Channel, "to_send", lambda self: self._outgoing.read() + b"z" * (8 << 20))
    with contextlib.suppress(OSError):
        await port.stream(b"<34>one\n", tls=authority.client())
    await until(lambda: not len(port.listener.streams))


async def test_new_connections_get_the_certificate_that_is_in_the_files(ours, authority, tmp_path) -> None:
    shown = Signed(tmp_path / "port.pem", tmp_path / "port.key")

    def put(signed: Signed) -> None:
        shown.cert.write_bytes(signed.cert.read_bytes())
        shown.key.write_bytes(signed.key.read_bytes())
        shown.key.chmod(0o600)

    async def serial() -> bytes:
        _, writer = await port.connect(authority.client())
        told = writer.get_extra_info("ssl_object").getpeercert()["serialNumber"]
        writer.close()
        return told

    def reloads() -> list[float]:
        return [port.counted("soc_tls_certificate_reload_total", result=result) for result in ("accepted", "rejected")]

    put(ours)
    port = await Port(**settings(shown)).open()
    _, old = await port.connect(authority.client())
    first = await serial()
    port.listener.certificate.refresh()
    assert reloads() == [0, 0]
    shown.cert.write_bytes(authority.sign("new").cert.read_bytes())  # and not yet its key
    for _ in range(2):
        port.listener.certificate.refresh()
    assert (await serial(), reloads()) == (first, [0, 1])
    put(authority.sign("new", days=3))
    port.listener.certificate.refresh()
    assert (await serial() != first, reloads()) == (True, [1, 1])
    ends = port.counted("soc_tls_certificate_expiry_timestamp_seconds", bind=f"127.0.0.1:{port.port}")
    assert ends == ssl.cert_time_to_seconds(_not_after(authority, shown))
    old.write(b"<34>of the old connection\n")
    assert await port.received(1) == [b"<34>of the old connection"]
    old.close()
    await port.close()


def _not_after(authority: Authority, shown: Signed) -> str:
    from tests.authority import openssl

    return openssl("x509", "-in", shown.cert, "-noout", "-enddate").strip().partition("=")[2]


async def test_the_files_are_looked_at_until_the_service_stops(port, authority, ours, monkeypatch) -> None:
    monkeypatch.setattr(tls, "_RELOAD_SECONDS", 0.01)
    stopping = asyncio.Event()
    looked = asyncio.create_task(tls.watch([port.listener.certificate], stopping))
    before = port.listener.certificate.context
    ours.cert.touch()
    await until(lambda: port.listener.certificate.context is not before)
    stopping.set()
    await looked
