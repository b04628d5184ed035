"""The ECS fields that a Winlogbeat document brings along: the shipper's own, and what its modules have parsed already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.parse.ecs import flat
from soc.parse.network import mac
from soc.parse.windows_values import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.parse.format import Document, Native
    from soc.parse.windows_convention import Convention

_ROOTS = frozenset({
    "agent", "client", "cloud", "destination", "dll", "dns", "error", "event", "file", "group", "host", "log", "network",
    "observer", "organization", "process", "registry", "related", "rule", "server", "service", "source", "threat", "tls",
    "url", "user",
})  # fmt: skip
# The text lies in event.original of every document; the two times are the store's to tell.
_LEFT_OUT = frozenset({"event.original", "event.ingested", "event.created"})


def given(native: Native, fields: Mapping[str, Any], document: Document, convention: Convention) -> None:
    """Add a document's own ECS fields; they win over what was computed.

    But for `event.action` where it only repeats the task's display name and the convention is not to show that.
    """
    own: Document = {}
    for name, value in flat({root: value for root, value in native.items() if root.partition(".")[0] in _ROOTS}):
        if name not in _LEFT_OUT and value not in (None, "", "-", []):
            own[name] = value
    repeats_task = own.get("event.action") == fields.get("Task")
    if repeats_task and document.get("event.action") and not convention.task_is_action:
        own.pop("event.action", None)
    if "event.code" in own:
        own["event.code"] = text(own["event.code"])
    if "host.mac" in own:
        own["host.mac"] = _macs(own["host.mac"])
    document.update(own)


def _macs(value: Any) -> list[str]:
    """As ECS writes them: capitals and hyphens."""
    items = value if isinstance(value, list) else [value]
    return [mac(item) or item for item in items if isinstance(item, str)]
