"""`soc backtest`, as it is called."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from soc.cli import main
from tests.sigma.rules import rule_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Soc = Callable[..., Result]

SSH = {"product": "linux", "service": "sshd"}
FAILED = "<86>Mar  2 0{hour}:10:00 web-01 sshd[77]: Failed password for {user} from 192.0.2.7 port 4022 ssh2"


def failed(**fields: str) -> str:
    return rule_text({"s": {"event.outcome": "failure", **fields}, "condition": "s"}, logsource=SSH, title="Failed")


@pytest.fixture
def soc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Soc:
    monkeypatch.setenv("SOC_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SOC_TIMEZONE", "Asia/Ho_Chi_Minh")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.yml").write_text(failed())
    (tmp_path / "old.yml").write_text(failed(**{"user.name": "root"}))
    lines = [FAILED.format(hour=hour, user=user) for hour, user in ((3, "root"), (3, "an"), (5, "root"))]
    (tmp_path / "auth.log.gz").write_bytes(
        gzip.compress("\n".join([*lines, "<86>Mar  2 06:00:00 web-01 sshd[7]: hello", ""]).encode())
    )
    return lambda *arguments: CliRunner().invoke(main, ["backtest", *arguments])


def test_hits_are_shown_with_times_values_and_examples(soc: Soc) -> None:
    done = soc("new.yml", "--events", "auth.log.gz", "--samples", "1")
    assert (done.exit_code, done.stderr) == (0, "")
    head, empty, *lines = done.stdout.splitlines()
    assert (head.startswith("4 events, 0 of them unparsed, "), empty) == (True, "")
    assert [line for line in lines if "at byte" not in line] == [
        "Failed (new.yml:1)",
        "  3 hits; 4 events reach it (100.0 % of all)",
        "  decided 1 times; its own patterns looked at 0 bytes",
        "  by hour:",
        f"    {_year(head)}-03-02 03h  2  {'#' * 40}",
        f"    {_year(head)}-03-02 05h  1  {'#' * 20}",
        "  values:",
        "    event.outcome: 'failure' 3",
        "    host.name: 'web-01' 3",
        "    user.name: 'root' 2, 'an' 1",
        "    source.ip: '192.0.2.7' 3",
        "    event.outcome = failure",
        "    " + FAILED.format(hour=3, user="root"),
    ]


def test_two_versions_are_compared_in_json_too(soc: Soc) -> None:
    done = soc("new.yml", "--against", "old.yml", "--events", "auth.log.gz", "--json")
    told = json.loads(done.stdout)
    (rule,) = told["rules"]
    assert (told["events"], told["complete"], rule["hits"], rule["reached"]) == (4, True, 3, 4)
    assert (told["bytes"] > 300, rule["candidates"] > 0, rule["scanned_bytes"]) == (True, True, 0)
    assert {side: (each["events"], len(each["samples"])) for side, each in rule["against"].items()} == {
        "only_old": (0, 0),
        "only_new": (1, 1),
        "both": (2, 2),
    }
    assert rule["against"]["only_new"]["samples"][0]["text"] == FAILED.format(hour=3, user="an")


def test_a_rule_that_is_off_is_tested_as_if_it_were_live(soc: Soc, tmp_path: Path) -> None:
    (tmp_path / "off.yml").write_text(failed() + "soc: {state: 'off'}\n")
    assert "  3 hits; 4 events reach it" in soc("off.yml", "--events", "auth.log.gz").stdout


def test_text_from_logs_cannot_steer_the_terminal(soc: Soc, tmp_path: Path) -> None:
    (tmp_path / "evil.log").write_text(FAILED.format(hour=3, user="\x1b[2Jroot") + "\n")
    done = soc("new.yml", "--events", "evil.log")
    assert "\x1b" not in done.stdout
    assert r"\u001b[2Jroot" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.yml", "--events", "auth.log.gz"], "soc: nowhere.yml: no such folder or file; give the folder of the rules\n"),
        (["new.yml", "--events", "nowhere.log"], "soc: nowhere.log: cannot be read (No such file or directory); name a regular file that this user may read\n"),
        (["broken.yml", "--events", "auth.log.gz"], "broken.yml:1: not a mapping of keys to values\nsoc: broken.yml: no rule to test; `soc check` says what is wrong\n"),
        (["two", "--against", "others", "--events", "auth.log.gz"], "soc: others: no rule in it has the id of a rule to be tested\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_tested_ends_with_a_message_and_status_2(
    soc: Soc, tmp_path: Path, arguments: list[str], told: str
) -> None:
    (tmp_path / "broken.yml").write_text("- x\n")
    for folder, first in (("two", 1), ("others", 3)):
        (tmp_path / folder).mkdir()
        for number in (first, first + 1):
            text = rule_text(
                {"s": {"user.name": "x"}, "condition": "s"}, id=f"00000000-0000-4000-8000-00000000000{number}"
            )
            (tmp_path / folder / f"{number}.yml").write_text(text)
    done = soc(*arguments)
    assert (done.exit_code, done.stderr) == (2, told)


def _year(head: str) -> str:
    """Lines without a year are taken as near to the file's last change."""
    return head.split(", ")[2][:4]
