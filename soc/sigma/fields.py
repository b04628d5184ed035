"""All that rules ask of one field, answered at once: a value to the class of predicates that it satisfies.

A value is scanned once for everything: a dict for whole texts, one scan for the literals of texts with wildcards and
of what regular expressions need. What the scan cannot decide, the predicate itself does. Classes are interned numbers, so that an event is a short tuple of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from soc.parse import ABSENT
from soc.sigma.literals import Literals
from soc.sigma.needles import needles
from soc.sigma.predicates import Exists, Null, Number, Regex, Text
from soc.sigma.strings import MANY, mapped
from soc.sigma.values import Member, member, members

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from soc.sigma.predicates import Predicate
    from soc.sigma.strings import Any_

MEMO = 2_000
"""Values that one generation of a field's memo keeps."""
MEMO_LENGTH = 1_024
"""Longer values are scanned every time."""
_NO_READER: Any = None


class Classes:
    """Sets of predicate ids as numbers, for all fields together."""

    def __init__(self) -> None:
        self.sets: list[frozenset[int]] = [frozenset()]
        self._numbers: dict[frozenset[int], int] = {frozenset(): 0}
        self.weight = 0
        """Ids in all sets together."""

    def number(self, ids: frozenset[int]) -> int:
        found = self._numbers.get(ids)
        if found is None:
            found = self._numbers[ids] = len(self.sets)
            self.sets.append(ids)
            self.weight += len(ids)
        return found


class Field:
    """One field under the name that events have for it."""

    def __init__(self, name: str, classes: Classes) -> None:
        self.name = name
        self.memo = Memo(self)
        self._classes = classes
        self._ids: dict[Predicate, int] = {}
        self._scanner: Scanner | None = None

    def id_of(self, predicate: Predicate, fresh: Callable[[], int]) -> int:
        """The number of a predicate on this field; numbers of all fields differ."""
        found = self._ids.get(predicate)
        if found is None:
            found = self._ids[predicate] = fresh()
            self._scanner = None
            self.memo.forget()
        return found

    @property
    def predicates(self) -> Collection[Predicate]:
        return self._ids.keys()

    def class_of(self, predicates: Iterable[Predicate]) -> int:
        """The class of a value that is known to satisfy just these."""
        return self._classes.number(frozenset(self._ids[predicate] for predicate in predicates))

    def constant(self, value: Any) -> int:
        """The class of an absent field, and of null."""
        return self.class_of(each for each in (Null(), Exists(value is not ABSENT)) if each in self._ids)

    def classify(self, value: Any) -> int:
        """The class of a value that is present: text, number, list, null."""
        found: set[int] = set()
        if (scanner := self._scanner) is None:
            scanner = self._scanner = Scanner(self._ids)
        if type(value) is str:
            found |= scanner.text(member(value))
        else:
            for each in members(value) or ():
                found |= scanner.other(each) if type(each.raw) is not str else scanner.text(each)
        return self._classes.number(frozenset(found | scanner.present))


class Memo(dict[Any, int]):
    """Value to class, of text only: 1, True and 1.0 are one key of a dict and three values of a rule."""

    __slots__ = ("_field", "_old", "_typed")

    def __init__(self, field: Field) -> None:
        self._field = field
        self._old: dict[Any, int] = {}
        self._typed: dict[tuple[type, Any], int] = {}

    def forget(self) -> None:
        self.clear()
        self._old, self._typed = {}, {}

    def __missing__(self, value: Any) -> int:
        if type(value) is not str:
            return self._other(value)
        found = self._old.get(value)
        if found is None:
            found = self._field.classify(value)
        if len(value) <= MEMO_LENGTH:
            if len(self) >= MEMO:
                self._old = dict(self)
                self.clear()
            self[value] = found
        return found

    def _other(self, value: Any) -> int:
        if value is ABSENT or value is None:
            found = self[value] = self._field.constant(value)
            return found
        # 0.0 and -0.0 are one key too, and two texts.
        place = (type(value), repr(value) if type(value) is float else value)
        known = self._typed.get(place)
        if known is None:
            if len(self._typed) >= MEMO:
                self._typed.clear()
            known = self._typed[place] = self._field.classify(value)
        return known


