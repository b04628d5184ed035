"""Rules from folders, files and archives; every fault is named with file and line, and a broken rule leaves out only itself."""

from __future__ import annotations

import os
import sys
import tarfile
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from importlib.metadata import version
from io import BytesIO
from itertools import chain
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import soc
from soc.errors import Fault
from soc.finding import digest, digest_of_many
from soc.literals import machine
from soc.sigma import correlation, filters as filtering, kept, logsources, states
from soc.sigma.correlation import Correlation
from soc.sigma.correlations import resolved
from soc.sigma.detection import compiled
from soc.sigma.metadata import info_of, logsource_of
from soc.sigma.modifiers import Site
from soc.sigma.rule import Example, Rule
from soc.sigma.ruleset import RuleSet
from soc.sigma.yaml_files import Document, Malformed, documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from soc.sigma.compiled import Tables
    from soc.sigma.filters import Filter
    from soc.sigma.logsources import Logsources
    from soc.sigma.states import Stated
    from soc.sigma.yaml_files import Path

    Report = Callable[[Path, str, str], None]

_ENDINGS = (".yml", ".yaml")
_ARCHIVES = (".tar.gz", ".tgz", ".tar")
_TREES = 8_000
"""Of more rules the trees are made twice, so that not all of them are in memory at once."""
_MAX_ARCHIVED = 64 << 20
"""Bytes that all files of an archive may have together."""
_RULE_KEYS = frozenset({
    "title", "id", "name", "related", "status", "description", "license", "author", "references", "date", "modified",
    "logsource", "detection", "fields", "falsepositives", "level", "tags", "scope", "taxonomy", "tests", "soc",
    "regression_tests_path", "simulation", "custom", "action",
})  # fmt: skip


