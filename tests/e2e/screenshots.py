"""`python -m tests.e2e.screenshots OUTDIR`: the console in both languages, as the README shows it."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from soc.console.language import LANGUAGES
from tests.e2e import browsing, invented

if TYPE_CHECKING:
    from playwright.async_api import Browser


async def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    async with browsing.chromium() as browser:
        for language in LANGUAGES:
            with tempfile.TemporaryDirectory() as data:
                async with browsing.served(Path(data), invented.NOW, language) as site:
                    await invented.fill(site.store)
                    await _shoot(browser, site, folder, language)


async def _shoot(browser: Browser, site: browsing.Site, folder: Path, language: str) -> None:
    async with browsing.context(browser) as context:
        page = (await browsing.tab(context)).page
        await browsing.log_in(page, site)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#details article")
        await page.screenshot(path=folder / f"console-{language}.png")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
