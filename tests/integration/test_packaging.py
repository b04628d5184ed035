"""The wheel and the source distribution hold what the service needs to run, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from typing import TYPE_CHECKING

import pytest

from tests.services import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = {"rules": "soc/content/rules", "detectors": "soc/content/detectors", "deploy/samples": "soc/content/samples"}
KINDS = {".py", ".sql", ".json", ".html", ".css", ".js", ".svg", ".po", ".typed"}
"""What a package of ours consists of."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    command = (sys.executable, "-m", "hatchling", "build", "-d", str(folder))
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    (file,) = built.glob("*.whl")
    return zipfile.ZipFile(file)


def files(folder: str) -> set[str]:
    """What lies in a folder of this checkout, without what programs leave there."""
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != ".keep"
    }


def packed(folder: str) -> set[str]:
    return {CONTENT[folder] + name.removeprefix(folder) for name in files(folder)}


def test_the_wheel_is_the_package_with_rules_detectors_and_samples(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if ".dist-info/" not in name and not name.endswith("/.keep")}
    assert names == files("soc") | packed("rules") | packed("detectors") | packed("deploy/samples")


def test_the_package_consists_of_code_and_of_what_code_reads() -> None:
    kinds = {path.suffix for path in (ROOT / "soc").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert kinds == KINDS


def test_the_wheel_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    told = Parser().parsestr(wheel.read(name).decode())
    assert (told["Name"], told["License-Expression"], told["Requires-Python"]) == ("soc", "Apache-2.0", ">=3.11")
    assert told["Description-Content-Type"] == "text/markdown"
    entry = wheel.read(name.replace("METADATA", "entry_points.txt")).decode()
    assert entry == "[console_scripts]\nsoc = soc.cli:main\n"
    assert wheel.read(name.replace("METADATA", "licenses/LICENSE")) == (ROOT / "LICENSE").read_bytes()


def test_from_the_source_distribution_the_same_wheel_can_be_built(
    built: Path, wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    (file,) = built.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "again"))
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (again,) = (tmp_path / "again").glob("*.whl")
    assert set(zipfile.ZipFile(again).namelist()) == {name for name in wheel.namelist() if not name.endswith("/.keep")}


def test_the_source_distribution_holds_neither_tests_nor_data(built: Path) -> None:
    (file,) = built.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        top = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    assert top == {
        "soc", "rules", "detectors", "deploy", "README.md", "ARCHITECTURE.md", "LICENSE", "pyproject.toml",
        "requirements.lock", "PKG-INFO", ".gitignore",
    }  # fmt: skip
