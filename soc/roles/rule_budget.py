"""Rules whose own patterns look at far more bytes than there are in the records are told, so that they can be set aside."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.sigma import Cost

LEAST = 64 << 20
"""Bytes of records after which rules are judged, again and again."""


class RuleBudget:
    def __init__(self, most: float) -> None:
        """`most`: times the bytes of the records; 0: everything goes."""
        self._most = most
        self._ruleset = ""
        self._records = 0
        self._scanned: Counter[str] = Counter()

    def take(self, ruleset: str, records: int, costs: Mapping[str, Cost]) -> dict[str, str]:
        """Count a batch of so many bytes; the rules that went over the budget, each with the figures."""
        if ruleset != self._ruleset:
            self._ruleset = ruleset
            self._begin()
        self._records += records
        self._scanned.update({rule_id: cost.scanned for rule_id, cost in costs.items()})
        if self._records < LEAST:
            return {}
        most = self._most * self._records
        over = {rule_id: size for rule_id, size in self._scanned.items() if self._most and size > most}
        told = {
            rule_id: f"its patterns looked at {size / self._records:.1f} times the bytes of {self._records} bytes of records, "
            f"allowed are {self._most:g}"
            for rule_id, size in over.items()
        }
        self._begin()
        return told

    def _begin(self) -> None:
        self._records = 0
        self._scanned.clear()
