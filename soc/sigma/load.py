"""Rules from folders, files and archives; every fault is named with file and line, and a broken rule leaves out only itself."""

from __future__ import annotations

import os
import tarfile
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from soc.errors import Fault
from soc.finding import digest
from soc.sigma import correlation, filters as filtering, logsources as sources
from soc.sigma.correlation import Correlation
from soc.sigma.correlations import resolved
from soc.sigma.detection import compiled
from soc.sigma.metadata import info_of, logsource_of
from soc.sigma.modifiers import Site
from soc.sigma.rule import Example, Rule
from soc.sigma.ruleset import RuleSet
from soc.sigma.yaml_files import Malformed, documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import tzinfo
    from pathlib import Path as FilePath

    from soc.sigma.filters import Filter
    from soc.sigma.logsources import Logsources
    from soc.sigma.yaml_files import Document, Path

    Report = Callable[[Path, str, str], None]

_ENDINGS = (".yml", ".yaml")
_ARCHIVES = (".tar.gz", ".tgz", ".tar")
_MAX_ARCHIVED = 64 << 20
"""Bytes that all files of an archive may have together."""
_RULE_KEYS = frozenset({
    "title", "id", "name", "related", "status", "description", "license", "author", "references", "date", "modified",
    "logsource", "detection", "fields", "falsepositives", "level", "tags", "scope", "taxonomy", "tests", "soc",
    "regression_tests_path", "simulation", "custom", "action",
})  # fmt: skip


def load(
    paths: Sequence[FilePath], *, lists: Mapping[str, Sequence[str]] | None = None, zone: tzinfo | None = None
) -> RuleSet:
    """The rules of all paths. Of two rules with one id the later path's counts; in one path the second is a fault."""
    loading = _Loading(Site(lists or {}, zone))
    for path in paths:
        loading.take(path)
    rules = loading.rules.values()
    correlations, unresolved = resolved(list(loading.correlations.values()), rules)
    faults = [*loading.faults, *filtering.idle(loading.filters, rules), *unresolved]
    applied = list(filtering.applied(rules, loading.filters))
    return RuleSet(applied, sorted(faults), sources.merged(loading.logsources), correlations)


@dataclass(slots=True)
class _Loading:
    site: Site
    rules: dict[str, Rule] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    logsources: list[Logsources] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    correlations: dict[str, Correlation] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def take(self, path: FilePath) -> None:
        here: dict[str, Rule | Correlation] = {}
        root, told = os.path.realpath(path), str(path)
        for name, text in texts(path, self.faults):
            real = f"{root}/{name}" if told == "." else root + name[len(told) :]
            if real in self.seen:  # a folder inside another one
                continue
            self.seen.add(real)
            for rule in self._read(name, text):
                other = here.get(rule.info.id)
                if other:
                    what = f"the id {rule.info.id} is taken by {other.file}:{other.line}"
                    self.faults.append(Fault(name, rule.line, what, "give this rule an id of its own"))
                else:
                    here[rule.info.id] = rule
        for id_, found in here.items():
            self.rules.pop(id_, None)
            self.correlations.pop(id_, None)
            if isinstance(found, Correlation):
                self.correlations[id_] = found
            else:
                self.rules[id_] = found

    def _read(self, name: str, text: str) -> Iterator[Rule | Correlation]:
        try:
            found = list(documents(text))
        except Malformed as wrong:
            self.faults.append(Fault(name, wrong.line, wrong.what, wrong.fix))
            return
        shared: dict[str, Any] = {}
        for document in found:
            if document.value.get("action") == "global":
                shared = document.value
                continue
            rule = self._document(name, document, shared)
            if rule:
                yield rule

    def _document(self, name: str, document: Document, shared: dict[str, Any]) -> Rule | Correlation | None:
        before = len(self.faults)

        def report(path: Path, what: str, fix: str) -> None:
            self.faults.append(Fault(name, document.line_of(path), what, fix))

        if "channels" in document.value or "logsources" in document.value:
            self.logsources.append(sources.read(document, report))
            return None
        value = overlaid(shared, document.value)
        if "filter" in value:
            found = filtering.read(value, name, document, self.site, report)
            self.filters += [found] if found and len(self.faults) == before else []
            return None
        rule: Rule | Correlation | None
        if "correlation" in value:
            rule = correlation.read(value, name, document, report)
        else:
            rule = _rule(value, name, document, self.site, report)
        return rule if len(self.faults) == before else None


