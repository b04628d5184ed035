"""A real console on a free port, and a headless Chromium that writes down whatever the page's policy refuses."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx
from argon2 import PasswordHasher
from playwright.async_api import async_playwright

from soc.clock import FixedClock
from soc.config import Config, Console
from soc.console.serve import serve
from soc.metrics import Metrics
from soc.stores.memory import MemoryStore
from soc.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, BrowserContext, Page

CHROMIUM = "/usr/bin/chromium"
PASSWORD = "mua he o Hue"
PEOPLE = {"lan": "analyst", "minh": "analyst", "viet": "viewer"}
_REPORT = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));"""


@dataclass
class Site:
    """A console being served."""

    base: str
    store: MemoryStore
    workspace: Workspace
    clock: FixedClock


@dataclass
class Tab:
    """A page, and what went wrong in it."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


@contextlib.asynccontextmanager
async def served(folder: Path, now: int, language: str = "vi") -> AsyncIterator[Site]:
    """A console over an empty memory store, with accounts of some people."""
    clock, store, stopping = FixedClock(now), MemoryStore(), asyncio.Event()
    workspace = Workspace(folder, clock, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    for name, role in PEOPLE.items():
        workspace.users.add(name, role, PASSWORD)
        workspace.users.set_language(name, language)
    port = asyncio.get_running_loop().create_future()
    config = Config(data_dir=folder, console=Console(bind="127.0.0.1:0"))
    task = asyncio.create_task(serve(config, store, workspace, Metrics(), clock, stopping, port.set_result))
    await asyncio.wait({task, port}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield Site(f"http://127.0.0.1:{port.result()}", store, workspace, clock)
    finally:
        stopping.set()
        await task
        workspace.close()


@contextlib.asynccontextmanager
async def colleague(site: Site, user: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody else, logged in to the API."""
    async with httpx.AsyncClient(base_url=site.base, headers={"origin": site.base}, timeout=20) as client:
        answer = await client.post("/api/v1/session", json={"user": user, "password": PASSWORD})
        client.headers["x-csrf-token"] = answer.json()["csrf"]
        yield client


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        try:
            yield browser
        finally:
            await browser.close()


@contextlib.asynccontextmanager
async def context(browser: Browser, **options: object) -> AsyncIterator[BrowserContext]:
    opened = await browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
    try:
        yield opened
    finally:
        await opened.close()


def query(**parameters: str) -> str:
    return urlencode(parameters)


async def tab(opened: BrowserContext) -> Tab:
    """A page whose errors, policy violations and dialogs are collected."""
    page = await opened.new_page()
    made = Tab(page)
    await page.add_init_script(_REPORT)
    page.on("console", lambda message: made.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: made.complaints.append(str(error)))

    async def dismiss(dialog: object) -> None:
        made.dialogs.append(dialog.message)  # type: ignore[attr-defined]
        await dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", dismiss)
    return made


async def log_in(page: Page, site: Site, user: str = "lan") -> None:
    """With the keyboard, as the login page's focus allows."""
    await page.goto(f"{site.base}/login")
    await page.wait_for_selector("input[name=user]:focus")
    await page.keyboard.type(user)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("html[data-ready]")
