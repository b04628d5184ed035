"""The hits of one group in the order of their times: what windows of any place are counted in."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

from soc import instant

if TYPE_CHECKING:
    from collections.abc import Iterator


class Entry(NamedTuple):
    """Ordered by time, ref and the rule's number; no two have all three, so the load is never compared."""

    time: int
    ref: str
    number: int
    load: Any


def slice_start(time: int, timespan: int) -> int:
    """Where the slice begins that a time lies in: a bucket, or an hour of a longer one."""
    bucket = time - time % timespan
    return bucket if timespan <= instant.HOUR else max(bucket, time - time % instant.HOUR)


def slice_end(start: int, timespan: int) -> int:
    """Where the slice ends that begins at `start`."""
    bucket = start - start % timespan + timespan
    return bucket if timespan <= instant.HOUR else min(bucket, start - start % instant.HOUR + instant.HOUR)


class Timeline:
    """A sorted set: hits that come twice or in another order make the same one.

    Of each slice (and number, in lanes) at most the `most` earliest and the `most` latest are kept. For any count up to `most` that
    decides as all of them would: in a slice that overflowed, a window at its end holds enough by itself, and windows that
    begin inside it need its latest entries only.
    """

    __slots__ = ("_entries", "_lanes", "_most", "_thinned", "_timespan", "times")

    def __init__(self, timespan: int, most: int, *, lanes: bool = False) -> None:
        """`lanes`: of each number so many are kept, instead of all numbers together."""
        self._timespan, self._most, self._lanes = timespan, most, lanes
        self.times: list[int] = []
        self._entries: list[tuple[int, str, int, Any]] = []
        """Plain ones: the collector of garbage need not look at them again and again."""
        self._thinned: set[int] = set()
        """Slices that have had more than is kept."""

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, time: int, ref: str, number: int = 0, load: Any = None) -> bool:
        """Whether it is new, and kept."""
        entries, times = self._entries, self.times
        if times and time <= times[-1] and (time, ref, number) <= entries[-1][:3]:
            place = bisect_left(entries, (time, ref, number))  # a shorter tuple comes first
            if place < len(entries) and entries[place][:3] == (time, ref, number):
                return False
            times.insert(place, time)
            entries.insert(place, (time, ref, number, load))
        else:
            place = len(entries)
            times.append(time)
            entries.append((time, ref, number, load))
        if len(entries) <= 2 * self._most:
            return True
        surplus = self._surplus(time, number)
        if surplus is None:
            return True
        del entries[surplus], times[surplus]
        self._thinned.add(slice_start(time, self._timespan))
        return surplus != place

    def _surplus(self, time: int, number: int) -> int | None:
        """The place of the middle one, where the slice has more of that number than is kept."""
        start = slice_start(time, self._timespan)
        first = bisect_left(self.times, start)
        last = bisect_left(self.times, slice_end(start, self._timespan))
        if last - first <= 2 * self._most:
            return None
        if not self._lanes:
            return first + self._most
        places = [place for place in range(first, last) if self._entries[place][2] == number]
        return places[self._most] if len(places) > 2 * self._most else None

    def is_thinned(self, since: int, until: int) -> bool:
        """Whether a window, (since, until], has had more than is kept."""
        return any(start <= until and slice_end(start, self._timespan) > since for start in self._thinned)

    def count(self, since: int, until: int) -> int:
        """Entries in (since, until]."""
        return bisect_right(self.times, until) - bisect_right(self.times, since)

    def refs(self, since: int, until: int, most: int) -> tuple[str, ...]:
        """The first ones in (since, until]."""
        begin, end = bisect_right(self.times, since), bisect_right(self.times, until)
        return tuple([entry[1] for entry in self._entries[begin : min(end, begin + most)]])

    def after(self, time: int) -> int:
        """The first time after that there are entries of."""
        return self.times[bisect_right(self.times, time)]

    def between(self, since: int, until: int) -> list[Entry]:
        """Those in (since, until]."""
        found = self._entries[bisect_right(self.times, since) : bisect_right(self.times, until)]
        return [Entry._make(entry) for entry in found]

    def all(self) -> list[Entry]:
        return [Entry._make(entry) for entry in self._entries]

    def slice(self, start: int) -> list[Entry]:
        """Those of the slice that begins there."""
        return self.between(start - 1, slice_end(start, self._timespan) - 1)

    def expire(self, before: int) -> None:
        """Forget what lies at or before an instant."""
        gone = bisect_right(self.times, before)
        del self._entries[:gone], self.times[:gone]
        self._thinned = {start for start in self._thinned if slice_end(start, self._timespan) > before}

    def peaks(self, since: int, until: int, width: int) -> Iterator[tuple[int, int]]:
        """For each time in [since, until) that has entries, how many lie in the `width` up to it."""
        times = self.times
        begin, place = bisect_right(times, since - width), bisect_left(times, since)
        while place < len(times) and times[place] < until:
            time = times[place]
            while place < len(times) and times[place] == time:
                place += 1
            while times[begin] <= time - width:
                begin += 1
            yield time, place - begin
