"""What becomes of each document, against a server that answers as told: the table of verdicts, row by row."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from soc.clock import FixedClock
from soc.config import Elasticsearch
from soc.errors import Forbidden, Unavailable
from soc.stores import Verdicts, elastic_bulk, elastic_client
from soc.stores.elastic import ElasticStore
from tests.stores.invented import NOON, alerts_of, finding

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from soc.finding import Finding

Answer = tuple[int, Any]
RESET: Answer = (0, None)
SILENCE: Answer = (-1, None)
CREATE_DOC = (
    "action [indices:data/write/bulk[s]] is unauthorized for user [w] with effective roles [writer] on indices "
    "[soc-findings-2026.03], this action is granted by the index privileges [create_doc,create,index,write,all]"
)
AUTO_CREATE = (
    "action [indices:admin/auto_create] is unauthorized for user [w] with effective roles [writer] on indices "
    "[soc-findings-2026.03], this action is granted by the index privileges [auto_configure,create_index,manage,all]"
)


def item(status: int, kind: str = "", reason: str = "told") -> dict[str, Any]:
    return {"create": {"status": status, **({"error": {"type": kind, "reason": reason}} if kind else {})}}


def refusal(status: int, kind: str, reason: str = "told") -> Answer:
    return status, {"error": {"type": kind, "reason": reason}, "status": status}


class Server:
    """Answers each bulk request as `told` says for the ids in it, and remembers those."""

    def __init__(self, told: Callable[[list[str], int], Answer]) -> None:
        self._told = told
        self.bulks: list[list[str]] = []
        self.bodies: list[list[Any]] = []
        self.parallel = self.most_parallel = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:")
                lines = [json.loads(line) for line in (await reader.readexactly(length)).splitlines()]
                status, body = await self._answer(lines)
                if status == 0:
                    return writer.transport.abort()
                if status > 0:
                    page = isinstance(body, str)
                    writer.write(_http(status, body.encode() if page else json.dumps(body).encode(), html=page))
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, lines: list[Any]) -> Answer:
        self.parallel += 1
        self.most_parallel = max(self.parallel, self.most_parallel)
        await asyncio.sleep(0)
        self.parallel -= 1
        ids = [line["create"]["_id"] for line in lines[::2]]
        self.bulks.append(ids)
        self.bodies.append(lines[1::2])
        return self._told(ids, len(self.bulks))


def _http(status: int, body: bytes, *, html: bool) -> bytes:
    kind = "text/html" if html else "application/json"
    head = f"HTTP/1.1 {status} told\r\nx-elastic-product: Elasticsearch\r\ncontent-type: {kind}\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def answering(told: Callable[[list[str], int], Answer]) -> AsyncIterator[tuple[ElasticStore, Server]]:
    """A store under the writer's credential, and the server it talks to."""
    server = Server(told)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, limit=10_000_000)
    port = listening.sockets[0].getsockname()[1]
    store = ElasticStore.open(Elasticsearch(url=f"http://127.0.0.1:{port}"), writer=True, clock=FixedClock(NOON))
    try:
        yield store, server
    finally:
        await store.close()
        listening.close()


def shadow(number: int) -> Finding:
    """A finding that opens no alert."""
    return finding(number=number)._replace(alert_id=None)


def always(answer: dict[str, Any]) -> Callable[[list[str], int], Answer]:
    return lambda ids, _: (200, {"items": [answer] * len(ids)})


@pytest.mark.parametrize(
    ("answer", "verdicts"),
    [
        (item(201), Verdicts(created=1)),
        (item(409, "version_conflict_engine_exception"), Verdicts(duplicates=1)),
    ],
)
async def test_what_is_there_is_done(answer, verdicts):
    async with answering(always(answer)) as (store, _):
        found = await store.create([shadow(0)], [], NOON)
        assert (found.created, found.duplicates, list(found.retry)) == (verdicts.created, verdicts.duplicates, [])


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (429, "es_rejected_execution_exception", "queue full"),
        (429, "circuit_breaking_exception", "too large"),
        (502, "bad_gateway", ""),
        (503, "unavailable_shards_exception", "primary shard is not active"),
        (504, "gateway_timeout", ""),
        (500, "node_closed_exception", ""),
        (403, "cluster_block_exception", "index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded]"),
        (404, "index_not_found_exception", "no such index [soc-findings-2026.03]"),
        (400, "index_closed_exception", "closed"),
        (403, "security_exception", AUTO_CREATE),
    ],
)
async def test_what_passes_by_itself_is_to_be_tried_again(status, kind, reason):
    one = shadow(0)
    async with answering(always(item(status, kind, reason))) as (store, server):
        found = await store.create([one], [], NOON)
        assert (list(found.retry), found.created, dict(found.rejected)) == ([one.id], 0, {})
        assert kind in found.reason
        assert len(server.bulks) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_when_the_whole_server_says_later_nothing_could_be_tried(status):
    async with answering(lambda *_: refusal(status, "es_rejected_execution_exception")) as (store, _):
        with pytest.raises(Unavailable, match=str(status)):
            await store.create([shadow(0)], [], NOON)


