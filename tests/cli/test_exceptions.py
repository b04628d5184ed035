"""`soc exceptions` on real files: added, previewed, counted, ended."""

from __future__ import annotations

import contextlib
import re

import msgspec
import pytest

from soc import instant
from soc.clock import SystemClock
from soc.stores import Change, Query
from soc.workspace.exceptions import Standing
from tests.cli.site import NOON, SCAN, SSH, finding

WHY = ("--reason", "the scanner of the auditors", "--owner", "lan")


def added(site, *arguments: str) -> str:
    """The id."""
    told = site.call("exceptions", *arguments)
    assert told.exit_code == 0, told.output
    found = re.search(r"[xs]-[0-9a-f]{8}", told.stdout)
    assert found, told.stdout
    return found[0]


def marked(site) -> dict[str, list[str]]:
    """What the role jobs makes of it: rule to what hides it."""

    async def roll_up(store):
        with contextlib.closing(Standing(site.folder)) as exceptions:
            await store.roll_up(0, exceptions.read())
        page = await store.search(Query(only_suppressed=True, sort="rule.id"))
        return {alert["rule"]["id"]: alert["soc"]["suppressed_by"] for alert in page.documents}

    return site.within(roll_up)


def listed(site, *arguments: str) -> list[dict]:
    told = site.call("exceptions", "list", "--json", *arguments)
    assert told.exit_code == 0, told.output
    return msgspec.json.decode(told.stdout)


def day(days: int) -> str:
    """A date from today on, as the site's calendar has it."""
    return instant.iso(SystemClock().now() + days * instant.DAY + 7 * instant.HOUR)[:10]


def test_an_exception_is_added_listed_counted_and_ended(site):
    site.store(finding(SSH, 1), finding(SCAN, 2), finding(SSH, 3, source="192.0.2.4"))
    id_ = added(
        site, "add", "--rule", "ssh-guessing", "--where", "source.ip=203.0.113.0/24", *WHY,
        "--from", "2025-12-31", "--until", day(10),
    )  # fmt: skip
    assert listed(site)[0]["hidden"] == 0
    assert marked(site) == {"ssh-guessing": [id_]}
    (told,) = listed(site)
    until = told.pop("until")
    assert until.endswith("T17:00:00.000Z")  # midnight in Ha Noi, after the day that was named
    assert (told.pop("created") < until, told.pop("created_by")[:4]) == (True, "cli:")
    assert told == {
        "id": id_, "kind": "exception", "owner": "lan", "reason": "the scanner of the auditors",
        "begins": "2025-12-30T17:00:00.000Z", "rule": "ssh-guessing", "where": ["source.ip=203.0.113.0/24"],
        "ended": None, "ended_by": "", "state": "active", "hidden": 1, "true_positives": 0,
    }  # fmt: skip
    ended = site.call("exceptions", "end", id_[:6])
    assert ended.stdout == f"exception {id_} is over; its 1 alerts come back to the queue\n"
    assert marked(site) == {}
    assert listed(site) == []
    assert [(one["state"], one["hidden"]) for one in listed(site, "--all")] == [("ended", 0)]


def test_a_hidden_alert_is_found_and_says_by_what_and_why(site):
    site.store(finding(SSH, 1), finding(SCAN, 1))
    id_ = added(site, "add", "--rule", "ssh-guessing", *WHY, "--from", "2025-12-31", "--until", day(10))
    marked(site)
    lists = {flag: site.call("alerts", "list", "--language", "en", *flag).stdout for flag in ((), ("--excepted",))}
    assert [("SSH guessing" in told, "Port scan" in told) for told in lists.values()] == [(False, True), (True, False)]
    shown = site.call("alerts", "show", finding(SSH, 1).alert_id, "--language", "en").stdout
    (line,) = [line for line in shown.splitlines() if "suppressed by" in line]
    assert line.split(maxsplit=2)[2] == f"{id_}: the scanner of the auditors (lan, until {day(11)} 00:00:00)"


def test_a_shortened_one_keeps_what_it_hid(site):
    site.store(finding(SSH, 1))
    id_ = added(site, "add", "--rule", "ssh-guessing", *WHY, "--from", "2025-12-31", "--until", "30d")
    assert marked(site) == {"ssh-guessing": [id_]}
    told = site.call("exceptions", "end", "--keep", id_)
    assert told.stdout == f"exception {id_} is over; its 1 alerts stay hidden\n"
    assert marked(site) == {"ssh-guessing": [id_]}
    assert [(one["state"], one["hidden"]) for one in listed(site, "--all")] == [("expired", 1)]


def test_from_now_on_means_from_now_on(site):
    site.store(finding(SSH, 1))
    added(site, "add", "--rule", "ssh-guessing", *WHY, "--until", "4h")
    assert marked(site) == {}


