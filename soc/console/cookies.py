"""The two cookies: the session, out of scripts' reach, and the chosen language."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_LANGUAGE = "soc-language"
_YEAR = 365 * 86400


class Cookies:
    """`secure`: the browser speaks TLS, to us or to a proxy before us."""

    def __init__(self, *, secure: bool) -> None:
        self.secure = secure
        # The prefix makes browsers refuse the cookie from subdomains and over plain connections.
        self.name = "__Host-soc" if secure else "soc"

    def session(self, request: Request) -> str:
        return request.cookies.get(self.name, "")

    def language(self, request: Request) -> str:
        return request.cookies.get(_LANGUAGE, "")

    def keep_session(self, response: Response, token: str) -> None:
        response.set_cookie(self.name, token, path="/", secure=self.secure, httponly=True, samesite="strict")

    def drop_session(self, response: Response) -> None:
        response.delete_cookie(self.name, path="/", secure=self.secure, httponly=True, samesite="strict")

    def keep_language(self, response: Response, language: str) -> None:
        response.set_cookie(
            _LANGUAGE, language, max_age=_YEAR, path="/", secure=self.secure, httponly=True, samesite="strict"
        )
