"""How often somebody may guess: by user and address, so that one address cannot try many and many cannot try one."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from soc import instant
from soc.errors import SocError
from soc.workspace.database import statements

if TYPE_CHECKING:
    from soc.clock import Clock
    from soc.workspace.database import Database

WINDOW = 15 * instant.MINUTE
PER_USER_AND_ADDRESS = 5
PER_ADDRESS = 20
PER_USER = 50
"""Higher, since anybody can fail in somebody's name: only guessing from many places shuts an account for a while."""
_SQL = statements("login_limits")


class TooManyAttempts(SocError):  # noqa: N818 (an outcome, not a fault)
    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many attempts to log in; try again in {seconds} s")
        self.seconds = seconds


class LoginLimits:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def attempt(self, user: str, address: str) -> None:
        """Count an attempt before its password is looked at, so that many at once cannot slip through.

        Raises:
            TooManyAttempts: it must not be looked at.
        """
        now = self._clock.now()
        asked = {"user": _bounded(user), "address": network(address), "since": now - WINDOW, "now": now}
        with self._database.writing() as connection:
            connection.execute(_SQL["forget"], asked)
            both, here, named, first = connection.execute(_SQL["counts"], asked).fetchone()
            if (both or 0) < PER_USER_AND_ADDRESS and (here or 0) < PER_ADDRESS and (named or 0) < PER_USER:
                connection.execute(_SQL["insert"], asked)
                return
        raise TooManyAttempts((first + WINDOW - now) // instant.SECOND + 1)

    def forgive(self, user: str, address: str) -> None:
        """After a right password the failures of this user at this address are forgotten."""
        with self._database.writing() as connection:
            connection.execute(_SQL["forgive"], {"user": _bounded(user), "address": network(address)})


def network(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one, which its owner can change within at will."""
    try:
        told = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if told.version == 6 and told.ipv4_mapped:
        return str(told.ipv4_mapped)
    return str(ipaddress.ip_network((told, 64), strict=False)) if told.version == 6 else str(told)


def _bounded(user: str) -> str:
    return user[:64].encode("utf-8", "replace").decode().strip().lower()
