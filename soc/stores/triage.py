"""What a change does to the triage part of an alert: one function for every store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc import instant
from soc.alert import DISPOSITIONS, STATUSES
from soc.errors import ConfigurationError

if TYPE_CHECKING:
    from soc.stores import Change, Document

HISTORY = 20
NOTES = 200


def apply_change(triage: Document, change: Change) -> Document:
    """The triage part as it is after a change; ConfigurationError if the change contradicts itself."""
    status = change.status or triage["status"]
    disposition = triage["disposition"] if change.disposition is None else change.disposition or None
    if status != "closed" and change.status and change.disposition is None:
        disposition = None
    _check(status, disposition)
    at = instant.iso(change.at)
    after: Document = {
        **triage,
        "status": status,
        "disposition": disposition,
        "assignee": triage["assignee"] if change.assignee is None else change.assignee or None,
        "revision": triage["revision"] + 1,
    }
    changed: dict[str, Any] = {
        name: [triage[name], after[name]]
        for name in ("status", "disposition", "assignee")
        if triage[name] != after[name]
    }
    if change.note:
        after["notes"] = [*triage["notes"], {"at": at, "actor": change.actor, "text": change.note}][-NOTES:]
        changed["note"] = True
    after["history"] = [*triage["history"], {"at": at, "actor": change.actor, "changed": changed}][-HISTORY:]
    return after


def _check(status: str, disposition: str | None) -> None:
    if status not in STATUSES:
        raise ConfigurationError(f"unknown status {status!r}; one of {', '.join(STATUSES)}")
    if disposition is not None and disposition not in DISPOSITIONS:
        raise ConfigurationError(f"unknown disposition {disposition!r}; one of {', '.join(DISPOSITIONS)}")
    if status == "closed" and disposition is None:
        raise ConfigurationError("an alert is closed with a disposition; say what it was")
    if status != "closed" and disposition is not None:
        raise ConfigurationError("only a closed alert has a disposition; close it, or leave the disposition out")
