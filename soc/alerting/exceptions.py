"""Exceptions and snoozes: which alerts they hide, as a pure function of an alert's findings. They mark, they never drop.

One of them hides an alert if **every** finding of the alert falls under it: its rule, each of its conditions, and the time in
which it holds. So a finding can only bring an alert back, the order of findings does not matter, and neither does the clock of
whoever asks: what happened while an exception held stays marked after it ran out, until somebody ends it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from soc import instant
from soc.alerting.rollup import roll_up
from soc.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from soc.alert import Alert

    Document = dict[str, Any]
    Values = Mapping[str, frozenset[str] | None]
    """Field to its values in all findings, the empty text if one has none; None where they are too many to tell."""

Kind = Literal["exception", "snooze"]
LONGEST = 366 * instant.DAY
_MOST_CONDITIONS = 20
_MOST_TEXT = 1000
_FIELD = re.compile(r"[A-Za-z@_][A-Za-z0-9_@-]*(\.[A-Za-z0-9_@-]+)*")
# What differs for each finding, or is said of an alert only.
_UNFIT = frozenset(
    {
        "@timestamp", "event.ingested", "event.original", "soc.id", "soc.alert_id", "soc.arrived", "soc.bucket", "soc.count",
        "soc.first_seen", "soc.last_seen", "soc.suppressed_by", "soc.evidence", "soc.why", "soc.group", "soc.search",
    }
)  # fmt: skip


class Condition(NamedTuple):
    field: str
    """An ECS name, or one of ours (`soc.source.zone`)."""
    value: str
    """Exactly so, or a network (`10.0.0.0/8`); the empty text stands for "has none"."""

    @property
    def is_network(self) -> bool:
        return _network(self.value) is not None

    def holds(self, text: str) -> bool:
        network = _network(self.value)
        return text == self.value if network is None else _within(text, network)

    def __str__(self) -> str:
        return f"{self.field}={self.value}"


@dataclass(frozen=True, slots=True)
class Suppression:
    """An exception, or a snooze: the same with another name, for a shorter time."""

    id: str
    kind: Kind
    owner: str
    reason: str
    begins: int
    """An instant; of the events, not of whoever looks at them."""
    until: int
    """Not included."""
    rule: str = ""
    """Empty for any."""
    where: tuple[Condition, ...] = ()

    def lasts(self, alert: Document) -> bool:
        """Whether all of the alert happened while this held.

        The bucket follows from the arrival of what opened it, so that a record cannot date itself into an exception that
        is over. Stores order times in milliseconds, so no finer digit decides.
        """
        soc = alert["soc"]
        first, last, bucket = (_milliseconds(soc[name]) for name in ("first_seen", "last_seen", "bucket"))
        return first >= self.begins // 1000 and max(last, bucket) < self.until // 1000

    @property
    def mark(self) -> Document:
        """What an alert says of it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "reason": self.reason,
            "owner": self.owner,
            "until": instant.iso(self.until),
        }


