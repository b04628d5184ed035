"""Elasticsearch: reachable, its health and clock, indices and blocks, and what each of our users may do."""

from __future__ import annotations

import base64
import email.utils
import http.client
import ssl
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from soc import instant
from soc.cli._doctor import Result, clock, in_thread
from soc.clock import SystemClock
from soc.config import secret
from soc.errors import SocError
from soc.stores.elastic_indices import around

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from soc.cli._doctor import Level
    from soc.config import Config, Elasticsearch

_SECONDS = 10.0
_OURS = "soc-findings-*,soc-alerts-*"
_KINDS = ("soc-findings", "soc-alerts")
_READER = ("read", "index", "delete", "manage")
_TOO_MUCH = ("index", "delete", "write", "delete_index")
"""What the writer's user must not be able to do: then the pipeline cannot touch what people decided."""


class Answer(NamedTuple):
    status: int
    body: Any
    date: str


class Server:
    """Asks one server as one user, over plain HTTP calls: the client library wants a build that answers `GET /`."""

    def __init__(self, settings: Elasticsearch, *, writer: bool = False) -> None:
        user, file = settings.username, settings.password_file
        if writer:
            user, file = settings.writer_username, settings.writer_password_file
        self._url = urlsplit(settings.url)
        self._headers = {"content-type": "application/json"}
        if user:
            told = base64.b64encode(f"{user}:{secret(file) if file else ''}".encode()).decode()
            self._headers["authorization"] = f"Basic {told}"
        self._ca = settings.ca_file

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Raises OSError, HTTPException."""
        connection = self._connection()
        try:
            content = msgspec.json.encode(body) if body is not None else None
            connection.request(method, self._url.path.rstrip("/") + path, content, self._headers)
            response = connection.getresponse()
            return Answer(response.status, _decoded(response.read()), response.headers.get("date", ""))
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host = self._url.hostname or ""
        if self._url.scheme == "https":
            context = ssl.create_default_context(cafile=self._ca or None)
            return http.client.HTTPSConnection(host, self._url.port or 443, timeout=_SECONDS, context=context)
        return http.client.HTTPConnection(host, self._url.port or 9200, timeout=_SECONDS)


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}


async def elasticsearch(config: Config) -> list[Result]:
    return await in_thread(_checked, config.elasticsearch)


def _checked(settings: Elasticsearch) -> list[Result]:
    try:
        server = Server(settings)
        health = server.ask("GET", "/_cluster/health")
    except (OSError, http.client.HTTPException) as error:
        told = f"{settings.url} cannot be reached: {error or type(error).__name__}"
        return [Result("FAIL", "Elasticsearch", told, "see SOC_ELASTICSEARCH_URL, SOC_ELASTICSEARCH_CA_FILE")]
    if health.status != 200:
        return [_refused(settings, health)]
    return [_health(settings, health), *_time(server, health), *_indices(server), *_privileges(settings, server)]


def _refused(settings: Elasticsearch, answer: Answer) -> Result:
    told = f"{settings.url} answers {answer.status}"
    if answer.status == 401:
        mend = "see SOC_ELASTICSEARCH_USERNAME and SOC_ELASTICSEARCH_PASSWORD_FILE"
    elif answer.status == 403:
        mend = f"grant {settings.username} the cluster privilege `monitor`"
    else:
        mend = "is this an Elasticsearch?"
    return Result("FAIL", "Elasticsearch", told, mend)


def _health(settings: Elasticsearch, answer: Answer) -> Result:
    status, nodes = answer.body.get("status", "?"), answer.body.get("number_of_nodes", "?")
    told = f"{settings.url} answers, health {status}, {nodes} nodes"
    if status == "green":
        return Result("ok", "Elasticsearch", told)
    level: Level = "warn" if status == "yellow" else "FAIL"
    return Result(
        level, "Elasticsearch", told, "`GET _cluster/allocation/explain` says which shards are missing and why"
    )


def _time(server: Server, health: Answer) -> Iterator[Result]:
    """The server's clock in whole seconds, from the Date header or else from `_cat/health`."""
    if health.date:
        told = email.utils.parsedate_to_datetime(health.date).timestamp()
    else:
        answer = server.ask("GET", "/_cat/health?format=json&h=epoch")
        if answer.status != 200 or not answer.body:
            return
        told = float(answer.body[0]["epoch"])
    ahead = told - SystemClock().now() / instant.SECOND
    ahead = min(0.0, ahead + 1.0) if ahead < 0 else ahead  # it leaves out the fraction of the second
    yield clock("Elasticsearch clock", ahead, "synchronise both clocks (NTP)")


