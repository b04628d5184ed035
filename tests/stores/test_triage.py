"""What a decision does to the triage part of an alert."""

from __future__ import annotations

import copy

import pytest

from soc.errors import ConfigurationError
from soc.stores import Change
from soc.stores.triage import HISTORY, NOTES, apply_change
from tests.stores.invented import NOON, alerts_of, finding

NEW = alerts_of([finding()])[0].document["triage"]
CLOSED = apply_change(NEW, Change("ann", NOON, status="closed", disposition="benign"))


def test_a_closed_alert_needs_a_disposition():
    with pytest.raises(ConfigurationError, match="closed with a disposition"):
        apply_change(NEW, Change("ann", NOON, status="closed"))


def test_only_a_closed_alert_has_a_disposition():
    with pytest.raises(ConfigurationError, match="only a closed alert"):
        apply_change(NEW, Change("ann", NOON, status="acknowledged", disposition="benign"))


def test_opening_it_again_takes_the_disposition_away():
    after = apply_change(CLOSED, Change("bob", NOON, status="in_progress"))
    assert (after["status"], after["disposition"], after["revision"]) == ("in_progress", None, 2)
    assert after["history"][-1]["changed"] == {"status": ["closed", "in_progress"], "disposition": ["benign", None]}


def test_a_closed_alert_may_get_another_disposition():
    after = apply_change(CLOSED, Change("bob", NOON, disposition="true_positive"))
    assert (after["status"], after["disposition"]) == ("closed", "true_positive")


def test_the_empty_name_takes_the_assignee_away():
    given_to_ann = apply_change(NEW, Change("ann", NOON, assignee="ann"))
    assert apply_change(given_to_ann, Change("bob", NOON, assignee=""))["assignee"] is None


def test_what_is_left_out_stays_and_what_was_given_is_not_touched():
    before = copy.deepcopy(CLOSED)
    after = apply_change(CLOSED, Change("bob", NOON, note="why"))
    assert before == CLOSED
    assert {**after, "notes": [], "history": [], "revision": 1} == {**before, "notes": [], "history": []}


def test_history_and_notes_keep_the_last():
    triage = NEW
    for number in range(NOTES + 5):
        triage = apply_change(triage, Change("ann", NOON, note=str(number)))
    assert (len(triage["history"]), len(triage["notes"])) == (HISTORY, NOTES)
    assert [note["text"] for note in triage["notes"]] == [str(number) for number in range(5, NOTES + 5)]
    assert triage["revision"] == NOTES + 5
