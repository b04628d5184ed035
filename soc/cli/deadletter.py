"""`soc deadletter`: what could not be understood or stored, byte for byte, and trying it again."""

from __future__ import annotations

import asyncio
import heapq
import sys
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click
import msgspec

from soc import instant, loading, logs
from soc.cli import _letters, _text
from soc.cli._trail import note
from soc.clock import SystemClock
from soc.config import load_config
from soc.log.opening import open_log
from soc.stores import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import tzinfo
    from typing import Any

    from soc.cli._letters import Kept, Outcome, Wanted
    from soc.config import Config

_MOST = 1_000
_HEX_BYTES = 4_096
_OPTIONS = (
    click.option("--source", default="", metavar="NAME", help="Only of this topic, or of the source of this name."),
    click.option("--reason", default="", help="Only those refused for this reason."),
    click.option("--since", default="", metavar="WHEN", help="Refused in the last 15m, 24h, 7d, or since a time."),
)


@click.group("deadletter")
def command() -> None:
    """Dead letters: records that could not be understood, and findings that the store refused.

    Reading them moves nobody's position and needs no stop of the service.

    \b
    Examples:
      soc deadletter list                       how many, by source and reason
      soc deadletter list --each --limit 20     one a line, the newest first
      soc deadletter show 1                     the newest one, with its bytes
      soc deadletter show logs.host:2:1093 --raw > record.bin
      soc deadletter replay --reason json       try them again, with today's parsers and rules
    """
    logs.setup("deadletter", level="warning")


