"""`soc exceptions`: what the queue need not show for a while, who says so and why, and how much each one hides."""

from __future__ import annotations

import asyncio
import re
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click
import msgspec

from soc import instant, logs
from soc.alerting import Suppression
from soc.alerting.exceptions import Condition, condition_of
from soc.cli import _alerts, _text
from soc.cli.user import actor
from soc.clock import SystemClock
from soc.config import load_config
from soc.errors import ConfigurationError, Unavailable
from soc.stores import Query
from soc.workspace.audit import Audit
from soc.workspace.database import Database
from soc.workspace.exceptions import Exceptions, check_draft
from soc.workspace.previewing import MOST, Preview, preview

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from soc.config import Config
    from soc.stores import AlertStore
    from soc.workspace.exceptions import Entry

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SPAN = re.compile(r"\d{1,6}[mhd]")
_LOOKED_BACK = 30
"""Days of a preview."""
_HEAD = ("ID", "STATE", "HIDDEN", "TRUE POS.", "UNTIL", "OWNER", "WHAT", "WHY")
_WIDTHS = (10, 8, 9, 9, 19, 20, 60, 60)
_UNTIL = click.option(
    "--until",
    required=True,
    metavar="WHEN",
    help="4h, 30d, 2026-12-31 (that day included), or a time (2026-12-31T18:00).",
)
_DRY_RUN = click.option(
    "--dry-run", is_flag=True, help=f"Only say how many alerts of the last {_LOOKED_BACK} days it would have hidden."
)


@click.group("exceptions")
def command() -> None:
    """Exceptions and snoozes: they mark alerts, and never drop one.

    An alert of which every finding falls under one of them is stored and kept, with the exception's id and reason on it, and
    left out of the queue (`soc alerts list --excepted` shows it). Health alerts are never hidden. Who wants less volume
    writes a Sigma filter, which is versioned with the rules.

    \b
    Examples:
      soc exceptions add --rule ID --where source.ip=10.9.0.0/24 --reason "scanner of the auditors" --owner lan --until 30d
      soc exceptions add --rule ID --where user.name=backup --reason "nightly copy" --owner lan --until 2026-12-31 --dry-run
      soc exceptions snooze --alert 1f2e3d4c5b6a --until 4h
      soc exceptions list
      soc exceptions end x-1a2b3c4d
    """
    logs.setup("exceptions", level="warning")


@command.command("add")
@click.option("--rule", default="", metavar="ID", help="The id of a rule, correlation or detector.")
@click.option(
    "--where", multiple=True, metavar="FIELD=VALUE",
    help="A value as it is, a network, or nothing for a field that is missing; repeated, all must hold.",
)  # fmt: skip
@click.option("--reason", required=True, metavar="TEXT", help="Why nobody needs to look; shown on each alert.")
@click.option("--owner", required=True, metavar="WHO", help="Who answers for it.")
@_UNTIL
@click.option("--from", "begins", default="", metavar="WHEN", help="7d back, or a time; from now on if not given.")
@_DRY_RUN
def add(*, dry_run: bool, begins: str, until: str, where: tuple[str, ...], **given: str) -> None:
    """Hide what happens from now on and falls under a rule, conditions, or both, until a time.

    All conditions must hold for every finding of an alert, so one finding that is different brings the alert to the queue.
    What was hidden by then stays hidden when the time is over; `soc exceptions end` brings it back.
    """
    config, now = load_config(), SystemClock().now()
    zone = instant.zone(config.timezone)
    start = _text.since(begins, now, zone) if begins else now
    conditions = tuple(map(condition_of, where))
    draft = Suppression(
        "",
        "exception",
        given["owner"],
        given["reason"],
        _second(start),
        _end(until, now, zone),
        given["rule"],
        conditions,
    )
    _done(config, draft, now, dry_run=dry_run)


