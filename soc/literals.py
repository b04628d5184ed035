"""Many literals looked for at once: by Hyperscan, or one after the other where it is not installed (no wheel: same findings)."""

from __future__ import annotations

import importlib
import importlib.util
from functools import cached_property
from threading import get_ident
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_hyperscan: Any = importlib.import_module("hyperscan") if importlib.util.find_spec("hyperscan") else None

_FEW = 3
"""So many literals are found as fast one by one as by a database."""
_MANY = 20_000
"""More are several databases: compiling takes 2 kB a literal."""
_LENGTH = 8

Hit = tuple[int, int]
"""Number of a literal, and where it ends."""


class Literals:
    """Found as they are written, or, given in lower case, with `caseless` in any case."""

    def __init__(
        self,
        literals: Sequence[bytes],
        *,
        once: bool = True,
        caseless: bool = False,
        database: bytes = b"",
    ) -> None:
        """`once`: where each is found first is enough, if it is found at all.

        `database`: what `dumped` gave for the literals, to be used instead of compiling them, which need not be told
        then. Hyperscan trusts it blindly, so it must come from where nobody else writes.
        """
        self._literals = list(literals)
        self._once = once
        self._caseless = caseless
        self._dumped = database
        self._is_compiled = bool(database) or (_hyperscan is not None and len(self._literals) > _FEW)
        self._owner = 0
        """The thread that uses the databases' own scratch space. Hyperscan scans without Python's lock, so that others need theirs."""
        self._scratches: dict[tuple[int, int], Any] = {}

    def hits(self, text: bytes) -> list[Hit]:
        hits: list[Hit] = []
        if self._is_compiled:
            for database in self._databases:
                scratch = None if get_ident() == self._owner else self._own_scratch(database)
                # By place: names cost as much as the search of a short text.
                database.scan(text, _collect, 0, hits, scratch)
            return hits
        if self._caseless:
            text = text.lower()
        for number, literal in enumerate(self._literals):
            at = text.find(literal)
            if at >= 0:
                hits.append((number, at + len(literal)))
        return hits

    def among(self, text: bytes) -> set[int]:
        """The numbers of those that it contains."""
        return {number for number, _ in self.hits(text)}

    def everywhere(self, text: bytes) -> list[int]:
        """Where any literal ends, each time; for literals none of which is `once`."""
        if self._is_compiled:
            return [end for _, end in self.hits(text)]
        lowered = text.lower() if self._caseless else text
        ends = []
        for literal in self._literals:
            at = lowered.find(literal)
            while at >= 0:
                ends.append(at + len(literal))
                at = lowered.find(literal, at + 1)
        return ends

    def prepare(self) -> None:
        """Compile now what else is compiled for the first text."""
        if self._is_compiled and not self._dumped:
            self._databases  # noqa: B018 (made when first asked for)

    def dumped(self) -> bytes:
        """The compiled databases, each behind its length; nothing where there is none."""
        if not self._is_compiled:
            return b""
        dumps = [bytes(_hyperscan.dumpb(database)) for database in self._databases]
        return b"".join(part for data in dumps for part in (len(data).to_bytes(_LENGTH, "big"), data))

    def _own_scratch(self, database: Any) -> Any:
        place = get_ident(), id(database)
        if place not in self._scratches:
            self._scratches[place] = _hyperscan.Scratch(database)
        return self._scratches[place]

    @cached_property
    def _databases(self) -> list[Any]:
        self._owner = get_ident()
        if self._dumped:
            found = list(_loaded(self._dumped))
            self._dumped = b""
        else:
            found = [self._compiled(begin) for begin in range(0, len(self._literals), _MANY)]
        return found

    def _compiled(self, begin: int) -> Any:
        """Of the literals from this one on."""
        literals = self._literals[begin : begin + _MANY]
        caseless = _hyperscan.HS_FLAG_CASELESS if self._caseless else 0
        flags = [caseless | (_hyperscan.HS_FLAG_SINGLEMATCH if self._once else 0)] * len(literals)
        database = _hyperscan.Database()
        numbers = list(range(begin, begin + len(literals)))
        database.compile(literals, ids=numbers, elements=len(numbers), flags=flags, literal=True)
        return database


def _loaded(dumped: bytes) -> Iterator[Any]:
    at = 0
    while at < len(dumped):
        begin = at + _LENGTH
        at = begin + int.from_bytes(dumped[at:begin], "big")
        database = _hyperscan.loadb(dumped[begin:at], mode=_hyperscan.HS_MODE_BLOCK)
        database.scratch = _hyperscan.Scratch(database)
        yield database


def machine() -> str:
    """What a compiled database depends on; empty where there is no Hyperscan."""
    if _hyperscan is None:
        return ""
    probe = _hyperscan.Database()
    probe.compile([b"probe"], ids=[0], elements=1, flags=[0], literal=True)
    return f"{_hyperscan.__version__} {probe.info()!r}"


def _collect(number: int, _start: int, end: int, _flags: int, hits: list[Hit]) -> None:
    hits.append((number, end))
