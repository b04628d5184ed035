"""Exceptions and snoozes as people add and end them, each act in the audit trail, and as the pipeline reads them."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from soc import health, instant, logs
from soc.alerting import Suppression, Suppressions
from soc.alerting.exceptions import LONGEST, NONE, Condition, check
from soc.errors import ConfigurationError, SocError
from soc.workspace.database import Database, statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from soc.clock import Clock
    from soc.workspace.audit import Audit

log = logs.get(__name__)
_SQL = statements("exceptions")
_PREFIX = {"exception": "x", "snooze": "s"}
_EVERY = instant.SECOND


@dataclass(frozen=True, slots=True)
class Entry:
    """One of them with what was done to it."""

    told: Suppression
    created: int
    created_by: str
    ended: int | None
    """Since then it hides nothing, not even what it hid."""
    ended_by: str

    def state(self, now: int) -> str:
        """For people; what is hidden goes by the events' time."""
        if self.ended is not None:
            return "ended"
        if now < self.told.begins:
            return "waiting"
        return "active" if now < self.told.until else "expired"


class Exceptions:
    """Everything in it blocks for short: call it from threads, never on the loop."""

    def __init__(self, database: Database, audit: Audit, clock: Clock) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    def add(self, actor: str, draft: Suppression) -> Suppression:
        """Add one, under an id of its own; the audit trail knows of it first.

        Raises:
            ConfigurationError: something is missing, or it could never hide anything.
        """
        now = self._clock.now()
        check_draft(draft, now)
        added = replace(draft, id=f"{_PREFIX[draft.kind]}-{secrets.token_hex(4)}")
        conditions = msgspec.json.encode(added.where).decode()
        self._audit.append(actor, f"{added.kind}.add", added.id, _told(added))
        values = {
            **{name: getattr(added, name) for name in ("id", "kind", "owner", "reason", "begins", "until", "rule")},
            "conditions": conditions,
            "created": now,
            "created_by": actor,
        }
        with self._database.writing() as connection:
            connection.execute(_SQL["insert"], values)
        return added

    def end(self, actor: str, id_: str, *, keep: bool = False) -> Entry:
        """End one: all that it hid comes back to the queue; with `keep` only what happens from now on is not hidden.

        Raises:
            ConfigurationError: there is none of that id, or it is over.
        """
        entry, now = self.named(id_), self._clock.now()
        told = entry.told
        if entry.ended is not None or (keep and told.until <= now):
            raise ConfigurationError(f"{told.kind} {told.id} is over already")
        self._audit.append(actor, f"{told.kind}.end", told.id, {"keep": keep, **_told(told)})
        with self._database.writing() as connection:
            connection.execute(_SQL["shorten" if keep else "end"], {"id": told.id, "now": now, "actor": actor})
        return self.named(told.id)

    def named(self, id_: str) -> Entry:
        """The one of an id or of the beginning of one. Raises ConfigurationError."""
        with self._database.reading() as connection:
            found = [_entry(row) for row in connection.execute(_SQL["named"], {"begin": id_})] if id_ else []
        exact = [entry for entry in found if entry.told.id == id_] or found
        if len(exact) > 1:
            ids = ", ".join(entry.told.id for entry in exact)
            raise ConfigurationError(f"several begin with {id_}: {ids}; give more of it")
        if not exact:
            raise ConfigurationError(f"there is no exception {id_}; `soc exceptions list --all` shows all")
        return exact[0]

    def all(self) -> list[Entry]:
        """The oldest first."""
        with self._database.reading() as connection:
            return [_entry(row) for row in connection.execute(_SQL["all"])]


def check_draft(draft: Suppression, now: int) -> None:
    """Raises ConfigurationError."""
    check(draft)
    if draft.rule in health.CHECKS:
        raise ConfigurationError(f"{draft.rule}: what the platform says of itself is never hidden; mend the cause")
    if draft.until > now + LONGEST:
        raise ConfigurationError(f"{draft.kind}: it lasts a year at most, so that somebody looks at it again")
    if draft.until <= now:
        raise ConfigurationError(f"{draft.kind}: {instant.iso(draft.until)} is past already")


class Standing:
    """Those that nobody has ended, as the workspace of a data folder has them, for whoever opens and marks alerts."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "workspace.db"
        self._database: Database | None = None
        self._held = NONE
        self._looked: int | None = None

    def read(self) -> Suppressions | None:
        """Blocks for short; None where there is no workspace, as on a host that only detects.

        Raises:
            errors.SocError: the workspace cannot be read.
        """
        if self._database is None:
            if not self._path.exists():
                return None
            self._database = Database(self._path)
        with self._database.reading() as connection:
            found = tuple(_entry(row).told for row in connection.execute(_SQL["in_force"]))
        if found != self._held.all:
            self._held = Suppressions(found)
        return self._held

    async def at(self, now: int) -> Suppressions:
        """As they were a second ago at most; if they cannot be read, as they were read last."""
        if self._looked is None or abs(now - self._looked) >= _EVERY:
            self._looked = now
            try:
                await asyncio.to_thread(self.read)
            except SocError as error:
                log.warning("exceptions cannot be read, alerts are opened as before", error=str(error))
        return self._held

    def close(self) -> None:
        if self._database is not None:
            self._database.close()


def _entry(row: Sequence[Any]) -> Entry:
    id_, kind, owner, reason, begins, until, rule, conditions, *rest = row
    where = tuple(Condition(*pair) for pair in msgspec.json.decode(conditions))
    return Entry(Suppression(id_, kind, owner, reason, begins, until, rule, where), *rest)


def _told(one: Suppression) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "where": [str(condition) for condition in one.where],
        "owner": one.owner,
        "reason": one.reason,
        "begins": instant.iso(one.begins),
        "until": instant.iso(one.until),
    }
