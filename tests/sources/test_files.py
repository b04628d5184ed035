"""Files are read to their last line, whatever rotation, copying, packing and restarts do to them."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from soc import instant
from soc.record import LogSource
from soc.sources.followed import Followed, starts_of_formats
from soc.sources.ledger import Known
from tests.sources.site import Site
from tests.waiting import until

if TYPE_CHECKING:
    import sqlite3


@pytest.fixture
async def site(tmp_path):
    site = Site(tmp_path)
    await site.open()
    yield site
    await site.close()


@pytest.fixture
async def narrow(tmp_path):
    """Only `app.log` itself is configured, not what rotation makes of it."""
    site = Site(tmp_path, "app.log")
    await site.open()
    yield site
    await site.close()


async def test_a_record_says_where_it_lies_and_when_it_was_read(site) -> None:
    site.write("one\ntwo\n")
    first, second = await site.records()
    assert first.source == LogSource("logs.app", "app", timezone="Asia/Ho_Chi_Minh")
    assert re.fullmatch(r"file:[0-9a-f]{32}", first.partition)
    assert (first.partition, first.stride) == (second.partition, second.stride)
    assert (first.offset, second.offset, first.arrived, second.arrived) == (0, 4, site.clock.now(), site.clock.now())


async def test_what_grows_is_read_on(site) -> None:
    site.write("one\n")
    assert await site.lines() == ["one"]
    site.write("two\n")
    assert await site.lines() == ["two"]


async def test_a_line_waits_for_its_end(site) -> None:
    site.write("one\nha")
    assert await site.lines() == ["one"]
    site.write("lf\n")
    assert await site.lines() == ["half"]


async def test_a_line_that_never_ends_is_taken_as_it_is_after_a_minute(site) -> None:
    site.write("half")
    assert await site.lines() == []
    site.clock.advance(instant.MINUTE)
    assert await site.lines() == ["half"]
    await site.open()
    assert await site.lines() == []


async def test_a_renamed_file_is_read_on_and_the_new_one_from_its_start(site) -> None:
    site.write("one\n")
    await site.lines()
    site.write("two\n")
    old = site.rename()
    site.write("three\n")
    site.write("late\n", old)
    assert sorted(await site.lines()) == ["late", "three", "two"]


async def test_a_new_file_that_begins_like_the_renamed_one_is_read_too(site) -> None:
    site.write("start\none\n")
    await site.lines()
    site.rename()
    site.write("start\n")
    assert await site.lines() == ["start"]


async def test_a_file_renamed_while_nobody_ran_is_read_on(site) -> None:
    site.write("one\n")
    await site.lines()
    await site.close()
    site.write("two\n")
    site.rename()
    site.write("three\n")
    await site.open()
    assert sorted(await site.lines()) == ["three", "two"]


async def test_a_file_renamed_to_a_name_that_is_not_configured_is_read_to_its_end(narrow) -> None:
    narrow.write("one\n")
    await narrow.lines()
    narrow.write("two\n")
    old = narrow.rename("app-1.log")
    narrow.write("three\n")
    assert sorted(await narrow.lines()) == ["three", "two"]
    narrow.write("late\n", old)
    assert await narrow.lines() == ["late"]


async def test_so_is_one_renamed_while_nobody_ran(narrow) -> None:
    narrow.write("one\n")
    await narrow.lines()
    await narrow.close()
    narrow.write("two\n")
    narrow.rename()
    narrow.write("three\n")
    await narrow.open()
    assert sorted(await narrow.lines()) == ["three", "two"]


async def test_a_truncated_file_is_another_one(site) -> None:
    site.write("one\ntwo\n")
    before = await site.records()
    os.truncate(site.log, 0)
    site.write("new\n")
    (after,) = await site.records()
    assert (after.raw, after.offset) == (b"new", 0)
    assert after.partition != before[0].partition


async def test_a_truncated_file_that_has_grown_beyond_its_old_length_is_another_one(site) -> None:
    site.write("one\n")
    await site.lines()
    site.log.write_text("new and much longer than before\n")
    assert await site.lines() == ["new and much longer than before"]


async def test_a_line_that_had_begun_before_truncation_does_not_go_on_in_the_next_file(site) -> None:
    site.write("line 1 of th")
    assert await site.lines() == []
    site.write("is\n")
    site.copy_and_truncate()
    site.write("line 2 of this\n")
    assert sorted(await site.lines()) == ["line 1 of this", "line 2 of this"]


@pytest.mark.parametrize("runs", [True, False], ids=["running", "stopped"])
@pytest.mark.parametrize("pattern", ["app.log*", "app.log"])
async def test_what_copytruncate_copied_is_read_once(tmp_path, pattern, runs) -> None:
    site = Site(tmp_path, pattern)
    await site.open()
    site.write("".join(f"line {number} of the first day\n" for number in range(100)))
    assert len(await site.lines()) == 100
    if not runs:
        await site.close()
    site.write("rest\n")
    site.copy_and_truncate()
    site.write("new\n")
    if not runs:
        await site.open()
    assert sorted(await site.lines()) == ["new", "rest"]
    await site.open()
    site.write("newer\n")
    assert await site.lines() == ["newer"]
    await site.close()


async def test_a_copy_in_the_making_is_not_read(site) -> None:
    text = "".join(f"line {number} of a file that takes its time\n" for number in range(1000))
    site.write(text)
    assert len(await site.lines()) == 1000
    copy = site.logs / "app.log.1"
    for end in (10, 2000, 40_000, len(text)):
        copy.write_text(text[:end])
        assert await site.lines() == []
    os.truncate(site.log, 0)
    site.write("new\n")
    assert await site.lines() == ["new"]


async def test_a_large_copy_beside_its_original_is_not_read_twice(site) -> None:
    text = "".join(f"line {number}\n" for number in range(1000))
    site.write(text)
    await site.lines()
    (site.logs / "app.log.bak").write_text(text)
    site.clock.advance(instant.HOUR)
    assert await site.lines() == []


async def test_a_small_file_that_only_looks_like_a_copy_is_read_after_all(site) -> None:
    site.write("tick\ntick\n")
    await site.lines()
    site.write("tick\n", site.logs / "app.log.other")
    assert await site.lines() == []
    site.clock.advance(10 * instant.SECOND)
    assert await site.lines() == ["tick"]


async def test_a_copy_that_goes_its_own_way_is_a_file_of_its_own(site) -> None:
    site.write("one\n")
    await site.lines()
    site.write("one\nother\n", site.logs / "app.log.other")
    assert await site.lines() == ["one", "other"]


@pytest.mark.parametrize("runs", [True, False], ids=["running", "stopped"])
async def test_a_packed_file_goes_on_where_it_was_read_to(site, runs) -> None:
    site.write("one\n")
    await site.lines()
    if not runs:
        await site.close()
    site.write("two\n")
    packed = site.pack(site.rename())
    site.write("three\n")
    if not runs:
        await site.open()
    assert sorted(await site.lines()) == ["three", "two"]
    packed.rename(site.logs / "app.log.2.gz")
    site.write("four\n")
    assert await site.lines() == ["four"]
    await site.open()
    assert await site.lines() == []


async def test_packing_with_both_files_in_place_tells_nothing_twice(site) -> None:
    site.write("".join(f"line {number}\n" for number in range(500)))
    await site.lines()
    old = site.rename()
    site.write("new\n")
    data = gzip.compress(old.read_bytes())
    for part in (data[:5], data[:500], data):
        (site.logs / "app.log.1.gz").write_bytes(part)
        await site.lines()
    old.unlink()
    assert await site.lines() == []
    site.write("newer\n")
    assert await site.lines() == ["newer"]


async def test_a_file_with_the_inode_of_another_is_a_new_one(site) -> None:
    site.write("one\n")
    (before,) = await site.records()
    await site.close()
    inode = site.log.stat().st_ino
    with site.log.open("r+") as file:  # what a reused inode is like: the same number, other content
        file.write("two\nthree\n")
    assert site.log.stat().st_ino == inode
    await site.open()
    after = await site.records()
    assert [record.raw for record in after] == [b"two", b"three"]
    assert before.partition not in {record.partition for record in after}


async def test_a_deleted_file_is_read_to_its_end_and_made_anew(site) -> None:
    site.write("one\n")
    await site.lines()
    with site.log.open("a") as writer:
        site.log.unlink()
        site.write("new\n")
        writer.write("two\n")
        writer.flush()
        assert sorted(await site.lines()) == ["new", "two"]


async def test_a_file_that_is_gone_is_let_go(site) -> None:
    site.write("one\n")
    await site.lines()
    site.log.unlink()
    batch = await site.source.read(1, 0)
    assert batch.total_partitions <= 1
    for _ in range(3):
        site.clock.advance(instant.HOUR)
        batch = await site.source.read(1, 0)
    assert (batch.total_partitions, batch.complete, site.source._following.files) == (0, True, [])


async def test_a_file_that_went_while_nobody_ran_holds_no_clock_back(site) -> None:
    site.write("one\n")
    site.write("other\n", site.logs / "app.log.other")
    assert len(await site.lines()) == 2
    await site.close()
    site.log.unlink()
    await site.open()
    batch = await site.source.read(1, 0)
    assert (batch.total_partitions, batch.complete, len(batch.caught_up)) == (1, True, 1)


async def test_every_name_of_a_file_is_the_same_file(site) -> None:
    site.write("one\n")
    (site.logs / "app.log.link").symlink_to(site.log)
    os.link(site.log, site.logs / "app.log.hard")
    assert await site.lines() == ["one"]


async def test_what_was_read_and_not_done_comes_again_as_it_was(site) -> None:
    site.write("one\ntwo\n")
    first = await site.records(done=False)
    site.clock.advance(instant.HOUR)
    site.write("three\n")
    later = await site.records(done=False)
    site.clock.advance(instant.HOUR)
    await site.open()
    assert await site.records() == first + later
    await site.open()
    assert await site.records() == []


async def test_a_record_closed_for_lack_of_more_ends_there_after_a_restart_too(site) -> None:
    site.write("half")
    assert await site.lines() == []
    site.clock.advance(instant.MINUTE)
    first = await site.records(done=False)
    site.write(" and half\n")
    second = await site.records(done=False)
    assert [record.raw for record in first + second] == [b"half", b" and half"]
    await site.open()
    assert await site.records() == first + second


async def test_a_long_line_crosses_many_chunks(site) -> None:
    site.write("x" * (2 << 20) + "\nshort\n")
    found = await site.records()
    assert [(len(record.raw), record.offset) for record in found] == [((1 << 20) + 1, 0), (5, (2 << 20) + 1)]


async def test_a_hole_left_by_a_writer_that_kept_its_place_is_skipped(site) -> None:
    with site.log.open("wb") as writer:
        writer.write(b"one\n")
        writer.flush()
        assert await site.lines() == ["one"]
        os.truncate(site.log, 0)
        writer.write(b"two\n")
        writer.flush()
        (record,) = await site.records()
    assert (record.raw, record.offset) == (b"two", 4)


async def test_the_header_goes_on_over_restarts(site) -> None:
    site.write("#Fields: date c-ip\n2026-01-01 192.0.2.1\n")
    await site.lines()
    await site.open()
    site.write("2026-01-02 192.0.2.2\n")
    (record,) = await site.records()
    assert record.header == "#Fields: date c-ip"


async def test_no_file_waits_until_another_is_read_to_its_end(site) -> None:
    for number in range(3):
        site.write(f"{number} {'x' * 1000}\n" * 1000, site.logs / f"app.log.{number}")
    order = [record.raw[:1] for record in await site.records()]
    assert len(order) == 3000
    assert max(order.index(name) for name in (b"0", b"1", b"2")) < 1000


async def test_more_files_than_may_be_open_are_all_read(site, monkeypatch) -> None:
    monkeypatch.setattr("soc.sources.following.MAX_OPEN", 8)
    for number in range(40):
        site.write(f"line {number}\n", site.logs / f"app.log.{number}")
    assert len(await site.records(quiet=30)) == 40
    site.write("more\n", site.logs / "app.log.7")
    assert await site.lines() == ["more"]
    assert sum(each.has_file for each in site.source._following.files) <= 8


async def test_a_file_of_the_inbox_is_read_whole_and_dated_by_its_records(site) -> None:
    (site.inbox / "day.log").write_text("2026-01-05T10:00:00Z web1 app: hello\nno time\n")
    os.utime(site.inbox / "day.log", (1_770_000_000, 1_770_000_000))
    first, second = await site.records()
    assert first.source == LogSource("logs.host", "inbox", timezone="Asia/Ho_Chi_Minh", whole=True)
    assert (instant.iso(first.arrived), second.arrived) == ("2026-01-05T10:00:00.000Z", 1_770_000_000_000_000)


async def test_the_inbox_leaves_unfinished_and_hidden_files_alone_and_looks_into_folders(site) -> None:
    (site.inbox / "folder").mkdir()
    for name in (".hidden", "a.log.part", "b.tmp", "folder/c.log"):
        (site.inbox / name).write_text(name + "\n")
    assert await site.lines() == ["folder/c.log"]


async def test_a_file_still_being_written_is_not_at_its_end(site) -> None:
    path = site.inbox / "day.log"
    site.write("one\n", path)
    assert await site.lines() == ["one"]
    batch = await site.source.read(1, 0)
    assert batch.finished == frozenset()
    site.clock.advance(instant.SECOND)
    site.write("two", path)
    assert await site.lines() == []
    site.clock.advance(3 * instant.SECOND)
    (record,) = await site.records()
    batch = await site.source.read(1, 0)
    assert (record.raw, batch.finished) == (b"two", frozenset({record.partition}))


async def test_the_end_of_a_whole_file_is_told_for_a_minute(site) -> None:
    (site.inbox / "day.log").write_text("one\n")
    (record,) = await site.records()
    site.clock.advance(3 * instant.SECOND)

    async def told() -> bool:
        return bool((await site.source.read(1, 0)).finished)

    assert await until(told)
    site.clock.advance(59 * instant.SECOND)
    assert await told()
    site.clock.advance(2 * instant.SECOND)
    assert await told()
    assert not await told()
    await site.open()
    assert (await site.source.read(1, 0)).finished == frozenset({record.partition})


async def test_a_file_that_vanished_from_the_inbox_half_read_still_ends(site) -> None:
    path = site.inbox / "day.log"
    path.write_text("one\n")
    (record,) = await site.records(done=False)
    path.unlink()
    await site.open()
    ends: set[str] = set()

    async def told() -> bool:
        batch = await site.source.read(1, 0)
        site.clock.advance(5 * instant.SECOND)
        ends.update(batch.finished)
        return bool(ends)

    await until(told)
    assert ends == {record.partition}


async def test_a_bomb_in_the_inbox_is_told_and_ends(site) -> None:
    (site.inbox / "bomb.gz").write_bytes(gzip.compress((b"x" * 99_999 + b"\n") * 10) * 200)
    (site.inbox / "day.log").write_text("fine\n")
    found = await site.lines()
    assert found.count("fine") == 1
    assert 100 < len(found) < 220
    site.clock.advance(3 * instant.SECOND)
    await site.lines()
    batch = await site.source.read(1, 0)
    (message,) = batch.troubled.values()
    assert "unpacks to more than 100 times its size" in message
    assert len(batch.finished) == 2
    assert batch.complete


async def test_a_file_that_cannot_be_read_is_named_and_the_others_go_on(site) -> None:
    (site.logs / "app.log.0").symlink_to("/proc/self/mem")  # a regular file whose first byte nobody can read
    site.write("one\n")
    assert await site.lines() == ["one"]
    batch = await site.source.read(1, 0)
    path = str(site.logs / "app.log.0")
    assert batch.troubled == {path: f"{path}: cannot be read (Input/output error); it is tried again"}
    assert (batch.complete, batch.total_partitions) == (True, 1)
    (site.logs / "app.log.0").unlink()
    (site.logs / "app.log.0").write_text("two\n")
    assert await site.lines() == ["two"]
    assert (await site.source.read(1, 0)).troubled == {}


async def test_a_full_disk_stops_reading_until_there_is_space(site) -> None:
    site.write("one\n")
    assert await site.lines() == ["one"]
    connection: sqlite3.Connection = site.source._ledger._database._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()
    written = 0
    while not (await site.source.read(1, 0)).troubled:
        written += 1
        site.write(f"{written} {'x' * 100}\n", site.logs / f"app.log.{written}")
    before = sum(each.ready.maxlen or len(each.ready) for each in site.source._following.files)
    batch = await site.source.read(100, 0)
    (message,) = batch.troubled.values()
    assert "disk is full; free space on that disk; work goes on by itself" in message
    assert (batch.caught_up, batch.complete) == (frozenset(), False)
    connection.execute("PRAGMA max_page_count = 1000000").fetchone()
    rest = [*batch.records, *await site.records()]
    assert before <= len(rest)
    assert (await site.source.read(1, 0)).troubled == {}
    ledger = [f"file:{each.incarnation}" for each in site.source._ledger.files()]
    assert {record.partition for record in rest} <= set(ledger)


def test_records_of_several_lines_close_when_nothing_follows(tmp_path) -> None:
    path = tmp_path / "app.log"
    starts = {"invented": re.compile(rb"\d{4}-")}
    known = Known("a1", str(path), LogSource("logs.app", format="invented"), 0, 0)
    path.write_text("2026-01 one\n at a\n at b\n2026-02 two\n at c\n")
    modified = path.stat().st_mtime_ns // 1000
    followed = Followed(known, (), modified)
    assert followed.is_still(path, path.stat(), modified)
    first = followed.load(modified, starts)
    assert [record.raw for record, _ in first.records] == [b"2026-01 one\n at a\n at b"]
    assert (first.slice.end, followed.load(modified, starts)) == (first.records[0][1], None)
    last = followed.load(modified + 2 * instant.SECOND, starts)
    assert [record.raw for record, _ in last.records] == [b"2026-02 two\n at c"]
    again = Followed(followed.known, [first.slice, last.slice], modified)
    assert again.is_still(path, path.stat(), modified)
    assert [again.load(modified, starts).records for _ in range(2)] == [first.records, last.records]
    again.rest()
    followed.rest()


def test_formats_with_several_lines_are_known() -> None:
    assert all(isinstance(start, re.Pattern) for start in starts_of_formats().values())


async def test_slices_stay_in_the_ledger_for_as_long_as_is_configured(site) -> None:
    site.write("one\n")
    (record,) = await site.records()
    incarnation = record.partition.removeprefix("file:")
    site.clock.advance(71 * instant.HOUR)
    await site.source.read(1, 0)
    assert len(site.source._ledger.slices(incarnation, -1)) == 1
    site.clock.advance(2 * instant.HOUR)
    await site.source.read(1, 0)
    assert site.source._ledger.slices(incarnation, -1) == []
    await site.open()
    assert await site.lines() == []


async def test_a_folder_that_is_not_there_yet_may_come(tmp_path) -> None:
    site = Site(tmp_path, "later/*.log")
    await site.open()
    assert await site.lines() == []
    (site.logs / "later").mkdir()
    Path(site.logs / "later" / "app.log").write_text("one\n")
    assert await site.lines() == ["one"]
    await site.close()
