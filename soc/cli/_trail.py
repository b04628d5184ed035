"""The audit trail alone: opening the whole workspace also makes a password hash, which takes longer than most commands."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from soc.cli.user import actor
from soc.clock import SystemClock
from soc.workspace.audit import Audit
from soc.workspace.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from soc.config import Config


@contextmanager
def opened(config: Config) -> Iterator[Audit]:
    database = Database(config.data_dir / "workspace.db")
    try:
        yield Audit(database, config.data_dir / "secrets", SystemClock())
    finally:
        database.close()


def note(config: Config, act: str, object_: str, given: Mapping[str, Any]) -> None:
    """Write down who looked at what or did what, before it happens; what cannot be written down is not shown or done."""
    with opened(config) as trail:
        trail.append(actor(), act, object_, {name: value for name, value in given.items() if value})
