"""The pages' side: login, logout, language. Templates show; what is allowed is decided where the API decides it."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response

from soc.console import session
from soc.console.language import LANGUAGES
from soc.console.problems import Problem

if TYPE_CHECKING:
    from soc.console.call import Call

# A path on this host: one slash, then nothing that browsers read as another one.
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")


async def login_form(call: Call) -> Response:
    given = call.request.query_params
    if chosen := given.get("language", ""):
        response = _see_other(f"/login?next={_local(given.get('next', '/'))}" if given.get("next") else "/login")
        if chosen in LANGUAGES:
            call.desk.cookies.keep_language(response, chosen)
        return response
    if call.visitor:
        return _see_other("/")
    return _login_page(call, _local(given.get("next", "/")))


async def login(call: Call) -> Response:
    form = call.form
    following = _local(form.get("next", "/"))
    try:
        token, _ = await session.enter(call, form.get("user", ""), form.get("password", ""))
    except Problem as problem:
        response = _login_page(call, following, problem)
        response.headers.update(problem.headers)
        return response
    answer = _see_other(following)
    call.desk.cookies.keep_session(answer, token)
    return answer


async def logout(call: Call) -> Response:
    await session.leave(call)
    response = _see_other("/login")
    call.desk.cookies.drop_session(response)
    return response


async def language(call: Call) -> Response:
    """Choose a language and come back to the page."""
    chosen = call.form.get("language", "")
    response = _see_other(_local(call.form.get("next", "/")))
    if chosen in LANGUAGES:
        await asyncio.to_thread(call.desk.workspace.users.set_language, call.user.user, chosen)
        call.desk.cookies.keep_language(response, chosen)
    return response


def refused(call: Call, problem: Problem) -> Response:
    """A problem as a page; who is not logged in gets the login page in place."""
    if problem.status == 401:
        path = call.request.url.path
        query = call.request.url.query
        return _login_page(call, _local(f"{path}?{query}" if query else path), status=401)
    response = call.desk.templates.page(call, "problem.html", problem.status, problem=problem)
    response.headers.update(problem.headers)
    return response


def _login_page(call: Call, following: str, problem: Problem | None = None, status: int = 200) -> Response:
    shown = problem.status if problem else status
    return call.desk.templates.page(call, "login.html", shown, next=following, problem=problem)


def _local(path: str) -> str:
    """Where to go after login: a path of ours, or the start."""
    return path if len(path) < 2000 and _LOCAL_PATH.fullmatch(path) and not path.startswith("/login") else "/"


def _see_other(path: str) -> RedirectResponse:
    return RedirectResponse(path, 303)
