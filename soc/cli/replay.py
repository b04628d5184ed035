"""`soc replay`: the whole pipeline once over files, or over everything that the sources still hold."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson
from msgspec.structs import replace as replace_settings

from soc import instant, logs, parse
from soc.cli._progress import Progress
from soc.clock import SystemClock
from soc.config import load_config
from soc.errors import ConfigurationError
from soc.loading import InForce
from soc.replaying import Reconciliation, Storing, replay
from soc.sources.opening import history
from soc.sources.whole import whole_file
from soc.stores.opening import store_of
from soc.workspace.exceptions import Standing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from soc.alerting import Suppressions
    from soc.config import Config
    from soc.finding import Finding
    from soc.record import Record

_BATCH = 500
_TOPICS = ("logs.firewall", "logs.host", "logs.app", "logs.data")
_CLOCKS_DIFFER = 2 * instant.SECOND


@click.command("replay")
@click.option(
    "--log", "from_log", is_flag=True, help="Everything in the raw topics, or in the files and spool, up to now."
)
@click.option(
    "--store", "url", default="", metavar="URL", help="Where findings go: sqlite:FOLDER, http(s)://..., or none."
)
@click.option("--ids", is_flag=True, help="Print the sorted ids of findings and alerts instead; nothing is stored.")
@click.option("--documents", is_flag=True, help="Print the findings as JSON lines instead; nothing is stored.")
@click.option("--topic", type=click.Choice(_TOPICS), help="The layer of the files; recognised if not given.")
@click.option("--format", "format_", default="", metavar="NAME", help="The files' format; recognised if not given.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False), metavar="[FILE...]")
def command(  # noqa: PLR0917 (one option each)
    from_log: bool, url: str, ids: bool, documents: bool, topic: str | None, format_: str, files: tuple[Path, ...]
) -> None:
    """Run the whole pipeline once: parse, match, score, group; then say what became of every record.

    Findings of FILEs go to the configured alert store; the same input twice gives no new finding. Correlations see all FILEs
    of one call as one log. With --log nothing is stored unless --store says where: it tells what should be in the store.

    \b
    Examples:
      soc replay /var/log/auth.log.1.gz
      soc replay --store none --topic logs.firewall fortigate.log
      soc replay --log --ids
    """
    if bool(files) == from_log:
        raise ConfigurationError("give files, or --log; see `soc replay --help`")
    if format_:
        parse.named(format_)
    logs.setup("replay", level="warning")
    config = load_config()
    batches = history(config) if from_log else _files(config, files, topic or "", format_)
    target = url or ("none" if from_log or ids or documents else "configured")
    asyncio.run(_replay(config, batches, target, together=not from_log, ids=ids, documents=documents))


async def _files(config: Config, files: Sequence[Path], topic: str, format_: str) -> AsyncIterator[Sequence[Record]]:
    for file in files:
        batch: list[Record] = []
        for record in whole_file(file, topic=topic, format=format_, timezone=config.timezone):
            batch.append(record)
            if len(batch) == _BATCH:
                yield batch
                batch = []
        if batch:
            yield batch


async def _replay(
    config: Config, batches: AsyncIterator[Sequence[Record]], target: str, *, together: bool, ids: bool, documents: bool
) -> None:
    content = InForce(config).current
    now = SystemClock().now()
    targeted = _targeted(config, target)
    store = None if target == "none" else await store_of(targeted)
    storing = Storing(store, now, _exceptions(targeted)) if store else None
    found: set[str] = set()

    async def take(findings: Sequence[Finding]) -> None:
        if ids:
            found.update(id_ for finding in findings for id_ in (finding.id, finding.alert_id) if id_)
        if documents:
            sys.stdout.buffer.writelines(orjson.dumps(finding.document) + b"\n" for finding in findings)
        if storing:
            await storing.take(findings)

    try:
        with Progress("records") as progress:
            until = now - _CLOCKS_DIFFER
            told = await replay(batches, content, take, until=until, together=together, progress=progress.show)
        if storing:
            await storing.close()
    finally:
        if store:
            await store.close()
    if ids:
        click.echo("".join(f"{id_}\n" for id_ in sorted(found)), nl=False)
    elif documents:
        sys.stdout.buffer.flush()
    else:
        _report(told, click.echo)
        if storing:
            click.echo(f"findings {told.findings}, of them {storing.created} new in the store")
        else:
            click.echo(f"findings {told.findings}, nothing was stored")


def _exceptions(config: Config) -> Suppressions | None:
    with contextlib.closing(Standing(config.data_dir)) as exceptions:
        return exceptions.read()


def _targeted(config: Config, target: str) -> Config:
    """The configuration with another alert store."""
    if target in {"configured", "none"}:
        return config
    if target.startswith(("http://", "https://")):
        return replace_settings(config, elasticsearch=replace_settings(config.elasticsearch, url=target))
    if not target.startswith("sqlite:") or target == "sqlite:":
        raise ConfigurationError(f"{target!r} is no store; write sqlite:FOLDER, http(s)://HOST:9200, or none")
    folder = Path(target.removeprefix("sqlite:"))
    return replace_settings(
        config, data_dir=folder, site_dir=config.site, elasticsearch=replace_settings(config.elasticsearch, url="")
    )


def _report(told: Reconciliation, out: Callable[[str], object]) -> None:
    """The reconciliation, and the alerts by rule."""
    out(
        f"records {told.records} = clean {told.clean} + alerting {told.alerting} + dead letter {told.dead_letters}"
        + (
            f" ({', '.join(f'{reason} {count}' for reason, count in told.reasons.most_common())})"
            if told.reasons
            else ""
        )
    )
    ordered = sorted(told.alerts.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    for rule, alerts in ordered:
        out(f"{len(alerts):>7}  {logs.escape(told.names[rule])}  ({rule})")
    out(f"alerts {sum(len(alerts) for _, alerts in ordered)} by {len(ordered)} rules")
