"""A correlation as it is read: which rules it counts, by what, over which span, and what must hold (Sigma specification 2.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.event import Logsource
from soc.finding import digest
from soc.hit import EARLY
from soc.sigma.correlation_condition import COUNTS, TEMPORAL, VALUES, Condition, read as read_condition
from soc.sigma.metadata import info_of
from soc.sigma.scenarios import Scenario, read as read_scenarios

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from soc.finding import RuleInfo
    from soc.sigma.yaml_files import Document, Path

    Report = Callable[[Path, str, str], None]

FIRST_SEEN, IDLE, MISSING_AFTER = "first_seen", "idle", "missing_after"
TYPES = (*COUNTS, *VALUES[1:], *TEMPORAL, FIRST_SEEN, IDLE, MISSING_AFTER)
LATENESS = instant.HOUR
CLOSING_LATENESS = instant.MINUTE
"""Where a window is judged once, after its end: whoever waits for later records tells later."""
SLICE = instant.HOUR
"""What spans more than this is kept in slices (panes) of this length."""
REMEMBERED = 4
"""Who comes back after so many timespans is a stranger."""
_LONGEST = 366 * instant.DAY
_MOST_RULES = 64
_SPAN = re.compile(r"(\d{1,6})([smhdwMy])")
# Months and years as the specification's reference implementation takes them: the mean ones of the Gregorian calendar.
_UNITS = {
    "s": instant.SECOND, "m": instant.MINUTE, "h": instant.HOUR, "d": instant.DAY, "w": 7 * instant.DAY,
    "M": 2_629_746 * instant.SECOND, "y": 31_556_952 * instant.SECOND,
}  # fmt: skip
_KEYS = frozenset({
    "title", "id", "name", "related", "status", "description", "license", "author", "references", "date", "modified",
    "correlation", "falsepositives", "level", "tags", "generate", "taxonomy", "custom", "tests", "soc", "action",
})  # fmt: skip
_PARTS = frozenset({"type", "rules", "group-by", "aliases", "timespan", "condition", "generate"})
_OURS = ("lateness", "learning", "idle")
"""What the block `soc:` of a correlation has beside a rule's."""


@dataclass(frozen=True, slots=True)
class Correlation:
    info: RuleInfo
    type: str
    rules: tuple[str, ...]
    """As written; ids of rules and correlations once `resolved`."""
    group_by: tuple[str, ...]
    """Fields, or names of aliases."""
    aliases: Mapping[str, Mapping[str, str]]
    """Alias -> rule -> field."""
    timespan: int
    condition: Condition
    generate: bool
    lateness: int
    """How long after its time a record may arrive and still count."""
    file: str
    line: int
    name: str = ""
    learning: int = 0
    """`first_seen`: how long something must have been known before what is new about it is told."""
    returning: bool = False
    """`idle`: tells who comes back, instead of who stays away."""
    level: int = 0
    """0 counts rules only; others count correlations of lower levels too."""
    delay: int = 0
    """How far a clock must have passed a hit's time until all hits up to that time are known."""
    carried: tuple[str, ...] = ()
    """Fields that its hits carry on for the correlations that count it."""
    chained: bool = False
    """Others count it."""
    layered: bool = False
    """It says itself which layer it belongs to; otherwise that of its first rule."""
    examples: tuple[Scenario, ...] = field(default=(), repr=False, compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)
    """Of its parts, for faults that show only beside other rules."""

    @property
    def key(self) -> str:
        """Id and content hash: what hits are keyed with, so that an edited correlation starts empty."""
        return f"{self.info.id}@{self.info.version}"

    @property
    def at_once(self) -> bool:
        """What it tells stays true whatever comes later, so it need not wait for the end of a window."""
        return self.type in {*COUNTS, *TEMPORAL} and self.condition.need is not None

    @property
    def whole(self) -> bool:
        """The condition has an upper bound, so it is about all of a bucket and judged once, when that is over."""
        return self.type in {*COUNTS, *VALUES, *TEMPORAL} and self.condition.bounded

    @property
    def settled(self) -> int:
        """As `delay`, for the times at which it is true itself."""
        return self.delay + (self.timespan if self.whole or self.type in {IDLE, MISSING_AFTER} else 0)

    @property
    def memory(self) -> int:
        """How far back a window reaches, or the sighting that somebody comes back after."""
        return self.timespan * (REMEMBERED if self.returning else 1)

    @property
    def long(self) -> bool:
        """Kept in panes beyond an hour."""
        return self.timespan > SLICE

    @property
    def horizon(self) -> int:
        """How far before the last clock hits can lie that its state is rebuilt from."""
        return (SLICE if self.long else self.memory) + self.delay + EARLY + instant.SECOND

    def field_of(self, name: str, rule: str) -> str:
        """What a field of the correlation is called in one of its rules."""
        return self.aliases.get(name, {}).get(rule, name)


