"""Many literals looked for at once: by Hyperscan, or one after the other where it is not installed (no wheel: same findings)."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_hyperscan: Any = importlib.import_module("hyperscan") if importlib.util.find_spec("hyperscan") else None

_FEW = 12
"""So many literals are found as fast one by one as by a database that must be compiled first."""

Hit = tuple[int, int]
"""Number of a literal, and where it ends."""


class Literals:
    """Literals in lower case; texts are given in lower case, or with `caseless` as they are."""

    def __init__(self, literals: Sequence[bytes], *, once: Sequence[bool] = (), caseless: bool = False) -> None:
        """`once`: of these the first place is enough; of the others the first and the last are told at least."""
        self._literals = list(literals)
        self._caseless = caseless
        self._database: Any = None
        if _hyperscan is not None and len(self._literals) > _FEW:
            self._database = self._compiled(once or [True] * len(self._literals))

    def hits(self, text: bytes) -> list[Hit]:
        hits: list[Hit] = []
        if self._database is not None:
            self._database.scan(text, match_event_handler=_collect, context=hits)
            return hits
        if self._caseless:
            text = text.lower()
        for number, literal in enumerate(self._literals):
            first = text.find(literal)
            if first >= 0:
                hits += [(number, first + len(literal)), (number, text.rfind(literal) + len(literal))]
        return hits

    def _compiled(self, once: Sequence[bool]) -> Any:
        caseless = _hyperscan.HS_FLAG_CASELESS if self._caseless else 0
        flags = [caseless | (_hyperscan.HS_FLAG_SINGLEMATCH if single else 0) for single in once]
        database = _hyperscan.Database()
        numbers = list(range(len(self._literals)))
        database.compile(self._literals, ids=numbers, elements=len(numbers), flags=flags, literal=True)
        return database


def _collect(number: int, _start: int, end: int, _flags: int, hits: list[Hit]) -> None:
    hits.append((number, end))
