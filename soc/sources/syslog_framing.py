"""Bytes of a TCP connection to syslog messages: octet counting and line ends, told apart for each message (RFC 6587)."""

from __future__ import annotations

import re

from soc.parse.frame import MAX_BYTES

_KEPT = MAX_BYTES + 1
"""Of a longer message only this much is kept: one byte over what the parser takes, so that it ends as a dead letter."""
# RFC 6587 3.4.1: a counted message is a syslog message, which begins with its priority.
_COUNT = re.compile(rb"([1-9]\d{0,8}) (?=<)")
_PERHAPS = re.compile(rb"[1-9]\d{0,8} ?\Z")
_BETWEEN = re.compile(rb"[\r\n\0]*")
_TO_LINE_END = -1


class SyslogFramer:
    """Fed with consecutive bytes of one connection."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._at = 0
        self._searched = 0
        """Up to here there is no line end."""
        self._count: int | None = None
        """The length of the message that begins at `_at`; 0 if its line end tells; None if not known yet."""
        self._dropping = 0
        """How much of an over-long message is still to come."""

    @property
    def held(self) -> int:
        """Bytes of a message that is not whole."""
        return len(self._held)

    @property
    def unfinished(self) -> bool:
        return bool(self._held or self._dropping or self._count is not None)

    @property
    def counting(self) -> bool:
        """Bytes that were promised have not come yet."""
        return bool(self._count) or self._dropping > 0

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that these bytes complete; of an over-long one its beginning, as soon as that is there."""
        self._held += data
        found = []
        while (message := self._next()) is not None:
            if message.strip():
                found.append(message)
        del self._held[: self._at]
        self._searched = max(0, self._searched - self._at)
        self._at = 0
        return found

    def close(self) -> list[bytes]:
        """What is unfinished, as if it ended here."""
        rest = bytes(self._held) if not self._dropping else b""
        self._held.clear()
        return [rest[:_KEPT]] if rest.strip() else []

    def _next(self) -> bytes | None:
        """None where more bytes are needed."""
        if not self._dropped():
            return None
        if self._count is None:
            self._begin()
        if self._count is None:
            return None
        return self._counted(self._count) if self._count else self._line()

    def _begin(self) -> None:
        """Which kind of message comes next."""
        between = _BETWEEN.match(self._held, self._at)
        assert between is not None
        self._at = between.end()
        if counted := _COUNT.match(self._held, self._at):
            self._count, self._at = int(counted[1]), counted.end()
        elif self._at < len(self._held) and not _PERHAPS.match(self._held, self._at):
            self._count = 0

    def _counted(self, count: int) -> bytes | None:
        size = min(count, _KEPT)
        if len(self._held) - self._at < size:
            return None
        message = bytes(self._held[self._at : self._at + size])
        self._at += size
        self._dropping, self._count = count - size, None
        return message

    def _line(self) -> bytes | None:
        end = self._held.find(b"\n", max(self._at, self._searched))
        length = (len(self._held) if end < 0 else end) - self._at
        if length > MAX_BYTES:
            message = bytes(self._held[self._at : self._at + _KEPT])
            self._at += _KEPT
            self._dropping = _TO_LINE_END
        elif end < 0:
            self._searched = len(self._held)
            return None
        else:
            message = bytes(self._held[self._at : end]).removesuffix(b"\r")
            self._at = end + 1
        self._count = None
        return message

    def _dropped(self) -> bool:
        """Whether all that must be dropped is."""
        if self._dropping == _TO_LINE_END:
            end = self._held.find(b"\n", self._at)
            self._at = len(self._held) if end < 0 else end + 1
            self._dropping = _TO_LINE_END if end < 0 else 0
        elif self._dropping:
            size = min(self._dropping, len(self._held) - self._at)
            self._at += size
            self._dropping -= size
        return not self._dropping
