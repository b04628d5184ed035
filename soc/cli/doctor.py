"""`soc doctor`: is everything there that the service needs, and what mends what is not?"""

from __future__ import annotations

import asyncio
import logging
import sys
from functools import partial
from typing import TYPE_CHECKING

import click
import msgspec

from soc import logs
from soc.cli._doctor import Result, certificates, elastic, in_thread, kafka, local, processes, run
from soc.config import load_config
from soc.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from soc.config import Config


@click.command("doctor")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--seconds", default=15.0, show_default=True, type=click.FloatRange(0.1, 600), help="For each check.")
def command(format_: str, seconds: float) -> None:
    """Check configuration, disk, content, certificates, servers, privileges, clocks, ports and the audit trail.

    One line for each check: ok, warn or FAIL, what, details, and how to mend it. Changes nothing. Exit status 1 if
    something fails.

    \b
    Examples:
      soc doctor
      soc doctor --format json | jq '.[] | select(.level != "ok")'
    """
    logs.setup("doctor")
    logging.disable()  # what matters is said in the results
    try:
        results = results_of(seconds)
    finally:
        logging.disable(logging.NOTSET)
    if format_ == "json":
        told = [dict(zip(("level", "check", "detail", "mend"), result, strict=True)) for result in results]
        click.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
    else:
        for result in results:
            click.echo(logs.escape(str(result)))
    sys.exit(1 if any(result.level == "FAIL" for result in results) else 0)


def results_of(seconds: float) -> list[Result]:
    try:
        config = load_config()
    except ConfigurationError as error:
        return [Result("FAIL", "configuration", str(error))]
    mode = f"Kafka {config.kafka.brokers}" if not config.embedded else "embedded"
    store = config.elasticsearch.url or f"SQLite in {config.data_dir}"
    good = Result("ok", "configuration", f"mode {mode}, alerts in {store}")
    return [good, *asyncio.run(run(checks_of(config), seconds))]


def checks_of(config: Config) -> dict[str, Callable[[], Awaitable[Sequence[Result]]]]:
    """What is to be checked in the configured mode."""
    blocking = {
        "data folder": local.data_folder,
        "site folder": local.site_folder,
        "secrets": local.secrets,
        "certificates": certificates.certificates,
        "content": local.content,
        "time zone": local.time_zone,
        "audit trail": local.audit,
    }
    checks: dict[str, Callable[[], Awaitable[Sequence[Result]]]] = {
        what: partial(in_thread, function, config) for what, function in blocking.items()
    }
    checks |= {"service": partial(processes.processes, config), "ports": partial(processes.ports, config)}
    if not config.embedded:
        checks["Kafka"] = partial(kafka.kafka, config)
    if config.elasticsearch.url:
        checks["Elasticsearch"] = partial(elastic.elasticsearch, config)
    return checks
