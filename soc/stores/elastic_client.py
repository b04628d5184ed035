"""Requests to Elasticsearch, whose every failure is an error that says what is wrong, where, and how to mend it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from elasticsearch import ApiError, AsyncElasticsearch, TransportError, UnsupportedProductError
from elasticsearch.serializer import JsonSerializer

from soc.config import secret
from soc.errors import ConfigurationError, Forbidden, SocError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soc.config import Elasticsearch

SECONDS = 10.0
"""How long one request may take."""
_TYPE = "application/vnd.elasticsearch+{}; compatible-with=8"
_ACTION = re.compile(r"action \[(\S+)\] is")
_GRANTED = re.compile(r"granted by the (\w+) privileges \[([^\]]+)\]")
_ON = re.compile(r"on (?:restricted )?indices \[([^\]]*)\]")
AUTO_CREATE = "indices:admin/auto_create"
# What passes by itself, by the type of the error.
PASSING = frozenset(
    {
        "circuit_breaking_exception",
        "cluster_block_exception",
        "es_rejected_execution_exception",
        "index_closed_exception",
        "master_not_discovered_exception",
        "no_shard_available_action_exception",
        "node_closed_exception",
        "process_cluster_event_timeout_exception",
        "unavailable_shards_exception",
    }
)


class Refused(SocError):  # noqa: N818 (an answer, not a fault)
    """The server answered that it will not do what was asked: a status of 4xx that none of the other errors tells."""

    def __init__(self, where: str, status: int, kind: str, reason: str) -> None:
        super().__init__(f"{where}: {kind} ({status}): {reason}")
        self.status = status
        self.kind = kind
        self.reason = reason


class Client:
    """One server or cluster under one credential."""

    def __init__(self, settings: Elasticsearch, *, writer: bool = False) -> None:
        """`writer` takes the writer's credential, if there is one."""
        user, file = settings.username, settings.password_file
        if writer and settings.writer_username:
            user, file = settings.writer_username, settings.writer_password_file
        self.url = settings.url
        options: dict[str, Any] = {"basic_auth": (user, secret(file))} if user else {}
        if settings.ca_file:
            options["ca_certs"] = settings.ca_file
        urls = [url.strip() for url in settings.url.split(",")]
        try:
            if not all(url.startswith(("http://", "https://")) for url in urls):
                raise ValueError("not an address of http or https")  # noqa: TRY301 (worded with the client's own below)
            self._client = AsyncElasticsearch(
                urls,
                request_timeout=SECONDS,
                max_retries=0,
                retry_on_timeout=False,
                serializers={JsonSerializer.mimetype: _Json(), _TYPE.format("json").partition(";")[0]: _Json()},
                **options,
            )
        except (ValueError, OSError) as error:
            raise ConfigurationError(
                f"elasticsearch.url {settings.url!r} with ca_file {settings.ca_file!r}: {error}; write "
                "https://host:9200 and the file of the authority that signed the server's certificate"
            ) from None

    async def ask(
        self, method: str, path: str, body: Any = None, params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The answer of one request.

        Raises:
            errors.Unavailable: no answer, or one that says "later".
            errors.Forbidden: the credential is wrong or lacks a privilege; the message names it.
            Refused: any other refusal.
        """
        return await self._ask(method, path, body, params, "json")

    async def send(self, path: str, lines: Sequence[bytes], params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer to lines of JSON."""
        return await self._ask("POST", path, lines, params, "x-ndjson")

    async def close(self) -> None:
        await self._client.close()

    async def _ask(
        self, method: str, path: str, body: Any, params: Mapping[str, Any] | None, kind: str
    ) -> dict[str, Any]:
        headers = {"accept": _TYPE.format("json")}
        if body is not None:
            headers["content-type"] = _TYPE.format(kind)
        try:
            answer = await self._client.perform_request(method, path, params=params, headers=headers, body=body)
        except UnsupportedProductError:
            raise Unavailable(f"{self.url}: answers, but not as Elasticsearch; correct SOC_ELASTICSEARCH_URL") from None
        except ApiError as error:
            fault = _fault(error)
            raise _problem(self.url, error.meta.status, *fault) from None
        except TransportError as error:
            raise Unavailable(_unreachable(self.url, error)) from None
        told: dict[str, Any] = answer.body
        return told


class _Json(JsonSerializer):
    def json_dumps(self, data: Any) -> bytes:
        return msgspec.json.encode(data)

    def json_loads(self, data: bytes) -> Any:
        return msgspec.json.decode(data)


def _fault(error: ApiError) -> tuple[str, str]:
    """Type and reason."""
    body = error.body
    told = body.get("error") if isinstance(body, dict) else None
    if isinstance(told, dict):
        return str(told.get("type")), str(told.get("reason"))
    return "", str(told or error.message)


def _problem(url: str, status: int, kind: str, reason: str) -> SocError:
    if status == 401:
        return Forbidden(
            f"{url}: user name or password are refused; correct SOC_ELASTICSEARCH_USERNAME and "
            "SOC_ELASTICSEARCH_PASSWORD_FILE (of the role index: SOC_ELASTICSEARCH_WRITER_...)"
        )
    if status == 429 or status >= 500 or kind in PASSING:
        return Unavailable(f"{url}: {kind or 'error'} ({status}): {reason}")
    if status == 403:
        return Forbidden(f"{url}: {missing_privilege(reason)}")
    return Refused(url, status, kind, reason)


def missing_privilege(reason: str) -> str:
    """What a security exception says, as what to do about it."""
    action, granted, on = _ACTION.search(reason), _GRANTED.search(reason), _ON.search(reason)
    if not action:
        return f"refused: {reason}; give the credential's role the privilege that is missing"
    where = f" on {on[1]}" if on else ""
    which = f"one of the {granted[1]} privileges {granted[2]}" if granted else "the privilege for it"
    return f"the credential lacks a privilege for {action[1]}{where}; give its role {which}"


def _unreachable(url: str, error: TransportError) -> str:
    kind = type(error).__name__
    fixes = {
        "ConnectionTimeout": f"no answer within {SECONDS:g} s; it may be overloaded or stopped",
        "TlsError": f"{error.message}; check https in the address and SOC_ELASTICSEARCH_CA_FILE",
        "SerializationError": "answers, but not in JSON; check SOC_ELASTICSEARCH_URL and what stands between",
    }
    return f"{url}: " + fixes.get(kind, f"{error.message}; start Elasticsearch, or correct SOC_ELASTICSEARCH_URL")
