"""What the values and fields of alerts are called on screen: message ids, translated where they are shown."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from soc.alert import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping


def N_(message: str) -> str:  # noqa: N802 (gettext's own name for "translate this later")
    """Marks a text for the catalogs."""
    return message


SEVERITY = dict(
    zip(SEVERITIES, (N_("Informational"), N_("Low"), N_("Medium"), N_("High"), N_("Critical")), strict=True)
)
STATUS = {
    "new": N_("New"),
    "acknowledged": N_("Acknowledged"),
    "in_progress": N_("In progress"),
    "closed": N_("Closed"),
}
DISPOSITION = {
    "true_positive": N_("True positive"),
    "benign": N_("Benign"),
    "false_positive": N_("False positive"),
    "duplicate": N_("Duplicate"),
    "test": N_("Test"),
    "other": N_("Other"),
}
LAYERS = {
    "network": N_("Network"),
    "host": N_("Host"),
    "application": N_("Application"),
    "data": N_("Data"),
    "platform": N_("Platform"),
}
KINDS = {"rule": N_("Rule"), "correlation": N_("Correlation"), "anomaly": N_("Anomaly"), "health": N_("Service health")}
FIELD_NAMES = {
    "triage.status": N_("Status"),
    "triage.assignee": N_("Assignee"),
    "triage.disposition": N_("Disposition"),
    "event.severity": N_("Severity"),
    "rule.id": N_("Rule"),
    "rule.name": N_("Rule"),
    "soc.suppressed_by": N_("Exception"),
    "soc.layer": N_("Layer"),
    "soc.kind": N_("Kind"),
    "soc.entity.value": N_("Entity"),
    "soc.controls": N_("Clause"),
    "threat.technique.id": N_("ATT&CK technique"),
    "threat.tactic.id": N_("ATT&CK tactic"),
    "host.name": N_("Host name"),
    "user.name": N_("User name"),
    "source.ip": N_("Source address"),
    "destination.ip": N_("Destination address"),
}
TACTICS = {
    "TA0043": N_("Reconnaissance"),
    "TA0042": N_("Resource development"),
    "TA0001": N_("Initial access"),
    "TA0002": N_("Execution"),
    "TA0003": N_("Persistence"),
    "TA0004": N_("Privilege escalation"),
    "TA0005": N_("Defense evasion"),
    "TA0006": N_("Credential access"),
    "TA0007": N_("Discovery"),
    "TA0008": N_("Lateral movement"),
    "TA0009": N_("Collection"),
    "TA0011": N_("Command and control"),
    "TA0010": N_("Exfiltration"),
    "TA0040": N_("Impact"),
}
_VALUES: Mapping[str, Mapping[str, str]] = {
    "event.severity": {str(number): SEVERITY[name] for number, name in enumerate(SEVERITIES, 1)},
    "triage.status": STATUS,
    "triage.assignee": {"": N_("Nobody"), "@me": N_("Me")},
    "triage.disposition": DISPOSITION,
    "soc.layer": LAYERS,
    "soc.kind": KINDS,
    "threat.tactic.id": TACTICS,
    "soc.asset.criticality": {name: SEVERITY[name] for name in ("low", "medium", "high")},
}
_NONE = N_("none")
_DOCUMENTS = {"tcvn14423": "TCVN 14423", "tcvn11930": "TCVN 11930", "qcvn12": "QCVN 12"}


def of_field(field: str) -> str:
    """The message id of a field's name; the field itself where it has none."""
    return FIELD_NAMES.get(field, field)


def of_value(field: str, value: object) -> str | None:
    """The message id of a value; None if it is its own name."""
    text = str(value)
    return _VALUES.get(field, {}).get(text, None if text else _NONE)


def clause(tag: str) -> str:
    """`tcvn14423.5.8.2.1` as people write it."""
    document, _, number = tag.partition(".")
    return f"{_DOCUMENTS.get(document, document)} · {number}" if number else tag


_KEPT = frozenset("\n\t")
# Control, format (directions, zero widths), separators of lines and paragraphs, private use, lone surrogates.
_HIDING = frozenset({"Cc", "Cf", "Zl", "Zp", "Co", "Cs"})


def visible(text: object, kept: frozenset[str] = frozenset()) -> str:
    r"""Text in which nothing hides: control, format and direction characters as `\u202e`."""
    return "".join(char if char in kept or not _hides(char) else _code(char) for char in str(text))


def lines(text: object) -> str:
    """The same with its line ends and tabs, for a block that keeps them."""
    return visible(re.sub(r"\r\n?", "\n", str(text)), _KEPT)


def _hides(char: str) -> bool:
    return unicodedata.category(char) in _HIDING


def _code(char: str) -> str:
    number = ord(char)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def plain(value: Any) -> str:
    """A value of a document as one text."""
    if isinstance(value, list):
        return ", ".join(plain(item) for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
