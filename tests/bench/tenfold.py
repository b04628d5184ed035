"""`python -m tests.bench.tenfold RULES FOLDER`: nine copies of every rule of a folder, with values that nothing has."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click
import yaml

COPIES = 9
_FLAGS = re.compile(r"\(\?[a-zA-Z]+\)")
_LOADER, _DUMPER = (
    getattr(yaml, name, getattr(yaml, plain))
    for name, plain in (("CSafeLoader", "SafeLoader"), ("CSafeDumper", "SafeDumper"))
)
_KEPT = frozenset({"EventID", "EventId", "Provider_Name", "Channel"})
"""Which events a rule meets stays as it is, so that copies are not left out for that: but where a selection asks nothing else."""


def write(rules: Path, folder: Path) -> int:
    """How many copies were written; files that cannot be read are the loader's to name."""
    count = 0
    for file in sorted(rules.rglob("*.yml")):
        documents = [
            each for each in yaml.load_all(file.read_bytes(), _LOADER) if isinstance(each, dict) and "detection" in each
        ]
        copied = [_copy(each, number) for each in documents for number in range(1, COPIES + 1)]
        if copied:
            (folder / f"{count:06}.yml").write_text(
                yaml.dump_all(copied, Dumper=_DUMPER, allow_unicode=True), encoding="utf-8"
            )
            count += len(copied)
    return count


def _copy(rule: dict[str, Any], number: int) -> dict[str, Any]:
    mark = f"q{number}zj"
    told = rule["detection"]
    detection = {name: each if name == "condition" else _selection(each, mark, number) for name, each in told.items()}
    if str(told.get("condition")).startswith("not "):  # a rule of exceptions alone: changed, it would match everything
        detection |= {"own": {"Image|endswith": f"\\\\{mark}.exe"}, "condition": f"own and {told['condition']}"}
    return {
        **rule, "id": f"{str(rule.get('id', ''))[:-2]}{number}x", "title": f"{rule.get('title')} {number}", "detection": detection,
    }  # fmt: skip


def _selection(told: Any, mark: str, number: int) -> Any:
    if isinstance(told, dict):
        more = {
            key: _changed(key, value, mark, number) for key, value in told.items() if key.split("|")[0] not in _KEPT
        }
        rest = {key: value for key, value in told.items() if key not in more}
        if all(more[key] == told[key] for key in more):
            rest = {key: _changed("", value, mark, number) for key, value in rest.items()}
        return rest | more
    if isinstance(told, list):
        return [_selection(each, mark, number) for each in told]
    return _changed("", told, mark, number)


def _changed(key: str, value: Any, mark: str, number: int) -> Any:
    if isinstance(value, list):
        return [_changed(key, each, mark, number) for each in value]
    modifiers = key.split("|")[1:]
    if isinstance(value, bool) or value is None or {"exists", "cidr"} & set(modifiers):
        return value
    if isinstance(value, int | float):
        return value + 1_000_003 * number
    if "re" in modifiers:
        flags = _FLAGS.match(value)
        begin = flags.end() if flags else 0
        return f"{value[:begin]}{mark}(?:{value[begin:]})"
    return value + mark if "fieldref" in modifiers else _marked(value, mark)


def _marked(text: str, mark: str) -> str:
    """In the longest part between wildcards, so that it stays as long to search for as it was."""
    parts = re.split(r"([*?]+)", text)
    longest = max(range(0, len(parts), 2), key=lambda place: len(parts[place]))
    part = parts[longest]
    middle = len(part) // 2
    while middle and part[middle - 1] == "\\":
        middle -= 1
    parts[longest] = part[:middle] + mark + part[middle:]
    return "".join(parts)


if __name__ == "__main__":
    target = Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    click.echo(f"{write(Path(sys.argv[1]), target)} rules written")
