"""Serving the console: startup, until stopped, an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import uvicorn

from soc import logs
from soc.config import address
from soc.console.app import create_app, open_desk
from soc.console.binding import check_bind
from soc.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from soc.clock import Clock
    from soc.config import Config, Console
    from soc.console.call import Desk
    from soc.metrics import Metrics
    from soc.stores import AlertStore
    from soc.workspace import Workspace

log = logs.get(__name__)
_RECONCILE_EVERY = 30.0
_HEAD_EVERY = 120
"""Rounds of that length: once an hour the audit trail's head leaves the machine with the log."""
_GRACE = 5


async def serve(  # noqa: PLR0913, PLR0917 (what a console is made of)
    config: Config,
    store: AlertStore,
    workspace: Workspace,
    metrics: Metrics,
    clock: Clock,
    stopping: asyncio.Event,
    started: Callable[[int], object] = lambda _port: None,
) -> None:
    """Serve until `stopping` is set; requests under way are finished. `started` is told the port.

    Raises:
        ConfigurationError: the address or the certificate cannot be used.
    """
    check_bind(config.console)
    workspace.audit.on_append = metrics.audit.inc
    desk = open_desk(config, store, workspace, clock)
    await desk.triage.reconcile()
    server = _server(create_app(desk), config.console)
    with _listening(config.console) as listener:
        started(listener.getsockname()[1])
        tasks = {
            asyncio.create_task(server._serve([listener]), name="http"),  # noqa: SLF001 (serve() would take over the signals)
            asyncio.create_task(desk.news.run(stopping), name="news"),
            asyncio.create_task(_housekeeping(desk, stopping), name="housekeeping"),
            asyncio.create_task(stopping.wait(), name="stopping"),
        }
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        stopping.set()
        server.should_exit = True
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        if failed := task.exception():
            raise failed


async def _housekeeping(desk: Desk, stopping: asyncio.Event) -> None:
    """Settle acts that are still open, and publish the head of the audit trail."""
    rounds = 0
    while not stopping.is_set():
        if rounds % _HEAD_EVERY == 0:
            await asyncio.to_thread(_publish_head, desk.workspace)
        rounds += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), _RECONCILE_EVERY)
        if not stopping.is_set():
            await desk.triage.reconcile()


def _publish_head(workspace: Workspace) -> None:
    if head := workspace.audit.head():
        log.info("audit head", head=f"{head.n}:{head.hash}")


def _server(app: ASGIApp, console: Console) -> uvicorn.Server:
    settings = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        date_header=True,
        proxy_headers=bool(console.trusted_proxy),
        forwarded_allow_ips=console.trusted_proxy or None,
        timeout_graceful_shutdown=_GRACE,
        ssl_certfile=console.tls_cert_file or None,
        ssl_keyfile=console.tls_key_file or None,
    )
    try:
        settings.load()
    except OSError as error:  # also ssl.SSLError
        raise ConfigurationError(
            f"console: the certificate {console.tls_cert_file} or its key {console.tls_key_file} cannot be used: {error}"
        ) from None
    return uvicorn.Server(settings)


def _listening(console: Console) -> socket.socket:
    """Our own, since uvicorn ends the whole process when the port is taken."""
    host, port = address(console.bind)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        raise ConfigurationError(
            f"console.bind {console.bind}: {error.strerror}; stop what listens there, or set SOC_CONSOLE_BIND"
        ) from None
    listener.setblocking(False)
    return listener
