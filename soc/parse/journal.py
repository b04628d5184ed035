"""Entries of systemd's journal as JSON (`journalctl -o json`, systemd-journal-gatewayd, collectors): what carried a program's text.

Its fields stand for a syslog header, so that whatever format knows the program's text reads it. systemd.journal-fields(7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc import instant
from soc.parse import syslog
from soc.parse.network import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.parse.format import Document

_MARKS = ("__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP", "__CURSOR", "_TRANSPORT")
_FIELDS = {
    "_MACHINE_ID": "host.id", "_BOOT_ID": "host.boot.id", "_CMDLINE": "process.command_line", "_EXE": "process.executable",
    "_SYSTEMD_UNIT": "systemd.unit", "_SYSTEMD_USER_UNIT": "systemd.user_unit", "_SYSTEMD_SLICE": "systemd.slice", "_TRANSPORT": "systemd.transport",
    "_SYSTEMD_CGROUP": "systemd.cgroup", "_SYSTEMD_INVOCATION_ID": "systemd.invocation_id", "CONTAINER_ID_FULL": "container.id",
    "CONTAINER_NAME": "container.name", "CODE_FILE": "log.origin.file.name", "CODE_FUNC": "log.origin.function", "MESSAGE_ID": "systemd.message_id",
    "_AUDIT_SESSION": "systemd.audit_session",
}  # fmt: skip
_OWNER = {"_UID": "user.id", "_GID": "user.group.id"}
_LARGEST_FACILITY = 23
ENTRY = "journal"
"""Where a frame's envelope keeps the entry that its text came in."""


def is_entry(document: Mapping[str, Any]) -> bool:
    """Whether an object is an entry of the journal."""
    return "MESSAGE" in document and any(mark in document for mark in _MARKS)


def text(entry: Mapping[str, Any]) -> str | None:
    """The message; of one that is no text the journal gives the bytes as a list of numbers."""
    message = entry["MESSAGE"]
    if isinstance(message, list) and all(type(byte) is int and 0 <= byte < 256 for byte in message):
        return bytes(message).decode("utf-8", "replace")
    return message if isinstance(message, str) else None


def header(entry: Mapping[str, Any]) -> syslog.Syslog:
    """The header that the entry would have as a syslog message."""
    severity, facility = _within(entry.get("PRIORITY"), 7), _within(entry.get("SYSLOG_FACILITY"), _LARGEST_FACILITY)
    priority = None if severity is None or facility is None else facility * 8 + severity
    pid = _told(entry, "_PID", "SYSLOG_PID")
    return syslog.Syslog(
        priority, _time(entry), _told(entry, "_HOSTNAME"), _told(entry, "SYSLOG_IDENTIFIER", "_COMM"), pid
    )


def _within(value: Any, largest: int) -> int | None:
    told = number(value)
    return told if told is not None and 0 <= told <= largest else None


def _told(entry: Mapping[str, Any], *names: str) -> str:
    return next(
        (str(entry[name]) for name in names if isinstance(entry.get(name), str | int) and entry[name] != ""), ""
    )


def _time(entry: Mapping[str, Any]) -> str:
    for name in ("__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP"):
        micros = number(entry.get(name))
        if micros is not None and 0 <= micros <= instant.LATEST:
            return instant.iso(micros)
    return ""


def describe(entry: Mapping[str, Any], document: Document) -> None:
    """Adds what the entry tells besides its header."""
    for name, target in _FIELDS.items():
        document[target] = _told(entry, name) or None
    severity, facility = _within(entry.get("PRIORITY"), 7), _within(entry.get("SYSLOG_FACILITY"), _LARGEST_FACILITY)
    if severity is not None:
        document["log.syslog.severity.code"], document["log.syslog.severity.name"] = (
            severity,
            syslog.SEVERITIES[severity],
        )
    if facility is not None:
        document["log.syslog.facility.code"], document["log.syslog.facility.name"] = (
            facility,
            syslog.FACILITIES[facility],
        )


def own(entry: Mapping[str, Any], document: Document) -> None:
    """Adds whose process wrote the entry, unless its text names the user that acts."""
    if not document.get("user.name"):
        for name, target in _OWNER.items():
            document.setdefault(target, _told(entry, name) or None)