class Store(Protocol):
    """Keeps what loading found out; what it gives back is what it was given under that key, or nothing."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, data: Iterable[bytes]) -> None: ...


def load(
    paths: Sequence[FilePath],
    *,
    lists: Mapping[str, Sequence[str]] | None = None,
    zone: tzinfo | None = None,
    store: Store | None = None,
    stated: Mapping[str, Stated] | None = None,
) -> RuleSet:
    """The rules of all paths. Of two rules with one id the later path's counts; in one path the second is a fault.

    `stated`: what the site says of rules, whoever wrote them.
    With a `store` the files are read, but understood only if they, the lists or this program changed.
    """
    loading = _Loading(Site(lists or {}, zone), stated or {})
    names = ["" if str(path) == "." else str(path) for path in paths]
    sources = list(map(Source, paths))
    key = _key(sources, loading) if store else ""
    data = store.get(key) if store and key else None
    if data is not None:
        loading.take_kept(kept.restored(data, names, loading.site))
        return _ruleset(loading)
    for source in sources:
        loading.take(source)
    ruleset = _ruleset(loading)
    if store and key and key == _key(sources, loading):  # nothing changed meanwhile
        told = kept.dumped(loading.keep(ruleset), names)
        if told is not None:
            store.put(key, told)
    return ruleset


def _key(sources: Sequence[Source], loading: _Loading) -> str:
    """Of everything that what is kept depends on: files, lists, zone, states, this program and its libraries, the machine.

    Empty if a file cannot be read.
    """
    site = loading.site
    states = [part for id_, stated in sorted(loading.stated.items()) for part in (id_, stated.state)]
    lists = [part for name in sorted(site.lists) for part in (name, *site.lists[name], "")]
    unread: list[Fault] = []
    counts = (str(len(states)), str(len(lists)))
    told: list[str | bytes] = [program(), machine(), str(site.zone), *counts, *states, *lists]
    files = (_parts_of(source, unread) for source in sources)
    key = digest_of_many(chain(told, chain.from_iterable(files)))
    return "" if unread else key


def _parts_of(source: Source, faults: list[Fault]) -> Iterator[str | bytes]:
    yield "path"
    for name, data in source.read(faults):
        yield name.removeprefix(str(source.path))
        yield data


@cache
def program() -> str:
    """Which program this is, in development too, where its version stays while it changes."""
    files = sorted(FilePath(__file__).parent.parent.glob("sigma/**/*.py"))
    versions = [version(name) for name in ("pyyaml", "orjson", "google-re2")]
    return digest(soc.__version__, sys.version, *versions, *(file.read_bytes() for file in files))


def _ruleset(loading: _Loading) -> RuleSet:
    rules = states.overlaid(loading.rules, loading.stated).values()
    counting = states.overlaid(loading.correlations, loading.stated)
    correlations, unresolved = resolved(list(counting.values()), rules)
    missed = states.unknown(loading.stated, [*loading.rules, *loading.correlations])
    faults = [*loading.faults, *filtering.idle(loading.filters, rules), *unresolved, *missed]
    applied = list(filtering.applied(rules, loading.filters))
    merged = logsources.merged(loading.logsources)
    return RuleSet(applied, sorted(faults), merged, correlations, loading.tables, loading.databases)


@dataclass(slots=True)
class _Loading:
    site: Site
    stated: Mapping[str, Stated] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    rules: dict[str, Rule] = field(default_factory=dict)
    logsources: list[Logsources] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    correlations: dict[str, Correlation] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    others: list[tuple[str, Document]] = field(default_factory=list)
    """Documents that are no rules, with their files."""
    tables: Tables | None = None
    databases: Mapping[str, bytes] = field(default_factory=dict)

    def take(self, source: Source) -> None:
        here: dict[str, Rule | Correlation] = {}
        root, told = os.path.realpath(source.path), str(source.path)
        for name, text in source.decoded(self.faults):
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
                    if isinstance(rule, Rule) and len(self.rules) + len(here) > _TREES:
                        rule.forget()
        for id_, found in here.items():
            self._put(id_, found)

    def _put(self, id_: str, found: Rule | Correlation) -> None:
        """Of two with one id the later counts."""
        self.rules.pop(id_, None)
        self.correlations.pop(id_, None)
        if isinstance(found, Correlation):
            self.correlations[id_] = found
        else:
            self.rules[id_] = found

    def take_kept(self, parts: kept.Parts) -> None:
        """What was found in the same files before."""
        for name, line, (value, text) in parts.others:
            found = self._document(name, Document(value, line, text), {})
            if isinstance(found, Correlation):
                self._put(found.info.id, found)
        self.rules = {rule.info.id: rule for rule in parts.rules}
        self.faults = list(parts.faults)
        self.tables, self.databases = parts.tables, parts.databases

    def keep(self, ruleset: RuleSet) -> kept.Parts:
        """For `take_kept`."""
        rules = list(self.rules.values())
        known = {(each.file, each.line) for each in self.correlations.values()}
        others = [
            (name, document.line, [document.value, document.text])
            for name, document in self.others
            if "correlation" not in document.value or (name, document.line) in known
        ]
        return kept.Parts(rules, others, self.faults, *ruleset.tables())

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
            self.others.append((name, document))
            self.logsources.append(logsources.read(document, report))
            return None
        value = overlaid(shared, document.value)
        if "filter" in value or "correlation" in value:
            self.others.append((name, replace(document, value=value)))
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
    tree = kept.Tree.of(value["detection"], site)
    rule = Rule(
        info, logsource, tree or node, file, document.line, "soc" in value, str(value.get("name", "")), examples
    )
    rule.__dict__["unfiltered"] = node  # it was just made
    return rule


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


class Source(NamedTuple):
    """A folder of files, an archive, or one file. It is read anew each time, since all files together can be much."""

    path: FilePath

    def decoded(self, faults: list[Fault]) -> Iterator[tuple[str, str]]:
        """Names and texts of all YAML files, in the order of their names."""
        for name, data in self.read(faults):
            if name.endswith(_ARCHIVES):
                try:
                    yield from _archived(self.path, data)
                except (tarfile.TarError, EOFError, OSError) as error:
                    faults.append(Fault(name, 0, f"cannot be read: {error}", "check the path and its owner"))
                continue
            try:
                yield name, data.decode("utf-8")
            except UnicodeDecodeError as error:
                faults.append(Fault(name, 1, f"not UTF-8: {error.reason}", "save it as UTF-8"))

    def read(self, faults: list[Fault]) -> Iterator[tuple[str, bytes]]:
        """Names and contents of the files, in the order of their names; an archive as it is."""
        told = str(self.path)
        try:
            if self.path.is_dir():
                start = "" if told == "." else f"{told.rstrip('/')}/"
                names = sorted(_names(told, start), key=lambda name: name.split("/"))
            else:
                names = [told]
        except OSError as error:
            faults.append(Fault(told, 0, f"cannot be read: {error}", "check the path and its owner"))
            return
        for name in names:
            try:
                with open(name, "rb", buffering=0) as file:  # noqa: PTH123 (thousands of them: a Path each costs more than reading)
                    data = file.readall()
            except OSError as error:
                faults.append(Fault(name, 0, f"cannot be read: {error.strerror}", "give it to the service's user"))
                continue
            yield name, data


def _names(folder: str, start: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _names(entry.path, f"{start}{entry.name}/")
            elif entry.name.endswith(_ENDINGS) and entry.is_file():
                yield f"{start}{entry.name}"


def texts(path: FilePath, faults: list[Fault]) -> Iterator[tuple[str, str]]:
    """Names and texts of all YAML files of a path, in the order of their names."""
    return Source(path).decoded(faults)


def _archived(path: FilePath, data: bytes) -> Iterator[tuple[str, str]]:
    """Only regular YAML files below a folder `rules*`, as SigmaHQ packs them; the archive is a stream of bounded size."""
    size = 0
    with tarfile.open(fileobj=BytesIO(data), mode="r:*") as archive:
        for member in archive:
            if not member.isfile() or not member.name.endswith(_ENDINGS) or "rules" not in member.name:
                continue
            size += member.size
            if size > _MAX_ARCHIVED:
                raise tarfile.TarError(f"more than {_MAX_ARCHIVED >> 20} MB")
            opened = archive.extractfile(member)
            if opened:
                yield f"{path}!{member.name}", opened.read().decode("utf-8", "replace")
