"""All that rules ask of one field, answered at once: a value to the class of predicates that it satisfies.

A value is scanned once for everything: a dict for whole texts, one scan for the literals of texts with wildcards and
of what regular expressions need. What the scan cannot decide, the predicate itself does. Classes are interned numbers,
so that an event is a short tuple of them.
"""

from __future__ import annotations

from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, NamedTuple

from soc.literals import Literals
from soc.parse import ABSENT
from soc.sigma.needles import needles
from soc.sigma.predicates import Cidr, Exists, Null, Number, Regex, Text
from soc.sigma.strings import MANY, mapped
from soc.sigma.values import Member, member, members

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from soc.sigma.predicates import Predicate
    from soc.sigma.strings import Any_

MEMORY = 8_000_000
"""Bytes, about, that the memos of all fields of an index may take in one of their two generations."""
_ENTRY = 128
"""Bytes that a value takes in a memo besides its text."""
MEMO_LENGTH = 1_024
"""Longer values are scanned every time."""
_LONG = 64
"""Regular expressions of texts longer than this are large machines, and few texts are long enough."""
_NO_READER: Any = None
ANYWHERE, AT_START, AT_END, CHECK = range(4)
"""How a literal must lie: anywhere, at the start, at the end, or as the predicate itself says."""


class Classes:
    """Sets of predicate ids as numbers, for all fields together."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
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


class Table(NamedTuple):
    """The predicates of a field by what finds them, as plain data but for the predicates that must look themselves."""

    present: Sequence[int]
    missing: Sequence[int]
    null: Sequence[int]
    not_null: Sequence[int]
    """`*`: any value at all."""
    numbers: Sequence[tuple[float, int]]
    whole: Mapping[str, Sequence[int]]
    """Texts in lower case."""
    whole_cased: Mapping[str, Sequence[int]]
    networks: Sequence[tuple[str, int]]
    literals: Mapping[str, Sequence[tuple[int, int, int]]]
    """Literal in lower case -> id, how it must lie, and the place in `checks` of what decides then."""
    checked: Sequence[tuple[int, int]]
    """Ids and places in `checks` of those that every value is tested with."""
    checks: Sequence[Predicate]

    @classmethod
    def of(cls, ids: Mapping[Predicate, int]) -> Table:
        table = cls([], [], [], [], [], {}, {}, [], {}, [], [])
        for predicate, id_ in ids.items():
            _ADDERS.get(type(predicate), _add_other)(table, predicate, id_)
        return table

    def ids(self) -> frozenset[int]:
        """Of all predicates."""
        asked = (id_ for each in self.literals.values() for id_, _, _ in each)
        whole = (id_ for each in (self.whole, self.whole_cased) for ids in each.values() for id_ in ids)
        rest = (id_ for each in (self.numbers, self.networks) for _, id_ in each)
        checked = (id_ for id_, _ in self.checked)
        return frozenset((*self.present, *self.missing, *self.null, *self.not_null, *asked, *whole, *rest, *checked))

    def looking(self) -> dict[int, int]:
        """Places in `checks` -> ids: of the predicates that look at values themselves."""
        asked = ((check, id_) for each in self.literals.values() for id_, _, check in each if check >= 0)
        return {**dict(asked), **{check: id_ for id_, check in self.checked}}


def _add_text(table: Any, predicate: Text, id_: int) -> None:
    parts = predicate.parts if predicate.cased else mapped(predicate.parts, str.lower)
    if len(parts) == 1 and isinstance(parts[0], str):
        (table.whole_cased if predicate.cased else table.whole).setdefault(parts[0], []).append(id_)
        return
    if parts == (MANY,):
        table.not_null.append(id_)
        return
    texts = [part.lower() for part in parts if isinstance(part, str)]
    lies = CHECK if predicate.cased else _lies(parts)
    _find_by(table, [max(texts, key=len)] if texts else [], lies, predicate, id_)


def _add_regex(table: Any, predicate: Regex, id_: int) -> None:
    _find_by(table, needles(predicate.pattern), CHECK, predicate, id_)


def _find_by(table: Any, literals: Sequence[str], lies: int, predicate: Predicate, id_: int) -> None:
    """Without a literal every value is tested."""
    check = -1
    if lies == CHECK or not literals:
        check = len(table.checks)
        table.checks.append(predicate)
    for literal in literals:
        table.literals.setdefault(literal, []).append((id_, lies, check))
    if not literals:
        table.checked.append((id_, check))


def _add_number(table: Any, predicate: Number, id_: int) -> None:
    table.whole_cased.setdefault(str(predicate.value), []).append(id_)
    table.numbers.append((predicate.value, id_))


def _add_exists(table: Any, predicate: Exists, id_: int) -> None:
    (table.present if predicate.wanted else table.missing).append(id_)


def _add_other(table: Any, predicate: Predicate, id_: int) -> None:
    _find_by(table, (), CHECK, predicate, id_)


_ADDERS: dict[type, Any] = {
    Text: _add_text,
    Regex: _add_regex,
    Number: _add_number,
    Exists: _add_exists,
    Cidr: lambda table, predicate, id_: table.networks.append((str(predicate.network), id_)),
    Null: lambda table, _predicate, id_: table.null.append(id_),
}


def _lies(parts: Sequence[str | Any_]) -> int:
    shape = [part is MANY if not isinstance(part, str) else None for part in parts]
    if shape == [True, None, True]:
        return ANYWHERE
    if shape == [None, True]:
        return AT_START
    return AT_END if shape == [True, None] else CHECK


class Field:
    """One field under the name that events have for it."""

    def __init__(self, name: str, table: Table, classes: Classes, memory: Memory, database: bytes = b"") -> None:
        """`database`: what `Literals.dumped` gave for the same table."""
        self.name = name
        self.table = table
        self.memo = Memo(self, memory)
        self._database = database
        self._classes = classes
        self._looked = [0] * len(table.checks)

    @cached_property
    def _scanner(self) -> Scanner:
        return Scanner(self.table, self.literals, self._looked)

    @cached_property
    def _looking(self) -> dict[int, int]:
        return self.table.looking()

    @cached_property
    def literals(self) -> Literals:
        return literals_of(self.table, self._database)

    def prepare(self) -> None:
        """Do what costs much now, unless it was done before."""
        if not self._database:
            self._scanner  # noqa: B018 (made when first asked for)
            self.literals.prepare()

    def looked(self) -> dict[int, int]:
        """Bytes of values that predicates looked at themselves since this was asked last, by the predicates' ids."""
        if not any(self._looked):
            return {}
        ids = self._looking
        found = {ids[check]: size for check, size in enumerate(self._looked) if size}
        self._looked[:] = [0] * len(self._looked)
        return found

    def class_of(self, value: Any) -> int:
        """The class of anything that an event may hold, or of its absence."""
        return self.classify(value) if isinstance(value, list | tuple | dict) else self.memo[value]

    def constant(self, value: Any) -> int:
        """The class of an absent field, and of null."""
        table = self.table
        return self._classes.number(frozenset((*table.null, *(table.missing if value is ABSENT else table.present))))

    def classify(self, value: Any) -> int:
        """The class of a value that is present: text, number, list, null."""
        return self._classes.number(self.held(value))

    def held(self, value: Any) -> frozenset[int]:
        """The ids of the predicates that such a value satisfies."""
        scanner = self._scanner
        if type(value) is str:
            return scanner.text(value)
        found = [
            scanner.text(each.text) if type(each.raw) is str else scanner.other(each) for each in members(value) or ()
        ]
        return frozenset(scanner.present).union(*found)


