"""All groups of one correlation: which are open, when each is to be looked at again, and what is given up when it is too much."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from soc import instant
from soc.correlate.fired import SEPARATOR, Fired
from soc.correlate.groups import Group, Scope
from soc.correlate.panes import Pane, hits_of
from soc.correlate.telling import Telling
from soc.correlate.timeline import slice_end, slice_start
from soc.correlate.tracks import track_of
from soc.hit import END

if TYPE_CHECKING:
    from soc.correlate.telling import Verdict
    from soc.correlate.tracks import Track
    from soc.hit import Match
    from soc.sigma.correlation import Correlation

KEYS = 200_000
_SHARE_OF_A_GROUP = 8
"""A group may take this part of its correlation's bytes; beyond, it loses its own oldest hits."""
_CHANCES = 64
_GROUP = 700
_SELDOM = 15
"""Every so many hits, and one, a group is weighed again."""


class Eviction(NamedTuple):
    """Hits that were forgotten before their time: what the group did in between is not all counted."""

    correlation: str
    group: tuple[str, ...]
    since: int
    until: int


class Machine:
    def __init__(self, correlation: Correlation, closed_until: int, share: int) -> None:
        """`closed_until` is the clock of the last commit; `share` the bytes that its groups may take."""
        self.correlation = correlation
        self._span, self._delay = correlation.timespan, correlation.delay
        self._reach = correlation.memory
        self._whole, self._long = correlation.whole, correlation.long
        self._quantum = min(self._span, instant.HOUR)
        self._share, self._part = share, share // _SHARE_OF_A_GROUP
        self._silent = _limit(closed_until, self._delay)
        self._limit = self._silent
        self._live = Scope()
        self._scopes: dict[str, Scope] = {"": self._live}
        self._tell = Telling(correlation.chained)
        self.weight = 0
        self.repeated = 0
        """Hits of windows that are over: they were counted before, and come again after a crash."""
        self.fired: list[Fired] = []
        self.truths: list[tuple[Match, tuple[tuple[str, str], ...]]] = []
        """Hits at which it was true, each with the key of the finding."""
        self.panes: list[Pane] = []
        self.evictions: list[Eviction] = []

    def __len__(self) -> int:
        """Open groups."""
        return sum(len(scope.groups) for scope in self._scopes.values())

    @property
    def scopes(self) -> frozenset[str]:
        """The whole files with open groups."""
        return frozenset(name for name, scope in self._scopes.items() if name and scope.groups)

    def fold(self, hit: Match) -> None:
        """Take a hit; the hottest function here, so what seldom happens stands apart."""
        time, name = hit.time, hit.group
        scope = self._live if not hit.scope else self._scopes.setdefault(hit.scope, Scope())
        if time <= self._limit and not hit.scope and self._is_over(time):
            self.repeated += 1
            return
        group = scope.groups.get(name)
        if group is None:
            group = self._opened(scope, hit)
        tell = self._tell
        due = group.track.add(hit, tell)
        group.hits += 1
        group.until = max(group.until, time)
        if due is not None or time // self._quantum != group.quantum or self._long:
            self._plan(scope, hit, group, due)
        if tell.verdicts or tell.truths:
            self._told(name, group.sample)
        if not group.hits & _SELDOM or group.hits < 3:
            self._balance(scope, name, group)

    def _balance(self, scope: Scope, name: tuple[str, ...], group: Group) -> None:
        """Weigh a group, and give up what is too much."""
        if group.hits == 2 and name in scope.once:
            scope.often[name] = scope.once.pop(name)
        if self._weigh(group) > self._part:
            self._trim(scope, name, group)
        if self.weight > self._share or len(scope.groups) > KEYS:
            self._evict(scope, name)

    def _opened(self, scope: Scope, hit: Match) -> Group:
        group = scope.groups[hit.group] = Group(track_of(self.correlation), hit)
        scope.once[hit.group] = None
        if not hit.scope:
            group.track.skip(self._silent)
        return group

    def _weigh(self, group: Group) -> int:
        """Take the bytes of a group over into those of all."""
        weight = group.track.weight + _GROUP
        self.weight += weight - group.weight
        group.weight = weight
        return weight

    def _is_over(self, time: int) -> bool:
        """Whether no window that is still open can hold the hit."""
        if self._whole:
            return (time // self._span + 1) * self._span <= self._limit + 1
        if self._long:
            return slice_end(slice_start(time, self._span), self._span) <= self._limit + 1
        return time <= self._limit - self._reach

    def _plan(self, scope: Scope, hit: Match, group: Group, due: int | None) -> None:
        time = hit.time
        if due is not None:
            scope.dues.put(due // instant.SECOND, hit.group)
        group.since, group.until = min(group.since, time), max(group.until, time)
        quantum = time // self._quantum
        if quantum != group.quantum:
            group.quantum = quantum
            scope.visits.put(quantum, hit.group)
        if self._long and not hit.scope:
            start = slice_start(time, self._span)
            if start != group.slice:
                group.slice = start
                scope.seals.put(start, hit.group)

    def _told(self, group: tuple[str, ...], sample: bool) -> None:  # noqa: FBT001 (what a group says of itself)
        tell = self._tell
        for verdict in tell.verdicts:
            self.fired.append(Fired(self.correlation, self._key(group, verdict), verdict, sample))
        for hit in tell.truths:
            self.truths.append((hit, self._key(group, None, hit.value)))
        tell.verdicts, tell.truths = [], []

    def _key(self, group: tuple[str, ...], verdict: Verdict | None, value: str = "") -> tuple[tuple[str, str], ...]:
        key = tuple(zip(self.correlation.group_by, group, strict=True))
        if self.correlation.type != "first_seen":
            return key
        new = verdict.values[0] if verdict else value
        return key + tuple(zip(self.correlation.condition.fields, new.split(SEPARATOR), strict=True))

    def advance(self, clock: int) -> None:
        """Judge and forget what a clock has passed."""
        limit = _limit(clock, self._delay)
        if limit < self._limit:
            return
        scope = self._live
        self._settle(scope, limit)
        self._limit = limit
        self._seal(scope, limit)
        before = limit - self._reach
        for _, groups in scope.visits.until(before // self._quantum - 1):
            for group in groups:
                self._expire(scope, group, before)

    def _settle(self, scope: Scope, limit: int, ready: int | None = None) -> None:
        due = {group for _, groups in scope.dues.until((limit + 1) // instant.SECOND - 1) for group in groups}
        for group in sorted(due):
            self._judge(scope, group, limit if ready is None else ready)

    def _judge(self, scope: Scope, group: tuple[str, ...], limit: int) -> None:
        open_ = scope.groups.get(group)
        if open_ is None:
            return
        open_.track.settle(limit, self._tell)
        self._told(group, open_.sample)

    def _seal(self, scope: Scope, limit: int) -> None:
        """Slices that are over become panes, unless they were before the last commit."""
        if not self._long:
            return
        sealed: set[tuple[str, ...]] = set()
        for start, groups in scope.seals.until(slice_start(limit + 1, self._span) - 1):
            for group in groups:
                if group in scope.groups:
                    sealed.add(group)
                    self._pane(group, scope.groups[group].track, start)
        for group in sorted(sealed):
            self._judge(scope, group, limit)
            self._expire(scope, group, limit - self._reach)

    def _pane(self, group: tuple[str, ...], track: Track, start: int) -> None:
        """Of a slice that is over."""
        end = slice_end(start, self._span)
        hits = hits_of(track.cut(start), self.correlation, group) if end > self._silent + 1 else []
        if hits:
            self.panes.append(Pane(self.correlation.key, group, start, end + self._reach + self._delay, hits))

    def _expire(self, scope: Scope, group: tuple[str, ...], before: int) -> None:
        open_ = scope.groups.get(group)
        if open_ is None:
            return
        empty = open_.track.expire(before)
        self._weigh(open_)
        open_.since = max(open_.since, before)
        if empty:
            self._drop(scope, group)

    def _drop(self, scope: Scope, group: tuple[str, ...]) -> None:
        self.weight -= scope.groups.pop(group).weight
        scope.once.pop(group, None)
        scope.often.pop(group, None)

    def end(self, name: str) -> None:
        """A whole file is over: judge all of it. What did not happen after its last hit, nobody knows."""
        scope = self._scopes.pop(name, None)
        if scope is None:
            return
        absence = self.correlation.type in {"idle", "missing_after"}
        latest = max((group.until for group in scope.groups.values()), default=0)
        self._settle(scope, END - 1, latest if absence else END - 1)
        for group in list(scope.groups):
            self._drop(scope, group)

    def restore(self, pane: Pane) -> None:
        """Take what a pane has kept of hits before the last commit."""
        scope = self._live
        for hit in pane.hits:
            group = scope.groups.get(hit.group)
            if group is None:
                group = self._opened(scope, hit)
            self._plan(scope, hit, group, group.track.add(hit, Telling(self._tell.chained)))
            self._weigh(group)

    def _trim(self, scope: Scope, name: tuple[str, ...], group: Group) -> None:
        """A group that takes too much loses all but its last two timespans, or everything."""
        kept = group.until - 2 * self._span
        if kept > group.since:
            self.evictions.append(Eviction(self.correlation.info.id, name, group.since, kept))
            self._expire(scope, name, kept)
        if name in scope.groups and group.weight > self._part:
            self.evictions.append(Eviction(self.correlation.info.id, name, group.since, group.until))
            self._drop(scope, name)

    def _evict(self, scope: Scope, newest: tuple[str, ...]) -> None:
        """Give up the oldest group, of those with one hit while they are the most; so many new ones oust each other first."""
        name = next((name for name in scope.once if name != newest), None)
        if name is None or len(scope.once) < len(scope.groups) // 2:
            name = self._oldest(scope, newest) or name
        if name is not None:
            group = scope.groups[name]
            self.evictions.append(Eviction(self.correlation.info.id, name, group.since, group.until))
            self._drop(scope, name)

    @staticmethod
    def _oldest(scope: Scope, newest: tuple[str, ...]) -> tuple[str, ...] | None:
        """Of the groups with several hits; one that has had more since it was last looked at is passed over once."""
        for chance in range(min(_CHANCES, len(scope.often))):
            name = next(iter(scope.often))
            group = scope.groups[name]
            if name != newest and (group.hits < 2 or chance + 1 == _CHANCES):
                return name
            group.hits = 0
            scope.often.move_to_end(name)
        return None


def _limit(clock: int, delay: int) -> int:
    """The last instant of which all hits are known; the last of a whole second, as agendas are kept by seconds."""
    return (clock - delay) // instant.SECOND * instant.SECOND - 1
