"""Collectors, the unit file and the CI script are what their programs read, and name what soc has."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from soc.config import ENVIRONMENT, SyslogInput, address
from soc.log import RAW_TOPICS
from tests import conftest
from tests.services import ROOT

COLLECTORS = sorted((ROOT / "deploy" / "collectors").iterdir())
UNIT = ROOT / "deploy" / "systemd" / "soc.service"
CI = ROOT / ".ci" / "run"


@pytest.mark.parametrize("file", COLLECTORS, ids=lambda file: file.name)
def test_a_collector_sends_to_a_raw_topic_or_to_the_syslog_port(file: Path) -> None:
    text = "\n".join(line.split("# ")[0] for line in file.read_text().splitlines())
    topics = set(re.findall(r"\blogs\.\w+(?!\w*[./])", text)) - {"logs.log"}
    inputs = (SyslogInput(), SyslogInput(tls_cert_file="a.pem", tls_key_file="a.key"))
    port = "|".join(str(address(each.bind)[1]) for each in inputs)
    assert topics <= set(RAW_TOPICS)
    assert bool(topics) != (re.search(rf"\b({port})\b", text) is not None)
    assert ("kafka.example:9092" in text) == bool(topics)
    assert file.read_text().startswith("# ")
    if file.suffix in {".yml", ".yaml"}:
        assert isinstance(yaml.safe_load(text), dict)


def test_the_unit_file_starts_soc_with_variables_that_it_reads() -> None:
    settings = dict(line.split("=", 1) for line in UNIT.read_text().splitlines() if re.match(r"[A-Z]\w+=", line))
    variables = dict(pair.split("=", 1) for pair in settings["Environment"].split())
    assert set(variables) <= {*ENVIRONMENT, "SOC_CONFIG"}
    assert variables["SOC_DATA_DIR"] == f"/var/lib/{settings['StateDirectory']}"
    assert settings["ExecStart"].split()[1:] == ["run"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze: apt-get install -y systemd")
def test_systemd_has_nothing_to_say_about_the_unit_file(tmp_path: Path) -> None:
    unit = tmp_path / "soc.service"
    unit.write_text(UNIT.read_text().replace("/opt/soc/bin/soc", str(Path(sys.executable).with_name("soc"))))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_ci_installs_everything_that_the_tests_need() -> None:
    subprocess.run(["bash", "-n", CI], check=True)
    text = CI.read_text()
    commands = [command for marker, (_, command) in conftest.NEEDS.items() if marker != "shared"]
    wanted = {package for command in commands for package in command.removeprefix(conftest.INSTALL).split()}
    assert {package for package in wanted if not re.search(rf"\b{package}\b", text)} == set()
    assert text.splitlines()[-3:] == ["make lint", "make test", "make fuzz FUZZ_SECONDS=60"]
