"""The proxy before the store: what it refuses does not reach it, what it takes does, and every item has its answer in place."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.faults.http_faults import Store
from tests.services import free_port

BULK = b"".join(
    json.dumps({"create": {"_index": "i", "_id": str(n)}}).encode()
    + b"\n"
    + json.dumps({"host": f"host-{n}"}).encode()
    + b"\n"
    for n in range(40)
)


class Elastic:
    """Takes everything, and remembers it."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        lines = request.read().splitlines()
        ids = [json.loads(line)["create"]["_id"] for line in lines[::2]]
        self.taken += ids
        return httpx.Response(200, json={"items": [{"create": {"_id": id_, "status": 201}} for id_ in ids]})


async def sent(mode: str, **settings: Any) -> tuple[Elastic, Store, httpx.Response]:
    elastic, store = Elastic(), Store(free_port(), "http://elastic", seed=1, mode=mode, **settings)
    async with store.serving():
        await store._client.aclose()
        store._client = httpx.AsyncClient(base_url="http://elastic", transport=httpx.MockTransport(elastic))
        async with store._client, httpx.AsyncClient() as client:
            answer = await client.post(f"http://127.0.0.1:{store.port}/_bulk", content=BULK)
    return elastic, store, answer


async def test_nothing_is_refused_unless_it_is_told_to() -> None:
    elastic, store, answer = await sent("pass")
    assert (len(elastic.taken), len(answer.json()["items"]), store.refused, store.most) == (40, 40, 0, 1)


async def test_some_items_are_refused_and_the_others_taken() -> None:
    elastic, store, answer = await sent("some")
    items = [item["create"] for item in answer.json()["items"]]
    assert [item["_id"] for item in items if item["status"] == 201] == elastic.taken
    assert 0 < store.refused == sum(item["status"] == 429 for item in items) < 20


async def test_all_are_refused_and_none_is_taken() -> None:
    elastic, store, answer = await sent("503")
    assert (elastic.taken, store.refused, answer.status_code) == ([], 1, 503)


async def test_a_conflict_is_one_of_marked_documents() -> None:
    elastic, _, answer = await sent("conflict", marked=b"host-7")
    statuses = {item["create"]["status"] for item in answer.json()["items"]}
    assert (statuses, set(map(str, range(40))) - set(elastic.taken)) == ({201, 400}, {"7"})
