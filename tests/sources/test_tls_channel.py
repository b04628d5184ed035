"""TLS without sockets: whatever the pieces, what the sender wrote comes out."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given, settings, strategies as st

from soc.config import SyslogInput
from soc.sources.tls import Channel, context
from tests.authority import Authority

pytestmark = pytest.mark.openssl


@pytest.fixture(scope="module")
def contexts(tmp_path_factory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    signed = authority.sign("port")
    return context(SyslogInput(tls_cert_file=str(signed.cert), tls_key_file=str(signed.key))), authority.client()


class Sender:
    """A client whose bytes we carry by hand, up to the end of the handshake."""

    def __init__(self, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
        self.channel = Channel(contexts[0])
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = contexts[1].wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")
        done = False
        while not done:
            try:
                self._tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            self.channel.feed(self._outgoing.read())
            self.channel.shaken()
            self.last = self.channel.to_send()
            self._incoming.write(self.last)
        assert self.channel.shaken()

    def write(self, *parts: bytes, end: bool = False) -> bytes:
        """These parts as they go over the network."""
        for part in parts:
            self._tls.write(part)
        if end:
            with pytest.raises(ssl.SSLWantReadError):
                self._tls.unwrap()
        return self._outgoing.read()

    def reads(self, data: bytes) -> str:
        """What a sender makes of our last words."""
        self._incoming.write(data)
        try:
            return "more" if self._tls.read(100) else "end"
        except ssl.SSLWantReadError:
            return "nothing"


@settings(max_examples=60)
@given(parts=st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=8), cuts=st.lists(st.integers(0, 4000)))
def test_any_pieces_give_what_was_written(contexts, parts, cuts) -> None:
    sender = Sender(contexts)
    data = sender.write(*parts, end=True)
    found, at = b"", 0
    for cut in [*sorted(min(cut, len(data)) for cut in cuts), len(data)]:
        sender.channel.feed(data[at:cut])
        found, at = found + sender.channel.read(), cut
    assert found == b"".join(parts)
    assert sender.channel.ended


def test_without_the_senders_last_word_it_has_not_ended(contexts) -> None:
    sender = Sender(contexts)
    sender.channel.feed(sender.write(b"<34>one\n"))
    assert (sender.channel.read(), sender.channel.read(), sender.channel.ended) == (b"<34>one\n", b"", False)


def test_what_was_whole_before_a_fault_is_told_before_it(contexts) -> None:
    sender = Sender(contexts)
    good, bad = sender.write(b"<34>one\n"), bytearray(sender.write(b"<34>two\n"))
    bad[-1] ^= 1
    sender.channel.feed(good + bytes(bad))
    assert sender.channel.read() == b"<34>one\n"
    for _ in range(2):
        with pytest.raises(ssl.SSLError):
            sender.channel.read()


def test_we_say_that_we_are_done(contexts) -> None:
    sender = Sender(contexts)
    sender.channel.feed(sender.write(b"<34>one\n"))
    sender.channel.read()
    sender.channel.close()
    assert sender.reads(sender.channel.to_send()) == "end"


def test_nothing_is_sent_to_a_sender_that_would_have_to_be_read(contexts) -> None:
    """Unread bytes make the sender's close a reset, which drops what we have not read yet."""
    sender = Sender(contexts)
    assert sender.last == b""
    sender.channel.feed(sender.write(b"<34>one\n"))
    assert (sender.channel.read(), sender.channel.to_send()) == (b"<34>one\n", b"")
