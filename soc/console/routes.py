"""The one table of routes: path, who may, what goes in and out. What is not in it does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from soc.console import alerts, health, openapi, pages, queue, schemas, session, static, stream, trail
from soc.console.roles import ACTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.responses import Response

    from soc.console.call import Call
    from soc.console.problems import Problem

NOBODY: frozenset[str] = frozenset()


class Parameter(NamedTuple):
    name: str
    told: str
    place: str = "query"
    many: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Writes (all but GET) need the console's own origin and, in a session, the page's token; see `guard`."""

    method: str
    path: str
    handler: Callable[[Call], Awaitable[Response]]
    told: str
    """One sentence for the OpenAPI document."""
    roles: frozenset[str] | None = NOBODY
    """Who may; None is everybody, logged in or not."""
    parameters: tuple[Parameter, ...] = ()
    body: type | None = None
    answer: type | None = None
    media_type: str = "application/json"
    max_body: int = 64 * 1024
    refused: Callable[[Call, Problem], Response] | None = None
    """How problems are shown; as problem documents if None."""
    background: bool = False
    """Asked by a page on its own, so that it does not keep a session alive."""


_READ, _TRIAGE, _EXPORT, _AUDIT = (ACTS[act] for act in ("read", "triage", "export", "audit"))
_ID = Parameter("id", "The alert's id.", "path", required=True)
_WHICH = (
    Parameter(
        "filter",
        "`field:value`; of one field any, of several all; `@me` is oneself, an empty value is none.",
        many=True,
    ),
    Parameter("exclude", "`field:value` that must not hold.", many=True),
    Parameter("text", "Words, found without regard to case and accents."),
    Parameter("since", "An ISO time or a span back from now (-24h); of the last finding."),
    Parameter("until", "As since, not included."),
    Parameter("suppressed", "1: also alerts that an exception hides; only: only these."),
)
_PAGE = (
    Parameter("sort", "A field, with `-` for falling."),
    Parameter("limit", "1 to 200."),
    Parameter("after", "The `next` of the page before."),
)
_IF_MATCH = Parameter("If-Match", "The ETag that the alert was read with.", "header", required=True)
_API = "/api/v1"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/healthz", health.alive, "The process is alive.", None, media_type="text/plain"),
    Route("GET", "/readyz", health.ready, "Alerts can be shown.", None, media_type="text/plain"),
    Route("GET", "/static/{digest}/{path:path}", static.serve, "A script or style.", None, media_type="*/*"),
    Route("GET", f"{_API}/openapi.json", openapi.serve, "This document.", _READ),
    Route("POST", f"{_API}/session", session.login, "Log in.", None, body=schemas.Login, answer=schemas.Me),
    Route("DELETE", f"{_API}/session", session.logout, "Log out.", _READ),
    Route("GET", f"{_API}/session", session.me, "Who am I?", _READ, answer=schemas.Me),
    Route("PATCH", f"{_API}/session", session.change, "Choose a language.", _READ, body=schemas.SessionChange),
    Route("POST", f"{_API}/session/password", session.password, "Change the own password.", _READ,
          body=schemas.PasswordChange),
    Route("GET", f"{_API}/alerts", alerts.search, "Find alerts.", _READ, _WHICH + _PAGE, answer=schemas.Alerts),
    Route("GET", f"{_API}/alerts/export", alerts.export, "Whole alerts as NDJSON, 10,000 at most.", _EXPORT,
          (*_WHICH, _PAGE[0]), media_type="application/x-ndjson"),
    Route("GET", f"{_API}/alerts/{{id}}", alerts.get, "One alert; its ETag is the revision of its triage.", _READ, (_ID,),
          answer=dict),
    Route("GET", f"{_API}/alerts/{{id}}/findings", alerts.findings, "The findings of an alert.", _READ, (_ID, *_PAGE),
          answer=schemas.Findings),
    Route("PATCH", f"{_API}/alerts/{{id}}/triage", alerts.triage, "Decide about an alert.", _TRIAGE, (_ID, _IF_MATCH),
          body=schemas.TriageChange, answer=dict),
    Route("GET", f"{_API}/facets", alerts.facets, "The commonest values of fields.", _READ,
          (Parameter("field", "Which fields.", many=True, required=True), *_WHICH, _PAGE[1]), answer=schemas.Facets),
    Route("GET", f"{_API}/users", alerts.users, "Whom an alert can be given to.", _READ, answer=schemas.UserNames),
    Route("GET", f"{_API}/overview", alerts.overview, "How many alerts there are.", _READ, answer=schemas.Overview),
    Route("GET", f"{_API}/audit", trail.page, "The audit trail, the newest first.", _AUDIT,
          (Parameter("actor", "Who."), Parameter("act", "What."), Parameter("object", "To what."),
           Parameter("limit", "1 to 1000."), Parameter("before", "The `next` of the page before.")),
          answer=schemas.AuditPage),
    Route("GET", f"{_API}/stream", stream.stream, "News as server-sent events: `news` and `triage`.", _READ,
          media_type="text/event-stream", background=True),
    Route("GET", "/login", pages.login_form, "The login page.", None, media_type="text/html", refused=pages.refused),
    Route("POST", "/login", pages.login, "Log in from the page.", None, media_type="text/html", refused=pages.refused),
    Route("POST", "/logout", pages.logout, "Log out from a page.", _READ, media_type="text/html", refused=pages.refused),
    Route("POST", "/language", pages.language, "Choose a language from a page.", _READ, media_type="text/html",
          refused=pages.refused),
    Route("GET", "/", queue.page, "The queue of alerts.", _READ, _WHICH + _PAGE, media_type="text/html",
          refused=pages.refused),
    Route("GET", "/alerts/{id}", queue.alert, "One alert.", _READ, (_ID,), media_type="text/html", refused=pages.refused),
    Route("GET", "/alerts/{id}/findings", queue.findings, "More findings of an alert.", _READ, (_ID, _PAGE[2]),
          media_type="text/html", refused=pages.refused),
)  # fmt: skip
