"""A console over the memory store with three alerts, and a browser of each kind of visitor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from argon2 import PasswordHasher

from soc import alerting, instant
from soc.clock import FixedClock
from soc.config import Config, Console
from soc.console.app import create_app, open_desk
from soc.finding import RuleInfo
from soc.stores.memory import MemoryStore
from soc.workspace import Workspace
from soc.workspace.users import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from soc.console.call import Desk
    from soc.finding import Finding

NOON = 1_767_225_600_000_000
BASE = "http://127.0.0.1:8500"
PASSWORD = "mua he o Hue"
HOSTILE = "<img src=x onerror=alert(1)>\"'\u202e\x1b[31m"
RULES = {
    "ssh": RuleInfo("ssh", "SSH guessing", "Dò mật khẩu SSH", "1", "rule", "high", "host"),
    "scan": RuleInfo("scan", "Port scan", "Quét cổng", "1", "rule", "low", "network"),
    "web": RuleInfo("web", HOSTILE, HOSTILE, "1", "rule", "medium", "application"),
}


def finding(rule: str, number: int, source: str = "203.0.113.7") -> Finding:
    """One finding of a rule; all of one rule and source make one alert."""
    document = {"source.ip": source, "host.name": f"host-{source}", "message": f"{HOSTILE} {number}"}
    time = NOON - instant.MINUTE + number
    info = RULES[rule]
    group = alerting.event_group(info, document, time, NOON, f"file:x:{number}")
    return alerting.finding_of(info, group, document, time=time, arrived=NOON, ref=f"file:x:{number}", raw=b"raw")


async def store_findings(store: MemoryStore, findings: list[Finding], ingested: int) -> None:
    alerts = [alert for alert in map(alerting.alert_of, findings) if alert]
    await store.create(findings, alerts, ingested)


def console_over(desk: Desk, base: str = BASE, **headers: str) -> httpx.AsyncClient:
    """A client without cookies. Like a browser on the console's own page it says where it comes from."""
    transport = httpx.ASGITransport(app=create_app(desk), client=("192.0.2.1", 40000))
    return httpx.AsyncClient(transport=transport, base_url=base, headers={"origin": base, **headers})


@dataclass
class World:
    desk: Desk
    clock: FixedClock
    store: MemoryStore
    workspace: Workspace
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def anonymous(self, base: str = BASE, **headers: str) -> httpx.AsyncClient:
        self.clients.append(console_over(self.desk, base, **headers))
        return self.clients[-1]

    async def person(self, user: str) -> httpx.AsyncClient:
        """Logged in, sending the page's token with each request."""
        client = self.anonymous()
        answer = await client.post("/api/v1/session", json={"user": user, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["x-csrf-token"] = answer.json()["csrf"]
        return client

    def program(self, user: str) -> httpx.AsyncClient:
        client = self.anonymous(authorization=f"Bearer {self.workspace.tokens.issue(user, 'test', 1)}")
        del client.headers["origin"]
        return client

    async def alert(self, rule: str = "ssh") -> dict[str, Any]:
        page = await (await self.person("analyst")).get("/api/v1/alerts", params={"filter": f"rule.id:{rule}"})
        return page.json()["alerts"][0]

    def told(self, *acts: str) -> list[tuple[str, str, str, str]]:
        """The audit trail's acts of these kinds, the oldest first."""
        records = self.workspace.audit.page(limit=1000)[::-1]
        return [(r.actor, r.act, r.object, r.result) for r in records if not acts or r.act in acts]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path, console=Console())


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def workspace(tmp_path: Path, clock: FixedClock) -> Iterator[Workspace]:
    opened = Workspace(tmp_path, clock, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    for role in ROLES:
        opened.users.add(role, role, PASSWORD)
    yield opened
    opened.close()


@pytest.fixture
async def store() -> MemoryStore:
    filled = MemoryStore()
    findings = [finding("ssh", 1), finding("ssh", 2), finding("scan", 3), finding("web", 4)]
    await store_findings(filled, findings, NOON - instant.HOUR)
    return filled


@pytest.fixture
async def world(config: Config, store: MemoryStore, workspace: Workspace, clock: FixedClock):
    made = World(open_desk(config, store, workspace, clock), clock, store, workspace)
    yield made
    for client in made.clients:
        await client.aclose()
