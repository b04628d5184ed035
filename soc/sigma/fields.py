"""All that rules ask of one field, answered at once: a value to the class of predicates that it satisfies.

A value is scanned once for everything (`scanner`), and what was found is remembered. Classes are interned numbers, so that
an event is a short tuple of them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from soc.literals import Literals
from soc.parse import ABSENT
from soc.sigma.scanner import Scanner, encoded
from soc.sigma.values import members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.sigma.tables import Table

MEMORY = 8_000_000
"""Bytes, about, that the memos of all fields of an index may take in one of their two generations."""
_ENTRY = 128
"""Bytes that a value takes in a memo besides its text."""
MEMO_LENGTH = 1_024
"""Longer values are scanned every time."""
_OFTEN = 0.5
"""So many new texts an event, and it pays to look at those of many events together."""


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

    def classify_all(self, texts: Sequence[str]) -> list[int]:
        """The classes of texts, each no longer than `MEMO_LENGTH`, at a fraction of what one by one costs."""
        return list(map(self._classes.number, self._scanner.texts(texts)))

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
    return Literals(list(map(encoded, table.literals)), caseless=True)


class Memory:
    """What the memos of several fields may take together: when it is full, each forgets what was not asked for lately."""

    def __init__(self) -> None:
        self._memos: list[Memo] = []
        self._taken = 0
        self._waiting: list[Memo] = []
        self._is_worth_it = True
        self.fresh = 0
        """Texts that no memo knew."""
        self.is_gathering = False
        """Whether new texts wait until `learn`, and have the class of nothing meanwhile."""
        self.waits = False
        """Whether some do; for those who asked to set back."""

    def add(self, memo: Memo) -> None:
        self._memos.append(memo)

    def take(self, size: int) -> None:
        self._taken += size + _ENTRY
        if self._taken > MEMORY:
            self._taken = 0
            for memo in self._memos:
                memo.age()

    def wait(self, memo: Memo) -> None:
        """A memo has its first text that waits."""
        self._waiting.append(memo)

    def gather(self) -> None:
        """Let new texts wait for `learn`; not where they were few lately, since what waits is looked up twice."""
        self.fresh, self.is_gathering = 0, self._is_worth_it

    def learn(self, events: int) -> None:
        """Look at all texts of so many events that wait, together; from now on, at each at once."""
        self._is_worth_it = self.fresh > events * _OFTEN
        self.is_gathering = self.waits = False
        waiting, self._waiting = self._waiting, []
        for memo in waiting:
            memo.learn()

    def forget(self) -> None:
        self._taken = 0
        for memo in self._memos:
            memo.forget()


class Memo(dict[Any, int]):
    """Value to class, of text only: 1, True and 1.0 are one key of a dict and three values of a rule."""

    __slots__ = ("_class_of", "_field", "_memory", "_old", "_typed", "_waiting")

    def __init__(self, field: Field, memory: Memory) -> None:
        self._field = field
        self._class_of = field.classify
        self._memory = memory
        self._old: dict[Any, int] = {}
        self._typed: dict[tuple[type, Any], int] = {}
        self._waiting: dict[str, None] = {}
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
        found, size, memory = self._old.get(value), len(value), self._memory
        if found is None:
            memory.fresh += 1
            if memory.is_gathering and size <= MEMO_LENGTH:
                if not self._waiting:
                    memory.wait(self)
                self._waiting[value] = None
                memory.waits = True
                return 0
            found = self._class_of(value)
        if size <= MEMO_LENGTH:
            memory.take(size)
            self[value] = found
        return found

    def learn(self) -> None:
        """Look at the texts that wait."""
        texts = list(self._waiting)
        self._waiting.clear()
        for text, class_ in zip(texts, self._field.classify_all(texts), strict=True):
            self._memory.take(len(text))
            self[text] = class_

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
