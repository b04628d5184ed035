"""How events of one kind are matched: the fields that any of its rules reads, as the tuple of their values' classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from soc.parse import ABSENT, EcsFields
from soc.parse.format import flat_field
from soc.parse.frame import is_bounded
from soc.sigma.predicates import FieldRef
from soc.sigma.values import EventReader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from soc.event import Event
    from soc.parse.format import Format
    from soc.sigma.fields import Field
    from soc.sigma.index import Found, Index, Key
    from soc.sigma.keywords import Keywords
    from soc.sigma.nodes import Item


@dataclass(frozen=True, slots=True)
class Shape:
    """What kinds of events that meet the same rules have in common, in one format."""

    index: Index
    members: frozenset[int]
    unguarded: Sequence[int]
    reads: Sequence[tuple[Field, Any]]
    """Fields with their accessors."""
    key: Callable[[Any], Key] | None
    """Of the document's `get`; where documents are flat."""
    keywords: Keywords | None
    specials: Sequence[tuple[int, Callable[[Mapping[str, Any]], bool | None], Item, Mapping[str, str]]]
    """Ids; what decides by the document alone, if it can; and otherwise."""


def shape_of(index: Index, format_: Format, numbers: Sequence[int], known: Collection[str]) -> Shape:
    """`known`: fields that need not be read."""
    conditions = [(number, index.conditions[number]) for number in numbers]
    names = dict.fromkeys(name for _, condition in conditions for name in condition.fields)
    fields = [index.fields[name] for name in names if name not in known]
    is_flat = format_.field is flat_field and not any("." in field.name for field in fields)
    return Shape(
        index,
        frozenset(numbers),
        [number for number, condition in conditions if condition.guard is None],
        [(field, format_.field(field.name)) for field in fields],
        _flat_key(fields) if is_flat else None,
        index.keywords(id_ for _, condition in conditions for id_ in condition.keywords),
        [
            (id_, _reference(item, names, is_flat=format_.field is flat_field), item, names)
            for number, condition in conditions
            for id_, item in condition.specials
            for names in (index.instances[number].names,)
        ],
    )


def _flat_key(fields: Sequence[Field]) -> Callable[[Any], Key]:
    """A function of the document's `get`, written out: one look-up of the value, one of its class, for each field."""
    scope: dict[str, Any] = {"A": ABSENT, **{f"m{number}": field.memo for number, field in enumerate(fields)}}
    parts = [f"m{number}[get({field.name!r}, A)]" for number, field in enumerate(fields)]
    source = f"lambda get: ({', '.join(parts)}{',' if parts else ''})"
    made: Callable[[Any], Key] = eval(source, scope)  # noqa: S307 (names of fields go in as literals)
    return made


def _reference(item: Item, names: Mapping[str, str], *, is_flat: bool) -> Callable[[Mapping[str, Any]], bool | None]:
    """What compares a field with another one; None where one of them is neither a text nor missing."""
    mine = names.get(item.field, item.field)
    (predicate, *more) = item.predicates
    if not is_flat or more or not isinstance(predicate, FieldRef) or "." in mine or "." in predicate.other:
        return lambda _: None

    def compares(native: Mapping[str, Any]) -> bool | None:
        value, other = native.get(mine), native.get(predicate.other)
        if value is None or other is None:
            return item.negated
        if type(value) is not str or type(other) is not str:
            return None
        return predicate.compares(value, other) is not item.negated

    return compares


class Plan:
    """How events of one format and kind are matched."""

    __slots__ = ("_constant", "_keywords", "_memory", "_read", "_results", "_shape", "_specials", "_unsearched")

    def __init__(self, shape: Shape, constant: frozenset[int], searched: frozenset[int]) -> None:
        """`searched`: keywords that documents without any are told apart from before."""
        self._shape = shape
        words = shape.keywords
        self._unsearched = words if words is not None and not words.ids <= searched else None
        self._read, self._keywords, self._specials = shape.key, shape.keywords, shape.specials
        self._constant = constant
        """Ids that hold in all events of the kind."""
        self._results = shape.index.results()
        self._memory = shape.index.memory

    def match(self, event: Event) -> Found:
        try:
            key = self._read(event.native.get) if self._read is not None else self._key(event)
        except TypeError:  # a list or an object is no key of a memo
            key = self._key(event)
        if self._keywords is not None and (held := self._keywords.of(event)):
            key = (*key, held)
        for id_, compares, item, names in self._specials:
            told = compares(event.native)
            if item.holds(EventReader(event, names)) if told is None else told:
                key = (*key, -id_)
        found = self._results.get(key)
        return self._decide(key) if found is None else found

    def of_document(self, native: dict[str, Any], raw: bytes) -> Found | None:
        """What `match` finds in the event that is nothing but this document; None where that takes an event.

        None too where `Memory.waits` for texts that were not seen before. `raw` is the document, in which none of the keywords that all events are searched for is found.
        """
        read = self._read
        if read is None:
            return None
        try:
            key = read(native.get)
        except TypeError:  # a list or an object is no key of a memo
            if not is_bounded(native, raw):
                return None
            key = self._key_of(native)
        if self._memory.waits:
            return None
        words = self._unsearched
        if words is not None and (not words.is_sure or words.hits(raw)):
            if not is_bounded(native, raw):
                return None
            if class_ := words.in_document(native, raw):
                key = (*key, class_)
        if self._specials:
            references = self._references(native)
            if references is None:
                return None
            key = (*key, *references)
        found = self._results.get(key)
        return self._decide(key) if found is None else found

    def _references(self, native: Mapping[str, Any]) -> Key | None:
        """What compares fields of a flat document, as far as it holds; None where it takes an event to tell."""
        held = []
        for id_, compares, _, _ in self._specials:
            told = compares(native)
            if told is None:
                return None
            if told:
                held.append(-id_)
        return tuple(held)

    def _key_of(self, native: Mapping[str, Any]) -> Key:
        """Of a flat document, some of whose values are lists or objects."""
        values = [(field, native.get(field.name, ABSENT)) for field, _ in self._shape.reads]
        return tuple([field.class_of(value) for field, value in values])

    def _key(self, event: Event) -> Key:
        native = event.native
        told: EcsFields | None = None
        classes = []
        for field, accessor in self._shape.reads:
            value = accessor(native) if accessor else ABSENT
            if value is ABSENT and "." in field.name:
                if told is None:
                    told = EcsFields(event)
                value = told.get(field.name)
                if value is None:  # ECS documents have no nulls
                    value = ABSENT
            classes.append(field.class_of(value))
        return tuple(classes)

    def _decide(self, key: Key) -> Found:
        shape = self._shape
        sets = shape.index.classes.sets
        held = self._constant.union(*[sets[number] for number in key if number > 0])
        if shape.specials:
            held |= {-number for number in key if number < 0}
        found = self._results[key] = shape.index.decided(shape.members, shape.unguarded, held)
        shape.index.learnt(key)
        return found
