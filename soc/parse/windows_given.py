"""The ECS fields that a Winlogbeat document brings along: the shipper's own, and what its modules have parsed already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.parse.dotted import flat
from soc.parse.ecs_fields import in_document
from soc.parse.format import ABSENT
from soc.parse.network import mac
from soc.parse.windows_values import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from soc.event import Event
    from soc.parse.format import Document, EcsField, Native
    from soc.parse.windows_convention import Convention

_ROOTS = frozenset({
    "agent", "client", "cloud", "destination", "dll", "dns", "error", "event", "file", "group", "host", "log", "network",
    "observer", "organization", "process", "registry", "related", "rule", "server", "service", "source", "threat", "tls",
    "url", "user",
})  # fmt: skip
# The text lies in event.original of every document; the two times are the store's to tell.
_LEFT_OUT = frozenset({"event.original", "event.ingested", "event.created"})
_EMPTY: tuple[Any, ...] = (None, "", "-", [])


def given(native: Native, fields: Mapping[str, Any], document: Document, convention: Convention) -> None:
    """Add a document's own ECS fields; they win over what was computed.

    But for `event.action` where it only repeats the task's display name and the convention is not to show that.
    """
    own: Document = {}
    for name, value in flat({root: value for root, value in native.items() if root.partition(".")[0] in _ROOTS}):
        if name not in _LEFT_OUT and value not in _EMPTY:
            own[name] = value
    if own.get("event.action") == fields.get("Task") and document.get("event.action") and not convention.task_is_action:
        own.pop("event.action", None)
    if "event.code" in own:
        own["event.code"] = text(own["event.code"])
    if "host.mac" in own:
        own["host.mac"] = _macs(own["host.mac"])
    document.update(own)


def given_fields(
    computed: Mapping[str, EcsField], task: Callable[[Native], Any], convention_of: Callable[[Native], Convention]
) -> dict[str, EcsField]:
    """The accessors of single fields that follow the same rule, from those of what is computed."""
    own_action, action = in_document("event.action", _EMPTY), computed["event.action"]

    def action_of(event: Event) -> Any:
        own, meant = own_action(event.native), action(event)
        repeats = own == task(event.native) and not convention_of(event.native).task_is_action
        return meant if own is ABSENT or (meant and repeats) else own

    own_code, code = in_document("event.code", _EMPTY), computed["event.code"]

    def code_of(event: Event) -> str | None:
        own = own_code(event.native)
        return code(event) if own is ABSENT else text(own)

    others = {name: _own_or(name, accessor) for name, accessor in computed.items()}
    return {**others, "event.action": action_of, "event.code": code_of}


def _own_or(name: str, computed: EcsField) -> EcsField:
    in_native = in_document(name, _EMPTY)

    def get(event: Event) -> Any:
        own = in_native(event.native)
        return computed(event) if own is ABSENT else own

    return get


def _macs(value: Any) -> list[str]:
    """As ECS writes them: capitals and hyphens."""
    items = value if isinstance(value, list) else [value]
    return [mac(item) or item for item in items if isinstance(item, str)]
