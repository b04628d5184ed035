"""The tests that a correlation carries: each is a list of events, after all of which it has told something, or has not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from soc.sigma.yaml_files import Document, Path

    Report = Callable[[Path, str, str], None]

_MOST = 10_000


class Scenario(NamedTuple):
    events: tuple[str | dict[str, Any], ...]
    """Raw lines, or events as mappings."""
    matches: bool
    line: int


def read(told: Any, document: Document, report: Report) -> tuple[Scenario, ...]:
    """From the block `tests`; empty once something was reported."""
    if told is None:
        return ()
    if not isinstance(told, dict) or not told.keys() <= {"match", "no_match"}:
        report(("tests",), "tests are the lists `match` and `no_match`", "see rules/correlation/ for examples")
        return ()
    found = []
    for name, scenarios in told.items():
        for number, events in enumerate(scenarios if isinstance(scenarios, list) else [scenarios]):
            path = ("tests", name, number)
            if not isinstance(events, list) or not all(_is_event(event) for event in events):
                report(
                    path,
                    "a correlation's test is a list of events: raw lines, mappings, or `{repeat: 20, event: ...}`",
                    "",
                )
                continue
            each = tuple(one for event in events for one in _repeated(event))
            if len(each) > _MOST:
                report(path, f"a test has at most {_MOST} events", "lower the threshold for the test")
            else:
                found.append(Scenario(each, name == "match", document.line_of(path)))
    return tuple(found)


def _is_event(told: Any) -> bool:
    if isinstance(told, dict) and told.keys() == {"repeat", "event"}:
        repeat = told["repeat"]
        return isinstance(repeat, int) and 0 < repeat <= _MOST and isinstance(told["event"], str)
    return isinstance(told, str | dict)


def _repeated(told: str | dict[str, Any]) -> Iterator[str | dict[str, Any]]:
    """A repeated line has the number of the repetition, from 1 on, where it says `{n}`."""
    if isinstance(told, str) or told.keys() != {"repeat", "event"}:
        yield told
    else:
        yield from (told["event"].replace("{n}", str(number)) for number in range(1, told["repeat"] + 1))
