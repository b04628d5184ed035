"""Findings as messages of `soc.findings`."""

from __future__ import annotations

import msgspec

from soc import logs
from soc.finding import Finding
from soc.log import Message

log = logs.get(__name__)
_ENCODE = msgspec.json.encode
_DECODE = msgspec.json.decode


def message_of(finding: Finding) -> Message:
    """All findings of an alert meet in one partition."""
    return Message(_ENCODE(finding.document), (finding.alert_id or finding.id).encode())


def finding_of(value: bytes) -> Finding | None:
    """The finding in a message's value; None (and a line in our log) if it is none."""
    try:
        document = _DECODE(value)
        return Finding(document["soc"]["id"], document["soc"]["alert_id"], document)
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        log.error("not a finding", error=f"{type(error).__name__}: {error}")
        return None
