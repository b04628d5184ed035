"""What mail servers' logs have in common: addresses, and hosts written as `name[192.0.2.1]:25`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.parse import network

if TYPE_CHECKING:
    from soc.parse.format import Document

_NOBODY = frozenset({"", "unknown", "local", "localhost", "NULL"})


def address(text: str | None) -> str | None:
    """The address of `<user@host>`, with or without the brackets; None for the empty sender."""
    return (text or "").strip("<>, ") or None


def domain(text: str | None) -> str | None:
    """What an address has behind its `@`."""
    found = address(text)
    return (found.rpartition("@")[2] or None) if found and "@" in found else None


def named(*names: str | None) -> str | None:
    """The first that names a host, without the brackets of address literals."""
    return next((name.strip("<>[]") for name in names if name and name.strip("<>[]") not in _NOBODY), None)


def end(document: Document, side: str, ip: str | None, port: str | None, name: str | None) -> None:
    """One end of a connection: its name is its address where it has one."""
    document[f"{side}.ip"], document[f"{side}.port"] = network.ip(ip), network.number(port)
    document[f"{side}.domain"] = name
    document[f"{side}.address"] = name or document[f"{side}.ip"]
