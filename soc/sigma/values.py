"""What an event offers to rules: the members of a field's value with their text, read once per event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from soc.parse import ABSENT, ecs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.event import Event


class Member(NamedTuple):
    """One value: of a list each member is one."""

    raw: Any
    text: str
    lowered: str


class Reader(Protocol):
    def members(self, field: str) -> tuple[Member, ...] | None:
        """The values of a field; None if the event does not have it."""

    def referenced(self, field: str) -> tuple[Member, ...] | None:
        """The values of a field that another one is compared with: under the name that the event itself has for it."""

    def everything(self) -> tuple[Member, ...]:
        """Every value, for keywords."""


def member(raw: Any) -> Member:
    """`str.lower()` of both sides decides equality, so the lower form is made once."""
    if isinstance(raw, str):
        text = raw
    elif isinstance(raw, bool):
        text = "true" if raw else "false"
    else:
        text = "" if raw is None else str(raw)
    return Member(raw, text, text.lower())


def members(value: Any) -> tuple[Member, ...] | None:
    """The members of a value as it was decoded."""
    if value is ABSENT:
        return None
    if isinstance(value, list | tuple):
        return tuple(member(item) for item in value if not isinstance(item, dict | list))
    return () if isinstance(value, dict) else (member(value),)


class EventReader:
    """Reads one event by the fields that its format resolves to; keeps what was read."""

    __slots__ = ("_all", "_ecs", "_event", "_names", "_read")

    def __init__(self, event: Event, names: Mapping[str, str]) -> None:
        self._event = event
        self._names = names
        self._read: dict[str, tuple[Member, ...] | None] = {}
        self._all: tuple[Member, ...] | None = None
        self._ecs: dict[str, Any] | None = None

    def members(self, field: str) -> tuple[Member, ...] | None:
        try:
            return self._read[field]
        except KeyError:
            found = self._read[field] = members(self._value(field))
            return found

    def referenced(self, field: str) -> tuple[Member, ...] | None:
        return members(self._named(field))

    def everything(self) -> tuple[Member, ...]:
        if self._all is None:
            self._all = tuple(member(value) for value in self._event.format.values(self._event.native))
        return self._all

    def _value(self, field: str) -> Any:
        """A mapping replaces the name that the rule uses."""
        return self._named(self._names.get(field, field))

    def _named(self, name: str) -> Any:
        """By the event's own name, else the ECS name."""
        event = self._event
        accessor = event.format.field(name)
        value = accessor(event.native) if accessor else ABSENT
        if value is ABSENT and "." in name:
            if self._ecs is None:
                self._ecs = ecs(event)
            return self._ecs.get(name, ABSENT)
        return value
