"""What a rule says about itself: Sigma's attributes, ATT&CK and clause tags, and our own block `soc:`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.alert import SEVERITIES
from soc.event import Logsource
from soc.finding import RuleInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from soc.sigma.yaml_files import Path

    Report = Callable[[Path, str, str], None]

LAYERS = ("network", "host", "application", "data", "platform")
STATES = ("live", "shadow", "off")
QUARANTINED = "quarantined"
"""The state of a rule that was set aside because it was too dear; no file of rules says so."""
_CLAUSES = ("tcvn14423.", "tcvn11930.", "qcvn12.")
_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)")
_BUCKET = re.compile(r"(\d{1,4})([smhd])")
_UNITS = {"s": instant.SECOND, "m": instant.MINUTE, "h": instant.HOUR, "d": instant.DAY}
# MITRE ATT&CK, Enterprise: tactic names as Sigma tags write them.
TACTICS = {
    "reconnaissance": "TA0043",
    "resource-development": "TA0042",
    "initial-access": "TA0001",
    "execution": "TA0002",
    "persistence": "TA0003",
    "privilege-escalation": "TA0004",
    "defense-evasion": "TA0005",
    "stealth": "TA0005",
    "credential-access": "TA0006",
    "discovery": "TA0007",
    "lateral-movement": "TA0008",
    "collection": "TA0009",
    "command-and-control": "TA0011",
    "exfiltration": "TA0010",
    "impact": "TA0040",
}
# The layer that a log source belongs to when the rule does not say; everything else is the host's.
_CATEGORY_LAYERS = {
    "firewall": "network",
    "dns": "network",
    "ids": "network",
    "proxy": "application",
    "webserver": "application",
    "application": "application",
    "database": "data",
}
_PRODUCT_LAYERS = {
    "fortigate": "network",
    "fortios": "network",
    "cisco": "network",
    "juniper": "network",
    "huawei": "network",
    "zeek": "network",
    "apache": "application",
    "nginx": "application",
    "postgresql": "data",
    "mysql": "data",
    "mssql": "data",
}
_BLOCK = frozenset({
    "layer", "title_vi", "description_vi", "state", "runbook", "owner", "group", "national", "thresholds",
})  # fmt: skip


def info_of(document: dict[str, Any], logsource: Logsource, version: str, report: Report) -> RuleInfo:
    """The attributes of a rule; what is wrong in them is reported, and a default stands in."""
    block = _block(document.get("soc"), report)
    tags = [tag for tag in _texts(document, "tags", report) if tag]
    by, bucket, ungrouped = _group(block.get("group"), report)
    category, severity = _national(block.get("national"), report)
    runbook = block.get("runbook")
    return RuleInfo(
        id=str(document.get("id", "")),
        name=str(document.get("title", "")),
        title_vi=str(block.get("title_vi", "")),
        version=version,
        kind="rule",
        severity=_chosen(document.get("level", "medium"), SEVERITIES, ("level",), report),
        layer=_chosen(block.get("layer", layer_of(logsource)), LAYERS, ("soc", "layer"), report),
        description=str(document.get("description", "")).strip(),
        controls=tuple(tag for tag in tags if tag.startswith(_CLAUSES)),
        tactics=tuple(dict.fromkeys(TACTICS[name] for tag in tags if (name := _tactic(tag)) in TACTICS)),
        techniques=tuple(found[1].upper() for tag in tags if (found := _TECHNIQUE.fullmatch(tag.lower()))),
        national_category=category,
        national_severity=severity,
        group=by,
        bucket=bucket,
        ungrouped=ungrouped,
        runbook_vi=_steps(runbook, "vi", report),
        runbook_en=_steps(runbook, "en", report),
        falsepositives=tuple(_texts(document, "falsepositives", report)),
        # Without quotes YAML 1.1 reads `off` as false.
        state=_chosen(
            "off" if block.get("state") is False else block.get("state", "live"), STATES, ("soc", "state"), report
        ),
    )


def layer_of(logsource: Logsource) -> str:
    """The technical group of a log source."""
    by_category = _CATEGORY_LAYERS.get(logsource.category)
    return by_category or _PRODUCT_LAYERS.get(logsource.product) or _PRODUCT_LAYERS.get(logsource.service, "host")


def logsource_of(told: Any, report: Report) -> Logsource:
    """The `logsource` of a rule, in lower case."""
    if not isinstance(told, dict):
        report(("logsource",), "a logsource is a mapping", "write `logsource: {product: linux, service: sshd}`")
        return Logsource()
    parts = {}
    for name in Logsource._fields:
        value = told.get(name) or ""
        if not isinstance(value, str):
            report(("logsource", name), f"{value!r} is not a name", "put it into quotes")
            value = ""
        parts[name] = value.lower()
    return Logsource(**parts)


def _tactic(tag: str) -> str:
    return tag.lower().removeprefix("attack.").replace("_", "-") if tag.lower().startswith("attack.") else ""


def _block(told: Any, report: Report) -> dict[str, Any]:
    if told is None:
        return {}
    if not isinstance(told, dict):
        report(("soc",), "`soc` is a mapping", "see rules/host/ for an example")
        return {}
    for name in told:
        if name not in _BLOCK:
            report(("soc", name), f"unknown setting {name!r}", f"known: {', '.join(sorted(_BLOCK))}")
    return told


def _chosen(value: Any, allowed: tuple[str, ...], path: Path, report: Report) -> str:
    if value in allowed:
        return str(value)
    report(path, f"{value!r} is not allowed", f"one of {', '.join(allowed)}")
    return allowed[0]


def _texts(document: dict[str, Any], name: str, report: Report) -> list[str]:
    told = document.get(name) or []
    values = told if isinstance(told, list) else [told]
    if any(isinstance(value, dict | list) for value in values):
        report((name,), f"`{name}` is a list of texts", "put each into quotes")
        return []
    return [str(value) for value in values if value is not None]


def _steps(runbook: Any, language: str, report: Report) -> tuple[str, ...]:
    if runbook is None:
        return ()
    steps = runbook.get(language, []) if isinstance(runbook, dict) else None
    if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        report(("soc", "runbook"), "a runbook has the lists of steps `en` and `vi`", "put each step into quotes")
        return ()
    return tuple(steps)


def _group(told: Any, report: Report) -> tuple[tuple[str, ...], int, bool]:
    """Fields, bucket, and whether each finding is its own alert."""
    if told is None:
        return (), instant.HOUR, False
    if told == "none":
        return (), instant.HOUR, True
    by = told.get("by", []) if isinstance(told, dict) else None
    if isinstance(by, str):
        by = [by]
    if not isinstance(by, list) or not all(isinstance(name, str) for name in by):
        report(
            ("soc", "group"),
            "a group is `none`, or has `by` (fields) and `bucket`",
            "write {by: [source.ip], bucket: 1h}",
        )
        return (), instant.HOUR, False
    found = _BUCKET.fullmatch(str(told.get("bucket", "1h")))
    if not found:
        report(("soc", "group", "bucket"), f"{told['bucket']!r} is no length of time", "write 30m, 1h or 1d")
        return tuple(by), instant.HOUR, False
    return tuple(by), int(found[1]) * _UNITS[found[2]], False


def _national(told: Any, report: Report) -> tuple[int, int]:
    """Category and severity for reports to the national centre."""
    if told is None:
        return 11, 1
    numbers = (told.get("category", 11), told.get("severity", 1)) if isinstance(told, dict) else (0, 0)
    if numbers[0] not in range(1, 13) or numbers[1] not in range(1, 5):
        report(("soc", "national"), "wrong category or severity", "write {category: 1 to 12, severity: 1 to 4}")
        return 11, 1
    return numbers
