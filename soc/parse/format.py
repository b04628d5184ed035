"""A Format says how one kind of log is recognised, decoded, dated, read by rules and turned into ECS."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import Pattern

    from soc.event import Event, Kind
    from soc.parse.frame import Frame

ABSENT: Any = type("Absent", (), {"__repr__": lambda _: "ABSENT", "__bool__": lambda _: False})()
"""What an accessor gives for a field that the event does not have; null and '' are values."""

Native = Mapping[str, Any]
Accessor = Callable[[Native], Any]
Document = dict[str, Any]
"""An ECS document with flat, dotted names."""
EcsField = Callable[["Event"], Any]
"""One field of that document by itself; None where the document has none."""


def flat_field(name: str) -> Accessor:
    """The accessor of a document without nesting: the value under that very name."""
    return lambda native: native.get(name, ABSENT)


def leaves(native: Native) -> Iterator[Any]:
    """Every value that is not a mapping or a list, at any depth (which parsing bounds): what a keyword is searched in."""
    yield from _leaves(native.values())


def _leaves(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, dict):
            yield from _leaves(value.values())
        elif isinstance(value, list | tuple):
            yield from _leaves(value)
        else:
            yield value


@dataclass(frozen=True, slots=True)
class Format:
    """One row of the table `parse.formats`."""

    name: str
    """As configuration, `soc parse --format` and metrics name it."""
    title: str
    """Vendor and product, for people."""
    decode: Callable[[Frame], Native | None]
    """The decoded body; None when the body is not of this format. It must not raise on any input."""
    time: Callable[[Event], int | None]
    """The record's own time as an instant; None if it has none or it makes no sense."""
    ecs: Callable[[Event, Document], None]
    """Adds the event's ECS fields to a document that has what the frame told (see `parse.ecs`)."""
    ecs_fields: Mapping[str, EcsField] = dataclasses.field(default_factory=dict, hash=False, kw_only=True)
    """Those fields that cost little by themselves; each says what the document of `parse.ecs` says (see `parse.EcsFields`)."""
    kind: Callable[[Native], Kind]
    """Which rules it can meet: Sigma log sources, or the channel and event id of Windows."""
    place: Callable[[Native], tuple[Any, ...]] | None = None
    """A cheaper stand-in for the kind: the values of the `fixed` fields, or something of another length."""
    fixed: tuple[str, ...] = ()
    """Native names of fields that tell the kind by themselves, if they are of the usual types."""
    field: Callable[[str], Accessor | None] = flat_field
    """The accessor of a native field name; None if no event of this format can have it."""
    values: Callable[[Native], Iterator[Any]] = leaves
    claims: Callable[[Native], bool] | None = None
    """Whether what it decoded is its own where no configuration names the format; None when decoding alone tells."""
    json: bool = False
    """Decodes frames whose body is a JSON object; the others only see text."""
    programs: frozenset[str] = frozenset()
    """Syslog application names (lower case) that this format is tried for first."""
    hints: tuple[str, ...] = ()
    """Literals of which the text contains one; () for none. Cheap, so that most formats are never tried."""
    start: Pattern[bytes] | None = None
    """What the first line of a record begins with, where records span several lines; None when each line is one."""
