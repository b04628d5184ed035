"""What is special about the file: several processes, transactions, a full disk."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

from soc import instant
from soc.errors import DiskFull, Unavailable
from soc.stores import FIELDS, Change, Query, Verdicts, sqlite_query
from soc.stores.sqlite import SqliteStore
from tests.stores.invented import NOON, alerts_of, finding

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

# One of several processes that store the same findings, decide and roll up at once.
_PROCESS = """
import asyncio, sys
from pathlib import Path
from soc.stores import Change, Conflict
from soc.stores.sqlite import SqliteStore
from tests.stores.invented import NOON, alerts_of, finding

async def main():
    store = await SqliteStore.open(Path(sys.argv[1]))
    findings = [finding(number=n) for n in range(400)]
    print((await store.create(findings, alerts_of(findings), NOON)).created)
    for _ in range(20):
        while True:
            alert = await store.get("alert", findings[0].alert_id)
            try:
                await store.triage(findings[0].alert_id, Change("x", NOON, note="n"), alert["triage"]["revision"])
                break
            except Conflict:
                continue
        await store.roll_up(0)
    await store.close()

asyncio.run(main())
"""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.open(tmp_path / "alerts.db")
    yield opened
    await opened.close()


async def test_several_processes_store_decide_and_roll_up_at_once(store, tmp_path):
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", _PROCESS, str(tmp_path / "alerts.db"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    results = [await process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], results
    assert sum(int(out) for out, _ in results) == 400
    alert = await store.get("alert", finding().alert_id)
    assert (alert["soc"]["count"], alert["triage"]["revision"], len(alert["triage"]["notes"])) == (400, 60, 60)


async def test_a_full_disk_is_told_and_work_goes_on_when_there_is_space(store):
    with store._writer.reading() as connection:
        connection.execute("PRAGMA max_page_count = 60").close()
    many = [finding(number=n, source=f"192.0.2.{n % 200}", user__name="x" * 900) for n in range(1_000)]
    with pytest.raises(DiskFull, match=r"alerts\.db: database or disk is full; free space"):
        await store.create(many, alerts_of(many), NOON)
    with store._writer.reading() as connection:
        connection.execute("PRAGMA max_page_count = 1000000").close()
    verdicts = await store.create(many, alerts_of(many), NOON)
    assert verdicts.created + verdicts.duplicates == 1_000
    assert (await store.search(Query("finding", sort="soc.id"))).total == 1_000


async def test_a_file_that_cannot_be_opened_says_why(tmp_path):
    (tmp_path / "alerts.db").write_bytes(b"no database" * 1000)
    with pytest.raises(Unavailable, match="the file is no SQLite file"):
        await SqliteStore.open(tmp_path / "alerts.db")


async def test_what_one_process_holds_locked_is_unavailable_to_others(store, tmp_path):
    holder = sqlite3.connect(tmp_path / "alerts.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with store._writer.reading() as connection:
        connection.execute("PRAGMA busy_timeout = 50").close()
    with pytest.raises(Unavailable, match="another program holds the file"):
        await store.create([finding()], [], NOON)
    assert (await store.search(Query("finding", sort="soc.id"))).total == 0
    holder.execute("ROLLBACK")
    holder.close()
    assert await store.create([finding()], [], NOON) == Verdicts(created=1)


async def test_text_that_is_no_unicode_is_rejected_and_the_rest_is_stored(store):
    odd = finding()
    odd = odd._replace(document={**odd.document, "message": "\ud800"})
    verdicts = await store.create([odd, finding(number=1)], [], NOON)
    assert (verdicts.created, list(verdicts.rejected)) == (1, [odd.id])


async def test_what_was_deleted_leaves_nothing_behind(store, tmp_path):
    findings = [finding(number=n, source=f"192.0.2.{n}", user__name=["a", "b"]) for n in range(150)]
    await store.create(findings, alerts_of(findings), NOON)
    assert await store.expire(NOON + 40 * instant.DAY) == 300
    with store._reader.reading() as connection:
        left = {
            table: connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
            for collection in ("alert", "finding")
            for table in (collection, f"{collection}_document", f"{collection}_more")
        }
        left["alert_word"] = connection.execute("SELECT COUNT(*) FROM alert_word").fetchone()[0]
    assert set(left.values()) == {0}


async def test_a_search_does_not_keep_a_decision_waiting(store):
    """They run in two threads: while one of them is held, the other goes on."""
    one = finding()
    await store.create([one], alerts_of([one]), NOON)
    with store._reader.reading():
        searching = asyncio.create_task(store.search(Query()))
        decided = await store.triage(one.alert_id, Change("ann", NOON, note="now"), 0)
        assert not searching.done()
    assert decided["triage"]["revision"] == 1
    assert (await searching).total == 1


async def test_every_field_has_a_column(store):
    with store._reader.reading() as connection:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(alert)")}
    assert columns == {"n", "month", *FIELDS}


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (Query(), "alert_risk"),
        (Query(sort="-event.severity"), "alert_severity"),
        (Query(sort="-soc.last_seen"), "alert_seen"),
        (Query(sort="soc.last_seen"), "alert_seen"),
        (Query("finding", filters={"soc.alert_id": ["x"]}, sort="-@timestamp"), "finding_alert"),
        (Query("finding", ingested_since=NOON, sort="-event.ingested"), "finding_ingested"),
    ],
)
async def test_the_usual_questions_have_an_index(store, query, index):
    for statement in sqlite_query.places(query, None, 50)[:1]:
        with store._reader.reading() as connection:
            plan = " ".join(
                row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + statement.text, statement.values)
            )
        assert index in plan


WORDS = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\ud7ff\ue000\U0010ffff\x00")), max_size=4
)


@given(WORDS.filter(bool), WORDS)
def test_the_words_from_a_beginning_to_what_follows_it_are_those_that_begin_so(start, other):
    end = sqlite_query.following(start)
    for word in (start, start + other, other):
        assert (start <= word < end) == word.startswith(start)
