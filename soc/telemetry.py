"""`/metrics`, `/healthz` and `/readyz` of a process, and the supervisor's view over all of its processes."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any, Protocol

import uvicorn
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from soc.config import address
from soc.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from pathlib import Path

_TEXT = [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8")]


class Report(Protocol):
    """What a process can tell about itself."""

    async def metrics(self) -> bytes:
        """The exposition format."""

    async def unready(self) -> str:
        """Why it is not ready; empty when it is."""


def app(report: Report) -> Callable[..., Awaitable[None]]:
    """The three pages as an ASGI application."""

    async def serve(scope: Mapping[str, Any], _receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        if scope["type"] != "http":
            return
        status, body = await _answer(report, scope["path"])
        await send({"type": "http.response.start", "status": status, "headers": _TEXT})
        await send({"type": "http.response.body", "body": body})

    return serve


async def _answer(report: Report, path: str) -> tuple[int, bytes]:
    if path == "/metrics":
        return 200, await report.metrics()
    if path == "/healthz":
        return 200, b"alive\n"
    if path == "/readyz":
        why = await report.unready()
        return (503, f"{why}\n".encode()) if why else (200, b"ready\n")
    return 404, b"there are /metrics, /healthz and /readyz here\n"


async def serve(report: Report, *, bind: str = "", path: Path | None = None) -> None:
    """Serve until cancelled, on a TCP address or a Unix socket.

    Raises:
        ConfigurationError: it cannot be listened there; the message says why.
    """
    try:
        listening = _unix(path) if path else _tcp(bind)  # uvicorn itself would end the process without a word
    except OSError as error:
        raise ConfigurationError(
            f"metrics: cannot listen on {path or bind}: {error.strerror or error}; free it, or set `metrics.bind` "
            "(SOC_METRICS_BIND) to another address"
        ) from error
    with listening:
        config = uvicorn.Config(app(report), log_config=None, access_log=False, lifespan="off", ws="none")
        await uvicorn.Server(config)._serve([listening])  # noqa: SLF001 (serve() would take over the signals)


def _tcp(bind: str) -> socket.socket:
    host, port = address(bind)
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


def _unix(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    path.chmod(0o600)
    listening.listen()
    return listening


async def ask(unix: Path, path: str, wait: float = 2.0) -> tuple[int, bytes]:
    """Status and body of one page behind a Unix socket; (0, reason) if nobody answers in time."""
    try:
        async with asyncio.timeout(wait):
            reader, writer = await asyncio.open_unix_connection(str(unix))
            writer.write(f"GET {path} HTTP/1.1\r\nHost: local\r\nConnection: close\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            body = _unchunked(await reader.read()) if b"chunked" in head.lower() else await reader.read()
            writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        return 0, (str(error) or type(error).__name__).encode()
    return int(head.split(b" ", 2)[1]), body


def _unchunked(body: bytes) -> bytes:
    parts, at = [], 0
    while (end := body.find(b"\r\n", at)) > 0:
        size = int(body[at:end], 16)
        parts.append(body[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
        if not size:
            break
    return b"".join(parts)


def merge(texts: Mapping[str, bytes]) -> bytes:
    """One exposition from several processes' ones, each sample with the label `role`."""
    families: dict[str, Metric] = {}
    for role, text in texts.items():
        for family in text_string_to_metric_families(text.decode()):
            merged = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                merged.samples.append(sample._replace(labels={**sample.labels, "role": role}))
    registry = CollectorRegistry()
    registry.register(_Given(families.values()))
    return generate_latest(registry)


class _Given:
    """A collector of families that are there already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self.families = families

    def collect(self) -> Iterable[Metric]:
        return self.families
