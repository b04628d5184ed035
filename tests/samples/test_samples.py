"""The shipped samples: they can be read to the last line, and show what the product does in every layer."""

from __future__ import annotations

import asyncio
import gzip
import subprocess
import sys
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import pytest

from soc import anomaly, content, enrich, instant, parse, sigma
from soc.anomaly import Strides
from soc.correlate import Windows
from soc.hit import END, Tick
from soc.learn import train
from soc.pipeline import Content
from soc.replaying import Reconciliation, replay
from soc.sources.files import whole_file

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from soc.finding import Finding
    from soc.record import Record

ZONE = "Asia/Ho_Chi_Minh"
FOLDER = content.samples_dir()
USUAL = "host-usual.log.gz"
FILES = (USUAL, "host-linux.log", "host-windows.ndjson", "web.log", "firewall.log")
DETECTOR = "Host behaves unlike itself"
BY_RULES = {
    "application": {
        "Administration page reached from outside",
        "Lookup string for Log4Shell in a web request",
        "Path traversal in a web request",
        "SQL injection in a web request",
        "Script in an upload folder requested",
    },
    "data": {
        "Database dump by an unusual account",
        "Database dump downloaded from the web server",
        "Database port reached from outside",
        "Database reached from a user network",
        "Shadow copies or backups deleted",
    },
    "host": {
        "Encoded PowerShell command",
        "Log files wiped on a Linux host",
        "Logging stopped on a Linux host",
        "Malware found by Microsoft Defender",
        "Member added to a Windows administrators group",
        "Reverse shell on a Linux host",
        "SSH login of root from outside",
        "Service account uses sudo",
        "User added to a Linux administrators group",
        "Web server starts a shell",
        "Windows event log cleared",
    },
    "network": {
        "Administrator login to the firewall from outside",
        "Administrator login to the firewall refused from outside",
        "Contact with a botnet server",
        "Firewall log forwarding changed",
        "Firewall policy changed",
        "Firewall policy opened for everything",
        "Insecure administration protocol allowed",
        "Management port reached from outside",
        "Severe attack passed the intrusion prevention",
    },
}


class Replayed(NamedTuple):
    told: Reconciliation
    findings: list[Finding]

    def titles(self, layer: str) -> list[str]:
        """The titles of the rules' alerts of a layer, one for each alert."""
        opened = {finding.alert_id: finding.document for finding in self.findings if finding.alert_id}
        return sorted(
            document["rule"]["name"]
            for document in opened.values()
            if document["soc"]["layer"] == layer and document["soc"]["kind"] == "rule"
        )

    def anomalies(self) -> dict[str, list[float]]:
        """How unusual the windows of anomaly alerts were, by host."""
        found: dict[str, list[float]] = {}
        for finding in self.findings:
            if finding.alert_id and finding.document["rule"]["name"] == DETECTOR:
                found.setdefault(finding.document["host"]["name"], []).append(finding.document["soc"]["anomaly"]["p"])
        return found


def records(name: str) -> list[Record]:
    return list(whole_file(FOLDER / name, timezone=ZONE, sample=True))


async def batches() -> AsyncIterator[Sequence[Record]]:
    for name in FILES:
        left = iter(records(name))
        while batch := list(islice(left, 500)):
            yield batch


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """All samples through the pipeline, with a detector that was trained from the usual day."""
    models = tmp_path_factory.mktemp("models")
    found = anomaly.load([content.detectors_dir()], models).all
    detector = next(one for one in found if one.id == "host-window")
    strides, windows = Strides([detector]), Windows()
    usual = records(USUAL)
    for record in usual:
        strides.add(parse.parse(record))
    windows.take([*strides.partials(), Tick({}, {usual[0].partition: END}, 0)])
    train(detector, windows.advance(), models / detector.id, sample=True)
    rules = sigma.load([content.rules_dir()], zone=instant.zone(ZONE))
    detectors = anomaly.load([content.detectors_dir()], models)
    findings: list[Finding] = []
    inforce = Content(rules, detectors, enrich.Inventory(), "")
    told = asyncio.run(replay(batches(), inforce, findings.extend, until=0))
    return Replayed(told, findings)


def test_every_line_of_the_samples_can_be_read(replayed: Replayed) -> None:
    lines = sum(len(records(name)) for name in FILES)
    assert (replayed.told.dead_letters, replayed.told.records) == (0, lines)


def test_most_lines_are_harmless(replayed: Replayed) -> None:
    assert replayed.told.alerting < replayed.told.records / 100


@pytest.mark.parametrize("layer", BY_RULES)
def test_each_layer_has_exactly_the_alerts_that_its_incidents_deserve(replayed: Replayed, layer: str) -> None:
    assert replayed.titles(layer) == sorted(BY_RULES[layer])


def test_the_host_that_behaves_unlike_itself_is_noticed_and_no_host_without_an_incident(replayed: Replayed) -> None:
    anomalies = replayed.anomalies()
    assert anomalies.keys() >= {"app-03"}
    assert anomalies.keys() <= {"app-03", "web-02", "db-01", "file-01.example.vn", "dc-01.example.vn"}
    assert max(p for values in anomalies.values() for p in values) <= 0.0015


def test_every_finding_is_marked_as_a_sample(replayed: Replayed) -> None:
    assert {finding.document["soc"]["sample"] for finding in replayed.findings} == {True}


def test_all_records_of_the_samples_say_when_they_happened() -> None:
    """Otherwise they would be dated by the file's last change, which differs in each checkout."""
    first = instant.parse_iso("2026-02-28T17:00:00Z")
    last = instant.parse_iso("2026-03-02T09:00:00Z")
    assert first is not None
    assert last is not None
    times = [parse.parse(record).time for name in FILES for record in records(name)]
    assert [time for time in times if not first <= time <= last] == []


def test_the_generator_writes_the_same_samples_again(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", FOLDER / "generate.py", tmp_path], check=True)

    def unpacked(file: Path) -> bytes:
        return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()

    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(FILES)
    assert [name for name in FILES if unpacked(tmp_path / name) != unpacked(FOLDER / name)] == []


def test_the_samples_are_small_in_a_package() -> None:
    packed = [gzip.compress((FOLDER / name).read_bytes(), 6) for name in FILES]
    assert sum(len(data) for data in packed) < 200_000
