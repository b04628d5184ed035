"""The pages' side: login, logout, the queue. Templates show; what is allowed is decided where the API decides it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response

from soc.console import alerts, searches, session
from soc.console.language import LANGUAGES
from soc.console.problems import Problem

if TYPE_CHECKING:
    from soc.console.call import Call

_FACETS = ("triage.status", "event.severity", "soc.layer", "rule.id", "triage.assignee")
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


async def queue(call: Call) -> Response:
    """The alerts that the address asks for, what they can be narrowed by, and how many there are of each."""
    query = searches.query_of(call)
    await call.desk.searches.note(call)
    store = call.desk.store
    found = await store.search(query)
    counted = await store.facets(query, _FACETS)
    return call.desk.templates.page(
        call,
        "queue.html",
        alerts=[searches.brief(alert) for alert in found.documents],
        total=found.total,
        next=found.next,
        facets=counted,
        query=query,
        parameters=call.request.query_params.multi_items(),
        overview=await alerts.counts(call),
    )


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
