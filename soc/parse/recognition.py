"""Which formats a text may be of: one scan for the literals of all of them, so that most are never tried."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from soc.literals import Literals
from soc.parse.table import of_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.parse.format import Format
    from soc.parse.frame import Frame


class Recognition:
    """A set of formats is a number with a bit for each."""

    def __init__(self, formats: Sequence[Format]) -> None:
        self._formats = formats
        self._always = 0
        """Those that need no literal."""
        sets: dict[str, int] = {}
        self._by_program: dict[str, int] = {}
        for number, format_ in enumerate(formats):
            for program in format_.programs:
                self._by_program[program] = self._by_program.get(program, 0) | 1 << number
            for hint in format_.hints:
                sets[hint] = sets.get(hint, 0) | 1 << number
            if not format_.hints:
                self._always |= 1 << number
        self._literals = Literals([hint.encode() for hint in sets])
        self._literals.prepare()
        self._sets = list(sets.values())
        self._listed = lru_cache(maxsize=1 << 12)(self._list)

    def candidates(self, frame: Frame) -> tuple[Format, ...]:
        """In the order of trial, before them those that the header's program is known for."""
        told, text, header = self._always, frame.text, frame.syslog
        first = 0
        if header:
            if header.app:
                first = self._by_program.get(header.app.lower().rpartition("/")[2], 0)
            if header.structured:
                text = f"{header.structured}\n{text}"
        for number, _ in self._literals.hits(text.encode("utf-8", "surrogatepass")):
            told |= self._sets[number]
        return self._listed(first, told & ~first)

    def _list(self, first: int, rest: int) -> tuple[Format, ...]:
        return tuple(
            format_ for among in (first, rest) for number, format_ in enumerate(self._formats) if among >> number & 1
        )


@cache
def of_texts() -> Recognition:
    """That of all formats of text."""
    return Recognition(of_text())
