"""Values of Windows events as ECS wants them: numbers, addresses, paths, hashes, accounts, command lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.parse.network import ip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.parse.format import Document

NOTHING = frozenset({None, "", "-", "N/A"})
_HASH_NAMES = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}
_LARGEST = 1 << 63


def text(value: Any) -> str | None:
    """As text; None for what Windows writes for nothing (`-`)."""
    if type(value) is str:
        return None if value in NOTHING else value
    return None if isinstance(value, dict | list) or value in NOTHING else str(value)


def number(value: Any, largest: int = _LARGEST) -> int | None:
    """A decimal or `0x` number, as a number below `largest`."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = int(value.strip(), 16 if value.strip()[:2].lower() == "0x" else 10)
        except ValueError:
            return None
    return value if isinstance(value, int) and -largest < value < largest else None


def port(value: Any) -> int | None:
    """A number that is a port."""
    found = number(value)
    return found if found is not None and 0 <= found < 65536 else None


def address(value: Any) -> str | None:
    """An IP address in its canonical form; IPv4 that is wrapped in IPv6 is unwrapped, `LOCAL` is this host."""
    if value == "LOCAL":
        return "127.0.0.1"
    return ip(value.strip().removeprefix("\\\\")) if isinstance(value, str) else None


def boolean(value: Any) -> bool | None:
    """`true` and `false` as booleans."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def base_name(path: str) -> str:
    """The last part of a Windows path."""
    return path.rpartition("\\")[2]


def put_file(document: Document, path: str | None) -> None:
    """`file.*` of a path."""
    if path is None:
        return
    directory, _, name = path.rpartition("\\")
    stem, dot, extension = name.rpartition(".")
    document["file.path"] = path
    document["file.directory"] = directory
    document["file.name"] = name
    document["file.extension"] = extension if dot and stem else None
    if path[1:3] == ":\\" and path[0].isalpha():
        document["file.drive_letter"] = path[0].upper()


def account(value: Any) -> tuple[str | None, str | None]:
    """Domain and name of `DOMAIN\\name`."""
    told = text(value)
    if told is None:
        return None, None
    domain, slash, name = told.rpartition("\\")
    return (text(domain) if slash else None), text(name)


def hashes(value: Any) -> dict[str, str]:
    """`MD5=...,SHA256=...` in lower case by ECS name, `imphash` among them."""
    found: dict[str, str] = {}
    for part in value.split(",") if isinstance(value, str) else ():
        name, equals, digest = part.strip().partition("=")
        if equals and digest:
            found[_HASH_NAMES.get(name.upper(), name.lower())] = digest.lower()
    return {name: digest for name, digest in found.items() if name in (*_HASH_NAMES.values(), "imphash")}


_ARGUMENT = re.compile(r'(?:[^\s"]|"[^"]*"?)+')


def arguments(command_line: str) -> list[str]:
    """A command line as its program sees it: cut at blanks outside of double quotes, which are taken off."""
    return [part.replace('"', "") or part for part in _ARGUMENT.findall(command_line)]


_SEPARATOR = re.compile("[=:]")


def pairs(block: Any) -> Mapping[str, str]:
    """The `Name=value`, `Name = value` or `Name: value` lines of a text; of repeated names the first."""
    found: dict[str, str] = {}
    for line in block.splitlines() if isinstance(block, str) else ():
        if cut := _SEPARATOR.search(line):
            found.setdefault(line[: cut.start()].strip(), line[cut.end() :].strip())
    return found
