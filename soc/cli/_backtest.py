"""A backtest for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from soc import instant
from soc.backtesting import SIDES, by_day
from soc.cli import _text

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    from soc.backtesting import Backtest, Difference, Hits, Sample
    from soc.sigma import Rule

_MOST_ROWS = 36
"""Hours beyond this are shown as days; of days the last ones are shown."""
_BAR = 40
_TOP = 5
_TOP_JSON = 50
_WIDE = 160
_FEW = 10
"""So many rules are all shown, those without hits too."""


def text(test: Backtest, zone: tzinfo) -> Iterator[str]:
    """Lines for a terminal; the caller escapes them."""
    yield _head(test, zone)
    for rule in sorted(test.rules.rules, key=lambda rule: (-test.hits[rule.info.id].count, rule.info.id)):
        if test.hits[rule.info.id].count or len(test.hits) <= _FEW:
            yield ""
            yield from _rule(rule, test, zone)
    silent = sum(not each.count for each in test.hits.values())
    if len(test.hits) > _FEW:
        unreached = sum(not each.reached for each in test.hits.values())
        yield ""
        yield f"{silent} of {len(test.hits)} rules have no hits; no event reaches {unreached} of these"


def _head(test: Backtest, zone: tzinfo) -> str:
    span = ""
    if test.first is not None and test.last is not None:
        span = f", {_text.local(test.first, zone)} to {_text.local(test.last, zone)}"
    return f"{test.events} events, {test.unparsed} of them unparsed{span}"


def _rule(rule: Rule, test: Backtest, zone: tzinfo) -> Iterator[str]:
    hits = test.hits[rule.info.id]
    yield f"{rule.info.name} ({rule.file}:{rule.line})"
    yield f"  {hits.count} hits; {hits.reached} events reach it ({_share(hits.reached, test.events)} of all)"
    yield f"  decided {hits.candidates} times; its own patterns looked at {hits.scanned} bytes{_times_all(hits, test)}"
    if hits.count:
        yield from _times(hits.hours)
        yield from _values(hits)
        for sample in hits.samples:
            yield from _sample(sample, zone, "  ")
    if difference := test.differences.get(rule.info.id):
        yield from _difference(difference, zone)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "0 %"


def _times_all(hits: Hits, test: Backtest) -> str:
    return f" ({hits.scanned / test.bytes:.2f} times all bytes)" if hits.scanned and test.bytes else ""


def _times(hours: Mapping[str, int]) -> Iterator[str]:
    by_hour = len(hours) <= _MOST_ROWS
    told = dict(hours) if by_hour else by_day(hours)
    most = max(told.values())
    yield f"  by {'hour' if by_hour else 'day'}:"
    rows = sorted(told.items())[-_MOST_ROWS:]
    if len(rows) < len(told):
        yield f"    ({len(told) - len(rows)} earlier ones are left out)"
    room = len(str(most))
    for when, count in rows:
        yield f"    {when}{'h' if by_hour else ''}  {count:>{room}}  {'#' * max(1, _BAR * count // most)}"


def _values(hits: Hits) -> Iterator[str]:
    yield "  values:"
    for name, counter in hits.values.items():
        shown = ", ".join(f"{_text.cut(value, 60)!r} {count}" for value, count in _top(counter, _TOP))
        more = f" (of {len(counter)})" if len(counter) > _TOP else ""
        yield f"    {name}: {shown}{more}"


def _top(counter: Counter[str], most: int) -> list[tuple[str, int]]:
    """The commonest first, those of one count by their text."""
    return sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))[:most]


def _sample(sample: Sample, zone: tzinfo, indent: str) -> Iterator[str]:
    yield f"{indent}{sample.file} at byte {sample.offset}, {_text.local(sample.time, zone)}:"
    because = "; ".join(f"{each['field'] or 'a value'} = {each['value']}" for each in sample.why if "value" in each)
    if because:
        yield f"{indent}  {_text.cut(because, _WIDE)}"
    yield f"{indent}  {_text.cut(sample.text, _WIDE)}"


def _difference(difference: Difference, zone: tzinfo) -> Iterator[str]:
    counts = ", ".join(f"{side.replace('_', ' ')} {difference.counts[side]}" for side in SIDES)
    yield f"  against the old version: {counts}"
    for side in SIDES[:2]:
        for sample in difference.samples.get(side, ()):
            yield f"    {side.replace('_', ' ')}:"
            yield from _sample(sample, zone, "    ")


def json(test: Backtest, *, is_whole: bool) -> bytes:
    """All of it as one document."""
    told = {
        "events": test.events,
        "unparsed": test.unparsed,
        "bytes": test.bytes,
        "complete": is_whole,
        "first": _iso(test.first),
        "last": _iso(test.last),
        "rules": [_rule_json(rule, test) for rule in test.rules.rules],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2)


def _rule_json(rule: Rule, test: Backtest) -> dict[str, Any]:
    hits = test.hits[rule.info.id]
    told: dict[str, Any] = {
        "id": rule.info.id,
        "title": rule.info.name,
        "file": rule.file,
        "line": rule.line,
        "hits": hits.count,
        "reached": hits.reached,
        "candidates": hits.candidates,
        "scanned_bytes": hits.scanned,
        "by_hour": dict(sorted(hits.hours.items())),
        "values": {
            name: [{"value": value, "count": count} for value, count in _top(counter, _TOP_JSON)]
            for name, counter in hits.values.items()
        },
        "samples": _samples_json(hits.samples),
    }
    if difference := test.differences.get(rule.info.id):
        told["against"] = {
            side: {"events": difference.counts[side], "samples": _samples_json(difference.samples.get(side, ()))}
            for side in SIDES
        }
    return told


def _samples_json(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    return [{**sample._asdict(), "time": _iso(sample.time), "why": list(sample.why)} for sample in samples]


def _iso(when: int | None) -> str | None:
    return None if when is None else instant.iso(when)
