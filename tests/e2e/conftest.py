"""A console with a shift's worth of alerts, and somebody logged in to it in a real browser."""

from __future__ import annotations

import pytest_asyncio

from tests.e2e import browsing, invented


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser():
    async with browsing.chromium() as launched:
        yield launched


@pytest_asyncio.fixture(loop_scope="session")
async def site(tmp_path):
    async with browsing.served(tmp_path, invented.NOW) as running:
        await invented.fill(running.store)
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser):
    async with browsing.context(browser) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def tab(context, site):
    opened = await browsing.tab(context)
    await browsing.log_in(opened.page, site)
    yield opened
    assert opened.dialogs == []
