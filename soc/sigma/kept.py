"""A loaded rule set as bytes and back: rules, faults, the matcher's tables and the compiled scanners.

What is kept is what reading the same files gives; the trees of rules, which few events need, are made from their
`detection` when they are first asked for.
"""

from __future__ import annotations

from functools import partial
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
    from collections.abc import Iterable, Mapping, Sequence

    from soc.sigma.compiled import Tables
    from soc.sigma.condition import Node
    from soc.sigma.modifiers import Site

    Place = tuple[int, str]
    """A file: the number of the path that it was found under, and the rest of its name."""

_LENGTH = 8


class Parts(NamedTuple):
    """What a rule set is made of."""

    rules: Sequence[Rule]
    """Without filters."""
    detections: Sequence[Any]
    """Of the rules."""
    others: Sequence[tuple[str, int, Any]]
    """File, line, and content with its file's text, of the documents that are no rules: few, and read again."""
    faults: Sequence[Fault]
    tables: Tables
    databases: Mapping[str, bytes]
    """Field -> what finds its literals, compiled."""


def dumped(parts: Parts, paths: Sequence[str]) -> bytes | None:
    """None if something in them cannot be kept as it is."""
    detections = [_exactly(detection) for detection in parts.detections]
    others = [(_place(file, paths), line, _exactly(value)) for file, line, value in parts.others]
    if None in detections or any(value is None for _, _, value in others):
        return None
    blobs = [*(each or b"" for each in detections), *parts.databases.values()]
    head = {
        "rules": [_rule_to_plain(rule, paths) for rule in parts.rules],
        "others": [[*place, line, (value or b"").decode()] for place, line, value in others],
        "faults": [[*_place(each.file, paths), each.line, each.what, each.fix, each.severity, each.check] for each in parts.faults],
        "tables": tables_to_plain(parts.tables),
        "databases": list(parts.databases),
        "blobs": [len(blob) for blob in blobs],
    }  # fmt: skip
    told = orjson.dumps(head)
    return b"".join([len(told).to_bytes(_LENGTH, "big"), told, *blobs])


def restored(data: bytes, paths: Sequence[str], site: Site) -> Parts:
    """What `dumped` was given, under the paths where the files are now."""
    end = _LENGTH + int.from_bytes(data[:_LENGTH], "big")
    head = orjson.loads(memoryview(data)[_LENGTH:end])
    ends = list(accumulate(head["blobs"], initial=end))
    blobs = [(data, start, stop) for start, stop in pairwise(ends)]
    count = len(head["rules"])
    return Parts(
        [_rule(told, blob, paths, site) for told, blob in zip(head["rules"], blobs, strict=False)],
        (),
        [(paths[number] + name, line, orjson.loads(value)) for number, name, line, value in head["others"]],
        [Fault(paths[number] + name, *more) for number, name, *more in head["faults"]],
        tables_from_plain(head["tables"], site.zone),
        {name: data[start:stop] for name, (_, start, stop) in zip(head["databases"], blobs[count:], strict=True)},
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


def _rule(told: list[Any], blob: tuple[bytes, int, int], paths: Sequence[str], site: Site) -> Rule:
    info, logsource, number, name, line, own, named, examples = told
    return Rule(
        RuleInfo(*_tuples(info)),
        Logsource(*logsource),
        partial(_tree, blob, site),
        paths[number] + name,
        line,
        own,
        named,
        tuple(Example(*each) for each in examples),
    )


def _tuples(values: Iterable[Any]) -> list[Any]:
    return [tuple(value) if type(value) is list else value for value in values]


def _tree(blob: tuple[bytes, int, int], site: Site) -> Node:
    data, start, stop = blob
    node = compiled(orjson.loads(memoryview(data)[start:stop]), site, _never)
    assert node is not None
    return node


def _never(_path: Any, what: str, _fix: str) -> None:
    raise AssertionError(f"a rule without faults has one now: {what}")
