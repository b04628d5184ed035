from __future__ import annotations

import sqlite3

import pytest
from argon2 import PasswordHasher

from soc.errors import ConfigurationError
from soc.workspace.users import ROLES, User, Users
from tests.workspace.conftest import NOON

PASSWORD = "mua he o Hue"


def test_a_user_is_verified_by_name_and_password(workspace):
    workspace.users.add("lan", "analyst", PASSWORD)
    lan = User("lan", "analyst", disabled=False, language="", created=NOON, password_changed=NOON)
    assert workspace.users.verify("lan", PASSWORD) == lan
    assert workspace.users.verify(" LAN ", PASSWORD) == lan
    assert workspace.users.verify("lan", PASSWORD + "!") is None
    assert workspace.users.verify("minh", PASSWORD) is None
    assert workspace.users.verify("\ud800\x00" * 1000, "\ud800" * 5000) is None


def test_a_generated_password_works_and_is_never_the_same(workspace):
    one, other = workspace.users.add("lan", "viewer"), workspace.users.add("minh", "viewer")
    assert one != other
    assert len(one) >= 20
    assert workspace.users.verify("lan", one)


def test_the_database_holds_argon2id_hashes_only(workspace, tmp_path):
    workspace.users.add("lan", "analyst", PASSWORD)
    with sqlite3.connect(tmp_path / "workspace.db") as connection:
        told = connection.execute("SELECT password_hash FROM users").fetchone()[0]
    connection.close()
    assert told.startswith("$argon2id$")
    assert PASSWORD.encode() not in (tmp_path / "workspace.db-wal").read_bytes()


def test_the_first_administrator_is_made_once(workspace):
    password = workspace.users.ensure_administrator()
    assert workspace.users.verify("admin", password).role == "administrator"
    assert workspace.users.ensure_administrator() is None


def test_known_roles_are_the_documented_five():
    assert ROLES == ("viewer", "analyst", "rule_admin", "administrator", "auditor")


@pytest.mark.parametrize("name", ["", "Lan", "-lan", "a b", "x" * 65, "lan\n", "../x", "đan", "@me"])
def test_a_name_that_could_be_confused_is_refused(workspace, name):
    with pytest.raises(ConfigurationError, match="cannot be a user's name"):
        workspace.users.add(name, "viewer", PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "x" * 1025, "aaaaaaaaaaaaaaaa", "my name is lan !"])
def test_a_weak_password_is_refused(workspace, password):
    with pytest.raises(ConfigurationError, match="a password"):
        workspace.users.add("lan", "viewer", password)


def test_a_taken_name_and_an_unknown_role_are_refused(workspace):
    workspace.users.add("lan", "viewer", PASSWORD)
    with pytest.raises(ConfigurationError, match="exists already"):
        workspace.users.add("lan", "administrator", PASSWORD)
    with pytest.raises(ConfigurationError, match="unknown role 'root'"):
        workspace.users.add("minh", "root", PASSWORD)
    assert workspace.users.get("lan").role == "viewer"


class Counting(PasswordHasher):
    """argon2 that counts its work."""

    def __init__(self):
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.work = []

    def verify(self, hash, password):  # noqa: A002
        self.work.append(str(hash).rsplit("$", 2)[0])
        return super().verify(hash, password)


def test_an_unknown_or_disabled_user_costs_the_same_work_as_a_known_one(workspace, clock):
    hasher = Counting()
    users = Users(workspace._database, clock, hasher)
    for name in ("lan", "minh", "boss"):
        users.add(name, "administrator", PASSWORD)
    users.disable("minh")
    asked = [("lan", PASSWORD), ("lan", "wrong"), ("minh", PASSWORD), ("nobody", PASSWORD), ("", "")]
    assert [users.verify(*told) is not None for told in asked] == [True, False, False, False, False]
    assert len(hasher.work) == len(asked)
    assert len(set(hasher.work)) == 1


def test_stronger_parameters_are_taken_over_at_the_next_login(workspace, clock, tmp_path):
    workspace.users.add("lan", "viewer", PASSWORD)
    stronger = Users(workspace._database, clock, PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert stronger.verify("lan", PASSWORD)
    assert stronger.verify("lan", PASSWORD)
    with sqlite3.connect(tmp_path / "workspace.db") as connection:
        assert "m=16,t=2,p=1" in connection.execute("SELECT password_hash FROM users").fetchone()[0]
    connection.close()


def test_a_disabled_user_is_out_at_once_with_sessions_and_tokens(workspace):
    workspace.users.ensure_administrator()
    workspace.users.add("lan", "analyst", PASSWORD)
    session = workspace.sessions.start("lan", "192.0.2.1")
    token = workspace.tokens.issue("lan", "export", 30)
    workspace.users.disable("lan")
    assert workspace.users.verify("lan", PASSWORD) is None
    assert workspace.sessions.verify(session, 10**12) is None
    assert workspace.tokens.verify(token) is None
    workspace.users.enable("lan")
    assert workspace.users.verify("lan", PASSWORD)
    assert workspace.sessions.verify(session, 10**12) is None
    assert workspace.tokens.verify(token) is None


def test_a_new_password_ends_all_sessions_but_the_one_that_asked(workspace):
    workspace.users.add("lan", "analyst", PASSWORD)
    here, there = (workspace.sessions.start("lan", "192.0.2.1") for _ in range(2))
    workspace.users.set_password("lan", "another good one", keep=workspace.sessions.verify(here, 10**12).hash)
    assert workspace.users.verify("lan", PASSWORD) is None
    assert workspace.users.verify("lan", "another good one")
    assert workspace.sessions.verify(here, 10**12).user == "lan"
    assert workspace.sessions.verify(there, 10**12) is None


def test_the_last_administrator_cannot_be_shut_out(workspace):
    workspace.users.ensure_administrator()
    with pytest.raises(ConfigurationError, match="last administrator"):
        workspace.users.disable("admin")
    with pytest.raises(ConfigurationError, match="last administrator"):
        workspace.users.set_role("admin", "viewer")
    workspace.users.add("lan", "administrator", PASSWORD)
    workspace.users.disable("admin")
    assert [user.name for user in workspace.users.all() if user.disabled] == ["admin"]


def test_another_role_ends_the_sessions_that_had_the_old_one(workspace):
    workspace.users.ensure_administrator()
    workspace.users.add("lan", "analyst", PASSWORD)
    session = workspace.sessions.start("lan", "192.0.2.1")
    workspace.users.set_role("lan", "auditor")
    assert workspace.users.get("lan").role == "auditor"
    assert workspace.sessions.verify(session, 10**12) is None


@pytest.mark.parametrize("act", ["disable", "enable", "set_password"])
def test_an_unknown_user_is_said(workspace, act):
    with pytest.raises(ConfigurationError, match="there is no user lan"):
        getattr(workspace.users, act)("lan")
