from __future__ import annotations

import pytest

from soc import alerting
from soc.console import details
from soc.console.call import Call, Visitor
from soc.console.details import Clause, Feature, Field, Moment
from soc.stores import Change, NotFound
from tests.console.conftest import HOSTILE, NOON, finding

EVENT = {
    "@timestamp": "2026-01-01T00:00:00.000Z",
    "event": {"original": "raw", "kind": "alert", "severity": 3, "action": "login"},
    "user": {"name": "lan"},
    "process": {"command_line": "whoami"},
    "message": "",
}


def test_fields_that_the_rule_used_come_first_by_name_or_by_value():
    why = [{"field": "user.name", "value": "lan"}, {"field": "CommandLine|endswith", "value": "whoami"}]
    assert details.piece(EVENT, why, "file:x:1", "f1") == details.Piece(
        "file:x:1", "f1", "2026-01-01T00:00:00.000Z", "raw",
        [Field("process.command_line", "whoami", True), Field("user.name", "lan", True), Field("event.action", "login", False)],
    )  # fmt: skip


def test_a_clause_shows_what_the_rule_wants_where_the_finding_says_it():
    assert details._clause({"field": "a", "value": ["x", 1]}) == Clause("", "a", "x, 1", "")
    met = {"selection": "tools", "field": "a|contains", "asked": "contains 'y'", "value": "xy"}
    assert details._clause(met) == Clause("tools", "a|contains", "xy", "contains 'y'")
    missing = {"selection": "none", "field": "a", "asked": "is null", "absent": True}
    assert details._clause(missing) == Clause("none", "a", "", "is null", absent=True)
    unmet = {"selection": "usual", "not": True, "field": "", "asked": "user: equals 'root'"}
    assert details._clause(unmet) == Clause("usual", "", "", "user: equals 'root'", negated=True)
    assert details._clause({"field": "f", "value": "v", "message": "m"}) == Clause("", "f", "v", "m")


def test_bars_start_at_the_zero_line_and_the_longest_fills_its_side():
    def item(contribution):
        return {"name": "n", "name_vi": "v", "value": 2, "usual": 1, "one_in": 9, "contribution": contribution}

    name = {"en": "n", "vi": "v"}
    assert details._features([item(0.4), item(0.2), item(-0.2), item(0)]) == [
        Feature(name, 2, 1, 9, 0.4, 30.0, 70.0),
        Feature(name, 2, 1, 9, 0.2, 30.0, 35.0),
        Feature(name, 2, 1, 9, -0.2, 15.0, 15.0),
        Feature(name, 2, 1, 9, 0, 30.0, 0.0),
    ]
    assert details._features([]) == details._features([{**item(0)}])[1:]


def test_the_history_has_each_note_at_its_act_and_old_notes_by_themselves():
    triage = {
        "notes": [{"at": "1", "actor": "lan", "text": "old"}, {"at": "3", "actor": "lan", "text": "why"}],
        "history": [
            {"at": "2", "actor": "minh", "changed": {"assignee": [None, "minh"]}},
            {"at": "3", "actor": "lan", "changed": {"status": ["new", "closed"], "disposition": [None, "benign"], "note": True}},
        ],
    }  # fmt: skip
    assert details._moments(triage) == [
        Moment("3", "lan", [("status", "new", "closed"), ("disposition", None, "benign")], "why"),
        Moment("2", "minh", [("assignee", None, "minh")], ""),
        Moment("1", "lan", (), "old"),
    ]


async def test_an_alert_is_read_with_what_only_its_last_finding_knows(world):
    told = finding("ssh", 9, "198.51.100.9")
    soc = told.document["soc"] | {
        "asset": {"name": "db-01", "owner": "Ops", "criticality": "high"},
        "source": {"zone": "internet"},
        "destination": HOSTILE,
    }
    told = told._replace(document=told.document | {"soc": soc})
    await world.store.create([told], [alerting.alert_of(told)], NOON)
    await world.store.triage(told.alert_id, Change("lan", NOON, note="n"), 0)
    call = Call(None, world.desk, Visitor("lan", "analyst", "vi"))
    read = await details.read(call, told.alert_id)
    assert (read.asset["owner"], read.zones, read.findings) == ("Ops", {"source": "internet"}, 1)
    assert [moment.note for moment in read.moments] == ["n"]
    assert read.pieces[0].raw == "raw"
    with pytest.raises(NotFound):
        await details.read(call, "none")
