from __future__ import annotations

import sqlite3
import stat
import threading

import pytest

from soc.errors import ConfigurationError, Unavailable
from soc.workspace import Workspace
from soc.workspace.audit import AlreadySettled, Broken, Head
from tests.workspace.conftest import CHEAP, NOON


@pytest.fixture
def audit(workspace, clock):
    for number in range(1, 6):
        workspace.audit.append("lan", "note", f"object-{number}", {"number": number})
        clock.advance(1_000_000)
    return workspace.audit


def tamper(folder, *statements):
    """What somebody can do who has the file but not the key."""
    with sqlite3.connect(folder / "workspace.db") as connection:
        connection.execute("DROP TRIGGER audit_is_not_changed")
        connection.execute("DROP TRIGGER audit_is_not_deleted")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_records_come_back_newest_first_with_everything_that_was_told(audit):
    newest, *_ = audit.page()
    assert newest._replace(previous="", hash="") == (
        5,
        NOON + 4_000_000,
        "lan",
        "note",
        "object-5",
        '{"number":5}',
        "done",
        None,
        "",
        "",
    )
    assert [record.n for record in audit.page(limit=2)] == [5, 4]
    assert [record.n for record in audit.page(before=4, limit=2)] == [3, 2]
    assert [record.n for record in audit.page(object_="object-2")] == [2]
    assert audit.page(actor="nobody") == audit.page(act="login") == []


def test_each_record_names_the_hash_of_the_one_before(audit):
    records = audit.page()[::-1]
    assert [record.previous for record in records] == ["0" * 64, *(record.hash for record in records[:-1])]


def test_an_untouched_trail_is_whole(audit):
    assert audit.verify() is None


def test_an_empty_trail_is_whole(workspace):
    assert workspace.audit.verify() is None


@pytest.mark.parametrize("n", range(1, 6))
@pytest.mark.parametrize(
    "column",
    ["at = at + 1", "actor = 'minh'", "act = 'x'", "object = 'x'", "detail = '{}'", "result = 'x'", "settles = 9"],
)
def test_a_flipped_field_names_its_record(audit, tmp_path, n, column):
    tamper(tmp_path, f"UPDATE audit SET {column} WHERE n = {n}")
    assert audit.verify() == Broken(n, "its content is not what was written")


@pytest.mark.parametrize("n", range(1, 5))
def test_a_dropped_record_is_named(audit, tmp_path, n):
    tamper(tmp_path, f"DELETE FROM audit WHERE n = {n}")
    assert audit.verify() == Broken(n, "the record is missing")


@pytest.mark.parametrize("n", range(1, 5))
def test_a_dropped_record_whose_gap_was_closed_is_named(audit, tmp_path, n):
    tamper(
        tmp_path,
        f"DELETE FROM audit WHERE n = {n}",
        f"UPDATE audit SET n = -n WHERE n > {n}",
        "UPDATE audit SET n = -n - 1 WHERE n < 0",
    )
    assert audit.verify() == Broken(n, "it does not follow from the record before")


@pytest.mark.parametrize("n", range(1, 5))
def test_swapped_records_name_the_first_of_them(audit, tmp_path, n):
    tamper(
        tmp_path,
        f"UPDATE audit SET n = 100 WHERE n = {n}",
        f"UPDATE audit SET n = {n} WHERE n = {n + 1}",
        f"UPDATE audit SET n = {n + 1} WHERE n = 100",
    )
    assert audit.verify() == Broken(n, "it does not follow from the record before")


@pytest.mark.parametrize("kept", range(5))
def test_a_trail_that_was_cut_off_names_the_first_missing_record(audit, tmp_path, kept):
    tamper(tmp_path, f"DELETE FROM audit WHERE n > {kept}")
    assert audit.verify() == Broken(kept + 1, "the trail is cut off here, it went on to record 5")


def test_a_trail_cut_off_together_with_its_head_file_is_caught_by_a_published_head(audit, tmp_path):
    published, third = audit.head(), audit.page(before=4)[0]
    tamper(tmp_path, "DELETE FROM audit WHERE n > 3")
    (tmp_path / "secrets" / "audit.head").write_text(f"{3:020d} {third.hash}\n")
    assert audit.verify() is None
    assert audit.verify([published]) == Broken(4, "the trail is cut off here, it went on to record 5")


