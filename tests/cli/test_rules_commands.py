"""`soc match`, `soc explain` and `soc check`, as they are called."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from prometheus_client import start_http_server

from soc.cli import main
from soc.metrics import Metrics
from tests.sigma.rules import ID, SYSMON, rule_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    Soc = Callable[..., Result]

DETECTION = {"sel": {"CommandLine|contains": "evil"}, "not_me": {"User": "SYSTEM"}, "condition": "sel and not not_me"}
OTHER = "00000000-0000-4000-8000-000000000001"


def event(**fields: Any) -> bytes:
    return json.dumps({"EventID": 1, "Channel": SYSMON, **fields}).encode()


@pytest.fixture
def soc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Soc:
    monkeypatch.delenv("SOC_DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "evil.yml").write_text(rule_text(DETECTION))
    (tmp_path / "rules" / "any.yml").write_text(rule_text({"s": {"CommandLine": "*"}, "condition": "s"}, id=OTHER))
    lines = [
        event(CommandLine="good"),
        b"",
        b"{broken",
        event(CommandLine="an EVIL one"),
        event(CommandLine="evil", User="system"),
    ]
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(lines) + b"\n")
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def metrics_at() -> Iterator[str]:
    """The metrics of a service that has parsed events of nginx."""
    metrics = Metrics("detect")
    metrics.parsed.labels("nginx").inc(3)
    metrics.parsed.labels("windows_flat").inc(0)
    server, thread = start_http_server(0, "127.0.0.1", registry=metrics.registry)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


FOUND = [(0, OTHER), (3, OTHER), (3, ID), (4, OTHER)]


def pairs(text: str) -> list[tuple[int, str]]:
    return [(told["event"], told["rule"]) for told in map(json.loads, text.splitlines())]


def test_match_names_line_and_rule_in_the_order_of_the_lines(soc: Soc) -> None:
    done = soc("match", "--rules", "rules", "events.ndjson")
    assert (done.exit_code, done.stderr, pairs(done.stdout)) == (0, "", FOUND)


def test_match_reads_gzip_and_works_in_several_processes_with_the_same_result(soc: Soc, tmp_path: Path) -> None:
    (tmp_path / "events.gz").write_bytes(gzip.compress((tmp_path / "events.ndjson").read_bytes() * 1500))
    one = soc("match", "--rules", "rules", "events.gz")
    two = soc("match", "--rules", "rules", "--jobs", "2", "events.gz")
    assert one.stdout_bytes == two.stdout_bytes
    assert pairs(one.stdout)[-1] == (1500 * 5 - 1, OTHER)


def test_match_sums_up_on_the_standard_error(soc: Soc, tmp_path: Path) -> None:
    (tmp_path / "rules" / "broken.yml").write_text("title: x\n")
    done = soc("match", "--rules", "rules", "--stats", "events.ndjson")
    assert (done.exit_code, pairs(done.stdout)) == (0, FOUND)
    *refused, last = done.stderr.splitlines()
    assert [line.split(": ")[0] for line in refused] == ["refused  rules/broken.yml:1"] * len(refused)
    assert refused
    assert last.startswith(f"rules 2 loaded, {len(refused)} faults; events 5, of them 2 unparsed; findings 4; load ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["match", "--rules", "nowhere", "events.ndjson"], "soc: nowhere: no such folder or file; give the folder of the rules\n"),
        (["match", "--rules", "rules", "nothing.ndjson"], "soc: nothing.ndjson: cannot be read: [Errno 2] No such file or directory: 'nothing.ndjson'\n"),
        (["check", "nowhere.yml"], "soc: nowhere.yml: no such file or folder\n"),
        (["explain", "--rules", "rules", "no-such-id", "events.ndjson"],
         "soc: there is no rule no-such-id in rules; `soc check rules` names refused ones\n"),
        (["explain", "--rules", "rules", ID, "events.ndjson:9"], "soc: events.ndjson: there is no line 9; lines count from 0\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_ends_with_a_message_and_status_2(soc: Soc, arguments: list[str], told: str) -> None:
    done = soc(*arguments)
    assert (done.exit_code, done.stderr) == (2, told)


def test_an_unknown_format_is_named_with_the_known_ones(soc: Soc) -> None:
    done = soc("match", "--rules", "rules", "--format", "nonsense", "events.ndjson")
    assert done.exit_code == 2
    assert done.stderr.startswith("soc: unknown format 'nonsense'; known: ")


def test_explain_shows_every_clause_with_value_and_verdict(soc: Soc) -> None:
    done = soc("explain", "--rules", "rules", ID, "events.ndjson:3")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "A rule (rules/evil.yml:1) on an event of format windows_flat",
        "PASS  all of",
        "PASS    sel",
        "PASS      CommandLine|contains: *evil*  <- 'an EVIL one'",
        "PASS    not",
        "FAIL      not_me",
        "FAIL        User: SYSTEM  <- absent",
    ]


def test_explain_says_why_a_rule_does_not_match_with_status_1(soc: Soc) -> None:
    done = soc("explain", "--rules", "rules", "--json", ID, "events.ndjson:4")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["matches"], told["tree"]["below"][1]["below"][0]["holds"]) == (1, False, True)


def test_check_finds_nothing_in_good_rules(soc: Soc) -> None:
    done = soc("check", "rules/evil.yml")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "1 rules with 0 tests, 0 detectors: no faults\n")


def test_check_names_every_fault_and_runs_the_tests_in_rules(soc: Soc, tmp_path: Path) -> None:
    tests = {
        "match": [{"EventID": 1, "Channel": SYSMON, "CommandLine": "evil"}, {"EventID": 1, "Channel": SYSMON, "CommandLine": "x"}, "a line"],
        "no_match": [{"EventID": 1, "Channel": SYSMON, "CommandLine": "very evil", "User": "me"}],
    }  # fmt: skip
    (tmp_path / "rules" / "evil.yml").write_text(rule_text(DETECTION, tests=tests))
    (tmp_path / "rules" / "wrong.yml").write_text(
        "title: x\nid: y\nlevel: bad\nlogsource: {}\ndetection:\n  s: {A|b: c}\n  condition: s\n"
    )
    done = soc("check", "--skip", "heavy", "--skip", "implied", "rules")
    assert done.exit_code == 1
    assert [line.partition(";")[0] for line in done.stdout.splitlines()] == [
        "rules/evil.yml:17: does not match: CommandLine|contains: *evil*, the event has 'x'",
        "rules/evil.yml:20: is of format plain (product linux, service syslog), which the logsource does not meet",
        "rules/evil.yml:22: matches, and must not: CommandLine|contains = very evil",
        "rules/wrong.yml:3: 'bad' is not allowed",
        "rules/wrong.yml:6: unknown modifier 'b'",
    ]
    assert done.stderr == "2 rules with 4 tests, 0 detectors: 5 faults\n"


def test_check_tells_what_the_site_says_of_rules(soc: Soc, tmp_path: Path) -> None:
    site = tmp_path / "var" / "site"
    site.mkdir(parents=True)
    (site / "states.yml").write_text("gone: {state: shadow, reason: noise, owner: an}\n")
    done = soc("check", "var/site/states.yml")
    assert done.stdout == "var/site/states.yml:1: no rule has the id gone; take it out if the rule is gone [warning]\n"
    assert done.stderr.endswith(" warning; by the site's states.yml: 1 shadow\n")


def test_rules_to_run_with_must_be_there(soc: Soc) -> None:
    done = soc("run", "--rules", "none.tar.gz")
    assert (done.exit_code, "none.tar.gz" in done.stderr) == (2, True)


def test_check_tells_programs_in_json(soc: Soc, tmp_path: Path) -> None:
    (tmp_path / "rules" / "wrong.yml").write_text("- x\n")
    (tmp_path / "rules" / "evil.yml").write_text(rule_text(DETECTION | {"condition": "sel"}))
    told = json.loads(soc("check", "--format", "json", "--skip", "heavy", "--skip", "implied", "rules").stdout)
    assert told == {
        "faults": [
            {
                "file": "rules/wrong.yml",
                "line": 1,
                "what": "not a mapping of keys to values",
                "fix": "",
                "severity": "error",
                "check": "",
            }
        ],
        "warnings": [
            {
                "file": "rules/evil.yml",
                "line": 9,
                "what": "the selection 'not_me' is not used by the condition",
                "fix": "use it in the condition, or remove it",
                "severity": "warning",
                "check": "unused-selection",
            }
        ],
        "rules": 2,
        "correlations": 0,
        "tests": 0,
        "detectors": 0,
    }


def test_a_warning_names_its_check_and_counts_only_when_that_is_asked(soc: Soc, tmp_path: Path) -> None:
    (tmp_path / "rules" / "evil.yml").write_text(
        rule_text({"s": {"Imge": "x.exe"}, "condition": "s"}, tags=["attack.t99"])
    )
    done = soc("check", "rules/evil.yml")
    assert (done.exit_code, done.stderr) == (0, "1 rules with 0 tests, 0 detectors: no faults, 2 warnings\n")
    assert [line.rpartition("; ")[2] for line in done.stdout.splitlines()] == [
        "did you mean 'Image'? [warning: unknown-field]",
        "write attack.t1110, attack.t1110.001, or a tactic: attack.initial-access [warning: wrong-tag]",
    ]
    assert soc("check", "--strict", "rules/evil.yml").exit_code == 1
    assert soc("check", "--strict", "--skip", "wrong-tag", "--skip", "unknown-field", "rules/evil.yml").exit_code == 0


def test_check_writes_annotations_that_no_rule_can_break_out_of(soc: Soc, tmp_path: Path) -> None:
    text = rule_text({"s": {"Bad,\n::error::%0A": "x"}, "condition": "s"})
    (tmp_path / "rules" / "a,b:%.yml").write_text(text)
    done = soc("check", "--format", "github", "rules/a,b:%.yml")
    assert done.exit_code == 0
    (line,) = done.stdout.splitlines()
    assert line.startswith(
        "::warning file=rules/a%2Cb%3A%25.yml,line=8,title=unknown-field::unknown field 'Bad,\\n::error::%250A': no event of"
    )


def test_several_folders_of_rules_are_checked_together(soc: Soc, tmp_path: Path) -> None:
    (tmp_path / "pack" / "rules").mkdir(parents=True)
    (tmp_path / "pack" / "rules-more").mkdir()
    (tmp_path / "pack" / "rules" / "a.yml").write_text(rule_text(DETECTION))
    (tmp_path / "pack" / "rules-more" / "b.yml").write_text(rule_text(DETECTION, id=OTHER))
    done = soc("check", "pack")
    assert done.stdout.splitlines() == [
        "pack/rules/a.yml:1: matches exactly what 'A rule' (pack/rules-more/b.yml:1) matches; remove one of them, or mend it [warning: duplicate]"
    ]


def test_check_asks_a_running_service_which_rules_get_no_events(soc: Soc, tmp_path: Path, metrics_at: str) -> None:
    """The service has seen nginx, and no event of Windows."""
    web = rule_text(
        {"s": {"cs-uri-query|contains": "passwd"}, "condition": "s"}, id=OTHER, logsource={"category": "webserver"}
    )
    (tmp_path / "rules" / "any.yml").write_text(web)
    done = soc("check", "--live", metrics_at, "rules")
    assert [line.partition("; it needs")[0] for line in done.stdout.splitlines()] == [
        "rules/evil.yml:1: no event of its log source (product windows, category process_creation) has come since the service started"
    ]
    assert done.stdout.endswith("received: nginx [warning: unfed]\n")


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("ftp://x", 2, "soc: ftp://x: not an address; write http://127.0.0.1:9108, or `here`\n"),
        ("http://127.0.0.1:1", 1, "soc: http://127.0.0.1:1: does not answer ([Errno 111] Connection refused); is the service running?\n"),
    ],
)  # fmt: skip
def test_a_service_that_cannot_be_asked_is_named(soc: Soc, address: str, status: int, told: str) -> None:
    done = soc("check", "--live", address, "rules")
    assert (done.exit_code, done.stderr) == (status, told)


def test_check_without_a_path_looks_at_all_that_is_configured(soc: Soc, tmp_path: Path) -> None:
    site = tmp_path / "var" / "site"
    for name, text in {
        "rules/a.yml": "- x\n",
        "detectors/b.yml": "id: x\n",
        "inventory/zones.yml": "dmz: [nonsense]\n",
    }.items():
        (site / name).parent.mkdir(parents=True)
        (site / name).write_text(text)
    (tmp_path / "soc.yml").write_text("nonsense: 1\n")
    done = soc("check")
    assert done.exit_code == 1
    places = [line.partition(": ")[0] for line in done.stdout.splitlines()]
    assert sorted(places) == [
        "soc.yml:1",
        "var/site/detectors/b.yml:1",
        "var/site/inventory/zones.yml:1",
        "var/site/rules/a.yml:1",
    ]
