"""What a correlation has to say: about which group and bucket, how many of how many, and out of which events."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import json

from soc import instant
from soc.finding import window_finding_id

if TYPE_CHECKING:
    from soc.correlate.telling import Piece, Verdict
    from soc.finding import RuleInfo
    from soc.sigma.correlation import Correlation

SEPARATOR = "\x1f"
"""Between the values of several fields that count as one."""


class Fired(NamedTuple):
    """Which (correlation, group, bucket, step) there are follows from the set of hits alone; `verdict` but for its start and
    step is what was known when it was told, which depends on the order.
    """

    correlation: Correlation
    key: tuple[tuple[str, str], ...]
    """Group-by fields and values; for `first_seen` also the fields whose value is new."""
    verdict: Verdict
    sample: bool

    @property
    def info(self) -> RuleInfo:
        return self.correlation.info

    @property
    def start(self) -> int:
        """Of the bucket: the time of the finding, and what its alert is grouped by."""
        return self.verdict.start

    @property
    def step(self) -> int:
        return self.verdict.step

    @property
    def id(self) -> str:
        return window_finding_id(self.info.id, self.key, self.start, self.step)

    @property
    def ref(self) -> str:
        """Of the first contributing event."""
        return self.verdict.refs[0]

    @property
    def document(self) -> dict[str, Any]:
        """Flat ECS, the same whatever the order of hits: group-by fields that are ECS names, and the bucket's bounds."""
        named = {field: value for field, value in self.key if "." in field}
        end = self.start + self.correlation.timespan
        return {**named, "event.start": instant.iso(self.start), "event.end": instant.iso(end)}

    @property
    def why(self) -> tuple[dict[str, Any], ...]:
        """The arithmetic, then the contributing events, the first and the last ones, or each step of a sequence."""
        return (self._arithmetic(), *map(self._shown, self.verdict.evidence))

    def _shown(self, piece: Piece) -> dict[str, Any]:
        rule, event = self.correlation.rules[piece.number], json.decode(piece.evidence)
        return {"ref": piece.ref, "rule": rule, "time": instant.iso(piece.time), "event": event}

    def _arithmetic(self) -> dict[str, Any]:
        correlation, verdict = self.correlation, self.verdict
        told: dict[str, Any] = {
            "correlation": correlation.type,
            "count": _plain(verdict.amount),
            "condition": str(correlation.condition),
            "timespan": correlation.timespan // instant.SECOND,
            "by": list(correlation.group_by),
            "since": instant.iso(verdict.since),
            "until": instant.iso(verdict.until),
            "refs": list(verdict.refs),
        }
        if correlation.at_once:
            told["needed"] = correlation.condition.need
        if correlation.condition.fields:
            told["field"] = list(correlation.condition.fields)
            told["values"] = [value.replace(SEPARATOR, " / ") for value in verdict.values]
        if correlation.type == "value_percentile":
            told["percentile"] = correlation.condition.percentile
        if verdict.approximate:
            told["approximate"] = True
        return told


def _plain(number: Fraction | int) -> float | int:
    return number.numerator if Fraction(number).denominator == 1 else float(number)
