"""TLS of a receiving port: its certificate, taken anew when the files change, and one connection's side of it without a socket."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from soc import instant, logs
from soc.config import secret
from soc.errors import ConfigurationError
from soc.sources.certificates import expiry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.clock import Clock
    from soc.config import SyslogInput
    from soc.metrics import Metrics

log = logs.get(__name__)
_RELOAD_SECONDS = 10.0
_CHUNK = 64 << 10
HANDSHAKE = 0x16
"""How every TLS connection begins (RFC 8446 5.1)."""

# Why a handshake failed, as OpenSSL names it, in the words of our metrics.
_FAULTS = {
    "UNSUPPORTED_PROTOCOL": "old_version",
    "VERSION_TOO_LOW": "old_version",
    "WRONG_VERSION_NUMBER": "old_version",
    "NO_SHARED_CIPHER": "no_common_cipher",
    "NO_SUITABLE_SIGNATURE_ALGORITHM": "no_common_cipher",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "no_certificate",
    "CERTIFICATE_VERIFY_FAILED": "bad_certificate",
}
_ALERTS = ("TLSV1_ALERT_", "TLSV13_ALERT_", "SSLV3_ALERT_")
FIXES = {
    "not_tls": "it sends plain text to a port of TLS; let it use TLS, or send to a plain port",
    "old_version": "it offers nothing newer than TLS 1.1; update it",
    "no_common_cipher": "it offers no cipher that is still safe; update it",
    "no_certificate": "this port asks for a client's certificate (tls_ca_file); give the sender one",
    "bad_certificate": "its certificate is expired or not from tls_ca_file; give it another",
    "refused_by_peer": "it does not trust our certificate (tls_cert_file), or the name in it is not the one it calls",
    "timeout": "it began and did not go on; is something between us that holds packets back?",
    "lost": "it went away in the middle; its own log says why",
    "other": "its own log may say why",
}
"""Reasons of failed handshakes, and how to mend each."""


class NotTls(ConnectionError):  # noqa: N818 (what the sender is)
    """The sender speaks plain text."""


def reason(error: Exception) -> str:
    """Which of FIXES a failed handshake is."""
    if isinstance(error, NotTls):
        return "not_tls"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError):
        name = error.reason or ""
        return "refused_by_peer" if name.startswith(_ALERTS) else _FAULTS.get(name, "other")
    return "lost"


class Certificate:
    """What a port shows, and whom it asks for one. What is in force stays so until something better is there."""

    def __init__(self, setting: SyslogInput, metrics: Metrics, clock: Clock) -> None:
        """Raises ConfigurationError, which names the file and the fix."""
        self._setting = setting
        self._clock = clock
        self._reloads = metrics.certificate_reloads
        self._ends = metrics.certificate_ends.labels(setting.bind)
        self._files = [
            Path(each) for each in (setting.tls_cert_file, setting.tls_key_file, setting.tls_ca_file) if each
        ]
        self._fault = ""
        """What was wrong with the files the last time, and has been said."""
        self._look = self._now()
        self.context = self._loaded()

    def refresh(self) -> None:
        """Take the files if they have changed. Faults are told once; they may be half written, so they are looked at again."""
        look = self._now()
        if look == self._look:
            return
        try:
            self.context = self._loaded()
        except ConfigurationError as error:
            if str(error) != self._fault:
                log.warning("the certificate in force is kept", error=str(error))
                self._reloads.labels("rejected").inc()
            self._fault = str(error)
        else:
            self._look, self._fault = look, ""
            self._reloads.labels("accepted").inc()

    def _now(self) -> list[tuple[int, int, int] | None]:
        """Something else once a file changes."""
        return [_look(file) for file in self._files]

    def _loaded(self) -> ssl.SSLContext:
        made = context(self._setting)
        ends = expiry(Path(self._setting.tls_cert_file))
        tell = log.warning if ends <= self._clock.now() else log.info
        tell("certificate in force", file=self._setting.tls_cert_file, bind=self._setting.bind, until=instant.iso(ends))
        self._ends.set(ends / instant.SECOND)
        return made


def _look(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


async def watch(certificates: Sequence[Certificate], stopping: asyncio.Event) -> None:
    """Look at the files again and again until stopped."""
    while not stopping.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), _RELOAD_SECONDS)
        for each in certificates:
            await asyncio.to_thread(each.refresh)


def context(setting: SyslogInput) -> ssl.SSLContext:
    """Raises ConfigurationError, which names the file and the fix."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.options |= ssl.OP_NO_RENEGOTIATION  # it costs us more than the sender
    # Senders of syslog only write. One that closes with our tickets unread resets the connection, and its last bytes are gone.
    made.num_tickets = 0
    expiry(Path(setting.tls_cert_file))
    secret(setting.tls_key_file)
    _load_chain(made, setting)
    if setting.tls_ca_file:
        expiry(Path(setting.tls_ca_file))
        made.load_verify_locations(setting.tls_ca_file)
        made.verify_mode = ssl.CERT_REQUIRED
    return made


def _load_chain(made: ssl.SSLContext, setting: SyslogInput) -> None:
    def encrypted() -> str:
        raise ConfigurationError(
            f"{setting.tls_key_file}: the key is encrypted; write it in the clear (`openssl pkey -in OLD -out NEW`) "
            "into a file that only the service's user may read"
        )

    try:
        made.load_cert_chain(setting.tls_cert_file, setting.tls_key_file, password=encrypted)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            what = f"is not the key of {setting.tls_cert_file}; the two files must belong together"
        else:
            what = f"cannot be used with {setting.tls_cert_file} ({error.reason or error}); both must be PEM, of RSA "
            what += "with 2048 bits or more, or of an elliptic curve"
        raise ConfigurationError(f"{setting.tls_key_file}: {what}") from None


class Channel:
    """TLS between the bytes of one connection and what they say."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._fault: ssl.SSLError | None = None
        self.ended = False
        """The sender has said that nothing more comes."""

    def feed(self, data: bytes) -> None:
        self._incoming.write(data)

    def shaken(self) -> bool:
        """Go on with the handshake; whether it is over. Raises ssl.SSLError."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def read(self) -> bytes:
        """What came and is whole; a fault behind it is raised the next time, so that nothing before it is lost."""
        if self._fault:
            raise self._fault
        parts = []
        try:
            while part := self._tls.read(_CHUNK):
                parts.append(part)
            self.ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self._fault = error
            if not parts:
                raise
        return b"".join(parts)

    def close(self) -> None:
        """Say that we are done (RFC 5425 4.4); it is in `to_send`."""
        with suppress(ssl.SSLError):
            self._tls.unwrap()

    def to_send(self) -> bytes:
        return self._outgoing.read()
