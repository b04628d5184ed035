"""Which alert a finding belongs to: the rule, the values of its group key, and a bucket of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from soc import instant

if TYPE_CHECKING:
    from soc.finding import RuleInfo

LATENESS = instant.HOUR
EARLY = 5 * instant.MINUTE
# The entity of a layer, and what stands in where an event lacks it.
_ENTITIES = {
    "host": ("host.name", "host.ip", "source.ip", "user.name"),
    "platform": ("host.name", "service.name"),
}
_OTHERS = ("source.ip", "host.name", "user.name", "observer.name")


class Group(NamedTuple):
    key: tuple[tuple[str, str], ...]
    """Field names and values, in the rule's order."""
    bucket: int
    """The start of the bucket, an instant."""


def event_group(rule: RuleInfo, document: dict[str, Any], time: int, arrived: int, ref: str) -> Group:
    """The group of a single-event finding; `document` is flat ECS."""
    told = min(max(time, arrived - LATENESS), arrived + EARLY)
    if rule.ungrouped:
        return Group((("soc.ref", ref),), instant.floor(told, rule.bucket))
    fields = rule.group or _entity(rule.layer, document)
    return Group(tuple((field, text_of(document.get(field))) for field in fields), instant.floor(told, rule.bucket))


def _entity(layer: str, document: dict[str, Any]) -> tuple[str, ...]:
    candidates = _ENTITIES.get(layer, _OTHERS)
    return (next((field for field in candidates if document.get(field)), candidates[0]),)


def text_of(value: Any) -> str:
    """A group-key value as text: the first of a list, empty for none."""
    if isinstance(value, list):
        value = value[0] if value else None
    return "" if value is None else str(value)
