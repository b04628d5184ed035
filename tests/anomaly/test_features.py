"""The fourteen features against a plain statement of each."""

from __future__ import annotations

from collections import Counter
from math import isclose, log1p, log2, sqrt

from hypothesis import given, strategies as st

from soc import instant
from soc.anomaly import aggregate
from soc.anomaly.features import NAMES, SPREAD_FLOOR, vector
from soc.learn.tables import past_of

WIDTH = 10 * instant.MINUTE
kinds = st.sampled_from(["a", "b", "c", "d", "e"])
events = st.lists(st.tuples(kinds, st.integers(0, WIDTH - 1)), min_size=1, max_size=40)
history = st.lists(st.tuples(st.sampled_from(["h1", "h2"]), events), min_size=1, max_size=8)


def counted(told) -> aggregate.Aggregate:
    made = aggregate.empty()
    for number, (kind, offset) in enumerate(told):
        aggregate.add(made, kind, offset, f"r:{number}", sample=False)
    return made


def plain(entity, told, past) -> dict[str, float]:
    """Slow and obvious."""
    own = [before for name, before in past if name == entity]
    here = Counter(kind for before in own for kind, _ in before)
    everywhere = Counter(kind for _, before in past for kind, _ in before)
    counts = Counter(kind for kind, _ in told)
    slots = Counter(offset // (10 * instant.SECOND) for _, offset in told)
    baseline = own or [before for _, before in past]

    def surprise(table: Counter) -> list[float]:
        whole = sum(table.values()) + len(table) + 1
        return sorted((-log2((table[kind] + 1) / whole) for kind in counts), reverse=True)

    def z(value: float, known: list[float]) -> float:
        mean = sum(known) / len(known)
        spread = sqrt(max(0.0, sum(one * one for one in known) / len(known) - mean * mean))
        return (value - mean) / max(spread, SPREAD_FLOOR)

    def burst(before) -> float:
        return log1p(max(Counter(offset // (10 * instant.SECOND) for _, offset in before).values()))

    new = [kind for kind in counts if not here[kind]]
    total = len(told)
    return {
        "events": log1p(total),
        "burst": log1p(max(slots.values())),
        "active_minutes": len({offset // instant.MINUTE for _, offset in told}),
        "events_z": z(log1p(total), [log1p(len(before)) for before in baseline]),
        "burst_z": z(burst(told), [burst(before) for before in baseline]),
        "kinds": len(counts),
        "entropy": -sum(n / total * log2(n / total) for n in counts.values()),
        "rarest": surprise(here)[0],
        "rarest3": sum(surprise(here)[:3]),
        "rarity": sum(surprise(here)),
        "rarest_global": surprise(everywhere)[0],
        "rarest3_global": sum(surprise(everywhere)[:3]),
        "new_kinds": len(new),
        "new_events": log1p(sum(counts[kind] for kind in new)),
    }


@given(st.sampled_from(["h1", "h2", "new"]), events, history)
def test_every_feature_is_what_it_says(entity, told, past) -> None:
    tables = past_of([name for name, _ in past], [counted(before) for _, before in past])
    found = dict(zip(NAMES, vector(entity, counted(told), tables), strict=True))
    for name, expected in plain(entity, told, past).items():
        assert isclose(found[name], expected, abs_tol=1e-6), (name, found[name], expected)


@given(history.filter(lambda past: len(past) > 1), st.data())
def test_leaving_a_window_out_is_as_if_it_had_never_been(past, data) -> None:
    place = data.draw(st.integers(0, len(past) - 1))
    entity, told = past[place]
    rest = [pair for number, pair in enumerate(past) if number != place]
    if not any(name == entity for name, _ in rest):
        return  # then its host is unknown without it, and compared with all
    whole = past_of([name for name, _ in past], [counted(before) for _, before in past])
    without = past_of([name for name, _ in rest], [counted(before) for _, before in rest])
    left_out = dict(zip(NAMES, vector(entity, counted(told), whole, counted(told)), strict=True))
    never = dict(zip(NAMES, vector(entity, counted(told), without), strict=True))
    for name in ("events_z", "burst_z", "new_kinds", "new_events", "events", "kinds", "entropy"):
        assert isclose(left_out[name], never[name], abs_tol=1e-6), name


@given(events, st.integers(0, 40))
def test_an_aggregate_of_parts_is_the_aggregate_of_all(told, cut) -> None:
    merged = aggregate.merge([counted(told[:cut]), counted(told[cut:])])
    whole = counted(told)
    assert (merged["n"], merged["kinds"], merged["slots"]) == (whole["n"], whole["kinds"], whole["slots"])


def test_kinds_beyond_the_limit_are_counted_together() -> None:
    made = counted([(f"kind-{number}", 0) for number in range(aggregate.MAX_KINDS + 50)])
    assert len(made["kinds"]) == aggregate.MAX_KINDS + 1
    assert made["kinds"][aggregate.OTHER] == 50
    assert made["n"] == aggregate.MAX_KINDS + 50
