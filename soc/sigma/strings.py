"""Sigma strings: text with wildcards `*` and `?`, a backslash takes their meaning away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Wildcard = Literal["*", "?"]


class Any_:  # noqa: N801 (the wildcard, not typing.Any)
    """A wildcard among the parts of a string."""

    __slots__ = ("sign",)

    def __init__(self, sign: Wildcard) -> None:
        self.sign = sign

    def __repr__(self) -> str:
        return self.sign


MANY, ONE = Any_("*"), Any_("?")
Parts = tuple[str | Any_, ...]
_WILDCARDS = {"*": MANY, "?": ONE}
_ESCAPED = frozenset("*?\\")


def parse(text: str) -> Parts:
    r"""The parts of a string: `C:\*\cmd.exe` has a wildcard escaped, `C:\\*` a backslash and then a wildcard.

    A backslash before anything else stands for itself (Sigma specification 2.0, "Escaping").
    """
    if "*" not in text and "?" not in text and "\\\\" not in text:
        return (text,)
    parts: list[str | Any_] = []
    literal: list[str] = []
    at, end = 0, len(text)
    while at < end:
        char = text[at]
        if char == "\\" and at + 1 < end and text[at + 1] in _ESCAPED:
            literal.append(text[at + 1])
            at += 2
            continue
        if char in _WILDCARDS:
            if literal:
                parts.append("".join(literal))
                literal = []
            parts.append(_WILDCARDS[char])
        else:
            literal.append(char)
        at += 1
    if literal or not parts:
        parts.append("".join(literal))
    return tuple(parts)


def literal(parts: Parts) -> str | None:
    """The text of a string without wildcards; None if it has some."""
    if all(isinstance(part, str) for part in parts):
        return "".join(part for part in parts if isinstance(part, str))
    return None


def joined(parts: Iterable[str | Any_]) -> Parts:
    """Neighbouring texts made one, runs of `*` made one."""
    result: list[str | Any_] = []
    for part in parts:
        if isinstance(part, str) and result and isinstance(result[-1], str):
            result[-1] += part
        elif not (part is MANY and result and result[-1] is MANY):
            result.append(part)
    return tuple(part for part in result if part != "") or ("",)


def mapped(parts: Parts, change: Callable[[str], str]) -> Parts:
    """The same wildcards between changed texts."""
    return tuple(change(part) if isinstance(part, str) else part for part in parts)


def shown(parts: Parts) -> str:
    """As a rule would write it."""
    return "".join(
        part.replace("*", "\\*").replace("?", "\\?") if isinstance(part, str) else part.sign for part in parts
    )
