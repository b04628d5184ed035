"""The one gate before every handler: who asks, with what role, from which page, how much. What is not allowed is denied."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from soc import instant, logs
from soc.console import problems
from soc.console.call import Call, Desk, Visitor
from soc.console.problems import Problem
from soc.errors import SocError
from soc.workspace.sessions import same

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from soc.console.binding import Origins
    from soc.console.routes import Route

log = logs.get(__name__)
_READING = frozenset({"GET", "HEAD"})
_BODY_SECONDS = 20.0
_FORM = "application/x-www-form-urlencoded"


def guarded(route: Route, desk: Desk, origins: Origins) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of a route."""

    async def endpoint(request: Request) -> Response:
        call = Call(request, desk, None)
        try:
            call = await _admitted(route, call, origins)
            return await route.handler(call)
        except SocError as error:
            return _refused(route, call, problems.of(error))

    return endpoint


async def _admitted(route: Route, call: Call, origins: Origins) -> Call:
    """The call with its visitor and body. Raises Problem."""
    request = call.request
    if not origins.known_host(request.headers.get("host", "")):
        raise Problem(421, "Not this host", "the console does not answer under this name; see console.public_origin")
    call = replace(call, visitor=await visitor(call.desk, request, touch=not _background(route, request)))
    if route.roles is not None:
        if call.visitor is None:
            raise _unauthorized()
        if call.visitor.role not in route.roles:
            log.warning("role refused", user=call.visitor.user, role=call.visitor.role, path=request.url.path)
            raise Problem(403, "Your role does not allow this", f"needed: {', '.join(sorted(route.roles))}")
    if route.method in _READING:
        return call
    from_program = call.visitor is not None and not call.visitor.session
    if not from_program:
        _check_origin(request, origins)
    call = replace(call, body=await _body(request, route.max_body))
    if call.visitor is not None and not from_program:
        _check_csrf(call, call.visitor)
    return call


def _background(route: Route, request: Request) -> bool:
    """Whether a page asks by itself, which must not keep the session of somebody who went away."""
    return route.background or "x-background" in request.headers


async def visitor(desk: Desk, request: Request, *, touch: bool = False) -> Visitor | None:
    """Who sends this request; a bearer token goes before a cookie."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme:
        bearer = await asyncio.to_thread(desk.workspace.tokens.verify, credentials.strip())
        if scheme.lower() != "bearer" or bearer is None:
            raise _unauthorized()
        return Visitor(bearer.user, bearer.role, bearer.language)
    token = desk.cookies.session(request)
    return await session_visitor(desk, token, touch=touch) if token else None


async def session_visitor(desk: Desk, token: str, *, touch: bool) -> Visitor | None:
    """Who has this session; `touch` says that the person is active, which a page's own polling is not."""
    idle = desk.config.console.session_idle_minutes * instant.MINUTE
    session = await asyncio.to_thread(desk.workspace.sessions.verify, token, idle, touch=touch)
    return Visitor(session.user, session.role, session.language, session.csrf, token) if session else None


def _unauthorized() -> Problem:
    problem = Problem(401, "Log in first", "no session or token, or it has ended")
    problem.headers = {"www-authenticate": "Bearer"}
    return problem


def _check_origin(request: Request, origins: Origins) -> None:
    """Browsers say where a write comes from; one that does not say, or says another place, is refused."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    told = origin is not None or site is not None
    right_origin = origin is None or origins.ours(origin, request.headers.get("host", ""))
    if not told or not right_origin or site not in {None, "same-origin"}:
        log.warning("write from elsewhere refused", origin=origin, site=site, path=request.url.path)
        raise Problem(403, "This did not come from the console's own page", "programs send a bearer token")


def _check_csrf(call: Call, visitor: Visitor) -> None:
    given = call.request.headers.get("x-csrf-token", "")
    if not given and call.request.headers.get("content-type", "").startswith(_FORM):
        given = call.form.get("csrf", "")
    if not same(given, visitor.csrf):
        raise Problem(403, "The page's token is missing or old", "reload the page and try again")


async def _body(request: Request, limit: int) -> bytes:
    parts, size = [], 0
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise Problem(413, "The body is too large", f"at most {limit} bytes")
                parts.append(part)
    except TimeoutError:
        raise Problem(408, "The body did not arrive in time") from None
    return b"".join(parts)


def _refused(route: Route, call: Call, problem: Problem) -> Response:
    if problem.status >= 500:
        log.error("request failed", path=call.request.url.path, error=str(problem))
    return route.refused(call, problem) if route.refused else problems.response(problem)