def _rule(value: dict[str, Any], file: str, document: Document, site: Site, report: Report) -> Rule | None:
    """A rule from its document; None, or a rule that must not be used, once something was reported."""
    for key in value:
        if key not in _RULE_KEYS and not key.startswith(("x-", "custom")):
            report((key,), f"unknown attribute {key!r}", _meant(key) or "remove it, or begin its name with `x-`")
    for key in ("title", "id"):
        if not isinstance(value.get(key), str) or not value[key].strip():
            report((key,), f"a rule needs `{key}`", "for the id write a random UUID, in quotes" if key == "id" else "")
    logsource = logsource_of(value.get("logsource"), report)
    node = compiled(value.get("detection"), site, report)
    info = info_of(value, logsource, digest(repr(value))[:16], report)
    examples = _examples(value.get("tests"), document, report)
    if node is None:
        return None
    return Rule(info, logsource, node, file, document.line, "soc" in value, str(value.get("name", "")), examples)


def _meant(key: str) -> str:
    near = get_close_matches(key, sorted(_RULE_KEYS), 1, 0.7)
    return f"did you mean {near[0]!r}?" if near else ""


def _examples(told: Any, document: Document, report: Report) -> tuple[Example, ...]:
    if told is None:
        return ()
    if not isinstance(told, dict) or not told.keys() <= {"match", "no_match"}:
        report(("tests",), "tests are the lists `match` and `no_match`", "see rules/host/ for examples")
        return ()
    found = []
    for name, events in told.items():
        for number, event in enumerate(events if isinstance(events, list) else [events]):
            if isinstance(event, str | dict):
                found.append(Example(event, name == "match", document.line_of(("tests", name, number))))
            else:
                report(("tests", name, number), "an event is a raw line or a mapping", "put the line into quotes")
    return tuple(found)


def overlaid(shared: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`action: global` of a file of several documents: what it says holds for all that follow."""
    if not shared:
        return own
    result = {key: value for key, value in shared.items() if key != "action"}
    for key, value in own.items():
        below = result.get(key)
        result[key] = overlaid(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def texts(path: FilePath, faults: list[Fault]) -> Iterator[tuple[str, str]]:
    """Names and texts of all YAML files of a path, in the order of their names."""
    try:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix in _ENDINGS and file.is_file())
        elif path.name.endswith(_ARCHIVES):
            yield from _archived(path)
            return
        else:
            files = [path]
        for file in files:
            try:
                yield str(file), file.read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                faults.append(Fault(str(file), 1, f"not UTF-8: {error.reason}", "save it as UTF-8"))
            except OSError as error:
                faults.append(Fault(str(file), 0, f"cannot be read: {error.strerror}", "give it to the service's user"))
    except (OSError, tarfile.TarError, EOFError) as error:
        faults.append(Fault(str(path), 0, f"cannot be read: {error}", "check the path and its owner"))


def _archived(path: FilePath) -> Iterator[tuple[str, str]]:
    """Only regular YAML files below a folder `rules*`, as SigmaHQ packs them; the archive is a stream of bounded size."""
    size = 0
    with tarfile.open(path, "r:*") as archive:
        for member in archive:
            if not member.isfile() or not member.name.endswith(_ENDINGS) or "rules" not in member.name:
                continue
            size += member.size
            if size > _MAX_ARCHIVED:
                raise tarfile.TarError(f"more than {_MAX_ARCHIVED >> 20} MB")
            opened = archive.extractfile(member)
            if opened:
                yield f"{path}!{member.name}", opened.read().decode("utf-8", "replace")
