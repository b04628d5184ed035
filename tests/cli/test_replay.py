"""`soc replay`: every record accounted for, the same input twice the same, and an oracle that stores nothing."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from soc import content
from soc.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Soc = Callable[..., Result]

HEAD = "<38>2026-03-01T10:00:0{} web-1 sshd[4242]: "
ROOT = HEAD + "Accepted password for root from 198.51.100.7 port 22222 ssh2"
LINES = [
    (HEAD + "Server listening on 0.0.0.0 port 22.").format(0).encode(),
    ROOT.format(1).encode(),
    b"{broken",
    b"\xff\xfe not text",
    ROOT.format(2).encode(),
]
RULE = "ssh_login_of_root_from_outside"


@pytest.fixture
def soc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Soc:
    monkeypatch.delenv("SOC_DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "auth.log").write_bytes(b"\n".join(LINES) + b"\n")
    return lambda *arguments: CliRunner().invoke(main, ["replay", *map(str, arguments)])


def test_every_record_ends_as_clean_alerting_or_dead_letter(soc: Soc) -> None:
    done = soc("auth.log")
    first, *alerts, total, findings = done.stdout.splitlines()
    assert done.exit_code == 0
    assert first == "records 5 = clean 1 + alerting 2 + dead letter 2 (json 1, encoding 1)"
    assert [line.split()[0] for line in alerts] == ["1"]
    assert total == "alerts 1 by 1 rules"
    assert findings == "findings 2, of them 2 new in the store"  # none by the rule that is counted only


def test_the_same_input_twice_gives_no_new_finding_whatever_the_file_is_called(soc: Soc, tmp_path: Path) -> None:
    soc("auth.log")
    (tmp_path / "copy.gz").write_bytes(gzip.compress((tmp_path / "auth.log").read_bytes()))
    for name in ("auth.log", "copy.gz"):
        assert soc(name).stdout.splitlines()[-1] == "findings 2, of them 0 new in the store"


def test_ids_and_documents_are_told_and_nothing_is_stored(soc: Soc, tmp_path: Path) -> None:
    told = soc("--ids", "auth.log").stdout.split()
    documents = [json.loads(line) for line in soc("--documents", "auth.log").stdout.splitlines()]
    findings = {document["soc"]["id"] for document in documents}
    alerts = {document["soc"]["alert_id"] for document in documents} - {None}
    assert (told, len(findings), len(alerts)) == (sorted(findings | alerts), 2, 1)
    assert {document["event"]["original"] for document in documents} == {LINES[1].decode(), LINES[4].decode()}
    assert not (tmp_path / "var" / "alerts.db").exists()


def test_another_store_can_be_named(soc: Soc, tmp_path: Path) -> None:
    assert soc("--store", "sqlite:elsewhere", "auth.log").stdout.splitlines()[-1].endswith("2 new in the store")
    assert (tmp_path / "elsewhere" / "alerts.db").exists()
    assert not (tmp_path / "var" / "alerts.db").exists()
    assert soc("--store", "none", "auth.log").stdout.splitlines()[-1] == "findings 2, nothing was stored"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "soc: give files, or --log; see `soc replay --help`\n"),
        (["--log", "auth.log"], "soc: give files, or --log; see `soc replay --help`\n"),
        (
            ["--store", "nonsense", "auth.log"],
            "soc: 'nonsense' is no store; write sqlite:FOLDER, http(s)://HOST:9200, or none\n",
        ),
        (["nothing.log"], "soc: nothing.log: "),
        (["--format", "nonsense", "auth.log"], "soc: unknown format 'nonsense'; known: "),
    ],
)
def test_wrong_use_ends_with_a_message_and_status_2(soc: Soc, arguments: list[str], told: str) -> None:
    done = soc(*arguments)
    assert (done.exit_code, done.stderr[: len(told)]) == (2, told)


def test_the_shipped_samples_alert_in_every_layer(soc: Soc) -> None:
    """Without a model: the anomaly comes at the first start, which trains one."""
    files = sorted(file for file in content.samples_dir().glob("*") if file.suffix in {".log", ".ndjson"})
    documents = [json.loads(line) for line in soc("--documents", *files).stdout.splitlines()]
    assert {document["soc"]["layer"] for document in documents} == {"network", "host", "application", "data"}
