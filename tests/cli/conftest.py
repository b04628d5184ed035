"""A site of its own for each test of a command."""

from __future__ import annotations

import pytest

from tests.cli.site import Site


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setenv("SOC_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return Site(tmp_path)
