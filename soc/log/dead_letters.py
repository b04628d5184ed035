"""Dead letters as messages of `soc.deadletter`: original bytes (base64 in JSON), where they lay, why, and under which code.

A line over the limit is kept up to its first byte beyond it; `ref` tells where the rest of it lies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import DecodeError, Struct, ValidationError, json

from soc import __version__
from soc.record import LogSource

if TYPE_CHECKING:
    from soc.pipeline import DeadLetter
    from soc.record import Record


class Letter(Struct, frozen=True, omit_defaults=True):
    """One dead letter as it is stored."""

    stage: str
    """receive, parse, detect or index."""
    reason: str
    detail: str
    raw: bytes = b""
    """The original bytes; empty for a finding that the store refused."""
    partition: str = ""
    offset: int = -1
    arrived: int = 0
    peer: str = ""
    header: str = ""
    source: LogSource = LogSource("")
    version: str = ""
    """Of the code that refused it."""
    ruleset: str = ""
    """The hash of the content that was in force."""
    at: int = 0
    """When it was refused, an instant."""
    finding: dict[str, Any] | None = None
    """The document that the store refused."""

    @property
    def ref(self) -> str:
        """The position of the source; for a finding that of its event."""
        if self.finding:
            return str(self.finding.get("soc", {}).get("ref", ""))
        return f"{self.partition}:{self.offset}"


_DECODER = json.Decoder(Letter)


def encode(letter: DeadLetter, ruleset: str, now: int) -> bytes:
    """The message for a record that could not be understood."""
    return refused(letter.record, letter.stage, letter.reason, letter.detail, now, ruleset)


def refused(record: Record, stage: str, reason: str, detail: str, now: int, ruleset: str = "") -> bytes:
    """The message for a record that goes no further than `stage`."""
    return json.encode(
        Letter(
            stage,
            reason,
            detail.encode("utf-8", "backslashreplace").decode(),
            record.raw,
            record.partition,
            record.offset,
            record.arrived,
            record.peer,
            record.header,
            record.source,
            __version__,
            ruleset,
            now,
        )
    )


def decode(value: bytes) -> Letter:
    """The letter in a message; what is none (written by other code) becomes one that says so and keeps its bytes."""
    try:
        return _DECODER.decode(value)
    except (DecodeError, ValidationError, UnicodeDecodeError) as error:
        return Letter("deadletter", "unreadable", str(error), value)
