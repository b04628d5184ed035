"""Documents with dotted names as objects in objects, and back."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from soc.parse.format import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from soc.parse.format import Document

    Nest = Callable[[Iterable[Any]], dict[str, Any]]

_DEEPEST = 64
"""Levels of objects that JSON parsers and stores surely take: a name with more dots is kept as it is."""
_MOST, _LONGEST, _FEWEST = 128, 4096, 8
"""Names and characters of a shape that is remembered, and how often it comes before it is worth a function of its own."""
_MADE_DEEPEST = 16


def flat(document: Any, prefix: str = "") -> list[tuple[str, Any]]:
    """Dotted names and values of a nested mapping; lists are values."""
    found: list[tuple[str, Any]] = []
    for key, value in document.items():
        if isinstance(value, dict):
            found += flat(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", value))
    return found


def nested(document: Document) -> dict[str, Any]:
    """The same document with objects for dots; where `a` and `a.b` both exist, `a` is kept as `a.value`."""
    names = tuple(document)
    if is_usual(names):
        shape = _shape(names)
        if shape.nest is not None:
            return shape.nest(document.values())
        shape.come_again()
    return _nested(document)


def is_usual(names: tuple[str, ...]) -> bool:
    """Whether names are few and short enough to be remembered: there are as many kinds of documents as attackers want."""
    return len(names) <= _MOST and len("".join(names)) <= _LONGEST


class _Shape:
    """The names of documents, in their order. Events of one kind have one shape, so that a few come again and again."""

    __slots__ = ("_left", "_names", "nest")

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._left = _FEWEST
        self.nest: Nest | None = None
        """Makes a document of its values."""

    def come_again(self) -> None:
        self._left -= 1
        if self._left == 0:
            self.nest = _made(self._names)


@lru_cache(maxsize=1 << 12)
def _shape(names: tuple[str, ...]) -> _Shape:
    return _Shape(names)


def _made(names: tuple[str, ...]) -> Nest | None:
    """`lambda v0, v1: {"a": {"b": v0, "c": v1}}`; None for names that meet, or that are deep."""
    if any(name.count(".") > _MADE_DEEPEST for name in names):
        return None
    numbers = {name: at for at, name in enumerate(names)}
    tree = _nested(numbers)
    if dict(flat(tree)) != numbers:
        return None
    arguments = ", ".join(f"v{at}" for at in range(len(names)))
    make = eval(f"lambda {arguments}: {_display(tree)}", {"__builtins__": {}})  # noqa: S307 (names go in as literals)
    return lambda values: make(*values)


def _display(node: dict[str, Any]) -> str:
    parts = (f"{name!r}: {_display(below) if isinstance(below, dict) else f'v{below}'}" for name, below in node.items())
    return "{" + ", ".join(parts) + "}"


def _nested(document: Document) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for name, value in document.items():
        *path, last = name.split(".") if name.count(".") < _DEEPEST else (name,)
        node = root
        for part in path:
            below = node.get(part, ABSENT)
            if not isinstance(below, dict):
                below = node[part] = {} if below is ABSENT else {"value": below}
            node = below
        if isinstance(node.get(last), dict) and not isinstance(value, dict):
            node[last]["value"] = value
        else:
            node[last] = value
    return root