async def test_a_server_that_is_not_there_is_unavailable():
    listening = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    listening.close()
    store = ElasticStore.open(Elasticsearch(url=f"http://127.0.0.1:{port}"), writer=True)
    with pytest.raises(Unavailable, match="start Elasticsearch, or correct SOC_ELASTICSEARCH_URL"):
        await store.create([shadow(0)], [], NOON)
    await store.close()


async def test_a_connection_that_breaks_is_unavailable_and_the_next_attempt_goes_on():
    async with answering(lambda ids, n: RESET if n == 1 else (200, {"items": [item(201)] * len(ids)})) as (store, _):
        with pytest.raises(Unavailable):
            await store.create([shadow(0)], [], NOON)
        assert (await store.create([shadow(0)], [], NOON)).created == 1


async def test_what_was_taken_but_not_answered_in_time_is_a_duplicate_the_next_time(monkeypatch):
    monkeypatch.setattr(elastic_client, "SECONDS", 0.2)
    conflict = item(409, "version_conflict_engine_exception")
    async with answering(lambda ids, n: SILENCE if n == 1 else (200, {"items": [conflict] * len(ids)})) as (store, _):
        with pytest.raises(Unavailable, match=r"no answer within 0\.2 s"):
            await store.create([shadow(0)], [], NOON)
        assert (await store.create([shadow(0)], [], NOON)).duplicates == 1


async def test_of_many_only_those_that_were_not_taken_are_tried_again():
    findings = [shadow(number) for number in range(10)]
    full = item(429, "es_rejected_execution_exception")
    async with answering(
        lambda ids, _: (200, {"items": [full if n % 5 == 0 else item(201) for n in range(len(ids))]})
    ) as (store, _):
        found = await store.create(findings, [], NOON)
        assert (found.created, list(found.retry)) == (8, [findings[0].id, findings[5].id])


async def test_when_some_batches_get_no_answer_the_others_count():
    findings = [shadow(number) for number in range(elastic_bulk.ITEMS + 3)]
    last = {one.id for one in findings[elastic_bulk.ITEMS :]}
    async with answering(
        lambda ids, _: (
            refusal(503, "master_not_discovered_exception") if set(ids) <= last else always(item(201))(ids, 0)
        )
    ) as (store, _):
        found = await store.create(findings, [], NOON)
        assert (found.created, set(found.retry)) == (elastic_bulk.ITEMS, last)


async def test_batches_are_of_500_and_at_most_four_at_once():
    findings = [shadow(number) for number in range(9 * elastic_bulk.ITEMS + 1)]
    async with answering(always(item(201))) as (store, server):
        assert (await store.create(findings, [], NOON)).created == len(findings)
        assert sorted(map(len, server.bulks)) == [1, *[elastic_bulk.ITEMS] * 9]
        assert server.most_parallel <= elastic_bulk.AT_ONCE


async def test_a_batch_that_is_too_large_is_halved_until_it_is_taken():
    findings = [shadow(number) for number in range(9)]
    async with answering(
        lambda ids, _: refusal(413, "content_too_long") if len(ids) > 2 else always(item(201))(ids, 0)
    ) as (store, server):
        assert (await store.create(findings, [], NOON)).created == 9
        assert [len(ids) for ids in server.bulks] == [9, 4, 2, 2, 5, 2, 3, 1, 2]


async def test_a_proxy_that_answers_in_html_is_understood():
    findings = [shadow(number) for number in range(3)]
    large = (413, "<html>413 Request Entity Too Large</html>")
    async with answering(lambda ids, _: large if len(ids) > 1 else always(item(201))(ids, 0)) as (store, _):
        assert (await store.create(findings, [], NOON)).created == 3
    async with answering(lambda *_: (502, "<html>502 Bad Gateway</html>")) as (store, _):
        with pytest.raises(Unavailable, match="502"):
            await store.create(findings, [], NOON)


async def test_one_document_that_is_too_large_alone_is_rejected():
    findings = [shadow(number) for number in range(4)]
    large = findings[2].id
    async with answering(
        lambda ids, _: refusal(413, "content_too_long") if large in ids else always(item(201))(ids, 0)
    ) as (store, _):
        found = await store.create(findings, [], NOON)
        assert (found.created, list(found.rejected)) == (3, [large])


