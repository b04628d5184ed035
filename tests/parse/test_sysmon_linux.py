"""Sysmon for Linux: under the names and categories that Sigma's rules for Linux ask for."""

from __future__ import annotations

import pytest

from soc.event import Logsource
from tests.parse.texts import ecs_of, event_of


def line(code: int, *data: tuple[str, str]) -> str:
    leaves = "".join(f'<Data Name="{name}">{value}</Data>' for name, value in data)
    return (
        f'<Event><System><Provider Name="Linux-Sysmon"/><EventID>{code}</EventID><TimeCreated SystemTime="2026-02-28T16:14:02.39Z"/>'
        f"<Computer>web01</Computer></System><EventData>{leaves}</EventData></Event>"
    )


@pytest.mark.parametrize(
    ("code", "category"),
    [
        (1, "process_creation"),
        (3, "network_connection"),
        (5, "process_termination"),
        (11, "file_event"),
        (23, "file_delete"),
    ],
)
def test_rules_for_linux_reach_an_event_by_its_category(code: int, category: str) -> None:
    event = event_of(line(code))
    assert event.format.kind(event.native) == (Logsource("linux", category, "sysmon"),)


def test_rules_read_leaves_by_sysmon_s_names() -> None:
    event = event_of(line(1, ("Image", "/usr/bin/curl"), ("CommandLine", "curl -s a"), ("ParentImage", "/bin/sh")))
    found = {
        name: accessor(event.native)
        for name in ("Image", "CommandLine", "ParentImage", "EventID")
        if (accessor := event.format.field(name))
    }
    assert found == {"Image": "/usr/bin/curl", "CommandLine": "curl -s a", "ParentImage": "/bin/sh", "EventID": 1}


@pytest.mark.parametrize(
    ("command", "arguments"),
    [("sh -c 'a b'", ["sh", "-c", "a b"]), ("sh -c 'a b", ["sh", "-c", "'a", "b"]), ("", None)],
)
def test_a_command_line_is_cut_as_a_shell_cuts_it(command: str, arguments: list[str] | None) -> None:
    assert ecs_of(line(1, ("CommandLine", command)), "process.args").get("process.args") == arguments


def test_an_event_id_that_is_no_number_leaves_an_event() -> None:
    event = event_of(line(1).replace("<EventID>1<", "<EventID>x<"))
    assert event.format.kind(event.native) == (Logsource("linux", "", "sysmon"),)


@pytest.mark.parametrize("text", ["Linux-Sysmon", "<Event>Linux-Sysmon</Event>", "<Event><System>Linux-Sysmon</Event>"])
def test_what_is_no_event_is_text(text: str) -> None:
    assert event_of(text).format.name == "plain"
