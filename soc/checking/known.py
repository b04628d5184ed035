"""What names there are: schemas of Windows' events, ECS, and what the tables of our formats say."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from soc import parse
from soc.event import Logsource
from soc.parse.fieldmap import Table
from soc.parse.format import Format
from soc.sigma.linting.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).parent


@cache
def vocabulary() -> Vocabulary:
    windows, ecs, native, sources = (_told(name) for name in ("windows", "ecs", "native", "logsources"))
    natives: dict[str, frozenset[str]] = {}
    told = {name: tuple(Logsource(**source) for source in entries) for name, entries in sources.items()}
    windows_formats = frozenset(name for name in parse.formats() if name.startswith("windows_"))
    for module in _modules():
        found = list(_inside(vars(module)))
        formats = [each.name for each in vars(module).values() if isinstance(each, Format)]
        for name in formats:
            natives[name] = frozenset((*_names(found), *native.get(name, ())))
            told[name] = (*told.get(name, ()), *(each for each in found if isinstance(each, Logsource)))
    return Vocabulary(
        system=frozenset(windows["system"]),
        events={
            service: {int(number): frozenset(fields) for number, fields in events.items()}
            for service, events in windows["events"].items()
        },
        more={service: frozenset(fields) for service, fields in windows["more"].items()},
        ecs=frozenset(f"{root}.{leaf}" if leaf else root for root, leaves in ecs.items() for leaf in leaves),
        native=natives,
        sources={name: tuple(dict.fromkeys(each for each in entries if any(each))) for name, entries in told.items()},
        windows=windows_formats,
    )


def _told(name: str) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads((_HERE / f"{name}.json").read_bytes())
    return told


def _modules() -> Iterator[Any]:
    """Those that `parse.formats` has brought in."""
    yield from (module for name, module in sorted(sys.modules.items()) if name.startswith(f"{parse.__name__}."))


def _inside(value: Any) -> Iterator[Any]:
    """Tables, log sources and patterns in the constants of a module."""
    if isinstance(value, Logsource | Table | re.Pattern):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            if not (isinstance(name, str) and name.startswith("__")):
                yield from _inside(each)
    elif isinstance(value, tuple | list | set | frozenset):
        for each in value:
            yield from _inside(each)


def _names(found: list[Any]) -> Iterator[str]:
    for each in found:
        if isinstance(each, Table):
            yield from each.names
        elif isinstance(each, re.Pattern):
            yield from each.groupindex