def read(value: dict[str, Any], file: str, document: Document, report: Report) -> Correlation | None:
    """A correlation from its document; None, or one that must not be used, once something was reported."""
    body = value["correlation"]
    if not isinstance(body, dict):
        report(("correlation",), "`correlation` is a mapping", "give it type, rules, group-by, timespan and condition")
        return None
    _known(value, _KEYS, (), report)
    _known(body, _PARTS, ("correlation",), report)
    if not isinstance(value.get("title"), str) or not value["title"].strip():
        report(("title",), "a correlation needs `title`", "")
    kind = body.get("type")
    if kind not in TYPES:
        report(("correlation", "type"), f"{kind!r} is no type of correlation", f"one of {', '.join(TYPES)}")
        return None
    rules = _names(body.get("rules"), ("correlation", "rules"), report)
    aliases = _aliases(body.get("aliases"), report)
    condition = read_condition(kind, body.get("condition"), rules, report)
    own = condition.names if condition else ()
    rules = rules or own
    if not rules and not body.get("rules"):
        report(("correlation", "rules"), "a correlation needs `rules`", "name the rules that it counts, by id or name")
    if len(rules) > _MOST_RULES:
        report(("correlation", "rules"), f"more than {_MOST_RULES} rules", "chain several correlations")
    span = span_of(body.get("timespan"), ("correlation", "timespan"), report)
    if condition is None or not span:
        return None
    return _made(value, kind, rules, aliases, span, condition, file, document, report)


def _made(  # noqa: PLR0913, PLR0917 (the parts of a correlation)
    value: dict[str, Any],
    kind: str,
    rules: tuple[str, ...],
    aliases: Mapping[str, Mapping[str, str]],
    span: int,
    condition: Condition,
    file: str,
    document: Document,
    report: Report,
) -> Correlation:
    body = value["correlation"]
    told = value.get("soc")
    block = told if isinstance(told, dict) else {}
    rest = {**value, "soc": {name: part for name, part in block.items() if name not in _OURS}} if block else value
    content = {name: part for name, part in value.items() if name != "tests"}
    info = info_of(rest, Logsource(), digest(repr(content))[:16], report)
    id_ = info.id or str(value.get("name") or digest("correlation", str(value.get("title")))[:32])
    group_by = _names(body.get("group-by"), ("correlation", "group-by"), report)
    made = Correlation(
        info=info._replace(id=id_, kind="correlation", bucket=span, group=group_by),
        type=kind,
        rules=rules,
        group_by=group_by,
        aliases=aliases,
        timespan=span,
        condition=condition,
        generate=_truth(body.get("generate", value.get("generate", False)), report),
        lateness=0,
        file=file,
        line=document.line,
        name=str(value.get("name", "")),
        layered="layer" in block,
        examples=read_scenarios(value.get("tests"), document, report),
        lines={name: document.line_of(("correlation", name)) for name in _PARTS},
    )
    made = replace(made, **_ours(block, made, report))
    _fitting(made, report)
    return made