def _indices(server: Server) -> Iterator[Result]:
    answer = server.ask("GET", f"/_cat/indices/{_OURS}?format=json&h=index&expand_wildcards=all")
    if answer.status not in {200, 404}:
        yield Result(
            "FAIL", "indices", f"cannot be listed ({answer.status})", f"grant `view_index_metadata` on {_OURS}"
        )
        return
    there = {row["index"] for row in answer.body} if answer.status == 200 else set()
    _, this, following = around(SystemClock().now())
    missing = [f"{kind}-{month}" for month in (this, following) for kind in _KINDS]
    missing = [name for name in missing if name not in there]
    missing += [f"template {kind}" for kind in _KINDS if server.ask("GET", f"/_index_template/{kind}").status == 404]
    if missing:
        level: Level = "warn" if all(name.endswith(following) for name in missing) else "FAIL"
        yield Result(
            level, "indices", f"{', '.join(missing)}: missing", "`soc setup` makes them; so does role jobs, hourly"
        )
    else:
        yield Result("ok", "indices", f"{len(there)}, of this month and the next too, and their templates")
    yield from _blocks(server)


def _blocks(server: Server) -> Iterator[Result]:
    answer = server.ask("GET", f"/{_OURS}/_settings/index.blocks.*?flat_settings=true&ignore_unavailable=true")
    if answer.status != 200:
        return
    blocked = sorted(
        f"{name} ({setting})"
        for name, told in answer.body.items()
        for setting, value in told.get("settings", {}).items()
        if value == "true"
    )
    if blocked:
        mend = "free space on its disks, then set index.blocks.read_only_allow_delete to null"
        yield Result("FAIL", "indices", f"writing is blocked: {', '.join(blocked[:5])}", mend)


def _privileges(settings: Elasticsearch, server: Server) -> Iterator[Result]:
    told = _granted(server, _READER, cluster=("monitor", "manage_index_templates"))
    if told is None:
        mend = "turn security on, or let nobody but this service reach it"
        yield Result("warn", "privileges", "the server has no users: who reaches it can change alerts", mend)
        return
    yield _enough("privileges", settings.username, told)
    if not settings.writer_username:
        mend = "give role index a user of its own with `create_doc` only (SOC_ELASTICSEARCH_WRITER_USERNAME)"
        yield Result("warn", "privileges of the writer", f"role index writes as {settings.username}", mend)
        return
    yield _writer(settings)


def _writer(settings: Elasticsearch) -> Result:
    what = "privileges of the writer"
    try:
        told = _granted(Server(settings, writer=True), ("create_doc", *_TOO_MUCH), cluster=())
    except SocError as error:
        return Result("FAIL", what, str(error))
    if told is None:
        return Result(
            "FAIL", what, f"{settings.writer_username} is refused", "see SOC_ELASTICSEARCH_WRITER_PASSWORD_FILE"
        )
    if not told["create_doc"]:
        return Result(
            "FAIL", what, f"{settings.writer_username} may not create documents", f"grant `create_doc` on {_OURS}"
        )
    beyond = [name for name in _TOO_MUCH if told[name]]
    if beyond:
        return Result("warn", what, f"{settings.writer_username} may more than it needs: {', '.join(beyond)}",
                      "leave it `create_doc` only: then the pipeline cannot touch triage")  # fmt: skip
    return Result("ok", what, f"{settings.writer_username} may create and nothing else")


def _enough(what: str, user: str, told: Mapping[str, bool]) -> Result:
    lacking = [name for name, granted in told.items() if not granted]
    if lacking:
        return Result("FAIL", what, f"{user} lacks {', '.join(lacking)}", f"grant them (indices: {_OURS})")
    return Result("ok", what, f"{user} has what the console and role jobs need")


def _granted(server: Server, wanted: tuple[str, ...], *, cluster: tuple[str, ...]) -> dict[str, bool] | None:
    """Which privileges a user has on all of our indices; None where there are no users, or it is none."""
    names = _OURS.split(",")
    asked = {"cluster": list(cluster), "index": [{"names": names, "privileges": list(wanted)}]}
    answer = server.ask("POST", "/_security/user/_has_privileges", asked)
    if answer.status != 200:
        return None
    held = dict(answer.body["cluster"])
    for name in wanted:
        held[name] = all(answer.body["index"][index][name] for index in names)
    return held
