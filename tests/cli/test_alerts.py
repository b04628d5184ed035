"""`soc alerts` on a real SQLite store."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from soc import instant
from soc.stores import Change, Query
from tests.cli.site import HOSTILE, NOON, SCAN, SSH, finding

LIST = """\
SEVERITY  RISK  LAST SEEN            COUNT  TITLE            ENTITY        STATUS  ID
high      73    2026-01-01 07:02:00  ×2     Dò mật khẩu SSH  203.0.113.7   new     48bd5cfcd853
low       21    2026-01-01 08:03:00  ×1     Quét cổng        198.51.100.9  new     54d41a4718b7
low       21    2026-01-01 07:03:00  ×1     Quét cổng        203.0.113.7   new     18c425aea0a4
"""
SHOWN = """\
HIGH  73/100  SSH guessing

  id          48bd5cfcd853bc6a0657a894adbe5ed3c3e4802c
  rule        ssh-guessing  SSH guessing (rule)
  layer       host
  entity      source.ip = 203.0.113.7
  findings    2
  first seen  2026-01-01 07:01:00 Asia/Ho_Chi_Minh
  last seen   2026-01-01 07:02:00 Asia/Ho_Chi_Minh
  status      closed (false_positive), lan
  clauses     tcvn14423.5.6.1c
  ATT&CK      T1110.001
  national    category 6, severity 3

Why it fired
  selection: event.action = "failed"  (asked: 'failed')

