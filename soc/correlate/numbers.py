"""Numbers in log fields, and what a window makes of them; exact, so that no order of adding decides."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from fractions import Fraction

Number = Fraction | int

_NUMBER = re.compile(r"\s*([+-]?\d{1,30})(\.\d{1,30})?\s*")


def number_of(text: str) -> Number | None:
    """The number that a text is: decimal, at most 30 digits on either side of the point; None if it is none."""
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    return Fraction(text.strip()) if found[2] else int(found[1])


class Total:
    """The sum of a window."""

    def __init__(self, _: int) -> None:
        self._sum: Number = 0
        self._size = 0

    def add(self, number: Number) -> None:
        self._sum += number
        self._size += 1

    def remove(self, number: Number) -> None:
        self._sum -= number
        self._size -= 1

    def number(self) -> Number:
        return self._sum


class Mean(Total):
    """The mean of a window that holds something."""

    def number(self) -> Number:
        return Fraction(self._sum) / self._size


class Percentile:
    """The least number that `share` percent of a window do not exceed (nearest rank)."""

    def __init__(self, share: int) -> None:
        self._share = share
        self._ordered: list[Number] = []

    def add(self, number: Number) -> None:
        insort(self._ordered, number)

    def remove(self, number: Number) -> None:
        del self._ordered[bisect_left(self._ordered, number)]

    def number(self) -> Number:
        return self._ordered[max(0, -(-self._share * len(self._ordered) // 100) - 1)]


class Median(Percentile):
    """The middle number of a window, or the mean of the two middle ones."""

    def number(self) -> Number:
        middle, odd = divmod(len(self._ordered), 2)
        return self._ordered[middle] if odd else Fraction(self._ordered[middle - 1] + self._ordered[middle]) / 2


# What the types of correlation make of the numbers in a window; each is made with the percentile that is asked for.
WINDOWS: dict[str, type[Total | Percentile]] = {
    "value_sum": Total,
    "value_avg": Mean,
    "value_median": Median,
    "value_percentile": Percentile,
}
