"""`soc deadletter` on a real SQLite log."""

from __future__ import annotations

import asyncio
import base64

import msgspec
import pytest

from soc import __version__, instant
from soc.finding import finding_id
from soc.log import FINDINGS
from soc.log.local_history import history
from soc.log.opening import open_log
from tests.cli.site import NOON, SSH, finding, letter

BAD = b'\xff\xfe{"a": \x1b[2J' + bytes(range(8))
RULE = """\
title: Marker in a path
id: 5f0c9a52-3a1e-4b7a-9d55-0b1f4a1e6c11
logsource: {category: webserver}
detection:
  selection: {cs-uri-stem|contains: marker}
  condition: selection
level: high
"""
SHOWN = """\
ref      logs.host:0:1
place    soc.deadletter 0:0
stage    parse
reason   json
detail   no object
refused  2026-01-01 07:00:00 Asia/Ho_Chi_Minh
arrived  2026-01-01 06:59:00 Asia/Ho_Chi_Minh
source   logs.host
peer     192.0.2.9
version  VERSION
ruleset  5e7
bytes    20

\\xff\\xfe{"a": \\u001b[2J\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007

00000000  ff fe 7b 22 61 22 3a 20 1b 5b 32 4a 00 01 02 03  |..{"a": .[2J....|
00000010  04 05 06 07                                      |....|
""".replace("VERSION", __version__)


@pytest.fixture
def buried(site):
    site.bury(letter(BAD, 1), letter(b"one", 2, reason="encoding", name="portal"))
    site.bury(letter(b"two", 3, reason="encoding", name="portal"), at=NOON + instant.HOUR)
    return site


def findings_of(site) -> list[str]:
    async def read():
        log = await open_log(site.config)
        try:
            return [message.value async for messages in history(log, [FINDINGS]) for message in messages]
        finally:
            await log.close()

    return [msgspec.json.decode(value)["soc"]["id"] for value in asyncio.run(read())]


def positions(site) -> object:
    async def read():
        log = await open_log(site.config)
        try:
            with log._database.reading() as connection:
                return connection.execute("SELECT * FROM position").fetchall()
        finally:
            await log.close()

    return asyncio.run(read())


def test_letters_are_counted_by_source_stage_and_reason(buried):
    told = buried.call("deadletter", "list")
    assert (told.exit_code, told.stdout) == (0, """\
SOURCE            STAGE  REASON    COUNT  NEWEST               REF OF THE NEWEST
logs.host/portal  parse  encoding  2      2026-01-01 08:00:00  logs.host:0:3
logs.host         parse  json      1      2026-01-01 07:00:00  logs.host:0:1
""")  # fmt: skip
    told = buried.call("deadletter", "list", "--format", "ndjson", "--reason", "json")
    assert msgspec.json.decode(told.stdout) == {
        "source": "logs.host", "stage": "parse", "reason": "json", "count": 1, "newest": "2026-01-01T00:00:00.000Z",
        "ref": "logs.host:0:1",
    }  # fmt: skip


def test_each_letter_has_a_number_the_newest_first(buried):
    told = buried.call("deadletter", "list", "--each", "--source", "portal")
    assert (
        told.stdout
        == """\
N  REFUSED              SOURCE            STAGE  REASON    BYTES  REF
1  2026-01-01 08:00:00  logs.host/portal  parse  encoding  3      logs.host:0:3
2  2026-01-01 07:00:00  logs.host/portal  parse  encoding  3      logs.host:0:2
"""
    )
    told = buried.call("deadletter", "list", "--each", "--limit", "1", "--format", "ndjson")
    told = msgspec.json.decode(told.stdout)
    assert (told["ref"], told["raw"]) == ("logs.host:0:3", base64.b64encode(b"two").decode())


def test_a_letter_is_shown_with_its_bytes_and_they_cannot_reach_the_terminal(buried):
    by_ref = buried.call("deadletter", "show", "logs.host:0:1")
    assert (by_ref.exit_code, by_ref.stdout) == (0, SHOWN)
    assert buried.call("deadletter", "show", "3").stdout == SHOWN
    assert buried.call("deadletter", "show", "0:0").stdout == SHOWN


