"""Errors as problem documents (RFC 9457): what went wrong, in one form for programs and pages."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from soc.errors import ConfigurationError, Forbidden, SocError, Unavailable
from soc.stores import Conflict, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping


class Problem(SocError):  # noqa: N818 (RFC 9457 names it so)
    """Ends a handler with a problem document."""

    def __init__(self, status: int, title: str, detail: str = "", **more: Any) -> None:
        super().__init__(detail or title)
        self.status = status
        self.title = title
        self.detail = detail
        self.more = more
        self.headers: Mapping[str, str] = {}


def response(problem: Problem) -> Response:
    document = {"type": "about:blank", "title": problem.title, "status": problem.status}
    if problem.detail:
        document["detail"] = problem.detail
    body = msgspec.json.encode(document | problem.more)
    return Response(body, problem.status, problem.headers, "application/problem+json")


# What the layers below say -> status and title. The first that fits counts.
_KNOWN: tuple[tuple[type[SocError], int, str], ...] = (
    (NotFound, 404, "There is no such document"),
    (ConfigurationError, 400, "The request cannot be answered"),
    (Unavailable, 503, "A server behind the console does not answer"),
    (Forbidden, 503, "The console lacks a privilege"),
)


def of(error: SocError) -> Problem:
    """Our errors as problems."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Conflict):
        return Problem(412, "Somebody else changed the alert first", str(error), current=error.current)
    for kind, status, title in _KNOWN:
        if isinstance(error, kind):
            return Problem(status, title, str(error))
    return Problem(500, "The console failed", "the service's log says more")


def of_status(status: int, detail: str = "") -> Problem:
    return Problem(status, HTTPStatus(status).phrase, detail)
