"""All SigmaHQ rules on real events, through the command: exactly the matches that the literal reading of the specification gives."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tarfile
from itertools import islice
from pathlib import Path

import pytest

from soc import content, parse, sigma
from soc.record import LogSource, Record
from tests.conftest import SHARED

pytestmark = pytest.mark.shared
DATA = SHARED / "data" / "sigma"
ARCHIVE = DATA / "sigmahq-rules.tar.gz"
SOC = Path(sys.executable).with_name("soc")
FOLDERS = ("rules/", "rules-emerging-threats/", "rules-threat-hunting/")
# Events -> the file of expected matches, and every which line is taken: the plain evaluator does some hundred events a second.
SETS = {
    "regression": ("regression", 1),
    "attack_evtx": ("attack_evtx", 20),
    "attack_evtx_nested": ("attack_evtx", 20),
    "otrf_100k": ("otrf_100k", 20),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rules that the expectations were made with."""
    folder = tmp_path_factory.mktemp("sigmahq")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, [m for m in archive.getmembers() if m.name.startswith(FOLDERS)], filter="data")
    return folder


@pytest.fixture(scope="module")
def rules(folder: Path) -> sigma.RuleSet:
    return sigma.load([content.rules_dir() / "fields", folder])


def expected(name: str, step: int) -> set[tuple[int, str]]:
    """Line and rule of the matches on every `step`th line; `O` is the literal evaluator's vote."""
    with gzip.open(DATA / f"expected_{name}.tsv.gz", "rt") as rows:
        parts = [row.rstrip("\n").split("\t") for row in rows if not row.startswith("#")]
    return {(int(part[0]), part[1]) for part in parts if int(part[0]) % step == 0 and (len(part) < 3 or "O" in part[2])}


@pytest.mark.parametrize("name", SETS)
def test_nothing_is_missed_and_nothing_is_extra(name: str, rules: sigma.RuleSet) -> None:
    wanted, step = SETS[name]
    found = set()
    with gzip.open(DATA / f"{name}.jsonl.gz") as lines:
        for place, line in enumerate(islice(lines, 0, None, step)):
            event = parse.parse(Record(line.rstrip(), "file:test", place, 0, LogSource("logs.host")))
            found |= {(place * step, rule.info.id) for rule in rules.match(event)}
    assert found == expected(wanted, step)
    assert found


def test_only_rules_that_need_a_list_of_the_site_are_refused(rules: sigma.RuleSet) -> None:
    assert len(rules.rules) == 3752
    assert [fault.what for fault in rules.faults] == ["the placeholder %known_cdcs% has no list"] * 2


def test_the_command_says_the_same_in_the_order_of_the_events(folder: Path, tmp_path: Path) -> None:
    events = tmp_path / "events.ndjson"
    events.write_bytes(gzip.decompress((DATA / "regression.jsonl.gz").read_bytes()))
    done = subprocess.run([SOC, "match", "--jobs", "2", "--stats", "--rules", folder, events], capture_output=True, text=True,
                          check=True)  # fmt: skip
    found = [(told["event"], told["rule"]) for told in map(json.loads, done.stdout.splitlines())]
    assert found == sorted(expected("regression", 1))
    assert "rules 3752 loaded, 2 faults; events 238, of them 0 unparsed; findings 352;" in done.stderr
