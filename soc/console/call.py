"""What a handler is given: the request, who asks, and the desk with everything it may use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.responses import Response

from soc.console.problems import Problem

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from starlette.requests import Request

    from soc.clock import Clock
    from soc.config import Config
    from soc.console.cookies import Cookies
    from soc.console.language import Languages
    from soc.console.news import News
    from soc.console.searches import Searches
    from soc.console.static import Static
    from soc.console.templating import Templates
    from soc.stores import AlertStore
    from soc.workspace import Triage, Workspace
    from soc.workspace.users import Role

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, a person with a session or a program with a token."""

    user: str
    role: Role
    language: str
    csrf: str = ""
    """Empty for a program, which needs none."""
    session: str = ""
    """The session's token; empty for a program."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One process's console."""

    config: Config
    store: AlertStore
    workspace: Workspace
    clock: Clock
    triage: Triage
    news: News
    searches: Searches
    cookies: Cookies
    languages: Languages
    templates: Templates
    static: Static
    hashing: asyncio.Semaphore
    """Bounds how many passwords are hashed at once: each takes 64 MB."""
    openapi: bytes


@dataclass(frozen=True)
class Call:
    """One request, let in by the guard."""

    request: Request
    desk: Desk
    visitor: Visitor | None
    body: bytes = b""

    @property
    def user(self) -> Visitor:
        """The visitor of a route that is not public."""
        assert self.visitor is not None, "a public route asked who is there"
        return self.visitor

    @property
    def address(self) -> str:
        return self.request.client.host if self.request.client else ""

    @property
    def language(self) -> str:
        """The user's choice, else the browser's cookie, else the default."""
        chosen = (self.visitor.language if self.visitor else "") or self.desk.cookies.language(self.request)
        return self.desk.languages.known(chosen)

    @cached_property
    def form(self) -> Mapping[str, str]:
        """The fields of an HTML form; of repeated ones the last."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100))

    def read(self, kind: type[T]) -> T:
        """The JSON body as a documented type. Raises Problem 400."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Problem(400, "The body is not what is documented", str(error)) from None

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """An integer among the query parameters. Raises Problem 400."""
        text = self.request.query_params.get(name, "")
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 19 and lowest <= int(text) <= highest):
            raise Problem(400, f"Wrong {name}", f"{name} is a whole number from {lowest} to {highest}")
        return int(text)


def json(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(document), status, headers, "application/json")
