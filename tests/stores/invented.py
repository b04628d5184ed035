"""Invented findings and alerts: plain ones by hand, and any number of mixed and hostile ones from a seed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from soc import alerting, instant
from soc.finding import RuleInfo
from soc.stores import FIELDS, Query

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from soc.alert import Alert
    from soc.finding import Finding

NOON = 1_773_576_000_000_000  # 2026-03-15T12:00:00Z
SSH = RuleInfo(
    "ssh-guessing", "SSH guessing", "Đăng nhập SSH thất bại", "1", "rule", "high", "host",
    controls=("tcvn14423.5.8.2.1", "tcvn11930.7.2.2.3"), tactics=("TA0006",), techniques=("T1110.001", "T1078"),
)  # fmt: skip
SCAN = RuleInfo("port-scan", "Port scan", "Quét cổng", "1", "rule", "low", "network", national_category=2)
WEB = RuleInfo("web-shell", "Web shell", "Mã độc trên máy chủ web", "7", "rule", "critical", "application")
RULES = (SSH, SCAN, WEB)
HOSTILE = (
    "",
    " ",
    "<script>alert(1)</script>",
    "'; DROP TABLE alert; --",
    '"soc.id"',
    "a\x00b",
    "\x1b[31m\u202e",
    "%_*?\\",
    '{"match_all":{}}',
    "\U0001f600" * 300,
    "K" * 1024,
    "K" * 1025,
    "\U0001f600" * 513,
    "đường dẫn Đ İ ß",
    "\uffff\U0010ffff",
    "x" * 32_768,
)


def finding(
    rule: RuleInfo = SSH,
    number: int = 0,
    *,
    source: str = "203.0.113.7",
    time: int = NOON,
    arrived: int | None = None,
    sample: bool = False,
    severity: str = "",
    **fields: Any,
) -> Finding:
    """A finding of a rule; those of one rule, source and hour make one alert. `__` in a name stands for a dot."""
    document = {"source.ip": source, "host.name": f"host-{source}"}
    document |= {name.replace("__", "."): value for name, value in fields.items()}
    document = {name: value for name, value in document.items() if value is not None}
    came = time if arrived is None else arrived
    ref = f"file:{rule.id}:{source}:{time}:{number}"
    group = alerting.event_group(replace_group(rule), document, time, came, ref)
    return alerting.finding_of(
        rule, group, document, time=time, arrived=came, ref=ref, raw=b"raw", sample=sample, severity=severity,
        why=[{"field": "source.ip", "value": source}],
    )  # fmt: skip


def replace_group(rule: RuleInfo) -> RuleInfo:
    return rule._replace(group=("source.ip",))


def alerts_of(findings: Iterable[Finding]) -> list[Alert]:
    """The alerts that findings open, of the first of each."""
    opened: dict[str, Alert] = {}
    for told in findings:
        alert = alerting.alert_of(told)
        if alert:
            opened.setdefault(alert.id, alert)
    return list(opened.values())


def suppressed(alert: Alert, *exceptions: str) -> Alert:
    document = alert.document
    return alert._replace(document={**document, "soc": {**document["soc"], "suppressed_by": list(exceptions)}})


def mixed(random: Random, count: int) -> list[Finding]:
    """Findings over three months, of several rules and severities, with lists, hostile and missing values."""
    return [_any(random, number) for number in range(count)]


def _any(random: Random, number: int) -> Finding:
    def some(*values: Any) -> Any:
        return random.choice(values)

    values = [*HOSTILE, "ann", "bob", "198.51.100.1", "2001:db8::1"]
    listed = [some(*values, 7, 2.5, True, None) for _ in range(random.randrange(4))]
    return finding(
        some(*RULES),
        number,
        source=some("203.0.113.7", "203.0.113.8", "198.51.100.9", some(*HOSTILE)),
        time=NOON + random.randrange(-30 * instant.DAY, 30 * instant.DAY, instant.SECOND // 2000),
        severity=some("", "", "informational", "medium", "critical"),
        sample=random.random() < 0.1,
        user__name=some(None, *values, listed),
        destination__ip=some(None, "192.0.2.1", ["192.0.2.1", "192.0.2.2"], ["192.0.2.3", ["192.0.2.4"]]),
        host__name=some(None, "web-1", "web-2", some(*HOSTILE), {"x": 1}),
    )


def queries(random: Random, count: int, findings: list[Finding]) -> list[Query]:
    """Any queries; what they ask for is often there."""
    return [_query(random, findings) for _ in range(count)]


def _query(random: Random, findings: list[Finding]) -> Query:
    query = Query(
        collection=random.choice(["alert", "alert", "finding"]),
        filters=_conditions(random, findings, random.choice([0, 0, 1, 2])),
        excluded=_conditions(random, findings, random.choice([0, 0, 1])),
        text=random.choice(["", "", "", "dang nhap", "Quét", "SSH gue", "203.0.113", "k", "b", "<scr", "khong co"]),
        suppressed=random.random() < 0.5,
        only_suppressed=random.random() < 0.1,
        sort=random.choice(["", "-"]) + random.choice(list(FIELDS)),
        limit=random.choice([1, 5, 200]),
    )
    if random.random() < 0.3:
        since = NOON + random.randrange(-30 * instant.DAY, 30 * instant.DAY)
        query = replace(query, since=since, until=random.choice([None, since + 10 * instant.DAY]))
    return query


def _conditions(random: Random, findings: list[Finding], count: int) -> dict[str, list[str | int]]:
    return {
        field: [_value(random, field, random.choice(findings)) for _ in range(random.choice([1, 1, 3]))]
        for field in random.sample(list(FIELDS), count)
    }


def _value(random: Random, field: str, told: Finding) -> str | int:
    found: Any = told.document
    for part in field.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    found = random.choice(found) if isinstance(found, list) and found else found
    usual = {"triage.status": "new", "soc.count": 1, "soc.last_seen": instant.iso(NOON)}.get(field, "")
    return found if isinstance(found, str | int) and random.random() < 0.8 else usual
