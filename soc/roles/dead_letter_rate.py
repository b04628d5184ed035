"""Notices when a topic's records cannot be understood any more: a new version of a device, a wrong format, an attack."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, NamedTuple

from soc import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

SPAN = 10 * instant.MINUTE
LEAST = 100
SHARE = 0.01


class _Minute(NamedTuple):
    start: int
    records: Counter[str]
    letters: Counter[str]


class DeadLetterRate:
    """Counts by topic over the last ten minutes."""

    def __init__(self) -> None:
        self._minutes: deque[_Minute] = deque()

    def take(self, now: int, records: Mapping[str, int], letters: Mapping[str, int]) -> dict[str, str]:
        """Count a batch; the topics with too many dead letters, each with the figures."""
        start = instant.floor(now, instant.MINUTE)
        if not self._minutes or self._minutes[-1].start != start:
            self._minutes.append(_Minute(start, Counter(), Counter()))
        while abs(now - self._minutes[0].start) > SPAN:
            self._minutes.popleft()
        self._minutes[-1].records.update(records)
        self._minutes[-1].letters.update(letters)
        return {topic: told for topic in letters if (told := self._verdict(topic))}

    def _verdict(self, topic: str) -> str:
        records = sum(minute.records[topic] for minute in self._minutes)
        letters = sum(minute.letters[topic] for minute in self._minutes)
        if letters < LEAST or letters <= SHARE * records:
            return ""
        return f"{letters} of {records} records of {topic} in the last 10 minutes could not be understood"
