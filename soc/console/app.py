"""The console as an ASGI application: the desk, the route table behind the guard, security headers around all of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route as Endpoint

from soc import logs
from soc.console import openapi, problems
from soc.console.binding import Origins, over_tls
from soc.console.call import Desk
from soc.console.cookies import Cookies
from soc.console.guard import guarded
from soc.console.headers import SecurityHeaders
from soc.console.language import Languages
from soc.console.news import News
from soc.console.routes import ROUTES
from soc.console.searches import Searches
from soc.console.static import Static
from soc.console.templating import Templates
from soc.workspace import Triage

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from soc.clock import Clock
    from soc.config import Config
    from soc.stores import AlertStore
    from soc.workspace import Workspace

log = logs.get(__name__)
_HERE = Path(__file__).parent
_HASHING_AT_ONCE = 2


def open_desk(config: Config, store: AlertStore, workspace: Workspace, clock: Clock) -> Desk:
    """Everything that handlers use, made once."""
    languages = Languages(_HERE / "locale", config.timezone)
    static = Static(_HERE / "static")
    return Desk(
        config=config,
        store=store,
        workspace=workspace,
        clock=clock,
        triage=Triage(store, workspace.audit, clock),
        news=News(store, clock),
        searches=Searches(workspace.audit, clock),
        cookies=Cookies(secure=over_tls(config.console)),
        languages=languages,
        templates=Templates(_HERE / "templates", languages, static, clock),
        static=static,
        hashing=asyncio.Semaphore(_HASHING_AT_ONCE),
        openapi=openapi.document(ROUTES),
    )


def create_app(desk: Desk) -> ASGIApp:
    """The application over a desk. `desk.news.run` is the caller's to start."""
    origins = Origins(desk.config.console)
    endpoints = [Endpoint(route.path, guarded(route, desk, origins), methods=[route.method]) for route in ROUTES]
    app = Starlette(routes=endpoints, exception_handlers={HTTPException: _http_error, Exception: _unexpected})
    app.router.redirect_slashes = False
    return SecurityHeaders(app, tls=over_tls(desk.config.console))


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for these only"
    problem = problems.of_status(error.status_code)
    problem.headers = error.headers or {}
    return problems.response(problem)


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("unexpected error", path=request.url.path, error=repr(error), exc_info=error)
    return problems.response(problems.of_status(500, "the service's log says more"))
