"""The names that `soc check` knows, against what our formats really give; a new format may need a line in soc/checking/*.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from soc import content, parse, sigma
from soc.checking.known import vocabulary
from soc.event import WindowsKind
from soc.sigma.linting.vocabulary import Known, met
from tests.parse.test_golden import GOLDEN, cases, record_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soc.event import Event, Logsource


def events(name: str) -> Iterator[Event]:
    for case in cases(GOLDEN / f"{name}.jsonl"):
        try:
            yield parse.parse(record_of(case))
        except parse.Unparsable:
            continue


NAMES = sorted(file.stem for file in GOLDEN.glob("*.jsonl"))
LOGSOURCES = sigma.load([content.rules_dir() / "fields"]).logsources


@pytest.mark.parametrize("name", NAMES)
def test_the_log_sources_of_a_format_are_known(name: str) -> None:
    """Else add the format to soc/checking/logsources.json."""
    known = vocabulary()
    missing = {
        (event.format.name, told)
        for event in events(name)
        for told in _kind(event)
        if not any(met(told, source) for source in known.sources.get(event.format.name, ()))
    }
    assert missing == set()


@pytest.mark.parametrize("name", NAMES)
def test_no_field_of_an_event_is_taken_for_a_slip(name: str) -> None:
    """Else add the field to soc/checking/native.json."""
    vocabulary_, known = vocabulary(), dict[tuple[str, str, str], Known]()
    missing = set()
    for event in events(name):
        for told in _kind(event):
            fields = known.setdefault(told, vocabulary_.of(told, LOGSOURCES))
            for field in event.native:
                if field not in fields.names | vocabulary_.ecs and (meant := vocabulary_.near_field(field, fields)):
                    missing.add((event.format.name, field, meant))
    assert missing == set()


def test_no_ecs_name_that_our_formats_give_is_taken_for_a_slip() -> None:
    """Else add it to soc/checking/ecs.json."""
    known, nothing = vocabulary(), Known(frozenset(), whole=False, source="")
    given = {name for file in GOLDEN.glob("*.jsonl") for case in cases(file) for name in case.get("ecs", ())}
    assert {(name, meant) for name in given if "." in name and (meant := known.near_field(name, nothing))} == set()


def test_the_categories_of_windows_have_schemas_or_known_services() -> None:
    known = vocabulary()
    sysmon = {number for entry in LOGSOURCES.mapped if entry.inside == "sysmon" for number in entry.event_ids}
    assert known.events["sysmon"].keys() == sysmon
    assert known.more.keys() <= LOGSOURCES.channels.keys()


def _kind(event: Event) -> list[Logsource]:
    kind = event.format.kind(event.native)
    return [] if isinstance(kind, WindowsKind) else [told for told in kind if any(told)]
