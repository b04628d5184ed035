"""`soc coverage`: which clauses and which ATT&CK techniques the loaded content covers, and which it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import msgspec

from soc import loading, logs
from soc.cli import _clauses, _text
from soc.cli._alert_text import LANGUAGES
from soc.config import load_config

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from soc.cli._clauses import Detection

_SHOWN = 6
"""Ids of one layer in a line; --format json has all of them."""


@click.command("coverage")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="vi", show_default=True, help="Of the clauses' titles."
)
def command(format_: str, language: str) -> None:
    """Clauses of level 3 that need technical detection, and ATT&CK techniques, with the rules and detectors by layer.

    A clause is covered by what is live: a rule in shadow, a rule whose logs do not come (blind) or a detector without a
    model (learning) is named, and does not count.

    \b
    Examples:
      soc coverage
      soc coverage --format json > coverage.json
    """
    logs.setup("coverage", level="warning")
    content, _ = loading.load(load_config())
    report = report_of(_clauses.detections(content))
    if format_ == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(report)).decode())
        return
    for line in _lines(report, language):
        click.echo(line)


def report_of(detected: Sequence[Detection]) -> dict[str, Any]:
    """Standards with their clauses, and techniques; each with what detects it, by layer."""
    told = []
    for standard in _clauses.standards():
        clauses = [
            _entry(
                {"clause": clause.clause, "vi": clause.vi, "en": clause.en},
                [one for one in detected if any(_clauses.covers(c, standard.tag, clause.clause) for c in one.controls)],
            )
            for clause in standard.clauses
        ]
        unlisted = _clauses.others(standard.tag, standard.clauses, detected)
        clauses += [
            _entry(
                {"clause": number, "vi": "", "en": ""},
                [one for one in detected if f"{standard.tag}.{number}" in one.controls],
            )
            for number in unlisted
        ]
        listed = clauses[: len(standard.clauses)]
        told.append(
            {
                "tag": standard.tag,
                "name": standard.name,
                "covered": sum(entry["covered"] for entry in listed),
                "of": len(listed),
                "clauses": clauses,
            }
        )
    named = sorted({technique for one in detected for technique in one.techniques})
    techniques = [_entry({"technique": name}, [one for one in detected if name in one.techniques]) for name in named]
    return {"standards": told, "techniques": techniques}


def _entry(told: dict[str, Any], found: Sequence[Detection]) -> dict[str, Any]:
    layers: dict[str, list[dict[str, str]]] = {}
    for one in found:
        layers.setdefault(one.layer, []).append({"id": one.id, "kind": one.kind, "state": one.state})
    return {**told, "covered": any(one.state == "live" for one in found), "layers": layers}


def _lines(report: Mapping[str, Any], language: str) -> Iterator[str]:
    for standard in report["standards"]:
        yield f"{standard['name']}: {standard['covered']} of {standard['of']} clauses covered"
        yield from _table([(entry["clause"], entry[language], entry) for entry in standard["clauses"]])
        yield ""
    covered = sum(entry["covered"] for entry in report["techniques"])
    yield f"ATT&CK: {covered} techniques covered"
    yield from _table([(entry["technique"], "", entry) for entry in report["techniques"]])


def _table(entries: Sequence[tuple[str, str, Mapping[str, Any]]]) -> Iterator[str]:
    rows = [
        ("  " + ("+" if entry["covered"] else "-"), name, title, _by_layer(entry)) for name, title, entry in entries
    ]
    if rows:
        yield from _text.columns(rows, (3, 12, 60, 10_000))


def _by_layer(entry: Mapping[str, Any]) -> str:
    if not entry["layers"]:
        return "not covered"
    return "; ".join(f"{layer}: {_ids(found)}" for layer, found in entry["layers"].items())


def _ids(found: Sequence[Mapping[str, str]]) -> str:
    shown = [one["id"] + (f" ({one['state']})" if one["state"] != "live" else "") for one in found[:_SHOWN]]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(shown) + more