def literals_of(table: Table, database: bytes) -> Literals:
    if database:  # which knows all of it
        return Literals((), caseless=True, database=database)
    once = [all(lies in {ANYWHERE, CHECK} for _, lies, _ in asked) for asked in table.literals.values()]
    return Literals(list(map(_encoded, table.literals)), once=once, caseless=True)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class Memory:
    """What the memos of several fields may take together: when it is full, each forgets what was not asked for lately."""

    def __init__(self) -> None:
        self._memos: list[Memo] = []
        self._taken = 0

    def add(self, memo: Memo) -> None:
        self._memos.append(memo)

    def take(self, size: int) -> None:
        self._taken += size + _ENTRY
        if self._taken > MEMORY:
            self._taken = 0
            for memo in self._memos:
                memo.age()

    def forget(self) -> None:
        self._taken = 0
        for memo in self._memos:
            memo.forget()


class Memo(dict[Any, int]):
    """Value to class, of text only: 1, True and 1.0 are one key of a dict and three values of a rule."""

    __slots__ = ("_class_of", "_field", "_memory", "_old", "_typed")

    def __init__(self, field: Field, memory: Memory) -> None:
        self._field = field
        self._class_of = field.classify
        self._memory = memory
        self._old: dict[Any, int] = {}
        self._typed: dict[tuple[type, Any], int] = {}
        memory.add(self)

    def age(self) -> None:
        """What is not asked for until the next time is forgotten then."""
        self._old = dict(self)
        self._typed.clear()
        self.clear()

    def forget(self) -> None:
        self.clear()
        self._typed.clear()
        self._old = {}

    def __missing__(self, value: Any) -> int:
        if type(value) is not str:
            return self._other(value)
        found = self._old.get(value)
        if found is None:
            found = self._class_of(value)
        size = len(value)
        if size <= MEMO_LENGTH:
            self._memory.take(size)
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
            self._memory.take(0)
            known = self._typed[place] = self._field.classify(value)
        return known