Evidence (2 of 2)
  2026-01-01 07:01:00  file:x:1
      Failed password \\u001b[2J\\u202egnp.exe\\u0007
  2026-01-01 07:02:00  file:x:2
      Failed password for admin

What to do
  1. Block the source.

Known false positives
  - A forgotten script.

Notes
  2026-01-01 08:00:00  lan: our own \\u001bscanner

History
  2026-01-01 07:30:00  lan: assignee: - -> lan
  2026-01-01 08:00:00  lan: status: new -> closed, disposition: - -> false_positive, note
"""


@pytest.fixture
def filled(site):
    site.store(
        finding(SSH, 1, raw=f"Failed password {HOSTILE}"),
        finding(SSH, 2, raw="Failed password for admin"),
        finding(SCAN, 3),
        finding(SCAN, 63, source="198.51.100.9"),
    )
    return site


def ids(told: str) -> list[str]:
    return [msgspec.json.decode(line)["soc"]["id"][:12] for line in told.splitlines()]


def test_the_list_is_a_table_in_the_sites_zone_the_greatest_risk_first(filled):
    told = filled.call("alerts", "list")
    assert (told.exit_code, told.stdout, told.stderr) == (0, LIST, "3 of 3 alerts\n")


def test_a_short_list_says_how_many_there_are(filled):
    told = filled.call("alerts", "list", "--limit", "1", "--language", "en")
    assert told.stderr == "1 of 3 alerts; --limit shows more\n"
    assert told.stdout.splitlines()[1].split() == [
        "high", "73", "2026-01-01", "07:02:00", "×2", "SSH", "guessing", "203.0.113.7", "new", "48bd5cfcd853",
    ]  # fmt: skip


def test_filters_and_order(filled):
    expected = {
        "--severity low": ["54d41a4718b7", "18c425aea0a4"],
        "--severity low --severity high --layer host": ["48bd5cfcd853"],
        "--rule port-scan --entity 203.0.113.7": ["18c425aea0a4"],
        "--status closed": [],
        "--assignee none --limit 1": ["48bd5cfcd853"],
        "--assignee lan": [],
        "--since 2026-01-01T08:00": ["54d41a4718b7"],
        "--since 24h": [],
        "--sort soc.last_seen": ["48bd5cfcd853", "18c425aea0a4", "54d41a4718b7"],
    }
    told = {asked: filled.call("alerts", "list", "--format", "ndjson", *asked.split()) for asked in expected}
    assert {asked: ids(result.stdout) for asked, result in told.items()} == expected
    assert ids(filled.call("alerts", "list", "--format", "ndjson", "--text", "do mat khau").stdout) == ["48bd5cfcd853"]


def test_an_alert_that_an_exception_hides_is_listed_on_request_only(site):
    hidden = finding(SSH, 1)

    async def hide(store):
        from soc import alerting

        alert = alerting.alert_of(hidden)
        alert.document["soc"]["suppressed_by"] = ["backup-window"]
        await store.create([hidden], [alert], NOON)

    site.within(hide)
    assert site.call("alerts", "list").stderr == "0 of 0 alerts\n"
    assert len(site.call("alerts", "list", "--suppressed").stdout.splitlines()) == 2


def test_an_alert_is_explained_and_its_logs_cannot_reach_the_terminal(filled):
    id_ = "48bd5cfcd853bc6a0657a894adbe5ed3c3e4802c"

    async def decide(store):
        await store.triage(id_, Change("lan", NOON + 30 * instant.MINUTE, assignee="lan"), 0)
        note = Change(
            "lan", NOON + instant.HOUR, status="closed", disposition="false_positive", note="our own \x1bscanner"
        )
        await store.triage(id_, note, 1)

    filled.within(decide)
    told = filled.call("alerts", "show", "48bd5", "--language", "en")
    assert (told.exit_code, told.stdout) == (0, SHOWN)


def test_the_explanation_is_vietnamese_unless_asked_otherwise(filled):
    told = filled.call("alerts", "show", "48bd5cfcd853").stdout
    assert "Vì sao cảnh báo\n" in told
    assert "  1. Chặn địa chỉ nguồn.\n" in told


def test_features_of_a_detector_are_shown_with_what_is_usual(site):
    from soc import alerting

    why = [{"name": "kinds", "name_vi": "số loại", "value": 214.0, "usual": 3.0, "one_in": 900, "contribution": 0.42}]
    group = alerting.Group((("host.name", "db-1"),), NOON)
    info = SSH._replace(id="host-window", kind="anomaly")
    site.store(alerting.finding_of(info, group, {}, time=NOON, arrived=NOON, ref="w", why=why))
    told = site.call("alerts", "show", site.call("alerts", "list").stdout.split()[-1], "--language", "en")
    assert " 42%  kinds: 214 (usual 3, 1 in 900)\n" in told.stdout


def test_show_as_json_is_the_whole_document(filled):
    async def get(store):
        return await store.get("alert", "48bd5cfcd853bc6a0657a894adbe5ed3c3e4802c")

    told = filled.call("alerts", "show", "48bd5cfcd853", "--format", "json").stdout
    assert msgspec.json.decode(told) == filled.within(get)
    assert "\x1b" not in told
    assert "\u202e" not in told


def test_the_beginning_of_an_id_must_be_of_one_alert(site):
    site.store(*(finding(SSH, number, source=f"192.0.2.{number}") for number in range(1, 40)))
    every = sorted(ids(site.call("alerts", "list", "--format", "ndjson").stdout))
    shared = next(one[0] for one, other in pairwise(every) if one[0] == other[0])
    told = site.call("alerts", "show", shared)
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr.startswith(f"soc: several alerts begin with {shared}: {shared}")


@pytest.mark.services
async def test_elasticsearch_finds_an_alert_by_the_beginning_of_its_id_too(elasticsearch_url):
    from soc import alerting
    from soc.cli import _alerts
    from soc.config import Elasticsearch
    from soc.stores import NotFound
    from soc.stores.elastic import ElasticStore
    from tests.waiting import until

    store = ElasticStore.open(Elasticsearch(url=elasticsearch_url), prefix="cli-")
    try:
        await store.setup()
        findings = [finding(SSH, 1), finding(SCAN, 3), finding(SCAN, 63, source="198.51.100.9")]
        alerts = [alerting.alert_of(each) for each in findings]
        await store.create(findings, alerts, NOON)

        async def visible():
            return [alert async for alert in _alerts.documents(store, Query(sort="soc.id"), 2)]

        await until(visible)
        for alert in alerts:
            assert (await _alerts.found(store, alert.id[:8]))["soc"]["id"] == alert.id
        with pytest.raises(NotFound):
            await _alerts.found(store, "fffff")
    finally:
        await store.close()


def test_an_unknown_id_exits_1(filled):
    told = filled.call("alerts", "show", "zzzz")
    assert (told.exit_code, told.stderr) == (1, "soc: no alert's id begins with zzzz; `soc alerts list` shows ids\n")
    assert filled.call("alerts", "show", "0" * 40).exit_code == 1


def test_an_export_has_every_alert_once_whatever_the_page(site):
    site.store(*(finding(SSH, number % 50, source=f"2001:db8::{number:x}") for number in range(450)), roll_up=False)
    told = site.call("alerts", "export")
    exported = ids(told.stdout)
    assert (told.exit_code, len(set(exported)), exported) == (0, 450, sorted(exported))
    assert ids(site.call("alerts", "export", "--entity", "2001:db8::1").stdout) == ids(
        site.call("alerts", "list", "--format", "ndjson", "--entity", "2001:db8::1").stdout
    )


def test_an_exported_file_is_there_whole_or_as_it_was(filled, tmp_path):
    told = filled.call("alerts", "export", "--output", "alerts.ndjson")
    assert (told.exit_code, told.stdout, told.stderr) == (0, "", "3 alerts in alerts.ndjson\n")
    written = tmp_path / "alerts.ndjson"
    assert len(ids(written.read_text())) == 3
    assert written.stat().st_mode & 0o777 == 0o600
    before = written.read_bytes()
    assert filled.call("alerts", "export", "--text", "x", "--since", "soon", "--output", "alerts.ndjson").exit_code == 2
    assert written.read_bytes() == before
    assert not list(tmp_path.glob(".alerts.ndjson.*"))


def test_a_file_that_cannot_be_written_is_named(filled):
    told = filled.call("alerts", "export", "--output", "missing/alerts.ndjson")
    assert (told.exit_code, told.stderr) == (
        1,
        "soc: missing/alerts.ndjson: cannot be written: No such file or directory; give another file, or make room\n",
    )


def test_who_looks_at_alerts_is_in_the_audit_trail(filled):
    filled.call("alerts", "list", "--status", "new")
    filled.call("alerts", "show", "48bd5cfcd853")
    filled.call("alerts", "export")
    records = [msgspec.json.decode(line) for line in filled.call("audit", "list").stdout.splitlines()]
    assert [(record["act"], record["object"], record["detail"]) for record in records] == [
        ("export", "alerts", {}),
        ("view", "48bd5cfcd853", {}),
        ("search", "alerts", {"status": ["new"]}),
    ]


def test_wrong_use_exits_2_with_a_message(filled):
    for arguments in (
        ("list", "--status", "odd"),
        ("list", "--since", "yesterday"),
        ("list", "--sort", "message"),
        ("list", "--limit", "0"),
        ("show",),
        ("show", "48bd", "--language", "fr"),
    ):
        told = filled.call("alerts", *arguments)
        assert (arguments, told.exit_code, told.stdout) == (arguments, 2, "")
        assert told.stderr
