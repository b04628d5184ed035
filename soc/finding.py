"""A Finding says that a rule matched, a correlation fired or a detector scored: which, on what, why."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any, Literal, NamedTuple

Kind = Literal["rule", "correlation", "anomaly", "health"]


class Finding(NamedTuple):
    """Stored create-only; `document` is the whole of it, as CONTRACT.md names its fields."""

    id: str
    alert_id: str | None
    """The alert it belongs to; None for what waits on the review list of a detector."""
    document: dict[str, Any]


def digest(*parts: str | bytes | int) -> str:
    """blake2b-160 over length-prefixed parts, in hex: ("a", "bc") and ("ab", "c") differ."""
    return blake2b(b"".join(_prefixed(parts)), digest_size=20).hexdigest()


def digest_of_many(parts: Iterable[str | bytes | int]) -> str:
    """The same, of parts that are too large to be joined."""
    state = blake2b(digest_size=20)
    for data in _prefixed(parts):
        state.update(data)
    return state.hexdigest()


def _prefixed(parts: Iterable[str | bytes | int]) -> Iterator[bytes]:
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
        yield len(data).to_bytes(8, "big")
        yield data


def finding_id(rule_id: str, ref: str, raw: bytes) -> str:
    """The identity of a single-event finding: the same bytes at the same place under the same rule."""
    return digest("event", rule_id, ref, blake2b(raw, digest_size=20).digest())


def window_finding_id(rule_id: str, group: Iterable[tuple[str, str]], bucket: int, step: int) -> str:
    """The identity of a finding about a window: rule or detector, group-key values, bucket start, step."""
    return digest("window", rule_id, *(part for pair in group for part in pair), bucket, step)


def alert_id(rule_id: str, group: Iterable[tuple[str, str]], bucket: int) -> str:
    """The identity of an alert: rule, group-key values, bucket start. A rule's revision is a field, never part of it."""
    return digest("alert", rule_id, *(part for pair in group for part in pair), bucket)


class RuleInfo(NamedTuple):
    """What a finding and its alert say about the rule, correlation, detector or check that made them."""

    id: str
    name: str
    """The title in English."""
    title_vi: str
    version: str
    """A hash of the rule's content."""
    kind: Kind
    severity: str
    """One of alert.SEVERITIES (a Sigma level)."""
    layer: str
    """network, host, application, data or platform."""
    description: str = ""
    controls: tuple[str, ...] = ()
    """Clauses as tags: `tcvn14423.5.8.2.1`, `tcvn11930.7.2.2.3`, `qcvn12.3.9.2.1`."""
    tactics: tuple[str, ...] = ()
    """ATT&CK tactic ids: `TA0001`."""
    techniques: tuple[str, ...] = ()
    """ATT&CK technique ids: `T1110.001`."""
    national_category: int = 11
    """1 to 12 as LEVEL3 2.3b lists them; 11 is "other"."""
    national_severity: int = 1
    """1 (low) to 4 (critical)."""
    group: tuple[str, ...] = ()
    """ECS fields whose values make the group key; empty for the layer's entity."""
    bucket: int = 3_600_000_000
    """Microseconds."""
    ungrouped: bool = False
    """Each finding is its own alert (`group: none`)."""
    runbook_vi: tuple[str, ...] = ()
    runbook_en: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    state: str = "live"
    """live, shadow (findings without alerts) or off."""
