"""`soc user` and `soc audit`, as they are called."""

from __future__ import annotations

import sqlite3

import msgspec
import pytest
from click.testing import CliRunner

from soc.cli import main
from soc.clock import SystemClock
from soc.workspace import Workspace

PASSWORD = "mua he o Hue"


@pytest.fixture
def soc(tmp_path, monkeypatch):
    monkeypatch.setenv("SOC_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def call(*arguments, stdin=""):
        return CliRunner().invoke(main, arguments, input=stdin)

    return call


@pytest.fixture
def opened(tmp_path):
    workspace = Workspace(tmp_path, SystemClock())
    yield workspace
    workspace.close()


def test_a_generated_password_is_the_whole_standard_output_and_works(soc, opened):
    told = soc("user", "add", "lan", "--role", "analyst")
    assert (told.exit_code, told.stderr) == (0, "user lan (analyst)\n")
    assert opened.users.verify("lan", told.stdout.strip()).role == "analyst"


def test_a_given_password_is_never_shown(soc, opened):
    told = soc("user", "add", "lan", "--role", "analyst", "--stdin", stdin=f"{PASSWORD}\n")
    assert (told.exit_code, told.stdout) == (0, "")
    assert opened.users.verify("lan", PASSWORD)


def test_accounts_are_listed_shut_and_opened(soc):
    soc("user", "add", "boss", "--role", "administrator")
    soc("user", "add", "lan", "--role", "viewer")
    assert soc("user", "role", "lan", "analyst").exit_code == 0
    assert soc("user", "disable", "lan").stdout == "user lan is disabled now\n"
    states = [line.split()[:3] for line in soc("user", "list").stdout.splitlines()]
    assert states == [["boss", "administrator", "active"], ["lan", "analyst", "disabled"]]
    assert soc("user", "disable", "lan", "--undo").exit_code == 0


def test_a_token_is_issued_listed_and_revoked(soc, opened):
    soc("user", "add", "siem", "--role", "viewer")
    token = soc("user", "token", "siem", "--label", "export").stdout.strip()
    id_ = token.split("_")[1]
    assert opened.tokens.verify(token).user == "siem"
    assert soc("user", "token", "siem", "--list").stdout.split()[0] == id_
    assert soc("user", "token", "siem", "--revoke", id_).exit_code == 0
    assert opened.tokens.verify(token) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("user", "add", "lan", "--role", "root"),
        ("user", "add", "Lan!", "--role", "viewer"),
        ("user", "add", "lan", "--role", "viewer", "--stdin"),
        ("user", "disable", "nobody"),
        ("user", "token", "nobody"),
        ("audit", "verify", "--head", "x"),
        ("audit", "nonsense"),
    ],
    ids=" ".join,
)
def test_wrong_use_exits_2_with_a_message(soc, arguments):
    told = soc(*arguments)
    assert told.exit_code == 2
    assert told.stderr
    assert "Traceback" not in told.output


def test_what_the_command_did_is_in_the_trail_under_the_name_of_the_account(soc):
    soc("user", "add", "lan", "--role", "viewer")
    soc("user", "password", "lan")
    records = [msgspec.json.decode(line) for line in soc("audit", "list").stdout.splitlines()]
    assert [(r["act"], r["object"], r["detail"]) for r in records] == [
        ("user.password", "lan", {}),
        ("user.add", "lan", {"role": "viewer"}),
    ]
    assert all(r["actor"].startswith("cli:") for r in records)
    assert len(soc("audit", "list", "--act", "user.add").stdout.splitlines()) == 1


def test_verify_says_whole_or_names_the_first_broken_record_with_exit_1(soc, tmp_path):
    soc("user", "add", "lan", "--role", "viewer")
    soc("user", "password", "lan")
    good = soc("audit", "verify")
    assert (good.exit_code, good.stdout.split(";")[0]) == (0, "2 records, whole")
    head = good.stdout.split("head ")[1].strip()
    with sqlite3.connect(tmp_path / "workspace.db") as connection:
        connection.execute("DROP TRIGGER audit_is_not_changed")
        connection.execute("UPDATE audit SET object = 'minh' WHERE n = 1")
    connection.close()
    bad = soc("audit", "verify", "--head", head)
    assert (bad.exit_code, bad.stdout) == (1, "record 1: its content is not what was written\n")


def test_an_empty_trail_is_whole(soc):
    assert soc("audit", "verify").stdout == "0 records, whole\n"
