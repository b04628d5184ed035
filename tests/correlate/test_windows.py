"""Windows: what closes depends on the set of partials and on the slowest clock, never on the order."""

from __future__ import annotations

from hypothesis import given, strategies as st

from soc import instant
from soc.correlate import Windows
from soc.correlate.windows import LATENESS
from soc.hit import END, Partial, Tick

START = 1_795_500_000_000_000
WIDTH = 10 * instant.MINUTE
ENTITY = (("host.name", "web-1"),)


def partial(window: int, partition: str = "a", stride: int = 0, through: int = 0, **told) -> Partial:
    start = START + window * WIDTH
    return Partial(
        detector=told.get("detector", "d@1"),
        entity=told.get("entity", ENTITY),
        start=start,
        end=start + WIDTH,
        partition=partition,
        stride=stride,
        through=through,
        arrived=start + through,
        aggregate={"n": through + 1},
        scope=told.get("scope", ""),
    )


def tick(total: int = 1, whole: dict | None = None, complete: bool = False, **live: int) -> Tick:
    return Tick(live, whole or {}, total, complete=complete)


def after(window: int) -> int:
    """The first instant that closes a window."""
    return START + (window + 1) * WIDTH + LATENESS


partials = st.lists(
    st.builds(
        partial,
        st.integers(0, 3),
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 2).map(lambda n: n * 8),
        st.integers(0, 7),
        entity=st.sampled_from([ENTITY, (("host.name", "db-1"),)]),
        scope=st.sampled_from(["", "file:1"]),
    ),
    max_size=30,
)


@given(partials, st.randoms(use_true_random=False), st.integers(1, 5))
def test_the_closed_windows_do_not_depend_on_the_order_or_the_batches(hits, chance, size) -> None:
    end = tick(3, {"file:1": END}, a=END, b=END, c=END)
    plain = Windows()
    plain.take([*hits, end])
    shuffled, closed = list(hits), []
    chance.shuffle(shuffled)
    windows = Windows()
    for start in range(0, len(shuffled), size):
        windows.take([*shuffled[start : start + size], tick(3, a=START, b=START)])
        closed += windows.advance()
    windows.take([end])
    closed += windows.advance()
    assert closed == plain.advance()
    assert len(windows) == 0
    assert windows.late == plain.late == 0


@given(partials)
def test_of_one_slice_the_aggregate_that_goes_furthest_counts(hits) -> None:
    windows = Windows()
    windows.take([*hits, tick(1, {"file:1": END}, complete=True, a=END)])
    found = {}
    for hit in hits:
        key = (hit.end, hit.detector, hit.entity, hit.scope, hit.partition, hit.stride)
        found[key] = max(found.get(key, -1), hit.through)
    assert sum(len(closed.aggregates) for closed in windows.advance()) == len(found)
    again = Windows()
    again.take([*hits, tick(1, {"file:1": END}, complete=True, a=END)])
    assert sorted(part["n"] - 1 for closed in again.advance() for part in closed.aggregates) == sorted(found.values())


def test_a_window_closes_when_the_clock_has_passed_its_end_and_the_lateness() -> None:
    windows = Windows()
    windows.take([partial(0), tick(a=after(0) - 1)])
    assert windows.advance() == []
    windows.take([tick(a=after(0))])
    (closed,) = windows.advance()
    assert (closed.detector, closed.entity, closed.start, closed.aggregates) == ("d@1", ENTITY, START, ({"n": 1},))
    assert windows.advance() == []


def test_the_clock_is_the_least_over_all_raw_partitions() -> None:
    windows = Windows()
    windows.take([partial(0), tick(2, a=after(5), b=after(0) - 1)])
    assert windows.advance() == []
    windows.take([tick(2, b=after(0))])
    assert [closed.start for closed in windows.advance()] == [START]


def test_nothing_closes_before_every_partition_has_been_heard_of() -> None:
    windows = Windows()
    windows.take([partial(0), tick(3, a=after(5)), tick(3, b=after(5))])
    assert windows.advance() == []
    windows.take([tick(3, c=after(0))])
    assert len(windows.advance()) == 1


def test_a_partition_that_is_gone_holds_nothing_up_once_one_worker_names_all() -> None:
    windows = Windows()
    windows.take([partial(0), tick(2, a=after(5), b=START)])
    assert windows.advance() == []
    windows.take([tick(1, complete=True, a=after(5))])
    assert len(windows.advance()) == 1


def test_clocks_never_go_back() -> None:
    windows = Windows()
    windows.take([tick(a=after(3)), tick(a=START)])
    assert windows.clock == after(3)


def test_what_comes_for_a_closed_window_is_late_and_counted() -> None:
    windows = Windows()
    windows.take([partial(0), tick(a=after(0))])
    windows.advance()
    windows.take([partial(0, stride=8), tick(a=after(9))])
    assert windows.advance() == []
    assert windows.late == 1


def test_windows_that_were_closed_before_a_restart_stay_closed() -> None:
    windows = Windows(closed_until=after(0))
    windows.take([partial(0), partial(1), tick(a=after(1))])
    assert [closed.start for closed in windows.advance()] == [START + WIDTH]


def test_old_ticks_read_again_close_nothing_early() -> None:
    windows = Windows(closed_until=after(0))
    windows.take([tick(a=START), partial(1)])
    assert windows.advance() == []
    assert windows.clock == after(0)


def test_a_whole_file_closes_at_its_end_and_not_by_the_clock() -> None:
    windows = Windows()
    windows.take([partial(0, "file:1", scope="file:1"), tick(a=after(9))])
    assert windows.advance() == []
    assert windows.files == {"file:1"}
    windows.take([tick(1, {"file:1": END})])
    assert len(windows.advance()) == 1
    assert windows.files == frozenset()


def test_a_whole_file_whose_end_is_told_twice_is_closed_once() -> None:
    windows = Windows()
    windows.take([partial(0, scope="file:1"), tick(1, {"file:1": END})])
    assert len(windows.advance()) == 1
    windows.take([partial(0, scope="file:1"), tick(1, {"file:1": END})])
    assert windows.advance() == []
    assert windows.late == 1


def test_a_host_with_a_clock_in_2099_closes_nobody_elses_windows() -> None:
    windows = Windows()
    windows.take([partial(0), partial(3_800_000, entity=(("host.name", "odd"),)), tick(a=after(0) - 1)])
    assert windows.advance() == []
    assert len(windows) == 2
