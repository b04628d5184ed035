"""What people do: accounts, sessions, tokens, login limits, exceptions and the audit trail, in `<data_dir>/workspace.db`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.workspace.audit import Audit
from soc.workspace.database import Database
from soc.workspace.exceptions import Exceptions
from soc.workspace.login_limits import LoginLimits
from soc.workspace.sessions import Sessions
from soc.workspace.tokens import Tokens
from soc.workspace.triage import Triage
from soc.workspace.users import Users

if TYPE_CHECKING:
    from pathlib import Path

    from argon2 import PasswordHasher

    from soc.clock import Clock

__all__ = ["Triage", "Workspace"]


class Workspace:
    """Everything in it blocks for short: call it from threads, never on the loop."""

    def __init__(self, data_dir: Path, clock: Clock, hasher: PasswordHasher | None = None) -> None:
        self._database = Database(data_dir / "workspace.db")
        self.audit = Audit(self._database, data_dir / "secrets", clock)
        self.users = Users(self._database, clock, hasher)
        self.sessions = Sessions(self._database, clock)
        self.tokens = Tokens(self._database, clock)
        self.exceptions = Exceptions(self._database, self.audit, clock)
        self.login_limits = LoginLimits(self._database, clock)

    def close(self) -> None:
        self._database.close()
