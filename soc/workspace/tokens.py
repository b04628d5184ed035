"""Bearer tokens of programs: they act as a user, stored as hashes, with an end."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from soc import instant
from soc.errors import ConfigurationError
from soc.workspace.database import statements
from soc.workspace.sessions import hash_of

if TYPE_CHECKING:
    from soc.clock import Clock
    from soc.workspace.database import Database
    from soc.workspace.users import Role

_SQL = statements("tokens")
_PREFIX = "soc"
_LONGEST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a program acts as."""

    id: str
    user: str
    role: Role
    language: str


@dataclass(frozen=True, slots=True)
class Token:
    """What is shown of a token afterwards; never its secret."""

    id: str
    label: str
    created: int
    expires: int
    revoked: bool


class Tokens:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def issue(self, user: str, label: str, days: int) -> str:
        """A new token, to be shown once: `soc_<id>_<secret>`; secret scanners know such prefixes."""
        if not 1 <= days <= _LONGEST_DAYS:
            raise ConfigurationError(f"a token lives 1 to {_LONGEST_DAYS} days")
        id_, secret, now = secrets.token_hex(6), secrets.token_hex(32), self._clock.now()
        values = {"id": id_, "hash": hash_of(secret), "user": user, "label": label[:200], "now": now}
        with self._database.writing() as connection:
            connection.execute(_SQL["insert"], {**values, "expires": now + days * instant.DAY})
        return f"{_PREFIX}_{id_}_{secret}"

    def verify(self, token: str) -> Bearer | None:
        prefix, _, rest = token.partition("_")
        id_, _, secret = rest.partition("_")
        if prefix != _PREFIX or len(token) > 200 or not token.isascii():
            return None
        with self._database.reading() as connection:
            row = connection.execute(_SQL["get"], {"id": id_}).fetchone()
        if row is None or not hmac.compare_digest(row[1], hash_of(secret)) or self._clock.now() >= row[5]:
            return None
        return Bearer(row[0], row[2], row[3], row[4])

    def of_user(self, user: str) -> list[Token]:
        with self._database.reading() as connection:
            rows = connection.execute(_SQL["of_user"], {"user": user}).fetchall()
        return [Token(id_, label, created, expires, bool(revoked)) for id_, label, created, expires, revoked in rows]

    def revoke(self, user: str, id_: str) -> None:
        with self._database.writing() as connection:
            if not connection.execute(_SQL["revoke"], {"id": id_, "user": user}).rowcount:
                raise ConfigurationError(
                    f"user {user} has no living token {id_}; `soc user token {user} --list` shows all"
                )
