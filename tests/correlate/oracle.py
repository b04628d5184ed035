"""What correlations must tell, computed the slow and obvious way: from the whole set of hits, window by window."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.correlate.fired import SEPARATOR
from soc.correlate.numbers import number_of
from soc.finding import window_finding_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from soc.hit import Match
    from soc.sigma.correlation import Correlation
    from soc.sigma.correlations import Correlations

    Finding = tuple[str, tuple[tuple[str, str], ...], int, int]
    Truth = tuple[Match, int, tuple[tuple[str, str], ...]]


def expected(correlations: Correlations, hits: Iterable[Match]) -> set[Finding]:
    """(correlation, key, start of the bucket, step) of every finding, once time has come to its end."""
    mine: dict[str, dict[tuple[str, int, int, str], Match]] = defaultdict(dict)
    for hit in hits:
        mine[hit.correlation][hit.ref, hit.number, hit.time, hit.value] = hit
    found: set[Finding] = set()
    for each in correlations.all:
        groups: dict[tuple[str, ...], list[Match]] = defaultdict(list)
        for hit in mine[each.key].values():
            groups[hit.group].append(hit)
        for group, members in groups.items():
            told, truths = judged(each, group, members)
            if each.info.id not in correlations.quiet:
                found |= told
            for feed in correlations.feeds.get(each.info.id, ()):
                for hit, start, key in truths:
                    made = _chained(feed, each, hit, window_finding_id(each.info.id, key, start, 0))
                    mine[feed.correlation.key][made.ref, made.number, made.time, made.value] = made
    return found


def _chained(feed: Any, source: Correlation, hit: Match, episode: str) -> Match:
    from soc.hit import Match

    value = SEPARATOR.join(hit.carried[name] for name in feed.value)
    return Match(
        correlation=feed.correlation.key,
        group=tuple(hit.carried[name] for name in feed.group),
        time=hit.time,
        ref=hit.ref,
        arrived=hit.arrived,
        rule=source.info.id,
        number=feed.number,
        value=episode if feed.correlation.type == "event_count" else value,
        carried={name: hit.carried[field] for name, field in feed.carried},
    )


def judged(each: Correlation, group: tuple[str, ...], hits: list[Match]) -> tuple[set[Finding], list[Truth]]:
    key = tuple(zip(each.group_by, group, strict=True))
    found: set[Finding] = set()
    truths: list[Truth] = []
    for hit, start, steps, extra in _verdicts(each, sorted(hits, key=lambda hit: (hit.time, hit.ref, hit.number))):
        whole = key + extra
        found |= {(each.info.id, whole, start, step) for step in range(steps)}
        truths.append((hit, start, whole))
    return found, truths


def _verdicts(each: Correlation, hits: list[Match]) -> Any:
    """Hits at which it is true, the start of the bucket, and how many steps that makes."""
    span = each.timespan
    if each.type == "first_seen":
        yield from _novel(each, hits)
    elif each.type == "idle":
        yield from _idle(each, hits)
    elif each.type == "missing_after":
        for asked in hits:
            answers = [hit for hit in hits if hit.number and asked.time <= hit.time <= asked.time + span]
            if not asked.number and all(hit.ref == asked.ref for hit in answers):
                yield asked, asked.time // span * span, 1, ()
    elif each.whole:
        for bucket in {hit.time // span for hit in hits}:
            inside = [hit for hit in hits if hit.time // span == bucket]
            if _holds(each, inside):
                yield inside[-1], bucket * span, 1, ()
    else:
        for last in hits:
            window = [hit for hit in hits if last.time - span < hit.time <= last.time]
            if steps := _steps(each, window, last):
                yield last, last.time // span * span, steps, ()


def _steps(each: Correlation, window: list[Match], last: Match) -> int:
    if each.type not in {"event_count", "value_count", "temporal", "temporal_ordered"}:
        return int(_holds(each, window))
    if each.condition.expression is not None:
        return int(each.condition.holds_for({hit.number for hit in window}))
    if each.type == "temporal_ordered":
        count = _longest(window, last)
    elif each.type == "temporal":
        count = len({hit.number for hit in window})
    else:
        count = len({hit.value or hit.ref for hit in window})
    need, steps = each.condition.need, 0
    assert need
    while need << steps <= count:
        steps += 1
    return steps


def _longest(window: list[Match], last: Match) -> int:
    before = [hit for hit in window if hit.time <= last.time and hit.number < last.number and hit.ref != last.ref]
    return 1 + max((_longest(window, hit) for hit in before), default=0)


def _holds(each: Correlation, window: list[Match]) -> bool:
    if each.type == "temporal":
        return each.condition.holds_for({hit.number for hit in window})
    if each.type in {"event_count", "value_count"}:
        return each.condition.holds(len({hit.value or hit.ref for hit in window}))
    numbers = sorted(number_of(hit.value) or 0 for hit in window)
    size, middle = len(numbers), len(numbers) // 2
    if each.type == "value_sum":
        return each.condition.holds(sum(numbers))
    if each.type == "value_avg":
        return all(_holds_mean(name, sum(numbers), size, bound) for name, bound in each.condition.bounds)
    if each.type == "value_median":
        twice = 2 * numbers[middle] if size % 2 else numbers[middle - 1] + numbers[middle]
        return all(_holds_mean(name, twice, 2, bound) for name, bound in each.condition.bounds)
    share = each.condition.percentile
    nearest = next(number for place, number in enumerate(numbers, 1) if 100 * place >= share * size)
    return each.condition.holds(nearest)


def _holds_mean(name: str, total: Any, size: int, bound: Any) -> bool:
    difference = total - bound * size
    return {
        "gt": difference > 0, "gte": difference >= 0, "lt": difference < 0,
        "lte": difference <= 0, "eq": difference == 0, "neq": difference != 0,
    }[name]  # fmt: skip


def _slice(time: int, span: int) -> int:
    bucket = time // span * span
    return bucket if span <= instant.HOUR else max(bucket, time // instant.HOUR * instant.HOUR)


def _novel(each: Correlation, hits: list[Match]) -> Any:
    span = each.timespan
    for hit in hits:
        past = [other for other in hits if hit.time - span < other.time <= hit.time]
        spells: dict[int, list[int]] = defaultdict(list)
        for other in hits:
            spells[_slice(other.time, span)].append(other.time)
        before = [other for other in past if other.value == hit.value and (other.time, other.ref) < (hit.time, hit.ref)]
        known = not each.learning or any(
            min(times) <= hit.time - each.learning and max(times) > hit.time - span for times in spells.values()
        )
        if not before and known:
            new = tuple(zip(each.condition.fields, hit.value.split(SEPARATOR), strict=True))
            yield hit, _slice(hit.time, span), 1, new


def _idle(each: Correlation, hits: list[Match]) -> Any:
    span = each.timespan
    times = sorted({hit.time for hit in hits})
    for hit in hits:
        if each.returning:
            before = [time for time in times if time < hit.time]
            if before and span < hit.time - before[-1] < 4 * span:
                yield hit, _slice(hit.time, span), 1, ()
        elif not any(hit.time < time <= hit.time + span for time in times):
            yield hit, _slice(hit.time, span), 1, ()
