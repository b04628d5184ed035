"""The console behind a real socket: the stream of news does not end, so only here can it be read."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import httpx
import msgspec
import pytest

from soc import instant
from soc.config import Config, Console
from soc.console.headers import CONTENT_SECURITY_POLICY
from soc.console.news import News
from soc.console.problems import Problem
from soc.console.serve import serve
from soc.errors import ConfigurationError, Unavailable
from soc.metrics import Metrics
from soc.stores.memory import MemoryStore
from tests.console.conftest import NOON, PASSWORD, finding, store_findings


@contextlib.asynccontextmanager
async def served(tmp_path, store, workspace, clock):
    """The base URL of a running console; it is stopped in order at the end."""
    stopping, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    config = Config(data_dir=tmp_path, console=Console(bind="127.0.0.1:0"))
    task = asyncio.create_task(serve(config, store, workspace, Metrics(), clock, stopping, port.set_result))
    await asyncio.wait({task, port}, return_when=asyncio.FIRST_COMPLETED)
    assert not task.done(), task.exception()
    try:
        yield f"http://127.0.0.1:{port.result()}"
    finally:
        stopping.set()
        async with asyncio.timeout(20):
            await task


@contextlib.asynccontextmanager
async def browser(base, user="viewer"):
    async with httpx.AsyncClient(base_url=base, headers={"origin": base}, timeout=20) as client:
        answer = await client.post("/api/v1/session", json={"user": user, "password": PASSWORD})
        client.headers["x-csrf-token"] = answer.json()["csrf"]
        yield client


async def events(response, count):
    """The next `count` events of a stream, without comments."""
    found = []
    lines = response.aiter_lines()
    async for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
            data = (await anext(lines)).removeprefix("data: ")
            found.append((name, msgspec.json.decode(data)))
            if len(found) == count:
                return found
    return found


async def test_open_pages_hear_of_new_findings_and_decisions_and_the_stream_ends_with_the_console(
    tmp_path, store, workspace, clock
):
    fresh = [finding("scan", 100, "198.51.100.1"), finding("scan", 101, "198.51.100.1")]
    async with (
        served(tmp_path, store, workspace, clock) as base,
        browser(base) as viewer,
        browser(base, "analyst") as analyst,
    ):
        async with viewer.stream("GET", "/api/v1/stream") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert stream.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
            await store_findings(store, fresh, NOON)
            assert await events(stream, 1) == [("news", {"alerts": [fresh[0].alert_id], "findings": 2, "more": False})]
        async with viewer.stream("GET", "/api/v1/stream") as stream:
            where = f"/api/v1/alerts/{fresh[0].alert_id}/triage"
            await analyst.patch(where, json={"status": "acknowledged"}, headers={"if-match": '"0"'})
            assert await events(stream, 1) == [("triage", {"alert": fresh[0].alert_id, "revision": 1})]


async def test_a_console_that_stops_ends_its_streams(tmp_path, store, workspace, clock):
    async with contextlib.AsyncExitStack() as client_side, served(tmp_path, store, workspace, clock) as base:
        viewer = await client_side.enter_async_context(browser(base))
        stream = await client_side.enter_async_context(viewer.stream("GET", "/api/v1/stream"))
        assert stream.status_code == 200
    with pytest.raises(httpx.TransportError):
        async with browser(base):
            pass


async def test_it_says_that_it_is_alive_and_ready(tmp_path, store, workspace, clock):
    async with served(tmp_path, store, workspace, clock) as base, httpx.AsyncClient(base_url=base) as client:
        assert (await client.get("/healthz")).text == "alive\n"
        assert (await client.get("/readyz")).text == "ready\n"
        assert "server" not in (await client.get("/healthz")).headers


async def test_a_port_that_is_taken_is_said(tmp_path, store, workspace, clock):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        config = Config(data_dir=tmp_path, console=Console(bind=bind))
        with pytest.raises(ConfigurationError, match=f"console.bind {bind}: Address already in use"):
            await serve(config, store, workspace, Metrics(), clock, asyncio.Event())


async def test_a_certificate_that_is_none_is_said(tmp_path, store, workspace, clock):
    (tmp_path / "cert.pem").write_text("not a certificate")
    files = {"tls_cert_file": str(tmp_path / "cert.pem"), "tls_key_file": str(tmp_path / "key.pem")}
    config = Config(data_dir=tmp_path, console=Console(bind="127.0.0.1:0", **files))
    with pytest.raises(ConfigurationError, match=r"cert\.pem .* cannot be used"):
        await serve(config, store, workspace, Metrics(), clock, asyncio.Event())


@pytest.fixture
def news(store, clock):
    return News(store, clock)


def heard(watcher):
    found = []
    while not watcher.queue.empty():
        found.append(msgspec.json.decode(watcher.queue.get_nowait().split(b"data: ")[1]))
    return found


async def test_each_finding_is_told_once_even_if_it_becomes_visible_late(news, store, clock):
    watcher = news.watch("lan")
    await store_findings(store, [finding("scan", 10)], NOON)
    await news.poll()
    await news.poll()
    clock.advance(4 * instant.SECOND)
    await store_findings(store, [finding("ssh", 12)], NOON + 4 * instant.SECOND)
    await news.poll()
    await store_findings(store, [finding("web", 11)], NOON)
    await news.poll()
    await news.poll()
    told = heard(watcher)
    assert [event["findings"] for event in told] == [1, 1, 1]
    assert [event["alerts"] for event in told] == [
        [finding(*which).alert_id] for which in (("scan", 10), ("ssh", 12), ("web", 11))
    ]


async def test_findings_without_an_alert_count_and_name_none(news, store):
    watcher = news.watch("lan")
    quiet = finding("scan", 10)
    document = {**quiet.document, "soc": {**quiet.document["soc"], "alert_id": None}}
    await store.create([quiet._replace(alert_id=None, document=document)], [], NOON)
    await news.poll()
    assert heard(watcher) == [{"alerts": [], "findings": 1, "more": False}]


async def test_a_flood_is_cut_short_and_says_so(news, store):
    watcher = news.watch("lan")
    await store_findings(store, [finding("scan", number) for number in range(10, 1300)], NOON)
    await news.poll()
    [event] = heard(watcher)
    assert (event["findings"], event["more"]) == (1000, True)


async def test_a_watcher_that_does_not_read_is_let_go_and_the_others_stay(news):
    slow, good = news.watch("lan"), news.watch("minh")
    for number in range(101):
        news.tell("triage", {"n": number})
        heard(good)
    assert (slow.gone.is_set(), good.gone.is_set()) == (True, False)


async def test_one_user_cannot_take_all_streams(news):
    watchers = [news.watch("lan") for _ in range(20)]
    with pytest.raises(Problem, match="close some"):
        news.watch("lan")
    news.leave(watchers[0])
    assert news.watch("lan")
    assert news.watch("minh")


class Down(MemoryStore):
    async def search(self, query):
        raise Unavailable("connection refused")


async def test_a_store_that_is_down_stops_neither_the_poller_nor_the_pages(world):
    desk = world.desk
    object.__setattr__(desk, "store", Down())
    client = await world.person("viewer")
    assert (await client.get("/readyz")).status_code == 503
    answer = await client.get("/api/v1/alerts")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    news, stopping = News(Down(), world.clock), asyncio.Event()
    watcher = news.watch("lan")
    task = asyncio.create_task(news.run(stopping))
    await asyncio.sleep(0)
    assert not task.done()
    stopping.set()
    await task
    assert watcher.gone.is_set()
