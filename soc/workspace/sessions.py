"""Sessions of people: opaque random tokens, stored as hashes, that end when idle, when old, at logout."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING

from soc import instant
from soc.workspace.database import statements

if TYPE_CHECKING:
    from soc.clock import Clock
    from soc.workspace.database import Database
    from soc.workspace.users import Role

LONGEST = 12 * instant.HOUR
"""However busy, a session ends after one shift."""
_TOUCH = instant.MINUTE
_SQL = statements("sessions")


@dataclass(frozen=True, slots=True)
class Session:
    user: str
    role: Role
    language: str
    created: int
    seen: int
    hash: bytes
    csrf: str
    """What a page of this session sends along with each write."""


class Sessions:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def start(self, user: str, address: str, replaced: str = "") -> str:
        """A new session's token. The one that the browser had before ends, whoever planted it."""
        token = secrets.token_urlsafe(32)
        now = self._clock.now()
        with self._database.writing() as connection:
            connection.execute(_SQL["delete"], {"hash": hash_of(replaced)})
            connection.execute(_SQL["delete_older"], {"created": now - LONGEST})
            connection.execute(_SQL["insert"], {"hash": hash_of(token), "user": user, "address": address, "now": now})
        return token

    def verify(self, token: str, idle: int, *, touch: bool = True) -> Session | None:
        """The live session of a token; `idle` is how long it may lie still. `touch` says that the person is active."""
        hashed, now = hash_of(token), self._clock.now()
        with self._database.reading() as connection:
            row = connection.execute(_SQL["get"], {"hash": hashed}).fetchone()
        if row is None:
            return None
        user, role, language, created, seen = row
        if now - seen >= idle or now - created >= LONGEST:
            self._delete(hashed)
            return None
        if touch and now - seen >= _TOUCH:
            with self._database.writing() as connection:
                connection.execute(_SQL["touch"], {"hash": hashed, "now": now})
        return Session(user, role, language, created, seen, hashed, csrf_of(token))

    def end(self, token: str) -> None:
        self._delete(hash_of(token))

    def _delete(self, hashed: bytes) -> None:
        with self._database.writing() as connection:
            connection.execute(_SQL["delete"], {"hash": hashed})


def hash_of(token: str) -> bytes:
    """A token has 256 random bits, so one fast hash is enough."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def csrf_of(token: str) -> str:
    """Follows from the token, one way only: a page may know it, and nothing more has to be stored."""
    return blake2b(token.encode("utf-8", "surrogatepass"), digest_size=32, person=b"soc-csrf").hexdigest()


def same(one: str, other: str) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
