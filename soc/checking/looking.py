"""Reads the files of loaded rules once more, this time to look at what their authors may not have meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.checking.known import vocabulary
from soc.sigma.linting import Linter, Source
from soc.sigma.load import overlaid, texts
from soc.sigma.yaml_files import Malformed, documents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from soc.errors import Fault
    from soc.sigma import Rule, RuleSet


def linter(path: Path, rules: RuleSet) -> Linter:
    """Of the rules of a path, which are loaded."""
    return Linter(vocabulary(), rules.logsources, _sources(path, rules), rules.correlations.feeds.keys())


def _sources(path: Path, rules: RuleSet) -> Iterator[Source]:
    made: dict[tuple[str, int], Rule] = {(rule.file, rule.line): rule for rule in rules.rules}
    unread: list[Fault] = []  # told when the rules were loaded
    for file, text in texts(path, unread):
        shared: dict[str, Any] = {}
        try:
            found = list(documents(text))
        except Malformed:  # the same
            continue
        for document in found:
            if document.value.get("action") == "global":
                shared = document.value
                continue
            yield Source(file, document, overlaid(shared, document.value), made.get((file, document.line)))