class Scanner:
    """Which of a field's predicates hold for a text."""

    def __init__(self, ids: dict[Predicate, int]) -> None:
        self.present = frozenset(
            id_ for predicate, id_ in ids.items() if isinstance(predicate, Exists) and predicate.wanted
        )
        self._whole: dict[str, list[int]] = {}
        self._whole_cased: dict[str, list[int]] = {}
        self._checked: list[tuple[int, Predicate]] = []
        """Those that every value is tested with."""
        self._null = [id_ for predicate, id_ in ids.items() if isinstance(predicate, Null)]
        self._numbers: dict[float, list[int]] = {}
        self._number_ids = {id_ for predicate, id_ in ids.items() if isinstance(predicate, Number)}
        self._parts = Parts()
        for predicate, id_ in ids.items():
            self._add(predicate, id_)
        self._parts.build()

    def _add(self, predicate: Predicate, id_: int) -> None:
        if isinstance(predicate, Text):
            self._add_text(predicate, id_)
        elif isinstance(predicate, Number):
            self._whole_cased.setdefault(str(predicate.value), []).append(id_)
            self._numbers.setdefault(predicate.value, []).append(id_)
        elif isinstance(predicate, Regex):
            if not self._parts.add_regex(id_, predicate):
                self._checked.append((id_, predicate))
        elif not isinstance(predicate, Null | Exists):
            self._checked.append((id_, predicate))

    def _add_text(self, predicate: Text, id_: int) -> None:
        parts = predicate.parts
        if len(parts) == 1 and isinstance(parts[0], str):
            if predicate.cased:
                self._whole_cased.setdefault(parts[0], []).append(id_)
            else:
                self._whole.setdefault(parts[0].lower(), []).append(id_)
        elif not self._parts.add(id_, predicate):
            self._checked.append((id_, predicate))

    def text(self, value: Member) -> set[int]:
        found = set(self._whole.get(value.lowered, ()))
        found.update(self._whole_cased.get(value.text, ()))
        if self._parts:
            self._parts.scan(value, found)
        for id_, predicate in self._checked:
            if predicate.holds(value, _NO_READER):
                found.add(id_)
        return found

    def other(self, value: Member) -> set[int]:
        """Null, a number or a boolean: numbers compare by value, everything else by the text."""
        if value.raw is None:
            return set(self._null)
        found = self.text(value)
        if not isinstance(value.raw, bool):
            found -= self._number_ids
            found.update(self._numbers.get(value.raw, ()))
        return found


class Parts:
    """Texts with wildcards and regular expressions, found by a literal; most are decided by where that begins and ends."""

    def __init__(self) -> None:
        self._asked: dict[str, list[_Asked]] = {}
        self._lengths: list[int] = []
        self._by_number: list[list[_Asked]] = []
        self._literals: Literals | None = None

    def __bool__(self) -> bool:
        return bool(self._asked)

    def add(self, id_: int, predicate: Text) -> bool:
        """False if it has no literal to be found by."""
        parts = predicate.parts if predicate.cased else mapped(predicate.parts, str.lower)
        texts = [part.lower() for part in parts if isinstance(part, str)]
        longest = [max(texts, key=len)] if texts else []
        return self._found_by(longest, _Asked(id_, _lies(parts, cased=predicate.cased), predicate))

    def add_regex(self, id_: int, predicate: Regex) -> bool:
        """False if there is nothing that a matching text must contain."""
        return self._found_by(needles(predicate.pattern), _Asked(id_, CHECK, predicate))

    def _found_by(self, texts: Iterable[str], asked: _Asked) -> bool:
        for text in texts:
            self._asked.setdefault(text, []).append(asked)
        return bool(texts)

    def build(self) -> None:
        literals = [text.encode("utf-8", "surrogatepass") for text in self._asked]
        self._lengths = [len(literal) for literal in literals]
        self._by_number = list(self._asked.values())
        once = [all(asked.lies in {ANYWHERE, CHECK} for asked in each) for each in self._by_number]
        self._literals = Literals(literals, once=once)

    def scan(self, value: Member, found: set[int]) -> None:
        assert self._literals is not None
        data = value.lowered.encode("utf-8", "surrogatepass")
        end = len(data)
        for number, to in self._literals.hits(data):
            length = self._lengths[number]
            for id_, lies, predicate in self._by_number[number]:
                if id_ not in found and (
                    lies == ANYWHERE
                    or (lies == AT_START and to == length)
                    or (lies == AT_END and to == end)
                    or (lies == CHECK and predicate.holds(value, _NO_READER))
                ):
                    found.add(id_)


ANYWHERE, AT_START, AT_END, CHECK = range(4)


class _Asked(NamedTuple):
    id: int
    lies: int
    """How the literal must lie: anywhere, at the start, at the end, or as the predicate itself says."""
    predicate: Predicate


def _lies(parts: Sequence[str | Any_], *, cased: bool) -> int:
    if cased:
        return CHECK
    shape = [part is MANY if not isinstance(part, str) else None for part in parts]
    if shape == [True, None, True]:
        return ANYWHERE
    if shape == [None, True]:
        return AT_START
    return AT_END if shape == [True, None] else CHECK
