"""Errors that people read: each says what is wrong, where, and how to mend it."""

from dataclasses import dataclass


class SocError(Exception):
    """Whatever ends a command with a message instead of a traceback."""

    exit_code = 1


class ConfigurationError(SocError):
    """Wrong use or configuration."""

    exit_code = 2


class Unavailable(SocError):  # noqa: N818 (a state of a server, not a fault of the program)
    """A server or file cannot be reached now; trying again later may work."""


class DiskFull(Unavailable):
    """There is no space to write to; writing goes on by itself once there is."""


class Forbidden(SocError):  # noqa: N818 (named for what the server said)
    """A server refused for lack of a privilege; trying again does not help."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault in a file that people edit."""

    file: str
    line: int
    what: str
    fix: str = ""
    severity: str = "error"
    check: str = ""
    """Which of the checks of `soc check` says so (`unknown-field`); empty where reading the file did."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.what}" + (f"; {self.fix}" if self.fix else "")
