"""Files and spool as one source, and everything that was read once more."""

from __future__ import annotations

import dataclasses
import gzip

import pytest

from soc import instant
from soc.errors import ConfigurationError
from soc.log.memory import MemoryLog
from soc.log.opening import open_log
from soc.log.sqlite import SqliteLog
from soc.record import LogSource, Record
from soc.sources import RecordBatch
from soc.sources.memory import Kept, MemorySource
from soc.sources.opening import MergedSource, history, merged, open_source
from soc.sources.spool import TOPIC, Sender, message, open_spool
from tests.sources.site import Site
from tests.waiting import until


@pytest.fixture
async def site(tmp_path):
    return Site(tmp_path)


async def spooled(site: Site, *raws: bytes) -> None:
    spool = await open_spool(site.config, site.clock)
    await spool.append(TOPIC, [message(raw, Sender("192.0.2.7", LogSource("logs.firewall"))) for raw in raws])
    await spool.close()


async def read(source, count: int, *, done: bool = True, limit: int = 100) -> list[Record]:
    found: list[Record] = []

    async def enough() -> bool:
        batch = await source.read(limit, 0.05)
        found.extend(batch.records)
        if done:
            assert await source.done(batch)
        return len(found) >= count

    await until(enough)
    assert len(found) == count
    return found


async def test_embedded_sites_read_files_and_spool(site) -> None:
    site.write("file\n")
    await spooled(site, b"syslog")
    source = await open_source(site.config, MemoryLog(), site.clock)
    found = await read(source, 2, done=False)
    assert sorted(record.raw for record in found) == [b"file", b"syslog"]
    await source.close()
    source = await open_source(site.config, MemoryLog(), site.clock)
    assert sorted(await read(source, 2)) == sorted(found)
    batch = await source.read(10, 0)
    assert (batch.caught_up, batch.total_partitions, batch.complete) == (
        {record.partition for record in found}, 2, True,
    )  # fmt: skip
    await source.close()
    source = await open_source(site.config, MemoryLog(), site.clock)
    again = await read(source, 1)  # only the stride of the spool, for the detectors
    assert [record.raw for record in again] == [b"syslog"]
    await source.close()


async def test_the_log_of_an_embedded_site_is_a_file(site) -> None:
    log = await open_log(site.config)
    assert isinstance(log, SqliteLog)
    assert (site.config.data_dir / "pipeline.db").exists()
    await log.close()


async def test_a_data_folder_that_cannot_be_made_is_named(tmp_path) -> None:
    (tmp_path / "file").touch()
    site = Site(tmp_path)
    config = type(site.config)(data_dir=tmp_path / "file" / "var")
    with pytest.raises(ConfigurationError, match=r"file/var/inbox: cannot be made \(Not a directory\)"):
        await open_source(config, MemoryLog(), site.clock)


async def test_the_history_is_what_was_read_with_its_own_refs_and_arrivals(site) -> None:
    site.write("one\ntwo\n")
    (site.inbox / "day.gz").write_bytes(gzip.compress(b"2026-01-05T10:00:00Z web1 app: whole\n"))
    await spooled(site, b"syslog")
    source = await open_source(site.config, MemoryLog(), site.clock)
    live = await read(source, 4, limit=1)
    site.clock.advance(instant.MINUTE)
    site.copy_and_truncate()
    site.write("three\n")
    live += await read(source, 1)
    site.pack(site.logs / "app.log.1")
    site.write("four\n")
    live += await read(source, 1, done=False)
    past = [record async for batch in history(site.config) for record in batch]
    await source.close()
    assert sorted(past) == sorted(live)
    assert [record async for batch in history(site.config) for record in batch] == past


async def test_the_history_of_a_new_folder_is_empty_and_makes_nothing(site) -> None:
    assert [batch async for batch in history(site.config)] == []
    assert sorted(path.name for path in site.config.data_dir.iterdir()) == ["inbox"]


async def test_the_history_names_what_is_gone_and_gives_the_rest(site, caplog) -> None:
    site.write("gone\n")
    site.write("here\n", site.logs / "app.log.other")
    await site.open()
    await site.lines()
    await site.close()
    site.log.unlink()
    assert [record.raw async for batch in history(site.config) for record in batch] == [b"here"]


def records(name: str, count: int) -> list[Record]:
    return [Record(b"v", name, at, at, LogSource("logs.host"), stride=at) for at in range(count)]


async def test_sources_have_like_shares_and_one_leaves_its_rest_to_the_next() -> None:
    busy, quiet = Kept(), Kept()
    busy.add(records("file:a", 100))
    quiet.add(records("spool:0", 10))
    source = MergedSource({"file": MemorySource(busy), "spool": MemorySource(quiet)})
    counts = []
    for _ in range(7):
        batch = await source.read(20, 0)
        names = [record.partition for record in batch.records]
        counts.append((names.count("file:a"), names.count("spool:0")))
    assert counts == [(10, 10), (10, 0), (20, 0), (10, 0), (20, 0), (10, 0), (20, 0)]


async def test_a_single_record_can_be_asked_for() -> None:
    first, second = Kept(), Kept()
    first.add(records("file:a", 3))
    second.add(records("spool:0", 3))
    source = MergedSource({"file": MemorySource(first), "spool": MemorySource(second)})
    found = []
    while len(found) < 6:
        batch = await source.read(1, 0.1)
        assert len(batch.records) == 1
        found += batch.records
        assert await source.done(batch)
    assert (first.done, second.done) == ({"file:a": 3}, {"spool:0": 3})


async def test_a_merged_batch_is_complete_only_if_all_are() -> None:
    one = RecordBatch(1, [], {}, frozenset({"file:a"}), 1, complete=True, finished=frozenset({"file:b"}))
    two = RecordBatch(1, [], {}, frozenset(), 1, complete=False, troubled={"spool.db": "full"})
    assert merged([one, two]) == RecordBatch(
        1,
        [],
        {},
        frozenset({"file:a"}),
        2,
        complete=False,
        finished=frozenset({"file:b"}),
        troubled={"spool.db": "full"},
    )
    assert merged([one, dataclasses.replace(two, complete=True)]).complete
