"""Content in force: a change is taken whole or not at all."""

from __future__ import annotations

import os

import pytest
from click.testing import CliRunner

from soc import parse, set_aside
from soc.cli import main
from soc.config import Config
from soc.content import site_lists
from soc.loading import InForce
from soc.record import LogSource, Record

LOGIN = Record(b"<86>Mar  2 06:00:00 web-01 sshd[7]: root login", "file:test", 0, 0, LogSource("logs.host"))

RULE = """
title: Root login {number}
id: 0000000{number}-1111-4111-8111-111111111111
logsource: {{product: linux}}
detection:
  keywords: [root login]
  condition: {condition}
level: high
"""


@pytest.fixture
def config(tmp_path, monkeypatch) -> Config:
    empty = tmp_path / "none"
    empty.mkdir()
    monkeypatch.setattr("soc.content.rules_dir", lambda: empty)
    (tmp_path / "site" / "rules").mkdir(parents=True)
    return Config(data_dir=tmp_path)


def write(config, number: int, condition: str = "keywords") -> None:
    path = config.site / "rules" / f"rule-{number}.yml"
    fresh = path.with_suffix(".new")
    fresh.write_text(RULE.format(number=number, condition=condition))
    fresh.replace(path)


def ids(content: InForce) -> list[str]:
    return [rule.info.id[:8] for rule in content.current.rules.rules]


def test_a_new_rule_is_in_force_and_changes_the_hash(config) -> None:
    write(config, 1)
    content = InForce(config)
    before = content.current.sha256
    assert content.refresh() is None
    write(config, 2)
    assert content.refresh() is True
    assert ids(content) == ["00000001", "00000002"]
    assert content.current.sha256 != before


def test_a_broken_change_leaves_the_last_good_set_and_says_where(config) -> None:
    write(config, 1)
    content = InForce(config)
    before = content.current
    write(config, 2)
    write(config, 1, "nonsense and")
    assert content.refresh() is False
    assert content.current is before
    assert {fault.file for fault in content.rejected} == {str(config.site / "rules" / "rule-1.yml")}
    write(config, 1)
    assert content.refresh() is True
    assert (ids(content), content.rejected) == (["00000001", "00000002"], ())


def test_a_file_that_is_broken_from_the_beginning_leaves_out_only_itself(config) -> None:
    write(config, 1)
    write(config, 2, "nonsense and")
    content = InForce(config)
    assert ids(content) == ["00000001"]
    assert [fault.severity for fault in content.faults] == ["error"]
    write(config, 3)
    assert content.refresh() is True


def test_the_same_content_has_the_same_hash_wherever_and_whenever_it_is_loaded(config) -> None:
    write(config, 1)
    first = InForce(config).current.sha256
    os.utime(config.site / "rules" / "rule-1.yml", (0, 0))
    assert InForce(config).current.sha256 == first


def test_lists_are_one_value_a_line(tmp_path) -> None:
    (tmp_path / "admins.txt").write_text("# who\nalice\n\n  bob \n")
    (tmp_path / "broken.txt").mkdir()
    faults = []
    assert site_lists(tmp_path, faults) == {"admins": ["alice", "bob"]}
    assert [(fault.file, fault.line) for fault in faults] == [(str(tmp_path / "broken.txt"), 0)]


ONE, TWO = (f"0000000{number}-1111-4111-8111-111111111111" for number in (1, 2))


def states(config, text: str) -> str:
    (config.site / "states.new").write_text(text)
    return str((config.site / "states.new").replace(config.site / "states.yml"))


def in_force(content: InForce) -> dict[str, str]:
    return {rule.info.id[:8]: rule.info.state for rule in content.current.rules.rules}


def test_a_site_says_which_rules_are_live_and_takes_it_back_while_it_runs(config) -> None:
    write(config, 1)
    write(config, 2)
    content = InForce(config)
    before = content.current.sha256
    states(config, f"{ONE}: {{state: off, reason: backups, owner: an}}\n")
    assert content.refresh() is True
    assert (in_force(content), content.current.sha256 != before) == ({"00000001": "off", "00000002": "live"}, True)
    assert [rule.info.id for rule in content.current.rules.match(parse.parse(LOGIN))] == [TWO]
    again = InForce(config)  # from the cache
    assert (in_force(again), again.current.sha256) == (in_force(content), content.current.sha256)
    (config.site / "states.yml").unlink()
    assert content.refresh() is True
    assert (in_force(content), content.current.sha256) == ({"00000001": "live", "00000002": "live"}, before)


def test_a_wrong_state_leaves_the_last_good_set_and_says_where(config) -> None:
    write(config, 1)
    content = InForce(config)
    file = states(config, f"{ONE}:\n  state: shaddow\n  reason: noisy\n  ower: an\n")
    assert content.refresh() is False
    assert in_force(content) == {"00000001": "live"}
    assert [str(fault) for fault in sorted(content.rejected)] == [
        f"{file}:1: a state needs `owner`; write `<rule id>: {{state: shadow, reason: why, owner: who}}`",
        f"{file}:2: 'shaddow' is no state; did you mean 'shadow'?",
        f"{file}:4: unknown key 'ower'; did you mean 'owner'?",
    ]


def test_a_state_of_a_rule_that_is_not_there_is_a_warning(config) -> None:
    write(config, 1)
    file = states(
        config, f"{ONE[:-1]}2: {{state: off, reason: x, owner: an}}\n{TWO}: {{state: off, reason: x, owner: an}}\n"
    )
    content = InForce(config)
    assert {(str(fault).split(";")[0], fault.severity) for fault in content.faults} == {
        (f"{file}:1: no rule has the id {ONE[:-1]}2", "warning"),
        (f"{file}:2: no rule has the id {TWO}", "warning"),
    }
    assert f"did you mean {ONE}?" in {fault.fix for fault in content.faults}


def test_a_rule_that_was_set_aside_stays_so_until_it_is_brought_back(config, monkeypatch) -> None:
    monkeypatch.setenv("SOC_DATA_DIR", str(config.data_dir))
    write(config, 1)
    write(config, 2)
    content = InForce(config)
    set_aside.put(set_aside.file_of(config), ONE, "9 times: too dear")
    assert content.refresh() is True
    assert in_force(content) == {"00000001": "quarantined", "00000002": "live"}
    assert [rule.info.id for rule in content.current.rules.match(parse.parse(LOGIN))] == [TWO]
    assert in_force(InForce(config)) == in_force(content)
    soc = CliRunner()
    assert soc.invoke(main, ["rules", "list"]).output == f"{ONE}  9 times: too dear\n"
    assert soc.invoke(main, ["rules", "resume", ONE]).output == f"{ONE} is back\n"
    assert content.refresh() is True
    assert in_force(content) == {"00000001": "live", "00000002": "live"}
    assert [soc.invoke(main, ["rules", "resume", ONE]).exit_code, soc.invoke(main, ["rules", "list"]).output] == [1, ""]