@command.command("snooze")
@click.option("--rule", default="", metavar="ID", help="Quiet for everything that this rule finds.")
@click.option(
    "--alert", "alert_id", default="", metavar="ID", help="Quiet for this alert and those of its group to come."
)
@click.option("--reason", default="snoozed", show_default=True, metavar="TEXT")
@click.option("--owner", default="", metavar="WHO", help="Who answers for it; you if not given.")
@_UNTIL
@_DRY_RUN
def snooze(*, rule: str, alert_id: str, reason: str, owner: str, until: str, dry_run: bool) -> None:
    """Keep a rule, or the group that an alert belongs to, out of the queue until a time."""
    if bool(rule) == bool(alert_id):
        raise ConfigurationError("say what to snooze: --rule ID, or --alert ID")
    config, now = load_config(), SystemClock().now()
    end = _end(until, now, instant.zone(config.timezone))
    draft = Suppression("", "snooze", owner or actor().removeprefix("cli:"), reason, _second(now), end, rule)
    if alert_id:
        draft = asyncio.run(_of_group(config, draft, alert_id))
    _done(config, draft, now, dry_run=dry_run)


@command.command("list")
@click.option("--all", "all_", is_flag=True, help="Also those that ran out or were ended.")
@click.option("--json", "as_json", is_flag=True, help="As one JSON array.")
def list_(*, all_: bool, as_json: bool) -> None:
    """Who asked for what and why, and how many alerts each one hides now, counted in the alert store."""
    config, now = load_config(), SystemClock().now()
    zone = instant.zone(config.timezone)
    with _opened(config) as exceptions:
        entries = [entry for entry in exceptions.all() if all_ or entry.state(now) in {"active", "waiting"}]
    counts = asyncio.run(_counted(config, entries))
    if as_json:
        told = [_json(entry, now, *count) for entry, count in zip(entries, counts, strict=True)]
        click.echo(logs.escape(msgspec.json.encode(told).decode()))
        return
    rows = [_row(entry, now, zone, count) for entry, count in zip(entries, counts, strict=True)]
    for line in _text.columns([_HEAD, *rows], _WIDTHS):
        click.echo(line)


@command.command("end")
@click.argument("id_", metavar="ID")
@click.option(
    "--keep", is_flag=True, help="What it hid stays hidden; only what happens from now on comes to the queue."
)
def end(id_: str, *, keep: bool) -> None:
    """End an exception or a snooze before its time: the alerts that it hides come back to the queue within seconds.

    ID is an id or the beginning of one, as `soc exceptions list` shows it.
    """
    config = load_config()
    with _opened(config) as exceptions:
        entry = exceptions.named(id_)
        told = _left(config, entry, keep=keep)
        exceptions.end(actor(), entry.told.id, keep=keep)
    click.echo(f"{entry.told.kind} {entry.told.id} is over; {told}")


def _left(config: Config, entry: Entry, *, keep: bool) -> str:
    """What becomes of the alerts that it hides."""
    try:
        ((hidden, _),) = asyncio.run(_counted(config, [entry]))
    except Unavailable:
        return "the alert store does not answer now, so its alerts wait for it"
    return f"its {hidden} alerts {'stay hidden' if keep else 'come back to the queue'}"


@contextmanager
def _opened(config: Config) -> Iterator[Exceptions]:
    """Without the rest of the workspace, which also makes a password hash."""
    clock = SystemClock()
    database = Database(config.data_dir / "workspace.db")
    try:
        yield Exceptions(database, Audit(database, config.data_dir / "secrets", clock), clock)
    finally:
        database.close()


def _second(when: int) -> int:
    return instant.floor(when, instant.SECOND)


def _end(text: str, now: int, zone: tzinfo) -> int:
    """When it ends; a date is meant with its whole day.

    Raises:
        ConfigurationError: it is neither a span, a date nor a time.
    """
    if _SPAN.fullmatch(text):
        return _second(2 * now - _text.since(text, now, zone))
    when = instant.parse_iso(text, zone)
    if when is None:
        raise ConfigurationError(
            f"{text!r} is neither a span (4h, 30d), a date (2026-12-31) nor a time (2026-12-31T18:00)"
        )
    if _DATE.fullmatch(text):
        following = instant.to_datetime(when).astimezone(zone).replace(tzinfo=None) + timedelta(days=1)
        return instant.from_wall(following, zone) or when
    return when


