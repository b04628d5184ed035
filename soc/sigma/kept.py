"""A loaded rule set as bytes and back: rules, faults, the matcher's tables and the compiled scanners.

What is kept is what reading the same files gives; the trees of rules, which few events need, are made from their
`detection` when they are first asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from soc.errors import Fault
from soc.event import Logsource
from soc.finding import RuleInfo
from soc.sigma.detection import compiled
from soc.sigma.plain import tables_from_plain, tables_to_plain
from soc.sigma.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from soc.sigma.compiled import Tables
    from soc.sigma.condition import Node
    from soc.sigma.modifiers import Site

    Place = tuple[int, str]
    """A file: the number of the path that it was found under, and the rest of its name."""

_LENGTH = 8
_MANY = 1_000
"""Rules or conditions that are told at once, so that not all are in memory in both forms."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A rule's detection as JSON, from which its tree is made."""

    data: bytes
    start: int
    stop: int
    site: Site

    @classmethod
    def of(cls, detection: Any, site: Site) -> Tree | None:
        """None if JSON cannot say it."""
        told = _exactly(detection)
        if told is None:
            return None
        return cls(bytes(memoryview(told)), 0, len(told), site)  # orjson's own bytes hold kilobytes to spare

    def __call__(self) -> Node:
        node = compiled(orjson.loads(self.told), self.site, _never)
        assert node is not None
        return node

    @property
    def told(self) -> memoryview:
        return memoryview(self.data)[self.start : self.stop]


class Parts(NamedTuple):
    """What a rule set is made of."""

    rules: Sequence[Rule]
    """Without filters."""
    others: Sequence[tuple[str, int, Any]]
    """File, line, and content with its file's text, of the documents that are no rules: few, and read again."""
    faults: Sequence[Fault]
    tables: Tables
    databases: Mapping[str, bytes]
    """Field -> what finds its literals, compiled."""


def dumped(parts: Parts, paths: Sequence[str]) -> Iterator[bytes] | None:
    """One after the other; None if something in them cannot be kept as it is."""
    trees = [rule.tree for rule in parts.rules if isinstance(rule.tree, Tree)]
    others = [(_place(file, paths), line, _exactly(value)) for file, line, value in parts.others]
    if len(trees) < len(parts.rules) or any(value is None for _, _, value in others):
        return None
    head = {
        "others": [[*place, line, (value or b"").decode()] for place, line, value in others],
        "faults": [[*_place(each.file, paths), each.line, each.what, each.fix, each.severity, each.check] for each in parts.faults],
        "trees": [tree.stop - tree.start for tree in trees],
        "databases": [[name, len(data)] for name, data in parts.databases.items()],
    }  # fmt: skip
    return _written(head, parts, trees, paths)


def _written(head: Any, parts: Parts, trees: Iterable[Tree], paths: Sequence[str]) -> Iterator[bytes]:
    yield from _prefixed(head)
    for plain in tables_to_plain(parts.tables, _MANY):
        yield from _prefixed(plain)
    yield from _prefixed(None)
    yield from (bytes(tree.told) for tree in trees)
    yield from parts.databases.values()
    for begin in range(0, len(parts.rules), _MANY):
        yield from _prefixed([_rule_to_plain(rule, paths) for rule in parts.rules[begin : begin + _MANY]])


def _prefixed(plain: Any) -> Iterator[bytes]:
    told = orjson.dumps(plain)
    yield len(told).to_bytes(_LENGTH, "big")
    yield told


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def plain(self) -> Any:
        begin = self.at + _LENGTH
        self.at = begin + int.from_bytes(self._data[self.at : begin], "big")
        return orjson.loads(memoryview(self._data)[begin : self.at])

    def blob(self, size: int) -> bytes:
        begin, self.at = self.at, self.at + size
        return self._data[begin : self.at]


def restored(data: bytes, paths: Sequence[str], site: Site) -> Parts:
    """What `dumped` was given, under the paths where the files are now."""
    reader = _Reader(data)
    head = reader.plain()
    tables = tables_from_plain(iter(reader.plain, None), site.zone)
    trees = reader.blob(sum(head["trees"]))  # on their own, so that the rest of the data can be let go
    databases = {name: reader.blob(size) for name, size in head["databases"]}
    places = pairwise(accumulate(head["trees"], initial=0))
    rules: list[Rule] = []
    while len(rules) < len(head["trees"]):
        rules += [_rule(told, Tree(trees, *next(places), site), paths) for told in reader.plain()]
    return Parts(
        rules,
        [(paths[number] + name, line, orjson.loads(value)) for number, name, line, value in head["others"]],
        [Fault(paths[number] + name, *more) for number, name, *more in head["faults"]],
        tables,
        databases,
    )


def _exactly(value: Any) -> bytes | None:
    """A document as JSON; None if that would change it (numbers that JSON has not)."""
    try:
        told = orjson.dumps(value)
    except TypeError:
        return None
    return told if orjson.loads(told) == value else None


def _place(file: str, paths: Sequence[str]) -> Place:
    """The longest path counts, of paths inside each other."""
    number = max((n for n, path in enumerate(paths) if file.startswith(path)), key=lambda n: len(paths[n]))
    return number, file[len(paths[number]) :]


def _rule_to_plain(rule: Rule, paths: Sequence[str]) -> list[Any]:
    examples = [list(each) for each in rule.examples]
    place = _place(rule.file, paths)
    return [list(rule.info), list(rule.logsource), *place, rule.line, rule.own, rule.name, examples]


def _rule(told: list[Any], tree: Tree, paths: Sequence[str]) -> Rule:
    info, logsource, number, name, line, own, named, examples = told
    return Rule(
        RuleInfo(*_tuples(info)),
        Logsource(*logsource),
        tree,
        paths[number] + name,
        line,
        own,
        named,
        tuple(Example(*each) for each in examples),
    )


def _tuples(values: Iterable[Any]) -> list[Any]:
    return [tuple(value) if type(value) is list else value for value in values]


def _never(_path: Any, what: str, _fix: str) -> None:
    raise AssertionError(f"a rule without faults has one now: {what}")
