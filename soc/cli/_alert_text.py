"""One alert explained on a terminal, in the order in which somebody at three in the morning asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from soc import logs
from soc.cli import _text
from soc.health import severity_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    from soc.stores import Document

LANGUAGES = ("vi", "en")
_LONGEST = 4_000
"""Characters of one raw line that are shown; `soc alerts show --format json` has all of it."""
_WORDS: dict[str, Mapping[str, str]] = {
    "en": {
        "why": "Why it fired",
        "evidence": "Evidence",
        "of": "of",
        "entity": "entity",
        "rule": "rule",
        "layer": "layer",
        "first": "first seen",
        "last": "last seen",
        "count": "findings",
        "status": "status",
        "controls": "clauses",
        "national": "national",
        "category": "category",
        "severity": "severity",
        "techniques": "ATT&CK",
        "suppressed": "suppressed by",
        "until": "until",
        "sample": "sample",
        "sample_data": "shipped sample data, not an incident",
        "usual": "usual",
        "one_in": "1 in",
        "runbook": "What to do",
        "falsepositives": "Known false positives",
        "notes": "Notes",
        "history": "History",
        "nobody": "nobody",
        "more": "cut; see --format json",
        "not": "does not hold",
        "absent": "is absent",
        "any": "any value",
        "asked": "asked",
    },
    "vi": {
        "why": "Vì sao cảnh báo",
        "evidence": "Bằng chứng",
        "of": "trên",
        "entity": "đối tượng",
        "rule": "luật",
        "layer": "lớp",
        "first": "thấy lần đầu",
        "last": "thấy lần cuối",
        "count": "số phát hiện",
        "status": "trạng thái",
        "controls": "điều khoản",
        "national": "quốc gia",
        "category": "nhóm",
        "severity": "mức",
        "techniques": "ATT&CK",
        "suppressed": "bị ẩn bởi",
        "until": "đến",
        "sample": "dữ liệu mẫu",
        "sample_data": "dữ liệu mẫu kèm theo, không phải sự cố",
        "usual": "thường",
        "one_in": "1 trên",
        "runbook": "Việc cần làm",
        "falsepositives": "Cảnh báo sai đã biết",
        "notes": "Ghi chú",
        "history": "Lịch sử",
        "nobody": "chưa ai nhận",
        "more": "đã cắt; xem --format json",
        "not": "không xảy ra",
        "absent": "không có",
        "any": "giá trị bất kỳ",
        "asked": "luật hỏi",
    },
}


def row(alert: Document, language: str, zone: tzinfo) -> tuple[str, ...]:
    """The cells of one alert in a list."""
    soc = alert["soc"]
    return (
        severity_name(alert),
        str(soc["risk"]),
        _text.local(soc["last_seen"], zone),
        f"×{soc['count']}",
        title(alert, language),
        soc["entity"]["value"],
        alert["triage"]["status"],
        soc["id"][:12],
    )


HEAD = ("SEVERITY", "RISK", "LAST SEEN", "COUNT", "TITLE", "ENTITY", "STATUS", "ID")
WIDTHS = (13, 4, 19, 8, 48, 40, 12, 12)


def title(alert: Document, language: str) -> str:
    told = alert["soc"]["title"]
    return str(told.get(language) or told.get("en") or alert["rule"]["name"])


def explained(alert: Document, language: str, zone: tzinfo) -> Iterator[str]:
    """The lines of the explanation; what came from logs is escaped."""
    words, soc = _WORDS[language], alert["soc"]
    yield f"{severity_name(alert).upper()}  {soc['risk']}/100  {logs.escape(title(alert, language))}"
    yield ""
    yield from _facts(_head(alert, words, zone))
    evidence: Sequence[Document] = soc["evidence"]
    why = evidence[0]["why"] if evidence else []
    counted = [piece for piece in why if "ref" in piece]
    yield from _section(words["why"], [clause_line(clause, language) for clause in why if "ref" not in clause])
    yield from _section(
        f"{words['evidence']} ({len(counted or evidence)} {words['of']} {soc['count']})",
        [line for piece in counted for line in _counted(piece, zone)]
        or [line for piece in evidence for line in _piece(piece, why, language, zone)],
    )
    steps = soc["runbook"].get(language) or soc["runbook"].get("en") or []
    yield from _section(words["runbook"], [f"{number}. {step}" for number, step in enumerate(steps, 1)])
    yield from _section(words["falsepositives"], [f"- {text}" for text in soc["falsepositives"]])
    triage = alert["triage"]
    yield from _section(words["notes"], [_told(note, note["text"], zone) for note in triage["notes"]])
    yield from _section(words["history"], [_told(act, _changed(act["changed"]), zone) for act in triage["history"]])


def _head(alert: Document, words: Mapping[str, str], zone: tzinfo) -> Iterator[tuple[str, str]]:
    soc, triage = alert["soc"], alert["triage"]
    yield "id", soc["id"]
    yield words["rule"], f"{alert['rule']['id']}  {alert['rule']['name']} ({soc['kind']})"
    yield words["layer"], soc["layer"]
    for pair in soc["group"] or [soc["entity"]]:
        yield words["entity"], f"{pair['field']} = {pair['value']}"
    yield words["count"], str(soc["count"])
    yield words["first"], f"{_text.local(soc['first_seen'], zone)} {zone}"
    yield words["last"], f"{_text.local(soc['last_seen'], zone)} {zone}"
    disposition = f" ({triage['disposition']})" if triage["disposition"] else ""
    yield words["status"], f"{triage['status']}{disposition}, {triage['assignee'] or words['nobody']}"
    yield words["controls"], ", ".join(soc["controls"])
    yield words["techniques"], ", ".join(alert.get("threat", {}).get("technique", {}).get("id", []))
    national = soc["national"]
    yield words["national"], f"{words['category']} {national['category']}, {words['severity']} {national['severity']}"
    for mark in soc.get("suppressions", ()):
        until = f"{words['until']} {_text.local(mark['until'], zone)}"
        yield words["suppressed"], f"{mark['id']}: {mark['reason']} ({mark['owner']}, {until})"
    yield words["sample"], words["sample_data"] if soc["sample"] else ""


def _facts(pairs: Iterator[tuple[str, str]]) -> Iterator[str]:
    rows = [(f"  {name}", value) for name, value in pairs if value]
    yield from _text.columns(rows, (30, 10_000))


def _section(title_: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield title_
        yield from (f"  {logs.escape(line)}" for line in lines)


def clause_line(clause: Mapping[str, Any], language: str) -> str:
    """One clause of a rule, one feature of a detector, or the arithmetic of a correlation, in a line."""
    if "contribution" in clause:
        return _feature(clause, language)
    if "correlation" in clause:
        return str(clause["text"][language])
    words = _WORDS[language]
    selection = f"{clause['selection']}: " if clause.get("selection") else ""
    asked = clause.get("asked", clause.get("message", ""))
    if clause.get("not"):
        return f"{selection}{words['not']}: {asked}"
    has = words["absent"] if clause.get("absent") else f"= {_json(clause.get('value'))}"
    return f"{selection}{clause.get('field') or words['any']} {has}" + (
        f"  ({words['asked']}: {asked})" if asked else ""
    )


def _feature(feature: Mapping[str, Any], language: str) -> str:
    words = _WORDS[language]
    name = feature["name_vi"] if language == "vi" else feature["name"]
    return (
        f"{feature['contribution']:>4.0%}  {name}: {feature['value']:g} "
        f"({words['usual']} {feature['usual']:g}, {words['one_in']} {feature['one_in']})"
    )


def _piece(piece: Document, shown: Sequence[Document], language: str, zone: tzinfo) -> Iterator[str]:
    """When and where, the raw line, and why, if that differs from what the first one said."""
    event = piece["event"]
    yield f"{_text.local(event['@timestamp'], zone)}  {piece['ref']}"
    raw = str(event.get("event", {}).get("original") or event.get("message", ""))
    more = f" ({_WORDS[language]['more']})" if len(raw) > _LONGEST else ""
    yield f"    {raw[:_LONGEST]}{more}"
    if piece["why"] != shown:
        yield from (f"    ^ {clause_line(clause, language)}" for clause in piece["why"])


def _counted(piece: Mapping[str, Any], zone: tzinfo) -> Iterator[str]:
    """One of the events that a correlation counted, or a step of its sequence."""
    event = piece["event"]
    yield f"{_text.local(piece['time'], zone)}  {piece['ref']}  {event.get('title', '')}"
    yield f"    {event.get('original', '')}"


def _told(act: Mapping[str, Any], text: str, zone: tzinfo) -> str:
    return f"{_text.local(act['at'], zone)}  {act['actor']}: {text}"


def _changed(changed: Mapping[str, Any]) -> str:
    parts = [
        name if value is True else f"{name}: {value[0] or '-'} -> {value[1] or '-'}" for name, value in changed.items()
    ]
    return ", ".join(parts)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
