"""YAML as admins write it: no aliases, no duplicate keys, bounded; every value remembers its line, so that faults name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 1 << 20
"""SigmaHQ ships a rule of 330 KB: a list of vulnerable drivers."""
MAX_DEPTH = 32
_STR = "tag:yaml.org,2002:str"
Path = tuple[str | int, ...]


class Malformed(Exception):  # noqa: N818 (a verdict on a file, not a fault of the program)
    """The text is not such YAML."""

    def __init__(self, line: int, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.line, self.what, self.fix = line, what, fix


@dataclass(frozen=True, slots=True)
class Document:
    value: dict[str, Any]
    line: int
    lines: dict[Path, int] = field(repr=False, compare=False)
    """Of every key and list item, by its path."""

    def line_of(self, path: Path) -> int:
        """The line of a value, or of the nearest that holds it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, self.line)


def documents(text: str) -> Iterator[Document]:
    """The mappings of a text, one per YAML document; empty documents are left out.

    Raises:
        Malformed: with the line.
    """
    if len(text) > MAX_BYTES:
        raise Malformed(1, f"larger than {MAX_BYTES >> 10} KB", "split the file")
    loader = _Loader(text)
    try:
        while loader.check_node():
            if document := _document(loader):
                yield document
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Malformed(mark.line + 1 if mark else 1, f"not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise Malformed(1, f"not YAML: {error}") from None
    finally:
        loader.dispose()


class _Loader(yaml.CSafeLoader):
    """Composes only; values are built by `_Builder`, which checks while it walks."""


def _document(loader: _Loader) -> Document | None:
    node = loader.get_node()
    if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
        return None
    line: int = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        raise Malformed(line, "not a mapping of keys to values")
    builder = _Builder(loader)
    value = builder.build(node, (), 0)
    return Document(value, line, builder.lines)


class _Builder:
    def __init__(self, loader: _Loader) -> None:
        self.lines: dict[Path, int] = {}
        self._loader = loader
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, path: Path, depth: int) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return node.value if node.tag == _STR else self._scalar(node)
        line = node.start_mark.line + 1
        if id(node) in self._seen:
            raise Malformed(line, "an alias (*name)", "write the value out")
        self._seen.add(id(node))
        if depth >= MAX_DEPTH:
            raise Malformed(line, f"nested deeper than {MAX_DEPTH}")
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, (*path, number), depth) for number, item in enumerate(node.value)]
        return self._mapping(node, path, depth)

    def _item(self, node: yaml.Node, path: Path, depth: int) -> Any:
        self.lines[path] = node.start_mark.line + 1
        return self.build(node, path, depth + 1)

    def _mapping(self, node: yaml.Node, path: Path, depth: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise Malformed(line, "a key that is not text")
            key = key_node.value
            if key in mapping:
                raise Malformed(line, f"the key {key!r} occurs twice", "one of them would be ignored; merge them")
            self.lines[*path, key] = line
            mapping[key] = self.build(value_node, (*path, key), depth + 1)
        return mapping

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        try:
            value = self._loader.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError):
            raise Malformed(node.start_mark.line + 1, f"{node.value!r} cannot be read", "put it into quotes") from None
        return value if value is None or isinstance(value, str | int | float) else str(node.value)
