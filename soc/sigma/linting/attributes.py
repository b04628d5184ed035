"""What a rule says about itself: tags in the forms that are agreed on, status, and what our own rules must have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.sigma.linting.told import Told
from soc.sigma.linting.vocabulary import near
from soc.sigma.metadata import TACTICS

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATUS = ("stable", "test", "experimental", "deprecated", "unsupported")
# Tactics of ATT&CK without an id in `TACTICS`: the newest, and those of its matrix for industrial systems.
_TACTICS = frozenset({*TACTICS, "defense-impairment", "evasion", "inhibit-response-function", "impair-process-control"})
_CLAUSE = r"\d{1,2}(?:\.\d{1,2}){1,5}[a-zđ]?"
_FORMS: dict[str, tuple[re.Pattern[str], str]] = {
    "attack": (
        re.compile(r"t\d{4}(?:\.\d{3})?|(?:g|s|c|m|ta|ds|det)\d{4}"),
        "write attack.t1110, attack.t1110.001, or a tactic: attack.initial-access",
    ),
    "car": (re.compile(r"\d{4}-\d{2}-\d{3}"), "write car.2013-07-001"),
    "cve": (re.compile(r"\d{4}[-.]\d{4,}"), "write cve.2021-44228"),
    "d3fend": (re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*"), "write d3fend.d3-pl"),
    "detection": (
        re.compile(r"dfir|emerging-threats|threat-hunting"),
        "one of detection.dfir, detection.emerging-threats, detection.threat-hunting",
    ),
    "stp": (re.compile(r"[1-5][auk]?"), "write stp.3k"),
    "tlp": (re.compile(r"red|amber|amber-strict|green|clear|white"), "write tlp.green"),
    "tcvn14423": (re.compile(_CLAUSE), "write the clause's number: tcvn14423.5.8.2.1"),
    "tcvn11930": (re.compile(_CLAUSE), "write the clause's number: tcvn11930.7.2.2.3"),
    "qcvn12": (re.compile(_CLAUSE), "write the clause's number: qcvn12.3.9.2.1"),
}  # fmt: skip


def attributes(document: dict[str, Any]) -> Iterator[Told]:
    """What to look at in the attributes of a rule or correlation."""
    tags = document.get("tags")
    for number, tag in enumerate(tags if isinstance(tags, list) else ()):
        if isinstance(tag, str) and (told := _tag(tag)):
            yield Told("wrong-tag", ("tags", number), *told)
    yield from _status(document)
    if isinstance(document.get("soc"), dict):
        yield from _own(document, document["soc"])


def _tag(tag: str) -> tuple[str, str] | None:
    namespace, dot, name = tag.partition(".")
    if not dot or not name:
        return f"the tag {tag!r} has no namespace", "write namespace.name, like attack.t1110"
    if namespace not in _FORMS:
        meant = near(namespace, _FORMS, 0.75)
        return (f"unknown namespace of the tag {tag!r}", f"did you mean {meant}.{name}?") if meant else None
    form, fix = _FORMS[namespace]
    if form.fullmatch(name) or (namespace == "attack" and name.replace("_", "-") in _TACTICS):
        return None
    if form.fullmatch(name.lower()):
        return f"the tag {tag!r} is not in lower case", f"write {tag.lower()}"
    if namespace == "attack" and (meant := near(name.replace("_", "-"), _TACTICS, 0.7)):
        return f"{tag!r} is no tactic of ATT&CK", f"did you mean attack.{meant}?"
    return f"the tag {tag!r} has not the form of its namespace", fix


def _status(document: dict[str, Any]) -> Iterator[Told]:
    status = document.get("status")
    if status is None:
        return
    if status not in _STATUS:
        meant = near(str(status), _STATUS, 0.6)
        yield Told(
            "wrong-status",
            ("status",),
            f"unknown status {status!r}",
            f"did you mean {meant}?" if meant else f"one of {', '.join(_STATUS)}",
        )
    elif status in {"deprecated", "unsupported"} and "state" not in (document.get("soc") or {}):
        what = f"the rule is {status} and still in force"
        yield Told("wrong-status", ("status",), what, "remove it, or write `soc: {state: off}`")


def _own(document: dict[str, Any], block: dict[str, Any]) -> Iterator[Told]:
    """Of our own rules, and a site's with a block `soc`: tests both ways and both titles."""
    told = document.get("tests")
    tests = told if isinstance(told, dict) else {}
    missing = [name for name in ("match", "no_match") if not tests.get(name)]
    if missing:
        what = f"there are no tests under {' and '.join(f'`{name}`' for name in missing)}"
        yield Told(
            "missing-tests", ("tests",), what, "add raw lines or events that must match, and others that must not"
        )
    if not str(block.get("title_vi") or "").strip():
        yield Told("missing-title", ("soc",), "there is no title in Vietnamese", "add `title_vi` under `soc`")
    if "level" not in document:
        yield Told("missing-level", ("title",), "there is no level, so it is medium", "add `level: medium` or another")
