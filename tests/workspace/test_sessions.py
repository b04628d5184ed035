from __future__ import annotations

import pytest

from soc import instant
from soc.workspace.sessions import LONGEST, Session, csrf_of, hash_of

IDLE = 30 * instant.MINUTE


@pytest.fixture
def sessions(workspace):
    workspace.users.add("lan", "analyst", "mua he o Hue")
    return workspace.sessions


def test_a_session_says_who_it_is(sessions, clock):
    token = sessions.start("lan", "192.0.2.1")
    now = clock.now()
    assert sessions.verify(token, IDLE) == Session("lan", "analyst", "", now, now, hash_of(token), csrf_of(token))
    assert sessions.verify("made up", IDLE) is None
    assert sessions.verify("", IDLE) is None
    assert sessions.verify("\ud800", IDLE) is None


def test_a_session_ends_when_it_lies_idle_and_stays_ended(sessions, clock):
    token = sessions.start("lan", "192.0.2.1")
    clock.advance(IDLE - 1)
    assert sessions.verify(token, IDLE)
    clock.advance(IDLE)
    assert sessions.verify(token, IDLE) is None
    clock.advance(-IDLE)
    assert sessions.verify(token, IDLE) is None


def test_a_page_that_asks_by_itself_keeps_no_session_alive(sessions, clock):
    token = sessions.start("lan", "192.0.2.1")
    clock.advance(IDLE // 2)
    assert sessions.verify(token, IDLE, touch=False)
    clock.advance(IDLE // 2)
    assert sessions.verify(token, IDLE, touch=False) is None


def test_a_busy_session_ends_after_a_shift(sessions, clock):
    token = sessions.start("lan", "192.0.2.1")
    for _ in range(LONGEST // (IDLE // 2) - 1):
        clock.advance(IDLE // 2)
        assert sessions.verify(token, IDLE)
    clock.advance(IDLE // 2)
    assert sessions.verify(token, IDLE) is None


def test_a_login_ends_the_session_that_the_browser_had(sessions):
    planted = sessions.start("lan", "203.0.113.9")
    token = sessions.start("lan", "192.0.2.1", replaced=planted)
    assert token != planted
    assert sessions.verify(planted, IDLE) is None
    assert sessions.verify(token, IDLE)


def test_logout_ends_one_session(sessions):
    one, other = (sessions.start("lan", "192.0.2.1") for _ in range(2))
    sessions.end(one)
    assert sessions.verify(one, IDLE) is None
    assert sessions.verify(other, IDLE)


def test_the_file_holds_no_token(sessions, tmp_path):
    token = sessions.start("lan", "192.0.2.1")
    for path in tmp_path.glob("workspace.db*"):
        assert token.encode() not in path.read_bytes()


def test_the_page_s_token_differs_by_session_and_does_not_give_the_session_away(sessions):
    one, other = (sessions.start("lan", "192.0.2.1") for _ in range(2))
    assert len({csrf_of(one), csrf_of(other), hash_of(one).hex(), one}) == 4
