from __future__ import annotations

import sqlite3
from importlib.resources import files

import msgspec
import pytest

from soc import instant
from soc.alerting import Suppression, Suppressions
from soc.alerting.exceptions import NONE, Condition
from soc.errors import ConfigurationError, Unavailable
from soc.workspace import Workspace
from soc.workspace.exceptions import Entry, Standing
from tests.workspace.conftest import CHEAP, NOON

DRAFT = Suppression(
    "", "exception", "ann", "the scanner of the auditors", NOON, NOON + instant.DAY, "port-scan",
    (Condition("source.ip", "10.0.0.0/8"), Condition("user.name", "Đỗ")),
)  # fmt: skip


def test_an_added_exception_has_an_id_and_is_read_as_it_was_written(workspace, tmp_path):
    added = workspace.exceptions.add("lan", DRAFT)
    snoozed = workspace.exceptions.add("lan", Suppression("", "snooze", "bob", "later", NOON, NOON + 1, "web-shell"))
    assert (added.id[:2], len(added.id), snoozed.id[:2]) == ("x-", 10, "s-")
    assert added == Suppression(added.id, *(getattr(DRAFT, name) for name in DRAFT.__slots__[1:]))
    assert set(workspace.exceptions.all()) == {Entry(one, NOON, "lan", None, "") for one in (added, snoozed)}
    read = Standing(tmp_path)
    assert set(read.read().all) == {added, snoozed}
    read.close()


def test_an_ended_one_is_kept_and_not_in_force_any_more(workspace, clock, tmp_path):
    added = workspace.exceptions.add("lan", DRAFT)
    read = Standing(tmp_path)
    assert read.read() == Suppressions((added,))
    clock.advance(5)
    assert workspace.exceptions.end("bob", added.id[:5]) == Entry(added, NOON, "lan", NOON + 5, "bob")
    assert read.read() == NONE
    assert [entry.told for entry in workspace.exceptions.all()] == [added]
    with pytest.raises(ConfigurationError, match="is over already"):
        workspace.exceptions.end("bob", added.id)
    read.close()


def test_one_that_ends_from_now_on_speaks_for_its_time(workspace, clock):
    added = workspace.exceptions.add("lan", DRAFT)
    clock.advance(instant.HOUR)
    entry = workspace.exceptions.end("bob", added.id, keep=True)
    assert (entry.told.until, entry.ended, entry.state(clock.now())) == (NOON + instant.HOUR, None, "expired")
    with pytest.raises(ConfigurationError, match="is over already"):
        workspace.exceptions.end("bob", added.id, keep=True)
    assert workspace.exceptions.end("bob", added.id).state(clock.now()) == "ended"


def test_its_state_is_told_for_people(workspace):
    entry = Entry(workspace.exceptions.add("lan", DRAFT), NOON, "lan", None, "")
    assert [entry.state(NOON + at) for at in (-1, 0, instant.DAY - 1, instant.DAY)] == [
        "waiting",
        "active",
        "active",
        "expired",
    ]


def test_every_act_is_in_the_audit_trail(workspace):
    added = workspace.exceptions.add("lan", DRAFT)
    workspace.exceptions.end("bob", added.id, keep=True)
    with pytest.raises(ConfigurationError):
        workspace.exceptions.end("bob", "x-nothing")
    end, add = workspace.audit.page()
    told = {
        "rule": "port-scan",
        "where": ["source.ip=10.0.0.0/8", "user.name=Đỗ"],
        "owner": "ann",
        "reason": "the scanner of the auditors",
        "begins": "2026-01-01T00:00:00.000Z",
        "until": "2026-01-02T00:00:00.000Z",
    }
    assert (add.actor, add.act, add.object, msgspec.json.decode(add.detail)) == ("lan", "exception.add", added.id, told)
    assert (end.actor, end.act, end.object) == ("bob", "exception.end", added.id)
    assert msgspec.json.decode(end.detail) == {"keep": True, **told}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"rule": "soc-health-disk-full"}, "never hidden"),
        ({"until": NOON + 367 * instant.DAY}, "a year at most"),
        ({"begins": NOON - 9, "until": NOON}, "is past already"),
        ({"reason": ""}, "the reason is missing"),
    ],
)
def test_what_nobody_could_answer_for_is_refused_and_written_nowhere(workspace, change, why):
    draft = Suppression(**{name: getattr(DRAFT, name) for name in DRAFT.__slots__} | change)
    with pytest.raises(ConfigurationError, match=why):
        workspace.exceptions.add("lan", draft)
    assert workspace.exceptions.all() == workspace.audit.page() == []


def test_the_beginning_of_an_id_names_one_if_no_other_begins_so(workspace):
    added = [workspace.exceptions.add("lan", DRAFT) for _ in range(20)]
    assert workspace.exceptions.named(added[3].id).told == added[3]
    with pytest.raises(ConfigurationError, match="several begin with x-"):
        workspace.exceptions.named("x-")
    for absent in ("", "y", "x-%", "x-zz"):
        with pytest.raises(ConfigurationError, match="there is no exception"):
            workspace.exceptions.named(absent)


def test_where_there_is_no_workspace_nothing_is_known_and_none_is_made(tmp_path):
    assert Standing(tmp_path).read() is None
    assert list(tmp_path.iterdir()) == []


async def test_they_are_asked_for_once_a_second_and_kept_when_they_cannot_be_read(workspace, tmp_path):
    read = Standing(tmp_path)
    assert await read.at(NOON) == NONE
    added = workspace.exceptions.add("lan", DRAFT)
    assert await read.at(NOON + instant.SECOND - 1) == NONE
    assert await read.at(NOON + instant.SECOND) == Suppressions((added,))
    read.close()
    with pytest.raises(Unavailable):
        read.read()
    assert await read.at(NOON + instant.HOUR) == Suppressions((added,))


def test_a_file_of_the_first_schema_is_brought_up_to_date(tmp_path, clock):
    with sqlite3.connect(tmp_path / "workspace.db") as connection:
        connection.executescript(files("soc.workspace").joinpath("schema.sql").read_text(encoding="utf-8"))
        connection.execute("INSERT INTO users VALUES ('lan', 'analyst', '', 0, '', 1, 1)")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    for _ in range(2):
        opened = Workspace(tmp_path, clock, CHEAP)
        assert opened.users.get("lan") is not None
        opened.exceptions.add("lan", DRAFT)
        opened.close()