def _filters(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@command.command("list")
@_filters
@click.option("--each", is_flag=True, help="One letter a line, the newest first, with its number for `show`.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, _MOST), help="How many with --each.")
@click.option("--format", "format_", type=click.Choice(["table", "ndjson"]), default="table", show_default=True)
def list_(each: bool, limit: int, format_: str, **given: str) -> None:
    """How many there are by source, stage and reason, and of each the newest; times are those of the site's zone."""
    config = load_config()
    zone = instant.zone(config.timezone)
    wanted = _wanted(given, zone)
    if each:
        kept = asyncio.run(_newest(config, wanted, limit))
        _print(
            [_LETTER, *(_letter_row(n, one, zone) for n, one in enumerate(kept, 1))],
            [_letter_document(one) for one in kept],
            format_,
        )
        return
    groups = asyncio.run(_groups(config, wanted))
    _print(
        [_GROUP, *(_group_row(group, zone) for group in groups)], [_group_document(group) for group in groups], format_
    )


@command.command("show")
@click.argument("which")
@click.option("--raw", is_flag=True, help="The original bytes and nothing else; of a finding its JSON.")
def show(which: str, raw: bool) -> None:
    """One letter: WHICH is its number in `soc deadletter list --each`, or the ref of its record, or its place."""
    config = load_config()
    note(config, "view", f"deadletter {which}", {})
    kept = asyncio.run(_found(config, which))
    letter = kept.letter
    original = msgspec.json.encode(letter.finding) if letter.finding else letter.raw
    if raw:
        sys.stdout.buffer.write(original)
        sys.stdout.buffer.flush()
        return
    rows = [(name, value) for name, value in _facts(kept, instant.zone(config.timezone)) if value]
    for line in _text.columns(rows, (12, 10_000)):
        click.echo(line)
    click.echo("\n" + logs.escape(original.decode("utf-8", "backslashreplace")) + "\n")
    for line in hex_lines(original[:_HEX_BYTES]):
        click.echo(line)
    if len(original) > _HEX_BYTES:
        click.echo(f"... {len(original) - _HEX_BYTES} more bytes; --raw writes all of them")


@command.command("replay")
@_filters
@click.option("--ref", default="", help="Only this one: the ref of its record, or its place.")
@click.option("--dry-run", is_flag=True, help="Only say what would become of them.")
def replay(ref: str, dry_run: bool, **given: str) -> None:
    """Work letters off again, with today's parsers, rules and inventory; exit status 1 if some still fail.

    Each keeps the position and the arrival that it had, so its findings have the ids that they would have had: doing it
    twice changes nothing. Findings go into the log, also beside a running service; role index stores them. Windows of
    detectors are not recomputed: they were closed long ago.
    """
    config = load_config()
    wanted = _wanted({**given, "ref": ref}, instant.zone(config.timezone))
    if not dry_run:
        note(config, "deadletter.replay", "soc.deadletter", {**given, "ref": ref})
    outcome = asyncio.run(_replayed(config, wanted, dry_run=dry_run))
    for line in _outcome_lines(outcome, dry_run=dry_run):
        click.echo(line)
    sys.exit(1 if outcome.failing or outcome.unreadable else 0)


def hex_lines(data: bytes) -> Iterator[str]:
    """Sixteen bytes a line: the place, the bytes, and those of them that are letters."""
    for start in range(0, len(data), 16):
        part = data[start : start + 16]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        yield f"{start:08x}  {part.hex(' '):<47}  |{shown}|"


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """Letters that have source, stage and reason in common."""

    source: str
    stage: str
    reason: str
    count: int
    newest: int
    ref: str
    """Of the newest."""


_GROUP = ("SOURCE", "STAGE", "REASON", "COUNT", "NEWEST", "REF OF THE NEWEST")
_LETTER = ("N", "REFUSED", "SOURCE", "STAGE", "REASON", "BYTES", "REF")


def _group_row(group: Group, zone: tzinfo) -> tuple[str, ...]:
    newest = _text.local(group.newest, zone)
    return (group.source, group.stage, group.reason, str(group.count), newest, group.ref)


def _group_document(group: Group) -> dict[str, Any]:
    return {**asdict(group), "newest": instant.iso(group.newest)}


def _letter_row(number: int, kept: Kept, zone: tzinfo) -> tuple[str, ...]:
    letter = kept.letter
    refused = _text.local(kept.at, zone)
    return (str(number), refused, kept.source, letter.stage, letter.reason, str(len(letter.raw)), letter.ref)


def _letter_document(kept: Kept) -> dict[str, Any]:
    """The letter as it is stored, the bytes in base64, with its place."""
    return {"place": kept.place, "ref": kept.letter.ref, **msgspec.to_builtins(kept.letter)}


def _facts(kept: Kept, zone: tzinfo) -> Iterator[tuple[str, str]]:
    letter = kept.letter
    yield "ref", letter.ref
    yield "place", f"soc.deadletter {kept.place}"
    yield "stage", letter.stage
    yield "reason", letter.reason
    yield "detail", letter.detail
    yield "refused", f"{_text.local(kept.at, zone)} {zone}"
    yield "arrived", f"{_text.local(letter.arrived, zone)} {zone}" if letter.arrived else ""
    yield "source", kept.source
    yield "format", letter.source.format
    yield "peer", letter.peer
    yield "header", letter.header
    yield "version", letter.version
    yield "ruleset", letter.ruleset
    yield "bytes", str(len(letter.raw)) if not letter.finding else ""


def _print(rows: list[tuple[str, ...]], documents: list[dict[str, Any]], format_: str) -> None:
    if format_ == "ndjson":
        for document in documents:
            click.echo(logs.escape(msgspec.json.encode(document).decode()))
        return
    if not documents:
        click.echo("no dead letters", err=True)
        return
    for line in _text.columns(rows, [80] * len(rows[0])):
        click.echo(line)


def _wanted(given: dict[str, str], zone: tzinfo) -> Wanted:
    since = _text.since(given["since"], SystemClock().now(), zone) if given["since"] else 0
    return _letters.Wanted(given["source"], given["reason"], since, given.get("ref", ""))


async def _groups(config: Config, wanted: Wanted) -> list[Group]:
    groups: dict[tuple[str, str, str], Group] = {}
    async with aclosing(_letters.letters(config, wanted)) as told:
        async for kept in told:
            key = (kept.source, kept.letter.stage, kept.letter.reason)
            before = groups.get(key, Group(*key, 0, -1, ""))
            newest = (kept.at, kept.letter.ref) if kept.at >= before.newest else (before.newest, before.ref)
            groups[key] = Group(*key, before.count + 1, *newest)
    return sorted(groups.values(), key=lambda group: (-group.count, group))


async def _newest(config: Config, wanted: Wanted, limit: int) -> list[Kept]:
    """The newest first. Only so many are held at a time, since each may have a megabyte."""
    heap: list[tuple[int, int, int, Kept]] = []
    async with aclosing(_letters.letters(config, wanted)) as told:
        async for kept in told:
            heapq.heappush(heap, (kept.at, kept.partition, kept.offset, kept))
            if len(heap) > limit:
                heapq.heappop(heap)
    return [kept for *_, kept in sorted(heap, reverse=True)]


async def _found(config: Config, which: str) -> Kept:
    number = int(which) if which.isdigit() else 0
    wanted = _letters.Wanted() if number else _letters.Wanted(ref=which)
    newest = await _newest(config, wanted, number or 1)
    if len(newest) < max(number, 1):
        told = f"there are {len(newest)} dead letters" if number else f"there is no dead letter of {which}"
        raise NotFound(f"{told}; `soc deadletter list --each` shows numbers and refs")
    return newest[-1]


async def _replayed(config: Config, wanted: Wanted, *, dry_run: bool) -> Outcome:
    content, _ = await asyncio.to_thread(loading.load, config)
    async with aclosing(_letters.letters(config, wanted)) as told:
        if dry_run:
            return await _letters.replay(told, None, content)
        log = await open_log(config)
        try:
            return await _letters.replay(told, log, content)
        finally:
            await log.close()


def _outcome_lines(outcome: Outcome, *, dry_run: bool) -> Iterator[str]:
    would = "would be " if dry_run else ""
    yield (
        f"letters {outcome.letters} = clean {outcome.clean} + alerting {outcome.alerting} + {would}offered to the store "
        f"again {outcome.stored_again} + still failing {outcome.failing.total()} + unreadable {outcome.unreadable}"
    )
    yield f"findings {outcome.findings}" + (" (nothing was written)" if dry_run else "")
    for reason, number in sorted(outcome.failing.items()):
        yield f"still failing, {reason}: {number}"
    if outcome.repeated:
        yield f"left out, written twice by a crash: {outcome.repeated}"