async def _of_group(config: Config, draft: Suppression, alert_id: str) -> Suppression:
    """A snooze of an alert's group, which holds for the alert itself too."""
    async with _alerts.opened_store(config) as store:
        alert = await _alerts.found(store, alert_id)
    soc, rule = alert["soc"], alert["rule"]["id"]
    if any(pair["field"] == "soc.ref" for pair in soc["group"]):
        raise ConfigurationError(f"each finding of {rule} is an alert by itself; snooze the rule, or add an exception")
    where = tuple(Condition(pair["field"], pair["value"]) for pair in soc["group"])
    begins = min(instant.parse_iso(soc["bucket"]) or draft.begins, instant.parse_iso(soc["first_seen"]) or draft.begins)
    return replace(draft, rule=rule, where=where, begins=_second(begins))


def _done(config: Config, draft: Suppression, now: int, *, dry_run: bool) -> None:
    check_draft(draft, now)
    if dry_run:
        click.echo(_told(asyncio.run(_preview(config, draft, now))))
        return
    with _opened(config) as exceptions:
        added = exceptions.add(actor(), draft)
    zone = instant.zone(config.timezone)
    click.echo(f"{added.kind} {added.id} until {_text.local(added.until, zone)}: {logs.escape(_what(added))}")
    if added.rule and not asyncio.run(_has_alerts(config, added.rule)):
        click.echo(f"there is no alert of {logs.escape(added.rule)} so far; is the id right?", err=True)


async def _preview(config: Config, draft: Suppression, now: int) -> Preview:
    async with _alerts.opened_store(config) as store:
        return await preview(store, draft, now - _LOOKED_BACK * instant.DAY, now + instant.DAY)


def _told(found: Preview) -> str:
    more = "" if found.complete else f" (of the first {MOST} looked at; narrow it with --rule)"
    return (
        f"would have hidden {found.alerts} alerts of the last {_LOOKED_BACK} days, of them "
        f"{found.true_positives} true positives{more}; nothing was added"
    )


async def _has_alerts(config: Config, rule: str) -> bool:
    try:
        async with _alerts.opened_store(config) as store:
            return (await store.search(Query(filters={"rule.id": [rule]}, suppressed=True, limit=1))).total > 0
    except Unavailable:
        return True  # nobody knows, and the exception is added all the same


async def _counted(config: Config, entries: Sequence[Entry]) -> list[tuple[int, int]]:
    """For each how many alerts carry its mark, and how many of them are true positives."""
    async with _alerts.opened_store(config) as store:
        return [(await _total(store, entry), await _total(store, entry, "true_positive")) for entry in entries]


async def _total(store: AlertStore, entry: Entry, disposition: str = "") -> int:
    asked: dict[str, list[str | int]] = {"soc.suppressed_by": [entry.told.id]}
    asked |= {"triage.disposition": [disposition]} if disposition else {}
    return (await store.search(Query(filters=asked, only_suppressed=True, sort="soc.id", limit=1))).total


def _what(one: Suppression) -> str:
    return " ".join([*([f"rule {one.rule}"] if one.rule else []), *map(str, one.where)])


def _row(entry: Entry, now: int, zone: tzinfo, count: tuple[int, int]) -> tuple[str, ...]:
    one = entry.told
    numbers = (str(count[0]), str(count[1]))
    return (one.id, entry.state(now), *numbers, _text.local(one.until, zone), one.owner, _what(one), one.reason)


def _json(entry: Entry, now: int, hidden: int, true_positives: int) -> dict[str, Any]:
    told = {name: part for name, part in asdict(entry.told).items() if name != "where"}
    return {
        **told,
        "where": [str(condition) for condition in entry.told.where],
        "begins": instant.iso(entry.told.begins),
        "until": instant.iso(entry.told.until),
        "created": instant.iso(entry.created),
        "created_by": entry.created_by,
        "ended": None if entry.ended is None else instant.iso(entry.ended),
        "ended_by": entry.ended_by,
        "state": entry.state(now),
        "hidden": hidden,
        "true_positives": true_positives,
    }