def _ours(block: dict[str, Any], made: Correlation, report: Report) -> dict[str, Any]:
    """Our settings of a correlation in the block `soc:`, with what holds where they are not told."""
    usual = LATENESS if made.at_once else CLOSING_LATENESS
    lateness = span_of(block["lateness"], ("soc", "lateness"), report, zero=True) if "lateness" in block else usual
    if lateness > instant.DAY:
        report(("soc", "lateness"), "records that are more than a day late are not waited for", "write at most 1d")
    learning = span_of(block["learning"], ("soc", "learning"), report, zero=True) if "learning" in block else 0
    if learning and (made.type != FIRST_SEEN or learning > made.timespan // 2):
        report(("soc", "learning"), "`learning` is for first_seen, and at most half of its timespan", "")
    mode = block.get("idle", "silent")
    if mode not in {"silent", "returning"} or ("idle" in block and made.type != IDLE):
        report(("soc", "idle"), f"`idle: {mode}` is not known here", "for the type idle: silent or returning")
    return {"lateness": lateness, "delay": lateness, "learning": learning, "returning": mode == "returning"}


def _fitting(made: Correlation, report: Report) -> None:
    """What a type asks of the number of rules and of the group."""
    least = 2 if made.type in {MISSING_AFTER, "temporal_ordered"} else 1
    if made.rules and len(made.rules) < least:
        report(("correlation", "rules"), f"{made.type} needs at least {least} rules", "name them in their order")
    if made.type == IDLE and not made.group_by:
        report(("correlation", "group-by"), "idle needs `group-by`", "name the field that says who is idle")
    for alias, fields in made.aliases.items():
        if alias in made.group_by or alias in made.condition.fields:
            for rule in made.rules:
                if rule not in fields:
                    report(("correlation", "aliases", alias), f"the alias {alias!r} lacks the rule {rule!r}",
                           "say what the field is called there")  # fmt: skip
        for rule in fields:
            if rule not in made.rules:
                report(("correlation", "aliases", alias, rule), f"{rule!r} is not among the rules", "")


def _known(value: dict[str, Any], keys: frozenset[str], path: Path, report: Report) -> None:
    for key in value:
        if key not in keys and not key.startswith(("x-", "custom")):
            report((*path, key), f"unknown attribute {key!r}", "remove it, or begin its name with `x-`")


def span_of(told: Any, path: Path, report: Report, *, zero: bool = False) -> int:
    """A length of time like `15m` in microseconds; 0 once something was reported."""
    found = _SPAN.fullmatch(str(told))
    length = int(found[1]) * _UNITS[found[2]] if found else 0
    if found is None or (not length and not zero):
        report(path, "no length of time" if told is None else f"{told!r} is no length of time",
               "write a number and one of s, m, h, d, w, M (month), y, like 15m")  # fmt: skip
    elif length > _LONGEST:
        report(path, f"{told} is longer than a year", "nothing is remembered that long")
        return 0
    return length


def _names(told: Any, path: Path, report: Report) -> tuple[str, ...]:
    names = told if isinstance(told, list) else [] if told is None else [told]
    if not all(isinstance(name, str) and name for name in names):
        report(path, f"`{path[-1]}` is a list of names", "put each into quotes")
        return ()
    if len(set(names)) < len(names):
        report(path, "a name occurs twice", "remove one")
    return tuple(dict.fromkeys(names))


def _aliases(told: Any, report: Report) -> dict[str, dict[str, str]]:
    if told is None:
        return {}
    shaped = isinstance(told, dict) and all(
        isinstance(fields, dict) and all(isinstance(name, str) for name in fields.values()) for fields in told.values()
    )
    if not shaped:
        report(("correlation", "aliases"), "aliases are mappings of a rule to its field",
               "write `aliases: {who: {first_rule: SubjectUserName, second_rule: TargetUserName}}`")  # fmt: skip
        return {}
    return dict(told)


def _truth(told: Any, report: Report) -> bool:
    if not isinstance(told, bool):
        report(("correlation", "generate"), "`generate` is true or false", "")
    return told is True
