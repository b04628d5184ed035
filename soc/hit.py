"""A Hit is what `detect` tells `correlate` over `soc.hits`: matches of rules, partial aggregates of windows, ticks of time."""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct, json

NOTHING = Raw(b"{}")
END = 1 << 62
"""The clock of a whole file that has been read to its end: after everything."""


class Partial(Struct, frozen=True, tag="partial", tag_field="hit"):
    """What one fixed slice (stride) of a raw partition adds to one window of one entity.

    `aggregate` covers the stride from its start through offset `through`; of several for the same
    (detector, entity, start, partition, stride) the one with the greatest `through` counts, so that crashes and
    other batch boundaries change nothing.
    """

    detector: str
    """Detector id and content hash, `host-window@9f2c...`: an edited detector starts empty."""
    entity: tuple[tuple[str, str], ...]
    """ECS field names and values."""
    start: int
    end: int
    partition: str
    stride: int
    through: int
    arrived: int
    """The latest arrival of a record in it: what the message is stamped with."""
    aggregate: dict[str, Any]
    scope: str = ""
    """Empty for live records; a whole file's partition for its own windows, which close at its end."""

    @property
    def key(self) -> bytes:
        """The message key: all of one entity's partials meet in one partition of `soc.hits`."""
        return json.encode([self.detector, self.entity])


class Match(Struct, frozen=True, tag="match", tag_field="hit", omit_defaults=True, gc=False):
    """That a rule matched, or that a correlation was true, as one correlation that counts it needs to know it."""

    correlation: str
    """Correlation id and content hash: an edited correlation starts empty."""
    group: tuple[str, ...]
    """The values of its group-by fields."""
    time: int
    """Of the event, clamped to at most a little after its arrival."""
    ref: str
    arrived: int
    """Of the raw record: what the message is stamped with."""
    rule: str
    number: int = 0
    """The rule's place among the correlation's rules."""
    value: str = ""
    carried: dict[str, str] = {}
    """Fields for the correlations that count this one."""
    evidence: Raw = NOTHING
    """What to show of the event, as JSON, for few hits are ever shown; at most 1 KB."""
    scope: str = ""
    """As a partial's."""
    sample: bool = False

    @property
    def key(self) -> bytes:
        """The message key: all rules of one correlation and group meet in one partition of `soc.hits`."""
        return json.encode([self.correlation, self.group])


class Tick(Struct, frozen=True, tag="tick", tag_field="hit"):
    """How far raw partitions have been processed: every record that arrived before the instant has been."""

    live: dict[str, int]
    whole: dict[str, int]
    """Whole files by partition; END once read to the end."""
    total: int
    """How many live raw partitions there are over all workers."""
    complete: bool = False
    """`live` names all partitions there are (one worker has them all), so others are gone."""
    level: int = 0
    """0 speaks of raw partitions; higher ones of partitions of the hits, as far as correlations below that level have told."""


Hit = Match | Partial | Tick
encode = json.encode
_DECODER: json.Decoder[Hit] = json.Decoder(Hit)


def decode(value: bytes) -> Hit:
    """A hit from a message's value; msgspec.DecodeError if it is none."""
    return _DECODER.decode(value)


EARLY = 5 * 60 * 1_000_000
"""How far the time of a match may be ahead of its arrival; a later one is clamped to it."""
SLACK = 10 * 60 * 1_000_000
"""How far beyond its window's length the hits of an open window can lie: lateness, early clocks, and then some."""
