"""What PostgreSQL says of sessions: who connects from where, how that was proved or refused, when it ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from soc.parse import network

if TYPE_CHECKING:
    from soc.parse.format import Document


class Session(NamedTuple):
    """One kind of message; the groups of its pattern are `user`, `host`, `port`, `tls`, `cipher`, and those of a duration."""

    pattern: re.Pattern[str]
    category: tuple[str, ...]
    types: tuple[str, ...]
    outcome: str | None = None


_HOST = r"host=(?P<host>\S{1,128})(?: port=(?P<port>\d{1,5}))?"
_REFUSED = ("database", "authentication"), ("error", "info", "start", "denied"), "failure"
_SESSIONS = (
    Session(re.compile(r"\S{1,32} authentication failed for user \"(?P<user>[^\"]{0,128})\""), *_REFUSED),
    Session(
        re.compile(
            r"(?:no pg_hba\.conf entry|pg_hba\.conf rejects (?:replication )?connection) for (?:replication connection from )?host \"(?P<host>[^\"]{1,128})\", user \"(?P<user>[^\"]{0,128})\""
        ),
        *_REFUSED,
    ),
    Session(re.compile(r"role \"(?P<user>[^\"]{1,128})\" (?:does not exist|is not permitted to log in)"), *_REFUSED),
    Session(re.compile(rf"connection received: {_HOST}"), ("database", "network"), ("info", "connection", "start")),
    Session(
        re.compile(r"connection authenticated: (?:identity|user)=\"(?P<user>[^\"]{1,256})\""), ("database", "authentication"), ("info", "start"), "success"
    ),
    Session(
        re.compile(
            r"(?:replication )?connection authorized: user=(?P<user>\S{1,128})(?: database=\S{1,128})?(?: application_name=\S{1,128})?"
            r"(?: SSL enabled \(protocol=(?:TLS|SSL)v(?P<tls>[\d.]{1,8}), cipher=(?P<cipher>[\w-]{1,64}))?"
        ),
        ("database", "session"), ("info", "start", "allowed"), "success",
    ),
    Session(
        re.compile(rf"disconnection: session time: (?P<hours>\d{{1,6}}):(?P<minutes>\d\d):(?P<seconds>\d\d)\.(?P<millis>\d{{3}}) user=(?P<user>\S{{0,128}}) database=\S{{0,128}} {_HOST}"),
        ("database", "session"), ("info", "end"),
    ),
)  # fmt: skip


def describe(message: str, document: Document) -> None:
    """Add what a message says of a session, if it does."""
    for session in _SESSIONS:
        if found := session.pattern.match(message):
            document["event.category"], document["event.type"] = list(session.category), list(session.types)
            document["event.outcome"] = session.outcome
            _fill({name: value for name, value in found.groupdict().items() if value}, document)
            return


def _fill(told: dict[str, str], document: Document) -> None:
    if document.get("user.name") in {None, "unknown"}:  # the prefix of a session that has not logged in yet
        document["user.name"] = told.get("user") or document.get("user.name")
    document["tls.version"], document["tls.cipher"] = told.get("tls"), told.get("cipher")
    if "source.ip" not in document:
        connection(told.get("host"), told.get("port"), document)
    if "seconds" in told:
        seconds = int(told["hours"]) * 3600 + int(told["minutes"]) * 60 + int(told["seconds"])
        document["event.duration"] = seconds * 1_000_000_000 + int(told["millis"]) * 1_000_000


def connection(host: str | None, port: str | int | None, document: Document) -> None:
    """The client's side; `[local]` is a socket of the same machine."""
    if host and host != "[local]":
        address = network.ip(host)
        document["source.ip"], document["source.port"] = address, network.number(port)
        document["source.domain"] = None if address else host