async def test_what_the_mapping_refuses_is_stored_reduced():
    one, other = shadow(0), shadow(1)
    refused = item(400, "document_parsing_exception", "failed to parse field [host.name]")

    def told(ids: list[str], number: int) -> Answer:
        return 200, {"items": [refused if id_ == one.id and number == 1 else item(201) for id_ in ids]}

    async with answering(told) as (store, server):
        found = await store.create([one, other], [], NOON)
        assert (found.created, list(found.reduced), list(found.retry), dict(found.rejected)) == (2, [one.id], [], {})
        assert server.bulks == [[one.id, other.id], [one.id]]
        (reduced,) = server.bodies[1]
        assert set(reduced) == {"@timestamp", "rule", "event", "soc", "reduced"}
        stamped = {**one.document, "event": {**one.document["event"], "ingested": "2026-03-15T12:00:00.000Z"}}
        assert json.loads(reduced["reduced"]["document"]) == stamped


async def test_what_is_refused_reduced_too_is_rejected_with_the_reason():
    one = shadow(0)
    async with answering(always(item(400, "document_parsing_exception", "never"))) as (store, server):
        found = await store.create([one], [], NOON)
        assert dict(found.rejected) == {one.id: "document_parsing_exception: never"}
        assert len(server.bulks) == 2


async def test_a_reduced_document_that_cannot_be_taken_now_is_to_be_tried_again():
    one = shadow(0)
    answers = [item(400, "document_parsing_exception"), item(429, "es_rejected_execution_exception")]
    async with answering(lambda _, n: (200, {"items": [answers[n - 1]]})) as (store, _):
        found = await store.create([one], [], NOON)
        assert (list(found.retry), dict(found.rejected), list(found.reduced)) == ([one.id], {}, [])


async def test_a_missing_privilege_is_named():
    async with answering(always(item(403, "security_exception", CREATE_DOC))) as (store, _):
        with pytest.raises(Forbidden) as caught:
            await store.create([shadow(0)], [], NOON)
    assert "lacks a privilege for indices:data/write/bulk[s] on soc-findings-2026.03" in str(caught.value)
    assert "give its role one of the index privileges create_doc,create,index,write,all" in str(caught.value)


async def test_a_missing_privilege_for_the_whole_request_is_named():
    reason = "action [indices:data/write/bulk] is unauthorized for user [w] with effective roles [none], this action is granted by the index privileges [create_doc,write,all]"
    async with answering(lambda *_: refusal(403, "security_exception", reason)) as (store, _):
        with pytest.raises(Forbidden, match="lacks a privilege for indices:data/write/bulk; give its role one of"):
            await store.create([shadow(0)], [], NOON)


async def test_a_wrong_password_says_where_to_correct_it():
    async with answering(lambda *_: refusal(401, "security_exception", "unable to authenticate")) as (store, _):
        with pytest.raises(Forbidden, match="SOC_ELASTICSEARCH_PASSWORD_FILE"):
            await store.create([shadow(0)], [], NOON)


async def test_a_block_on_the_whole_cluster_is_no_missing_privilege():
    async with answering(lambda *_: refusal(403, "cluster_block_exception", "read-only")) as (store, _):
        with pytest.raises(Unavailable, match="read-only"):
            await store.create([shadow(0)], [], NOON)


async def test_a_finding_waits_for_its_alert():
    """So that no roll-up passes over a finding whose alert is not there yet."""
    one, other = finding(), shadow(5)
    (alert,) = alerts_of([one])

    def told(ids: list[str], _: int) -> Answer:
        full = item(429, "es_rejected_execution_exception")
        return 200, {"items": [full if id_ == alert.id else item(201) for id_ in ids]}

    async with answering(told) as (store, server):
        found = await store.create([one, other], [alert], NOON)
        assert (found.created, found.alerts, set(found.retry)) == (1, 0, {one.id, alert.id})
        assert server.bulks == [[alert.id], [other.id]]


async def test_an_answer_that_does_not_fit_is_no_success():
    async with answering(lambda *_: (200, {"items": [item(201)]})) as (store, _):
        found = await store.create([shadow(0), shadow(1)], [], NOON)
        assert (found.created, len(found.retry)) == (0, 2)


async def test_text_that_is_no_unicode_is_rejected_and_the_rest_is_stored():
    odd = shadow(0)
    odd = odd._replace(document={**odd.document, "message": "\ud800"})
    async with answering(always(item(201))) as (store, _):
        found = await store.create([odd, shadow(1)], [], NOON)
        assert (found.created, list(found.rejected)) == (1, [odd.id])


async def test_a_page_of_something_else_is_not_taken_for_elasticsearch():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    store = ElasticStore.open(Elasticsearch(url=f"http://127.0.0.1:{port}"), writer=True)
    with pytest.raises(Unavailable, match="not as Elasticsearch"):
        await store.create([shadow(0)], [], NOON)
    await store.close()
    listening.close()
