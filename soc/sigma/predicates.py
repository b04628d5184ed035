"""What a rule asks of one value: small frozen objects that decide, compare and print."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any, Protocol

import re2

from soc import instant
from soc.sigma.needles import is_row, least
from soc.sigma.strings import MANY, Any_, Parts, mapped, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo
    from re import Pattern

    from soc.sigma.values import Member, Reader


class Predicate(Protocol):
    def holds(self, member: Member, reader: Reader) -> bool:
        """Whether one value satisfies it."""


@dataclass(frozen=True)
class Text:
    """A string with wildcards; case counts only if `cased`. Both sides are compared in `str.lower()`."""

    parts: Parts
    cased: bool = False

    def __str__(self) -> str:
        return shown(self.parts)

    def holds(self, member: Member, reader: Reader) -> bool:  # noqa: ARG002 (of all predicates alike)
        if member.raw is None:
            return False
        return self._test(member.text if self.cased else member.lowered)

    @cached_property
    def inside(self) -> str | None:
        """The text in lower case, where all that is asked is that a value holds it."""
        middle = self.parts[1] if len(self.parts) == 3 and self.parts[0] is MANY is self.parts[2] else None
        return middle.lower() if isinstance(middle, str) and not self.cased else None

    @cached_property
    def _test(self) -> Callable[[str], bool]:
        parts = self.parts if self.cased else mapped(self.parts, str.lower)
        texts = [part for part in parts if isinstance(part, str)]
        stars = [part is MANY for part in parts]
        if len(parts) == 1 and texts:
            return texts[0].__eq__
        if stars == [True]:
            return lambda _: True
        if stars == [True, False, True] and texts:
            return lambda text, needle=texts[0]: needle in text  # type: ignore[misc]
        if stars == [False, True] and texts:
            return lambda text, start=texts[0]: text.startswith(start)  # type: ignore[misc]
        if stars == [True, False] and texts:
            return lambda text, end=texts[0]: text.endswith(end)  # type: ignore[misc]
        return _glob(parts)


@dataclass(frozen=True)
class OneOf:
    """The forms that one value can take (dashes, offsets of encoded text, a list's entries), where all values must hold."""

    forms: tuple[Predicate, ...]

    def __str__(self) -> str:
        return str(self.forms[0])

    def holds(self, member: Member, reader: Reader) -> bool:
        return any(form.holds(member, reader) for form in self.forms)


def _glob(parts: Parts) -> Callable[[str], bool]:
    """Linear in the text, whatever it holds."""
    if all(part is MANY or isinstance(part, str) for part in parts):
        return _in_order([part for part in parts if isinstance(part, str)], parts[0], parts[-1])
    pattern = "".join(re2.escape(part) if isinstance(part, str) else ".*" if part is MANY else "." for part in parts)
    # Latin-1 is off and dots match line ends: a wildcard stands for any character.
    compiled = re2.compile(f"(?s){pattern}", options=re2_options())
    return lambda text: compiled.fullmatch(text) is not None


def _in_order(texts: list[str], first: str | Any_, last: str | Any_) -> Callable[[str], bool]:
    """One text behind the other, the first and the last of them at the ends unless a wildcard stands there."""
    start = texts.pop(0) if isinstance(first, str) else ""
    end = texts.pop() if isinstance(last, str) else ""

    def holds(text: str) -> bool:
        at, stop = len(start), len(text) - len(end)
        if at > stop or not text.startswith(start) or not text.endswith(end):
            return False
        for each in texts:
            at = text.find(each, at, stop)
            if at < 0:
                return False
            at += len(each)
        return True

    return holds


def re2_options() -> Any:
    options = re2.Options()
    options.max_mem = 32 << 20
    options.log_errors = False
    options.never_capture = True  # whether it matches is all that is asked, and RE2 finds that out faster
    return options


@dataclass(frozen=True)
class Number:
    """Equal by value, or by its text; so 1 and 1.0 are two of them, which are one key of a dict."""

    value: int | float
    text: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", str(self.value))

    def __str__(self) -> str:
        return self.text

    def holds(self, member: Member, reader: Reader) -> bool:  # noqa: ARG002
        raw = member.raw
        if isinstance(raw, int | float) and not isinstance(raw, bool):
            return raw == self.value
        return member.text == self.text


@dataclass(frozen=True)
class Null:
    """No value: absent or null. What is absent never gets here; `Item` knows."""

    def __str__(self) -> str:
        return "null"

    def holds(self, member: Member, reader: Reader) -> bool:  # noqa: ARG002
        return member.raw is None


@dataclass(frozen=True)
class Exists:
    """Whether the event has the field at all; `Item` decides."""

    wanted: bool

    def __str__(self) -> str:
        return "exists" if self.wanted else "does not exist"

    def holds(self, member: Member, reader: Reader) -> bool:  # noqa: ARG002
        return self.wanted


_RUN = re.compile(r"\.\{(\d{1,6}),\}")


@dataclass(frozen=True)
class Regex:
    """Found anywhere in the text; RE2, so linear in it."""

    pattern: str

    def __str__(self) -> str:
        return self.pattern

    @classmethod
    def of(cls, pattern: str, flags: str) -> Regex:
        """ValueError with RE2's words if it refuses the pattern."""
        prefixed = f"(?{flags}){pattern}" if flags else pattern
        try:
            found = cls(prefixed)
            found.compiled  # noqa: B018 (refused now, or never)
        except re2.error as error:
            told = error.args[0] if error.args else error
            raise ValueError(told.decode() if isinstance(told, bytes) else str(told)) from None
        return found

    @cached_property
    def compiled(self) -> Any:
        return re2.compile(self.pattern, options=re2_options())

    def holds(self, member: Member, reader: Reader) -> bool:  # noqa: ARG002
        if member.raw is None or len(member.text) < self.least:
            return False
        if self._run:  # RE2 makes as many states of it
            return any(len(line) >= self._run for line in member.text.split("\n"))
        if self._row is not None:
            return self._row.search(member.text) is not None
        # In bytes, since RE2's binding counts the characters of a text before and after.
        return self.compiled.search(member.text.encode("utf-8", "surrogatepass")) is not None

    @cached_property
    def _row(self) -> Pattern[str] | None:
        """Of the simplest patterns, for which RE2's binding takes ten times as long as it does to search a short text."""
        return re.compile(self.pattern) if is_row(self.pattern) else None

    @cached_property
    def _run(self) -> int:
        """n of `.{n,}`, which only asks for so many characters in a row."""
        found = _RUN.fullmatch(self.pattern)
        return int(found[1]) if found else 0

    @cached_property
    def least(self) -> int:
        """Characters that a matching text has at least."""
        return least(self.pattern)


@dataclass(frozen=True)
class Cidr:
    network: IPv4Network | IPv6Network

    def __str__(self) -> str:
        return str(self.network)

    def holds(self, member: Member, reader: Reader) -> bool:  # noqa: ARG002
        try:
            return ip_address(member.text) in self.network
        except ValueError:
            return False


OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


@dataclass(frozen=True)
class Compare:
    sign: str
    value: int | float

    def __str__(self) -> str:
        return f"{self.sign} {self.value}"

    def holds(self, member: Member, reader: Reader) -> bool:  # noqa: ARG002
        number = _number(member)
        return number is not None and OPERATORS[self.sign](number, self.value)


def _number(member: Member) -> float | None:
    raw = member.raw
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return raw
    try:
        return float(member.text)
    except ValueError:
        return None


@dataclass(frozen=True)
class FieldRef:
    """Equal to another field's value, or beginning, ending with or holding it."""

    other: str
    how: str = "equals"
    cased: bool = False

    def __str__(self) -> str:
        return f"{self.how} the field {self.other}"

    def holds(self, member: Member, reader: Reader) -> bool:
        if member.raw is None:
            return False
        others = reader.referenced(self.other) or ()
        return any(self.compares(member.text, other.text) for other in others if other.raw is not None)

    def compares(self, mine: str, other: str) -> bool:
        compare = _REFERENCES[self.how]
        return compare(mine, other) if self.cased else compare(mine.lower(), other.lower())


_REFERENCES: dict[str, Callable[[str, str], bool]] = {
    "equals": str.__eq__,
    "contains": str.__contains__,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


@dataclass(frozen=True)
class TimePart:
    """The minute, hour, day, week, month or year of a time, in the site's zone."""

    part: str
    value: int
    zone: tzinfo

    def __str__(self) -> str:
        return f"{self.part} {self.value}"

    def holds(self, member: Member, reader: Reader) -> bool:  # noqa: ARG002
        told = instant.parse_iso(member.text, self.zone)
        if told is None:
            return False
        when = instant.to_datetime(told).astimezone(self.zone)
        return (when.isocalendar().week if self.part == "week" else getattr(when, self.part)) == self.value


TIME_PARTS = ("minute", "hour", "day", "week", "month", "year")
