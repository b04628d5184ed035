"""Local accounts: names, roles, argon2id password hashes. Each hashing takes 64 MB: callers bound how many run at once."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from soc.errors import ConfigurationError
from soc.workspace.database import statements

if TYPE_CHECKING:
    from soc.clock import Clock
    from soc.workspace.database import Database

Role = Literal["viewer", "analyst", "rule_admin", "administrator", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)
FIRST_ADMINISTRATOR = "admin"
_SQL = statements("users")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SHORTEST, _LONGEST = 12, 1024


@dataclass(frozen=True, slots=True)
class User:
    name: str
    role: Role
    disabled: bool
    language: str
    """`vi`, `en`, or empty for the default."""
    created: int
    password_changed: int


class Users:
    def __init__(self, database: Database, clock: Clock, hasher: PasswordHasher | None = None) -> None:
        self._database = database
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        # What an unknown name is compared with, so that it costs the same as a known one.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    def add(self, name: str, role: str, password: str | None = None) -> str:
        """Make an account; its password, generated if none is given.

        Raises:
            ConfigurationError: the name, role or password is not allowed, or the name is taken.
        """
        _check_name(name)
        _check_role(role)
        chosen = secrets.token_urlsafe(15) if password is None else password
        values = {"name": name, "role": role, "hash": self._hash(name, chosen), "now": self._clock.now()}
        with self._database.writing() as connection:
            if not connection.execute(_SQL["insert"], values).rowcount:
                raise ConfigurationError(f"user {name} exists already; choose another name")
        return chosen

    def ensure_administrator(self) -> str | None:
        """On an empty workspace make the first account, `admin`; its password, to be shown once. Else None."""
        with self._database.reading() as connection:
            if connection.execute(_SQL["count"]).fetchone()[0]:
                return None
        return self.add(FIRST_ADMINISTRATOR, "administrator")

    def get(self, name: str) -> User | None:
        with self._database.reading() as connection:
            row = connection.execute(_SQL["get"], {"name": name}).fetchone()
        return _user(row) if row else None

    def all(self) -> list[User]:
        with self._database.reading() as connection:
            return [_user(row) for row in connection.execute(_SQL["all"])]

    def verify(self, name: str, password: str) -> User | None:
        """The user with that name and password. Whatever is wrong takes the same work and gives the same answer."""
        with self._database.reading() as connection:
            row = connection.execute(_SQL["get"], {"name": _readable(name)}).fetchone()
        right = self._matches(row[2] if row else self._nobody, password)
        if not right or not row or row[3]:
            return None
        if self._hasher.check_needs_rehash(row[2]):
            self._rehash(row[0], row[2], password)
        return _user(row)

    def set_role(self, name: str, role: str) -> None:
        _check_role(role)
        with self._database.writing() as connection:
            self._must_exist(connection.execute(_SQL["get"], {"name": name}).fetchone(), name)
            if role != "administrator":
                _keep_one_administrator(connection.execute(_SQL["other_administrators"], {"name": name}).fetchone()[0])
            connection.execute(_SQL["set_role"], {"name": name, "role": role})
            connection.execute(_SQL["end_sessions"], {"name": name, "keep": None})

    def disable(self, name: str) -> None:
        """Shut an account: its sessions end at once, its tokens are revoked for ever."""
        with self._database.writing() as connection:
            self._must_exist(connection.execute(_SQL["get"], {"name": name}).fetchone(), name)
            _keep_one_administrator(connection.execute(_SQL["other_administrators"], {"name": name}).fetchone()[0])
            connection.execute(_SQL["set_disabled"], {"name": name, "disabled": 1})
            connection.execute(_SQL["end_sessions"], {"name": name, "keep": None})
            connection.execute(_SQL["revoke_tokens"], {"name": name})

    def enable(self, name: str) -> None:
        with self._database.writing() as connection:
            self._must_exist(connection.execute(_SQL["get"], {"name": name}).fetchone(), name)
            connection.execute(_SQL["set_disabled"], {"name": name, "disabled": 0})

    def set_language(self, name: str, language: str) -> None:
        with self._database.writing() as connection:
            connection.execute(_SQL["set_language"], {"name": name, "language": language})

    def set_password(self, name: str, password: str | None = None, *, keep: bytes | None = None) -> str:
        """A new password, generated if none is given. Ends all sessions of the user but the one hashed `keep`."""
        chosen = secrets.token_urlsafe(15) if password is None else password
        hashed = self._hash(name, chosen)
        with self._database.writing() as connection:
            self._must_exist(connection.execute(_SQL["get"], {"name": name}).fetchone(), name)
            connection.execute(_SQL["set_password"], {"name": name, "hash": hashed, "now": self._clock.now()})
            connection.execute(_SQL["end_sessions"], {"name": name, "keep": keep})
        return chosen

    def _hash(self, name: str, password: str) -> str:
        if not _SHORTEST <= len(password) <= _LONGEST:
            raise ConfigurationError(f"a password has {_SHORTEST} to {_LONGEST} characters")
        if name in password.lower() or len(set(password)) < 5:
            raise ConfigurationError(
                "a password does not contain the user's name and has at least 5 different characters"
            )
        return self._hasher.hash(password.encode("utf-8", "surrogatepass"))

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password[: _LONGEST + 1].encode("utf-8", "surrogatepass"))
        except (VerificationError, InvalidHashError):
            return False

    def _rehash(self, name: str, old: str, password: str) -> None:
        """Follow stronger parameters at the next login."""
        fresh = self._hasher.hash(password.encode("utf-8", "surrogatepass"))
        with self._database.writing() as connection:
            connection.execute(_SQL["rehash"], {"name": name, "old": old, "hash": fresh})

    def _must_exist(self, row: tuple[object, ...] | None, name: str) -> None:
        if row is None:
            raise ConfigurationError(f"there is no user {name}; `soc user list` shows all")


def _user(row: tuple[str, Role, str, int, str, int, int]) -> User:
    name, role, _, disabled, language, created, changed = row
    return User(name, role, bool(disabled), language, created, changed)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} cannot be a user's name; use 1 to 64 of a-z, 0-9, dot, hyphen, underscore, a letter or digit first"
        )


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise ConfigurationError(f"unknown role {role!r}; known: {', '.join(ROLES)}")


def _keep_one_administrator(others: int) -> None:
    if not others:
        raise ConfigurationError("this is the last administrator; make another one first")


def _readable(name: str) -> str:
    """What a person types, as the column can hold it."""
    return name[:64].encode("utf-8", "replace").decode().strip().lower()
