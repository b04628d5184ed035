"""Single ECS fields of an event, for those who ask every event for a few of them and need no document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.parse.dotted import flat
from soc.parse.ecs import ecs
from soc.parse.format import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from soc.event import Event
    from soc.parse.format import Document, EcsField, Native

NOTHING: tuple[Any, ...] = (None, "", [], {})
"""What `ecs` leaves out of a document."""


class EcsFields:
    """The ECS fields of an event, each as `ecs(event)` has it, worked out when it is asked for.

    What the format's table has costs no more than itself; the first name that it lacks makes the whole document.
    """

    __slots__ = ("_event", "_whole")

    def __init__(self, event: Event) -> None:
        self._event = event
        self._whole: Document | None = None

    def get(self, name: str) -> Any:
        """The value of a dotted name, None if the event has none."""
        if self._whole is None:
            accessor = self._event.format.ecs_fields.get(name)
            if accessor is not None:
                return accessor(self._event)
            self._whole = ecs(self._event)
        return self._whole.get(name)


def nothing(_: Event) -> None:
    """A field that no event of the format has."""


def host_name(event: Event) -> Any:
    """`host.name` as the frame tells it."""
    header = event.frame.syslog
    return (header.hostname if header else None) or enveloped(event, "host.name")


def program(event: Event) -> str | None:
    """`process.name` as the frame tells it."""
    header = event.frame.syslog
    return (header.app or None) if header else None


def dataset(event: Event) -> Any:
    """`event.dataset` as the frame tells it."""
    return enveloped(event, "event.dataset")


def enveloped(event: Event, name: str) -> Any:
    """What the shipper's envelope has under a dotted name."""
    if not event.frame.envelope:
        return None
    value = None
    for known, told in flat(event.frame.envelope):
        if known == name:
            value = value or told
    return None if value in NOTHING else value


FRAME: Mapping[str, EcsField] = {
    "host.name": host_name,
    "process.name": program,
    "event.dataset": dataset,
    "event.code": nothing,
    "event.action": nothing,
}
"""Of formats whose bodies tell nothing about these."""


def in_document(name: str, empty: tuple[Any, ...] = ()) -> Callable[[Native], Any]:
    """The accessor of `a.b` in a document that may spell it as one name or as an object in an object; ABSENT if neither.

    Of both the later counts, as where a document is made flat. Values in `empty` do not count at all.
    """
    root, _, leaf = name.partition(".")

    def get(native: Native) -> Any:
        section, dotted = native.get(root), native.get(name, ABSENT)
        value = section.get(leaf, ABSENT) if isinstance(section, dict) else ABSENT
        value = ABSENT if isinstance(value, dict) or value in empty else value
        if dotted is ABSENT or isinstance(dotted, dict) or dotted in empty:
            return value
        return dotted if value is ABSENT or _later(native, name, root) else value

    return get


def _later(native: Native, name: str, other: str) -> bool:
    return next(key for key in reversed(list(native)) if key in {name, other}) == name