@dataclass(frozen=True)
class Suppressions:
    """Those that nobody has ended, also what ran out: it still speaks for its time."""

    all: tuple[Suppression, ...] = ()
    _by_rule: dict[str, list[Suppression]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for one in self.all:
            self._by_rule.setdefault(one.rule, []).append(one)

    def of_rule(self, rule: str) -> Iterator[Suppression]:
        yield from self._by_rule.get("", ())
        yield from self._by_rule.get(rule, ()) if rule else ()

    @cached_property
    def in_effect(self) -> dict[str, tuple[int, int]]:
        """Id to the time in which it holds: what decides whether stored alerts must be looked at again."""
        return {one.id: (one.begins, one.until) for one in self.all}


NONE = Suppressions()


def marks(
    alert: Document, findings: Sequence[Document], suppressions: Suppressions, values: Values | None = None
) -> list[Suppression]:
    """Those that hide an alert as it stands after its roll-up. What the platform says of itself is never hidden.

    `values` tells of fields what the findings given here cannot: a large alert's are not all at hand. Of the findings only
    whole documents are read. A field of the group key has the group's value.
    """
    if alert["soc"]["kind"] == "health":
        return []
    known: dict[str, frozenset[str] | None] = {
        **(values or {}),
        **{pair["field"]: frozenset((pair["value"],)) for pair in alert["soc"]["group"]},
    }

    def holds(condition: Condition) -> bool:
        if condition.field not in known:
            known[condition.field] = values_of(findings, condition.field)
        told = known[condition.field]
        return bool(told) and all(condition.holds(text) for text in told or ())

    candidates = [one for one in suppressions.of_rule(alert["rule"]["id"]) if one.lasts(alert)]
    hiding = (one for one in candidates if all(holds(condition) for condition in one.where))
    return sorted(hiding, key=lambda one: (one.begins, one.id))


def undecided(alert: Document, findings: Sequence[Document], suppressions: Suppressions) -> list[str]:
    """The fields of which it must be known what the findings hold that are not at hand."""
    group = {pair["field"] for pair in alert["soc"]["group"]}
    found = (condition.field for one in marks(alert, findings, suppressions) for condition in one.where)
    return [name for name in dict.fromkeys(found) if name not in group]


def marked(alert: Document, hiding: Sequence[Suppression]) -> Document:
    """An alert that says what hides it, or that nothing does."""
    soc = {name: part for name, part in alert["soc"].items() if name != "suppressions"}
    soc["suppressed_by"] = [one.id for one in hiding]
    if hiding:
        soc["suppressions"] = [one.mark for one in hiding]
    return {**alert, "soc": soc}


def opened(alert: Alert, findings: Sequence[Document], suppressions: Suppressions) -> Alert:
    """An alert as it is created from the first of some findings, marked if all of these fall under an exception."""
    if not any(True for _ in suppressions.of_rule(alert.document["rule"]["id"])):
        return alert
    hiding = marks(roll_up(alert.document, findings), findings, suppressions)
    return alert._replace(document=marked(alert.document, hiding)) if hiding else alert


def values_of(findings: Sequence[Document], field_: str) -> frozenset[str]:
    """The values of a field in whole findings, the empty text if one of them has none."""
    parts = field_.split(".")
    return frozenset(text for finding in whole(findings) for text in _texts(finding, parts))


def whole(findings: Sequence[Document]) -> list[Document]:
    """Those that are not slim (`rollup.slim`)."""
    return [finding for finding in findings if "rule" in finding]


def _texts(finding: Document, parts: Sequence[str]) -> list[str]:
    found: Any = finding
    for part in parts:
        found = found.get(part) if isinstance(found, dict) else None
    return [_text(leaf) for leaf in _leaves(found)] or [""]


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, dict):
        yield value


def _text(leaf: Any) -> str:
    return leaf if isinstance(leaf, str) else msgspec.json.encode(leaf).decode()


def _milliseconds(told: str) -> int:
    return (instant.parse_iso(told) or 0) // 1000


@lru_cache(maxsize=4096)
def _network(value: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(value, strict=False) if "/" in value else None
    except ValueError:
        return None


def _within(text: str, network: IPv4Network | IPv6Network) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address) in network


# What people write.


def condition_of(text: str) -> Condition:
    """`source.ip=10.0.0.0/8` as a condition. Raises ConfigurationError if it is none."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not _FIELD.fullmatch(name):
        raise ConfigurationError(f"{text!r} is no condition; write FIELD=VALUE, for example source.ip=10.0.0.0/8")
    if name in _UNFIT or name.startswith("triage."):
        raise ConfigurationError(
            f"{name} cannot be a condition: an exception is about what happened, see `soc alerts show`"
        )
    if "*" in value or len(value) > _MOST_TEXT:
        raise ConfigurationError(f"{name}: a value is compared as it is, without *, of {_MOST_TEXT} characters at most")
    return Condition(name, _canonical(name, value))


def _canonical(name: str, value: str) -> str:
    """Addresses and networks as parsers write them."""
    if not name.endswith(".ip") or not value:
        return value
    try:
        return str(ip_network(value, strict=False) if "/" in value else ip_address(value))
    except ValueError:
        raise ConfigurationError(f"{name}: {value!r} is neither an address nor a network (10.0.0.0/8)") from None


def check(one: Suppression) -> None:
    """ConfigurationError if it lacks what everybody must be able to ask of it, or could never hide anything."""
    fields = [condition.field for condition in one.where]
    doubled = next((name for name in fields if fields.count(name) > 1), "")
    faults = (
        (not one.rule and not one.where, "say what it is about: a rule, a condition, or both"),
        (bool(doubled), f"two conditions on {doubled} are never both true; add an exception for each"),
        (len(fields) > _MOST_CONDITIONS, f"at most {_MOST_CONDITIONS} conditions"),
        (not one.owner.strip(), "say who answers for it: the owner is missing"),
        (not one.reason.strip(), "say why: the reason is missing"),
        (max(len(one.owner), len(one.reason), len(one.rule)) > _MOST_TEXT, f"at most {_MOST_TEXT} characters each"),
        (one.until <= one.begins, "it would end before it begins"),
    )
    for wrong, why in faults:
        if wrong:
            raise ConfigurationError(f"{one.kind}: {why}")
