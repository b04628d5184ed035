"""Login, logout, who am I, and what people set for themselves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from soc import logs
from soc.console.call import Call, Visitor, json
from soc.console.guard import session_visitor
from soc.console.problems import Problem
from soc.console.roles import allowed
from soc.console.schemas import Login, Me, PasswordChange, SessionChange
from soc.errors import ConfigurationError
from soc.workspace.login_limits import TooManyAttempts
from soc.workspace.sessions import hash_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from soc.workspace.users import User

log = logs.get(__name__)


async def login(call: Call) -> Response:
    told = call.read(Login)
    token, visitor = await enter(call, told.user, told.password)
    response = json(_me(call, visitor))
    call.desk.cookies.keep_session(response, token)
    return response


async def logout(call: Call) -> Response:
    await leave(call)
    response = json({"user": None})
    call.desk.cookies.drop_session(response)
    return response


async def me(call: Call) -> Response:
    return json(_me(call, call.user))


async def change(call: Call) -> Response:
    """Choose a language."""
    language = call.read(SessionChange).language
    await asyncio.to_thread(call.desk.workspace.users.set_language, call.user.user, language)
    response = json({"language": language})
    call.desk.cookies.keep_language(response, language)
    return response


async def password(call: Call) -> Response:
    """Change the own password; the user's other sessions end."""
    told, user = call.read(PasswordChange), call.user
    if not user.session:
        raise Problem(403, "People only", "a program does not change its user's password")
    if await _verified(call, user.user, told.current) is None:
        raise Problem(403, "The current password is wrong")
    users = call.desk.workspace.users
    try:
        async with call.desk.hashing:
            await asyncio.to_thread(users.set_password, user.user, told.new, keep=hash_of(user.session))
    except ConfigurationError as error:
        raise Problem(422, "This password is not allowed", str(error)) from None
    await asyncio.to_thread(call.desk.workspace.audit.append, user.user, "user.password", user.user)
    return json({"changed": True})


async def enter(call: Call, name: str, secret: str) -> tuple[str, Visitor]:
    """A new session's token and its visitor, for the API and the login page.

    Raises:
        Problem: 401 for whatever is wrong with name or password, 429 after too many attempts.
    """
    desk, audit = call.desk, call.desk.workspace.audit
    user = await _verified(call, name, secret)
    if user is None:
        await asyncio.to_thread(audit.append, "soc", "login", name[:64], {"address": call.address}, result="refused")
        raise Problem(401, "Wrong name or password")
    before = desk.cookies.session(call.request)
    token = await asyncio.to_thread(desk.workspace.sessions.start, user.name, call.address, before)
    await asyncio.to_thread(audit.append, user.name, "login", user.name, {"address": call.address})
    visitor = await session_visitor(desk, token, touch=False)
    if visitor is None:  # disabled in this very moment
        raise Problem(401, "Wrong name or password")
    return token, visitor


async def leave(call: Call) -> None:
    if call.user.session:
        await asyncio.to_thread(call.desk.workspace.sessions.end, call.user.session)
        await asyncio.to_thread(call.desk.workspace.audit.append, call.user.user, "logout", call.user.user)


async def _verified(call: Call, name: str, secret: str) -> User | None:
    """The user, if the password is right and not too many were tried."""
    limits, users = call.desk.workspace.login_limits, call.desk.workspace.users
    try:
        await asyncio.to_thread(limits.attempt, name, call.address)
    except TooManyAttempts as error:
        log.warning("login refused: too many attempts", user=name[:64], address=call.address)
        problem = Problem(429, "Too many attempts", str(error))
        problem.headers = {"retry-after": str(error.seconds)}
        raise problem from None
    async with call.desk.hashing:
        user = await asyncio.to_thread(users.verify, name, secret)
    if user:
        await asyncio.to_thread(limits.forgive, name, call.address)
    return user


def _me(call: Call, visitor: Visitor) -> Me:
    language = call.desk.languages.known(visitor.language or call.desk.cookies.language(call.request))
    return Me(visitor.user, visitor.role, language, visitor.csrf, allowed(visitor.role))
