"""AIX' audit trail: who logged in, as whom, did what."""

from __future__ import annotations

import pytest

from tests.parse.texts import ecs_of, event_of


@pytest.mark.parametrize("stamp", ["28 feb 2026 23:14:02.000000", "28 Feb 2026 23:14:02", "Sat Feb 28 23:14:02 2026"])
@pytest.mark.parametrize(("result", "outcome"), [("OK", "success"), ("FAIL", "failure"), ("FAIL_PRIV", "failure")])
def test_a_record_tells_login_user_real_user_and_result(stamp: str, result: str, outcome: str) -> None:
    line = f"S_USER_WRITE    vi      hoa      root {result}    {stamp}  No associated roles   audit object write event detected /etc/security/user"
    assert ecs_of(
        line,
        "@timestamp",
        "user.name",
        "process.user.name",
        "process.name",
        "event.outcome",
        "event.action",
        "file.path",
    ) == {
        "@timestamp": "2026-02-28T16:14:02.000Z",
        "user.name": "hoa",
        "process.user.name": "root",
        "process.name": "vi",
        "event.outcome": outcome,
        "event.action": "S_USER_WRITE",
        "file.path": "/etc/security/user",
    }


@pytest.mark.parametrize("line", ["Status_x a b c OK soon", "FILE_Read a b OK", "The privilege command /bin/a"])
def test_lines_of_others_are_not_taken(line: str) -> None:
    assert event_of(line).format.name == "plain"
