"""Rules and events for tests, through the real loader and the real parsers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import yaml

from soc import content, instant, parse, sigma
from soc.record import LogSource, Record

if TYPE_CHECKING:
    from pathlib import Path

    from soc.event import Event

SYSMON = "Microsoft-Windows-Sysmon/Operational"
ID = "4f5b0a6e-8f0a-4c57-9a0b-0d2f7e6a1c11"


def event_of(fields: dict[str, Any] | str, **more: Any) -> Event:
    """A Sysmon process event with these fields; or a raw line."""
    if isinstance(fields, str):
        raw = fields.encode()
    else:
        raw = orjson.dumps(
            {"EventID": 1, "Channel": SYSMON, "Provider_Name": "Microsoft-Windows-Sysmon", **fields, **more}
        )
    return parse.parse(Record(raw, "file:test", 0, 1_767_225_600_000_000, LogSource("logs.host")))


def rule_text(detection: Any, **attributes: Any) -> str:
    value = {
        "title": "A rule",
        "id": ID,
        "logsource": {"product": "windows", "category": "process_creation"},
        "detection": detection,
        **attributes,
    }
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True)


def load_text(folder: Path, *texts: str, **options: Any) -> sigma.RuleSet:
    for number, text in enumerate(texts):
        (folder / f"{number}.yml").write_text(text, encoding="utf-8")
    return sigma.load([content.rules_dir() / "fields", folder], **options)


def load_rule(folder: Path, detection: Any, *, lists: Any = None, **attributes: Any) -> sigma.RuleSet:
    rules = load_text(folder, rule_text(detection, **attributes), lists=lists, zone=instant.zone("Asia/Ho_Chi_Minh"))
    assert rules.faults == ()
    return rules


def matches(folder: Path, selection: Any, fields: dict[str, Any], **options: Any) -> bool:
    """Whether a rule with this one selection matches a Sysmon event with these fields."""
    rules = load_rule(folder, {"selection": selection, "condition": "selection"}, **options)
    return bool(rules.match(event_of(fields)))