def test_a_snoozed_alert_and_its_group_are_quiet(site):
    site.store(finding(SSH, 1), finding(SSH, 2, source="192.0.2.4"))
    id_ = added(site, "snooze", "--alert", finding(SSH, 1).alert_id[:12], "--until", "4h")
    assert marked(site) == {"ssh-guessing": [id_]}
    (told,) = listed(site)
    assert (told["kind"], told["where"], told["reason"], told["hidden"]) == (
        "snooze",
        ["source.ip=203.0.113.7"],
        "snoozed",
        1,
    )
    site.store(finding(SSH, 90), roll_up=False)
    assert len(site.within(lambda store: store.search(Query())).documents) == 2
    marked(site)
    (left,) = site.within(lambda store: store.search(Query())).documents
    assert left["source"]["ip"] == "192.0.2.4"


def test_a_replay_marks_what_the_running_service_would(site):
    line = "<38>2026-03-01T09:00:00+07:00 web-1 sshd[4242]: Accepted password for root from {} port 22222 ssh2\n"
    file = site.folder / "auth.log"
    file.write_text(line.format("198.51.100.7") + line.format("203.0.113.7"))
    id_ = added(site, "add", "--where", "source.ip=198.51.100.0/24", *WHY, "--from", "2026-01-01", "--until", day(1))
    for _ in range(2):
        told = site.call("replay", str(file))
        assert told.exit_code == 0, told.output
        alerts = site.within(lambda store: store.search(Query(suppressed=True, sort="source.ip"))).documents
        assert [(alert["source"]["ip"], alert["soc"]["suppressed_by"]) for alert in alerts] == [
            ("198.51.100.7", [id_]),
            ("203.0.113.7", []),
        ]


def test_a_preview_adds_nothing(site):
    now = SystemClock().now()
    recent = [finding(SSH, (now - NOON) // instant.MINUTE - n, source=f"203.0.113.{n % 3}") for n in range(3)]
    site.store(*recent, finding(SSH, 1))

    async def close(store):
        await store.triage(recent[0].alert_id, Change("ann", now, status="closed", disposition="true_positive"), 0)

    site.within(close)
    told = site.call("exceptions", "add", "--rule", "ssh-guessing", *WHY, "--until", "4h", "--dry-run")
    assert told.stdout == (
        "would have hidden 3 alerts of the last 30 days, of them 1 true positives; nothing was added\n"
    )
    assert (listed(site, "--all"), site.call("audit", "list").stdout) == ([], "")


def test_the_table_lines_up_and_shows_no_control_characters(site):
    one = added(site, "add", "--rule", "a\x1b[2J", "--where", "user.name=Đỗ", *WHY, "--until", "2h")
    told = site.call("exceptions", "list")
    head, line = told.stdout.splitlines()
    assert head.split() == ["ID", "STATE", "HIDDEN", "TRUE", "POS.", "UNTIL", "OWNER", "WHAT", "WHY"]
    assert line.startswith(f"{one}  active  0  ".replace("  0  ", "  0       "))
    assert "rule a\\u001b[2J user.name=Đỗ" in line
    assert line.endswith("the scanner of the auditors")


def test_every_act_is_in_the_audit_trail(site):
    id_ = added(site, "add", "--rule", "ssh-guessing", *WHY, "--until", "4h")
    site.call("exceptions", "end", id_)
    records = [msgspec.json.decode(line) for line in site.call("audit", "list").stdout.splitlines()]
    assert {(record["act"], record["object"]) for record in records} == {("exception.add", id_), ("exception.end", id_)}


def test_a_rule_that_never_found_anything_is_pointed_out(site):
    told = site.call("exceptions", "add", "--rule", "ssh-gessing", *WHY, "--until", "4h")
    assert told.stderr == "there is no alert of ssh-gessing so far; is the id right?\n"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("add", *WHY, "--until", "4h"), "say what it is about"),
        (("add", "--rule", "a", *WHY), "Missing option '--until'"),
        (("add", "--rule", "a", "--owner", "lan", "--until", "4h"), "Missing option '--reason'"),
        (("add", "--rule", "a", *WHY, "--until", "soon"), "neither a span"),
        (("add", "--rule", "a", *WHY, "--until", "2020-01-01"), "before it begins"),
        (("add", "--rule", "a", *WHY, "--from", "2019-01-01", "--until", "2020-01-01"), "is past already"),
        (("add", "--rule", "a", *WHY, "--until", "400d"), "a year at most"),
        (("add", "--rule", "soc-health-disk-full", *WHY, "--until", "4h"), "never hidden"),
        (("add", "--where", "source.ip=10.0.0.0/99", *WHY, "--until", "4h"), "neither an address nor a network"),
        (("add", "--where", "user.name=a*", *WHY, "--until", "4h"), "without \\*"),
        (("snooze", "--until", "4h"), "say what to snooze"),
        (("snooze", "--rule", "a", "--alert", "b", "--until", "4h"), "say what to snooze"),
        (("end", "x-00"), "there is no exception x-00"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_added(site, arguments, why):
    told = site.call("exceptions", *arguments)
    assert told.exit_code == 2
    assert re.search(why, told.stderr)
    assert listed(site, "--all") == []


def test_help_has_examples(site):
    assert (
        "soc exceptions add --rule ID --where source.ip=10.9.0.0/24 --reason"
        in site.call("exceptions", "--help").stdout
    )
