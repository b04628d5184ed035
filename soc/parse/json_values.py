"""Values of decoded logs as the types that ECS has: each function gives None for what makes no sense as one."""

from __future__ import annotations

from typing import Any

from soc import instant
from soc.parse import network


def text(value: Any) -> str | None:
    """A text that is not empty."""
    return value if isinstance(value, str) and value else None


def lower(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) and value else None


def identity(value: Any) -> str | None:
    """A text or an integer as a keyword."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def words(value: Any) -> list[str] | None:
    """The texts of a list, or a text by itself."""
    found = [word for word in (value if isinstance(value, list) else [value]) if isinstance(word, str) and word]
    return found or None


def first(value: Any) -> str | None:
    found = words(value)
    return found[0] if found else None


def count(value: Any) -> int | None:
    """A whole number that is not negative, also as text or with a decimal point."""
    if type(value) is float and value.is_integer() and 0 <= value < 1 << 53:
        return int(value)
    told = network.number(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
    return told if told is not None and 0 <= told < 1 << 63 else None


def truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def ip(value: Any) -> str | None:
    """An address, or the first of a list."""
    return network.ip(first(value))


def mac(value: Any) -> str | None:
    return network.mac(first(value))


def digest(value: Any) -> str | None:
    """A hash or serial number as ECS writes those of certificates: upper case, without colons."""
    return value.replace(":", "").upper() if isinstance(value, str) and value else None


def mailboxes(value: Any) -> list[str] | None:
    """The addresses of `Name <user@host>` and `<user@host>`."""
    found = [word.rpartition("<")[2].rstrip("> ") for word in words(value) or ()]
    return [address for address in found if address] or None


def mailbox(value: Any) -> str | None:
    return first(mailboxes(value))


def nanoseconds(value: Any) -> int | None:
    """A duration in seconds."""
    try:
        seconds = float(value) if isinstance(value, int | float | str) else -1.0
    except (ValueError, OverflowError):
        return None
    return round(seconds * 1_000_000_000) if 0 <= seconds < 1e9 else None


def moment(value: Any) -> str | None:
    """A Unix time in any unit, or ISO 8601, which is UTC where it names no zone."""
    try:
        told = instant.from_epoch(float(value)) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        told = instant.parse_iso(value) if isinstance(value, str) else None
    return None if told is None else instant.iso(told)