class Scanner:
    """Which of a field's predicates hold for a value that is there."""

    def __init__(self, table: Table, literals: Literals, looked: list[int]) -> None:
        """`looked`: bytes that each of the table's `checks` was tested on; added to."""
        self.present = table.present
        self._null = table.null
        self._always = frozenset((*table.present, *table.not_null))
        self._whole = table.whole
        self._longest = max(map(len, table.whole), default=-1)
        self._whole_cased = table.whole_cased
        self._looked = looked
        checked = [(id_, table.checks[check], check) for id_, check in table.checked]
        together = [(id_, it, check) for id_, it, check in checked if isinstance(it, Regex) and it.least < _LONG]
        self._together = together if len(together) > 2 else []
        """Regular expressions without a literal, of which one is asked first whether any matches."""
        self._any_of_them = Regex("|".join(f"(?:{regex.pattern})" for _, regex, _ in self._together))
        self._checked = [it for it in checked if it not in self._together]
        self._numbers: dict[float, list[int]] = {}
        for number, id_ in table.numbers:
            self._numbers.setdefault(number, []).append(id_)
        self._number_ids = {id_ for _, id_ in table.numbers}
        self._networks = Networks(table.networks) if table.networks else None
        self._checks = table.checks
        self._asked = list(table.literals.values())
        self._texts = list(table.literals)
        self._literals = literals

    def text(self, text: str, value: Member | None = None) -> frozenset[int]:
        """Of a text; or of what is compared by its text, which `value` is then."""
        found: set[int] = set()
        if len(text) <= self._longest and (ids := self._whole.get(text.lower())) is not None:
            found.update(ids)
        if self._whole_cased and (ids := self._whole_cased.get(text)) is not None:
            found.update(ids)
        if self._networks is not None:
            found.update(self._networks.of(text))
        if self._asked:
            self._scan(text, value, found)
        if self._checked or self._together:
            self._check(value or member(text), found)
        return self._always | found if found else self._always

    def _check(self, value: Member, found: set[int]) -> None:
        """Those that every value is tested with. One look of many together counts for each of them."""
        size, looked = len(value.text), self._looked
        for id_, predicate, check in self._checked:
            looked[check] += size
            if predicate.holds(value, _NO_READER):
                found.add(id_)
        if self._together:
            for _, _, check in self._together:
                looked[check] += size
            if self._any_of_them.holds(value, _NO_READER):
                found.update([id_ for id_, predicate, _ in self._together if predicate.holds(value, _NO_READER)])

    def _scan(self, text: str, value: Member | None, found: set[int]) -> None:
        # Of ASCII the search itself ignores case; what else `str.lower` does to a text must be done beforehand.
        data = text.encode() if text.isascii() else _encoded(text.lower())
        end = len(data)
        for number, to in self._literals.hits(data):
            for id_, lies, check in self._asked[number]:
                if id_ in found:
                    continue
                if lies == CHECK:
                    self._looked[check] += end
                    value = value or member(text)
                    if not self._checks[check].holds(value, _NO_READER):
                        continue
                elif (lies == AT_END and to != end) or (lies == AT_START and to != len(_encoded(self._texts[number]))):
                    continue
                found.add(id_)

    def other(self, value: Member) -> frozenset[int]:
        """Null, a number or a boolean: numbers compare by value, everything else by the text."""
        if value.raw is None:
            return frozenset(self._null)
        found = self.text(value.text, value)
        if isinstance(value.raw, bool):
            return found
        return found.difference(self._number_ids).union(self._numbers.get(value.raw, ()))


class Networks:
    """Which of many networks an address lies in: one look-up for each length of prefix."""

    def __init__(self, networks: Sequence[tuple[str, int]]) -> None:
        self._ids: dict[tuple[int, int], dict[int, list[int]]] = {}
        """Version and bits behind the prefix -> prefix -> ids."""
        for told, id_ in networks:
            network = ip_network(told)
            behind = network.max_prefixlen - network.prefixlen
            prefixes = self._ids.setdefault((network.version, behind), {})
            prefixes.setdefault(int(network.network_address) >> behind, []).append(id_)

    def of(self, text: str) -> Iterator[int]:
        try:
            address = ip_address(text)
        except ValueError:
            return
        number, version = int(address), address.version
        for (theirs, behind), prefixes in self._ids.items():
            if theirs == version:
                yield from prefixes.get(number >> behind, ())
