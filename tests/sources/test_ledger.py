"""What was read when survives, and goes once it is done and old."""

from __future__ import annotations

import pytest

from soc.errors import Unavailable
from soc.record import LogSource
from soc.sources.ledger import Known, Ledger, Slice

SOURCE = LogSource("logs.app", "portal", "nginx", "+07:00")
FILE = Known("a1", "/var/log/app.log", SOURCE, 3, 4, b"head", b"tail", 200, "#Fields: a", "nginx", seen=7)
FIRST, SECOND = Slice("a1", 0, 100, 1000, ""), Slice("a1", 100, 200, 2000, "#Fields: a")


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "files.db")
    yield ledger
    ledger.close()


def test_files_and_slices_survive(ledger, tmp_path) -> None:
    ledger.put([FILE], [FIRST, SECOND], 5)
    again = Ledger(tmp_path / "files.db")
    assert again.files() == [FILE]
    assert again.slices("a1", -1) == [FIRST, SECOND]
    again.close()


def test_slices_that_are_not_done_are_known(ledger) -> None:
    ledger.put([FILE], [FIRST, SECOND])
    assert [ledger.slices("a1", done) for done in (0, 50, 100, 200)] == [[FIRST, SECOND], [FIRST, SECOND], [SECOND], []]


def test_what_is_done_stays_so(ledger) -> None:
    ledger.put([FILE], [FIRST])
    ledger.done({"a1": 100})
    ledger.done({"a1": 50, "unknown": 7})
    ledger.put([FILE._replace(read_to=300, source=SOURCE._replace(timezone="UTC"))])
    assert ledger.files() == [FILE._replace(read_to=300, done_to=100, source=SOURCE._replace(timezone="UTC"))]


def test_a_file_keeps_the_path_where_it_was_first_seen(ledger) -> None:
    ledger.put([FILE])
    ledger.put([FILE._replace(path="/var/log/app.log.1", device=9, inode=9)])
    assert ledger.files() == [FILE._replace(device=9, inode=9)]


def test_a_slice_that_was_not_handed_out_may_be_another_one(ledger) -> None:
    ledger.put([FILE], [FIRST])
    longer = FIRST._replace(end=150, arrived=3000)
    ledger.put([FILE], [longer])
    assert ledger.slices("a1", -1) == [longer]


def test_only_what_is_done_and_old_is_deleted(ledger) -> None:
    ledger.put([FILE], [FIRST], 10)
    ledger.put([FILE], [SECOND], 20)
    ledger.trim(100)
    assert ledger.slices("a1", -1) == [FIRST, SECOND]
    ledger.done({"a1": 200})
    ledger.trim(15)
    assert ledger.slices("a1", -1) == [SECOND]


def test_a_file_is_forgotten_with_its_last_slice(ledger) -> None:
    ledger.put([FILE], [SECOND], 10)
    ledger.trim(100, ["a1"])
    assert ledger.files() == [FILE]
    ledger.done({"a1": 200})
    ledger.trim(100, ["a1"])
    assert ledger.files() == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match=str(tmp_path / "file")):
        Ledger(tmp_path / "file" / "files.db")
