"""The state of role correlate: open windows by partition of the hits, and where it begins that they are rebuilt from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from soc import hit, logs, pipeline
from soc.log import HITS
from soc.pipeline import Correlated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soc.log import Delivered
    from soc.pipeline import Content, Open

log = logs.get(__name__)


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """The metadata of a commit: where the state behind it begins."""

    clock: int = 0
    """Windows that end (with their lateness) before it were closed, and their findings appended."""
    since: int | None = None
    """The offset of the first hit of a whole file whose end has not come yet."""
    above: tuple[int, ...] = ()
    """The same clock for correlations of correlations, level by level."""

    @property
    def clocks(self) -> dict[int, int]:
        return dict(enumerate((self.clock, *self.above)))

    @property
    def least(self) -> int:
        """The clock of the level that is farthest behind; one that never went has counted nothing yet."""
        return min((at for at in self.clocks.values() if at), default=0)


def mark_of(metadata: str) -> Mark:
    """The mark of a commit; the first ones (`soc setup`) have none."""
    try:
        return msgspec.json.decode(metadata, type=Mark)
    except msgspec.DecodeError:
        return Mark()


@dataclass(slots=True)
class Partition:
    """The windows of one partition of the hits."""

    state: Open
    committed: int = 0
    """Below this offset hits are only folded: what they bring has been told."""
    begun: dict[str, int] = field(default_factory=dict)
    """Open whole files, each with the offset of its first hit."""
    next: int = 0
    unheard: frozenset[str] = frozenset()
    """Correlations that came into force just now: what they find below `committed` was not told."""
    ended: bool = False
    """A whole file has ended since the last ticks."""

    @property
    def mark(self) -> Mark:
        clocks = self.state.correlator.clocks
        above = tuple(clocks[level] for level in sorted(clocks) if level)
        return Mark(self.state.windows.clock, min(self.begun.values(), default=None), above)

    def fold(self, messages: Sequence[Delivered], content: Content) -> Correlated:
        """Take hits in their order; what those from `committed` on have brought."""
        known = [message for message in messages if message.offset < self.committed]
        before = self._again(known, content) if known else None
        done = pipeline.correlate(self._decoded(messages[len(known) :]), self.state, content)
        self.next = messages[-1].offset + 1
        open_ = self.state.scopes
        self.begun = {name: offset for name, offset in self.begun.items() if name in open_}
        return done if before is None else joined([before, done])

    def ticks(self, number: int, total: int) -> list[hit.Tick]:
        """How far the correlations of each level have come, once what they told is durable."""
        self.ended = False
        return self.state.correlator.ticks(f"{HITS}:{number}", total)

    def _again(self, known: Sequence[Delivered], content: Content) -> Correlated | None:
        """Hits that were folded before a restart: nothing of it is told, but by correlations that were not there then."""
        self.state.take(self._decoded(known))
        _, told = self.state.advance()
        if not self.unheard:
            return None
        fired = [each for each in told.fired if each.correlation.key in self.unheard]
        return pipeline.correlated((), told._replace(fired=fired), content)

    def _decoded(self, messages: Sequence[Delivered]) -> list[hit.Hit]:
        found = []
        for message in messages:
            decoded = _decoded(message)
            if decoded is not None:
                found.append(decoded)
                self._note(decoded, message.offset)
        return found

    def _note(self, told: hit.Hit, offset: int) -> None:
        """Where the state of a whole file begins: with its first hit, above level 0 also with the first word of its end."""
        if not isinstance(told, hit.Tick):
            if told.scope:
                self.begun.setdefault(told.scope, offset)
        elif told.whole:
            self.ended = True
            if told.level:
                for name in told.whole:
                    self.begun.setdefault(name, offset)


def joined(parts: Sequence[Correlated]) -> Correlated:
    """What several partitions have brought."""
    whole = Correlated()
    for part in parts:
        whole.findings += part.findings
        whole.hits += part.hits
        whole.panes += part.panes
        whole.evictions += part.evictions
        whole.scores += part.scores
        whole.matches = _sum(whole.matches, part.matches)
    return whole


def _sum(counts: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {name: counts.get(name, 0) + more.get(name, 0) for name in {**counts, **more}}


def _decoded(message: Delivered) -> hit.Hit | None:
    try:
        return hit.decode(message.value)
    except msgspec.DecodeError as error:
        log.error("not a hit", topic=message.topic, offset=message.offset, error=str(error))
        return None
