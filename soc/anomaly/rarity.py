"""Frozen tables of the past: how often a value occurred in its context, and how large a number usually is there.

A context is what a value is compared within (the path of a parameter, the server of a client); "" is everything. The
tables are counted once in training and are part of the model bundle; scoring only reads them.
"""

from __future__ import annotations

from collections import Counter
from math import log2, sqrt
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SPREAD_FLOOR = 0.3
"""Least spread of a baseline, in units of log1p: what was always the same must not make a trifle infinite."""
ENTITY_CAP = 200
"""Times that one entity can count for one value: who repeats a thing makes it usual for all only so far."""
MAX_VALUES = 100_000
"""Values that one table keeps, the most frequent ones."""
MAX_TEXT = 120
LEAST_FOR_SPREAD = 3
STRANGE_CONTEXT = 6.0
"""Bits of a value in a context that training has not seen: strange, but nothing is known of what would be usual there."""

Item = tuple[str, str]
"""A context and a value."""
Size = tuple[str, float]
"""A context and a number on its scale."""


class Known(msgspec.Struct):
    """What one context held."""

    total: int = 0
    distinct: int = 0
    values: dict[str, int] = {}


class Baseline(msgspec.Struct, array_like=True):
    """Sums over the numbers of one context."""

    number: int = 0
    total: float = 0.0
    squares: float = 0.0


class Past(msgspec.Struct):
    """The tables by feature, then by context."""

    known: dict[str, dict[str, Known]] = {}
    baselines: dict[str, dict[str, Baseline]] = {}


_DECODER = msgspec.json.Decoder(Past)
encode = msgspec.json.encode


def decode(data: bytes) -> Past:
    """The tables of a bundle; msgspec.DecodeError if they are none."""
    return _DECODER.decode(data)


def surprise(known: Mapping[str, Known], items: Iterable[Item]) -> float:
    """Bits of the rarest of some values: -log2 of its smoothed share of its context's past; 0 for none."""
    most = 0.0
    for context, value in items:
        past = known.get(context)
        if past is None:
            bits = STRANGE_CONTEXT if context else 0.0
        else:
            bits = log2((past.total + past.distinct + 1) / (past.values.get(value, 0) + 1))
        most = max(most, bits)
    return most


def distance(baselines: Mapping[str, Baseline], sizes: Iterable[Size]) -> float:
    """The farthest of some numbers from what is usual in its context, in spreads; 0 where too little is known."""
    return max((_spreads(baselines.get(context), size) for context, size in sizes), default=0.0)


def _spreads(past: Baseline | None, size: float) -> float:
    if past is None or past.number < LEAST_FOR_SPREAD:
        return 0.0
    mean = past.total / past.number
    return abs(size - mean) / max(sqrt(max(past.squares / past.number - mean * mean, 0.0)), SPREAD_FLOOR)


class Counting:
    """A table of values while it is counted. `entity` is whose event it is; of nobody's events all count."""

    def __init__(self) -> None:
        self._contexts: dict[str, Counter[str]] = {}
        self._by_entity: Counter[tuple[str, str, str]] = Counter()

    def add(self, items: Iterable[Item], entity: str) -> None:
        for context, value in items:
            self._by_entity[entity, context, value] += 1
            if not entity or self._by_entity[entity, context, value] <= ENTITY_CAP:
                self._contexts.setdefault(context, Counter())[value] += 1

    def surprise(self, items: Sequence[Item], entity: str) -> float:
        """As `surprise` in a past without this one event of the entity (leave-one-out)."""
        rest = {item: self._others(item, times, entity) for item, times in Counter(items).items()}
        gone = Counter(context for (context, _), others in rest.items() if not others)
        within = Counter(context for context, _ in items)
        most = 0.0
        for (context, _), others in rest.items():
            counts = self._contexts[context]
            left = counts.total() - within[context]
            if left > 0:
                most = max(most, log2((left + len(counts) - gone[context] + 1) / (others + 1)))
            elif context:
                most = max(most, STRANGE_CONTEXT)
        return most

    def _others(self, item: Item, times: int, entity: str) -> int:
        """How often a value counts without one event of the entity; its others fill its share if it has many."""
        context, value = item
        counted = self._contexts[context][value]
        full = entity and self._by_entity[entity, context, value] - times >= ENTITY_CAP
        return counted if full else max(0, counted - times)

    def frozen(self) -> dict[str, Known]:
        """What scoring reads. Beyond the limit the least frequent values go, and stay counted as the rest."""
        found = {
            context: Known(counts.total(), len(counts), dict(counts)) for context, counts in self._contexts.items()
        }
        number = sum(len(known.values) for known in found.values())
        least = 1
        while number > MAX_VALUES:
            for known in found.values():
                known.values = {value: count for value, count in known.values.items() if count > least}
            least *= 2
            number = sum(len(known.values) for known in found.values())
        return found


class Measuring:
    """Baselines while they are measured."""

    def __init__(self) -> None:
        self._contexts: dict[str, Baseline] = {}

    def add(self, sizes: Iterable[Size]) -> None:
        for context, size in sizes:
            past = self._contexts.setdefault(context, Baseline())
            past.number += 1
            past.total += size
            past.squares += size * size

    def distance(self, sizes: Sequence[Size]) -> float:
        """As `distance` without these numbers themselves."""
        without: dict[str, Baseline] = {}
        for context, size in sizes:
            past = without.get(context) or self._contexts[context]
            without[context] = Baseline(past.number - 1, past.total - size, past.squares - size * size)
        return distance(without, sizes)

    def frozen(self) -> dict[str, Baseline]:
        return dict(sorted(self._contexts.items())[:MAX_VALUES])
