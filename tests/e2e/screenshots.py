"""`python -m tests.e2e.screenshots OUTDIR`: the console as `make run` shows it after the samples, in both languages."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from soc import first_start, instant
from soc.config import Config
from soc.console.language import LANGUAGES
from soc.stores import Query
from soc.stores.opening import store_of
from tests.e2e import browsing

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from soc.stores.memory import MemoryStore

AFTER = 5 * instant.MINUTE
"""The clock stands so long after the last sample."""


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        config = Config(data_dir=Path(data))
        first_start.prepare(config)
        asyncio.run(_shots(config, folder))


async def _shots(config: Config, folder: Path) -> None:
    latest = (await _latest(config)) + AFTER
    async with browsing.chromium() as browser:
        for language in LANGUAGES:
            with tempfile.TemporaryDirectory() as data:
                async with browsing.served(Path(data), latest, language) as site:
                    await _copy(config, site.store)
                    await _shoot(browser, site, folder, language)


async def _latest(config: Config) -> int:
    store = await store_of(config)
    try:
        page = await store.search(Query(sort="-soc.last_seen", limit=1))
    finally:
        await store.close()
    return instant.parse_iso(page.documents[0]["soc"]["last_seen"]) or 0


async def _copy(config: Config, to: MemoryStore) -> None:
    """Findings and alerts as they are stored."""
    store = await store_of(config)
    try:
        for collection in ("finding", "alert"):
            after = ""
            while page := await store.search(Query(collection, limit=200, after=after, sort="-soc.risk")):
                to._documents[collection] |= {document["soc"]["id"]: document for document in page.documents}
                after = page.next
                if not after:
                    break
    finally:
        await store.close()


async def _shoot(browser: Browser, site: browsing.Site, folder: Path, language: str) -> None:
    """One alert of a rule opened, and one of the detector."""
    async with browsing.context(browser) as context:
        page = (await browsing.tab(context)).page
        await browsing.log_in(page, site)
        for _ in range(4):
            await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#details article")
        await page.screenshot(path=folder / f"console-{language}.png")
        anomalies = await site.store.search(Query(filters={"soc.kind": ["anomaly"]}))
        await page.goto(f"{site.base}/alerts/{anomalies.documents[0]['soc']['id']}")
        await page.wait_for_selector("article")
        await page.screenshot(path=folder / f"anomaly-{language}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