def test_a_trail_rewritten_with_the_key_is_caught_by_a_published_head(audit, tmp_path):
    published = audit.head()
    tamper(tmp_path, "DELETE FROM audit WHERE n > 4")
    audit.append("lan", "note", "something else")
    assert audit.verify([published]) == Broken(5, "it is not the record that was published")


def test_a_missing_or_damaged_head_file_is_told(audit, tmp_path):
    (tmp_path / "secrets" / "audit.head").write_text("")
    assert audit.verify() == Broken(6, "the head file is damaged, so records may have been cut off from here on")
    (tmp_path / "secrets" / "audit.head").unlink()
    assert audit.verify() == Broken(6, "the head file is missing, so records may have been cut off from here on")


def test_a_record_added_without_the_key_is_named(audit, tmp_path):
    last = audit.page(limit=1)[0]
    tamper(
        tmp_path, f"INSERT INTO audit VALUES (6, 1, 'a', 'b', 'c', '{{}}', 'done', NULL, '{last.hash}', '{'f' * 64}')"
    )
    assert audit.verify() == Broken(6, "its content is not what was written")


def test_bytes_that_are_no_text_are_named_and_do_not_crash(audit, tmp_path):
    tamper(tmp_path, "UPDATE audit SET detail = CAST(x'ff00' AS TEXT) WHERE n = 3")
    assert audit.verify() == Broken(3, "its content is not what was written")


def test_the_database_itself_refuses_changes(audit, tmp_path):
    with sqlite3.connect(tmp_path / "workspace.db") as connection:
        for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
    connection.close()


def test_key_and_head_and_database_are_their_owner_s_only(audit, tmp_path):
    for path in ("secrets/audit.key", "secrets/audit.head", "workspace.db"):
        assert stat.S_IMODE((tmp_path / path).stat().st_mode) == 0o600, path
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_a_lost_key_is_said_and_never_replaced(audit, tmp_path, clock):
    (tmp_path / "secrets" / "audit.key").unlink()
    with pytest.raises(ConfigurationError, match="restore it from a backup"):
        Workspace(tmp_path, clock, CHEAP)
    assert not (tmp_path / "secrets" / "audit.key").exists()


def test_a_key_that_others_may_read_is_refused(audit, tmp_path, clock):
    (tmp_path / "secrets" / "audit.key").chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        Workspace(tmp_path, clock, CHEAP)


def test_an_intent_is_settled_once(workspace):
    intent = workspace.audit.append("lan", "triage", "a1", result="intent")
    assert workspace.audit.open_intents() == [intent]
    workspace.audit.append("lan", "triage", "a1", settles=intent.n)
    assert workspace.audit.open_intents() == []
    with pytest.raises(AlreadySettled):
        workspace.audit.append("lan", "triage", "a1", settles=intent.n)


def test_writers_at_the_same_time_make_one_chain(tmp_path, clock):
    opened = [Workspace(tmp_path, clock, CHEAP) for _ in range(3)]

    def write(workspace):
        for number in range(20):
            workspace.audit.append("lan", "note", str(number))

    threads = [threading.Thread(target=write, args=(workspace,)) for workspace in opened]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = opened[0].audit.page(limit=1)[0]
    assert (last.n, opened[0].audit.verify(), opened[0].audit.head()) == (60, None, Head(60, last.hash))
    for workspace in opened:
        workspace.close()


@pytest.mark.parametrize("text", ["\ud800", "\x00\x1b[31m", "a" * 5000, "đăng nhập"])
def test_any_text_can_be_written_down(workspace, text):
    workspace.audit.append(text, text, text, {"text": text, text: 1})
    assert workspace.audit.verify() is None
    assert len(workspace.audit.page()) == 1


def test_a_huge_detail_is_shortened(workspace):
    record = workspace.audit.append("lan", "search", "", {"query": "a" * 10_000_000})
    assert len(record.detail) < 140_000


def test_a_database_of_a_newer_version_is_refused(workspace, tmp_path, clock):
    with sqlite3.connect(tmp_path / "workspace.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ConfigurationError, match="newer version"):
        Workspace(tmp_path, clock, CHEAP)


def test_a_file_that_is_no_database_is_said(tmp_path, clock):
    (tmp_path / "workspace.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(Unavailable, match=r"workspace\.db"):
        Workspace(tmp_path, clock, CHEAP)
