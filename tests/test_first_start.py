"""The very first start: folders, an administrator, samples with a model learnt from them; and never again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from soc import first_start
from soc.anomaly.model import load as load_model
from soc.clock import SystemClock
from soc.config import Config
from soc.stores import Query
from soc.stores.opening import store_of
from soc.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from soc.stores import Document


def alerts(config: Config) -> list[Document]:
    async def read() -> list[Document]:
        store = await store_of(config)
        try:
            return list((await store.search(Query(limit=200))).documents)
        finally:
            await store.close()

    return asyncio.run(read())


def test_the_first_start_shows_alerts_of_every_layer_and_an_anomaly_and_the_second_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(data_dir=tmp_path / "var")
    first_start.prepare(config)
    told = capsys.readouterr().out
    found = alerts(config)
    assert {alert["soc"]["layer"] for alert in found} == {"network", "host", "application", "data"}
    assert {alert["soc"]["kind"] for alert in found} == {"rule", "anomaly"}
    assert all(alert["soc"]["sample"] is True for alert in found)
    assert load_model(config.site / "models" / "host-window").manifest.sample is True
    assert f"{len(found)} alerts" in told

    password = told.partition("with the password ")[2].split()[0]
    workspace = Workspace(config.data_dir, SystemClock())
    user = workspace.users.verify("admin", password)
    workspace.close()
    assert user is not None
    assert user.role == "administrator"

    first_start.prepare(config)
    assert capsys.readouterr().out == ""
    assert alerts(config) == found


def test_a_site_that_wants_no_samples_gets_folders_and_an_administrator_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(data_dir=tmp_path / "var", samples=False)
    first_start.prepare(config)
    assert capsys.readouterr().out.count("first start") == 1
    assert sorted(path.name for path in config.site.iterdir()) == ["detectors", "inventory", "lists", "models", "rules"]
    assert not (config.data_dir / "alerts.db").exists()