def test_raw_is_the_original_bytes_and_nothing_else(buried):
    assert buried.call("deadletter", "show", "logs.host:0:1", "--raw").stdout_bytes == BAD


def test_a_letter_that_is_not_there_exits_1(buried):
    hint = "; `soc deadletter list --each` shows numbers and refs\n"
    told = buried.call("deadletter", "show", "4")
    assert (told.exit_code, told.stderr) == (1, f"soc: there are 3 dead letters{hint}")
    told = buried.call("deadletter", "show", "logs.app:0:1")
    assert (told.exit_code, told.stderr) == (1, f"soc: there is no dead letter of logs.app:0:1{hint}")


def test_without_letters_there_is_nothing_to_list(site):
    told = site.call("deadletter", "list")
    assert (told.exit_code, told.stdout, told.stderr) == (0, "", "no dead letters\n")


def test_looking_moves_nobodys_position(buried):
    buried.call("deadletter", "list")
    buried.call("deadletter", "show", "1")
    assert positions(buried) == []


def test_replay_says_what_becomes_of_each_letter_and_doing_it_twice_changes_nothing(buried):
    rules = buried.folder / "site" / "rules"
    rules.mkdir(parents=True)
    (rules / "marker.yml").write_text(RULE)
    line = b'192.0.2.7 - - [01/Jan/2026:06:59:00 +0700] "GET /marker HTTP/1.1" 200 5 "-" "curl/8"'
    buried.bury(letter(line, 9, reason="parser_fault", topic="logs.app"))
    refused = finding(SSH, 1)
    buried.append(
        "soc.deadletter",
        msgspec.json.encode({"stage": "index", "reason": "rejected", "detail": "x", "finding": refused.document}),
        b"no letter of ours",
    )
    sums = "letters 6 = clean 2 + alerting 1 + {}offered to the store again 1 + still failing 1 + unreadable 1"
    told = buried.call("deadletter", "replay", "--dry-run")
    assert told.stdout.splitlines() == [
        sums.format("would be "),
        "findings 1 (nothing was written)",
        "still failing, encoding: 1",
    ]
    assert findings_of(buried) == []

    # The ids are those that the records would have had when they arrived.
    expected = {refused.id, finding_id("5f0c9a52-3a1e-4b7a-9d55-0b1f4a1e6c11", "logs.app:0:9", line)}
    first = buried.call("deadletter", "replay")
    assert (first.exit_code, first.stdout.splitlines()) == (
        1,
        [sums.format(""), "findings 1", "still failing, encoding: 1"],
    )
    assert sorted(findings_of(buried)) == sorted(expected)
    buried.call("deadletter", "replay")
    assert set(findings_of(buried)) == expected


def test_replay_of_chosen_letters_exits_0_when_none_of_them_fails(buried):
    assert buried.call("deadletter", "replay", "--source", "portal").exit_code == 0
    told = buried.call("deadletter", "replay", "--ref", "logs.host:0:2")
    assert told.stdout.splitlines()[0].startswith("letters 1 = clean 1 ")


def test_a_letter_that_a_crash_wrote_twice_is_worked_off_once(site):
    site.bury(letter(b"one", 1), letter(b"one", 1))
    told = site.call("deadletter", "replay").stdout.splitlines()
    assert (told[0][:19], told[-1]) == ("letters 1 = clean 1", "left out, written twice by a crash: 1")


def test_replaying_is_in_the_audit_trail_and_a_dry_run_is_not(buried):
    buried.call("deadletter", "replay", "--dry-run")
    buried.call("deadletter", "replay", "--reason", "json")
    records = [msgspec.json.decode(line) for line in buried.call("audit", "list").stdout.splitlines()]
    assert [(record["act"], record["detail"]) for record in records] == [("deadletter.replay", {"reason": "json"})]
