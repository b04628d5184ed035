"""What a text must contain for a regular expression to match it: literals that a scanner finds, so that few texts are tried."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_ASCII = 128
_SHORTEST = 2
_MOST = 64
_FOLDED = frozenset("sk")
"""Without regard to case RE2 takes U+017F for an s and U+212A for a k; `str.lower` knows only the latter, so neither is relied on."""


def needles(pattern: str) -> tuple[str, ...]:
    """Literals in lower case of which a matching text, lower-cased, contains one; () if there are none to be had."""
    tree = _parsed(pattern)
    if tree is None:
        return ()
    found = _of_sequence(list(tree), ignoring=bool(tree.state.flags & re.IGNORECASE) or "(?i" in pattern)
    return found if len(found) <= _MOST else ()


def least(pattern: str) -> int:
    """How many characters a text has at least that a regular expression matches."""
    tree = _parsed(pattern)
    return 0 if tree is None else int(tree.getwidth()[0])


def is_row(pattern: str) -> bool:
    """Whether it is so many ASCII characters in a row, each told or out of a class: every engine reads that alike, in linear time."""
    tree = _parsed(pattern)
    if tree is None or tree.state.flags != re.UNICODE:
        return False
    members = [
        node for operator, argument in tree for node in (argument if str(operator) == "IN" else [(operator, argument)])
    ]
    return all(
        (str(operator) == "LITERAL" and argument < _ASCII) or (str(operator) == "RANGE" and argument[1] < _ASCII)
        for operator, argument in members
    )


def _parsed(pattern: str) -> Any:
    """None where RE2 has syntax of its own."""
    if "[:" in pattern:  # a class of RE2 (`[[:alpha:]]`); Python's parser takes the last bracket for a literal
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re._parser.parse(pattern)  # type: ignore[attr-defined] # noqa: SLF001 (the only parser there is)
    except (re.error, OverflowError, RecursionError):
        return None


def _of_sequence(nodes: Sequence[Any], *, ignoring: bool) -> tuple[str, ...]:
    """The best of what each part of a sequence needs: few and long."""
    choices: list[tuple[str, ...]] = []
    run: list[str] = []
    for operator, argument in nodes:
        if str(operator) == "LITERAL" and _is_plain(chr(argument), ignoring=ignoring):
            run.append(chr(argument).lower())
            continue
        _end(run, choices)
        if below := _of_node(str(operator), argument, ignoring=ignoring):
            choices.append(below)
    _end(run, choices)
    return max(choices, key=_rarity, default=())


def _rarity(choice: Sequence[str]) -> tuple[float, int]:
    """Signs are rarer in texts than letters, and fewer alternatives than many."""
    return min(sum(1 if char.isalnum() or char in _USUAL else 3 for char in each) for each in choice), -len(choice)


_USUAL = frozenset(" .,:;-_/\\\"'=()")


def _end(run: list[str], choices: list[tuple[str, ...]]) -> None:
    if len(run) >= _SHORTEST:
        choices.append(("".join(run),))
    run.clear()


def _is_plain(char: str, *, ignoring: bool) -> bool:
    return char.isascii() and not (ignoring and char.lower() in _FOLDED)


def _of_node(operator: str, argument: Any, *, ignoring: bool) -> tuple[str, ...]:
    if operator == "SUBPATTERN":
        return _of_sequence(list(argument[3]), ignoring=ignoring)
    if operator in {"MAX_REPEAT", "MIN_REPEAT"} and argument[0] >= 1:
        return _of_sequence(list(argument[2]), ignoring=ignoring)
    if operator == "BRANCH":
        branches = [_of_sequence(list(branch), ignoring=ignoring) for branch in argument[1]]
        return tuple(needle for branch in branches for needle in branch) if all(branches) else ()
    return ()
