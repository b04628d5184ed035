"""YAML as admins write it: no aliases, no duplicate keys, bounded; every value remembers its line, so that faults name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
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


@dataclass(frozen=True)
class Document:
    value: dict[str, Any]
    line: int
    text: str = field(default="", repr=False, compare=False)
    """The whole file."""

    def line_of(self, path: Path) -> int:
        """The line of a value, or of the nearest that holds it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, self.line)

    @cached_property
    def _lines(self) -> dict[Path, int]:
        """Of every key and list item, by its path. Few are asked for, in files with faults; so they are looked up anew."""
        loader = _Loader(self.text)
        try:
            while loader.check_node():
                node = loader.get_node()
                if node is not None and node.start_mark.line + 1 == self.line:
                    return dict(_lines(node, ()))
        finally:
            loader.dispose()
        return {}


def _lines(node: yaml.Node, path: Path) -> Iterator[tuple[Path, int]]:
    if isinstance(node, yaml.SequenceNode):
        below = [(number, item, item) for number, item in enumerate(node.value)]
    elif isinstance(node, yaml.MappingNode):
        below = [(key.value, key, value) for key, value in node.value]
    else:
        return
    for name, at, value in below:
        yield (*path, name), at.start_mark.line + 1
        yield from _lines(value, (*path, name))


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
            if document := _document(loader, text):
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

    def resolve(self, kind: type[yaml.Node], value: str, implicit: Any) -> str:
        """As the base class does, without its paths, which nobody sets: it is called for every value."""
        if kind is yaml.ScalarNode:
            if implicit[0]:
                for tag, pattern in self.yaml_implicit_resolvers.get(value[:1], ()):
                    if pattern.match(value):
                        return str(tag)
            return _STR
        return self.DEFAULT_SEQUENCE_TAG if kind is yaml.SequenceNode else self.DEFAULT_MAPPING_TAG

    def descend_resolver(self, current_node: yaml.Node, current_index: Any) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


def _document(loader: _Loader, text: str) -> Document | None:
    node = loader.get_node()
    if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
        return None
    line: int = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        raise Malformed(line, "not a mapping of keys to values")
    return Document(_Builder(loader).build(node, 0), line, text)


class _Builder:
    def __init__(self, loader: _Loader) -> None:
        self._loader = loader
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, depth: int) -> Any:
        if type(node) is yaml.ScalarNode:
            return node.value if node.tag == _STR else self._scalar(node)
        if id(node) in self._seen:
            raise Malformed(node.start_mark.line + 1, "an alias (*name)", "write the value out")
        self._seen.add(id(node))
        if depth >= MAX_DEPTH:
            raise Malformed(node.start_mark.line + 1, f"nested deeper than {MAX_DEPTH}")
        if type(node) is yaml.SequenceNode:
            return [self.build(item, depth + 1) for item in node.value]
        return self._mapping(node, depth)

    def _mapping(self, node: yaml.Node, depth: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if type(key_node) is not yaml.ScalarNode:
                raise Malformed(key_node.start_mark.line + 1, "a key that is not text")
            if key in mapping:
                line = key_node.start_mark.line + 1
                raise Malformed(line, f"the key {key!r} occurs twice", "one of them would be ignored; merge them")
            mapping[key] = self.build(value_node, depth + 1)
        return mapping

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        try:
            value = self._loader.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError):
            raise Malformed(node.start_mark.line + 1, f"{node.value!r} cannot be read", "put it into quotes") from None
        return value if value is None or isinstance(value, str | int | float) else str(node.value)
