"""`soc run`: the whole service, or one role of it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import click

from soc import first_start, logs, service
from soc.config import RULES, load_config
from soc.errors import ConfigurationError
from soc.supervisor import Supervisor

ROLES = ("all", "receive", "detect", "correlate", "index", "jobs", "console")


@click.command("run")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="all",
    show_default=True,
    help="One role of the service, or all of them.",
)
@click.option(
    "--rules",
    "rules",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="More rules, a folder or an archive, beside those shipped, the site's and `rules` in soc.yml; may be repeated.",
)
def command(role: str, rules: tuple[Path, ...]) -> None:
    """Run the service until Ctrl-C.

    Without Kafka (SOC_KAFKA_BROKERS unset) it runs embedded: everything on this machine, alerts in SQLite.

    `states.yml` in the site folder says which rules, whoever wrote them, are live, in shadow or off here:
    `<rule id>: {state: off, reason: ..., owner: ...}`.

    \b
    Examples:
      soc run                                        embedded, console on http://127.0.0.1:8500
      soc run --rules sigmahq-rules.tar.gz           with SigmaHQ's archive as it is
      SOC_KAFKA_BROKERS=kafka:9092 \\
      SOC_ELASTICSEARCH_URL=https://es:9200 soc run  every role here, over Kafka and Elasticsearch
      SOC_KAFKA_BROKERS=kafka:9092 soc run --role detect
                                                     one more worker of one role
    """
    logs.setup("supervisor", level="info")
    if rules:  # for the processes of the roles too
        told = [path for path in os.environ.get(RULES, "").split(os.pathsep) if path]
        os.environ[RULES] = os.pathsep.join([*told, *(str(path.resolve()) for path in rules)])
    config = load_config()
    if role == "all":
        with service.owned(config):
            pass  # says at once who runs on this folder, before anything is touched
        first_start.prepare(config)
        sys.exit(asyncio.run(Supervisor(config).run()))
    if config.embedded and role in {"detect", "correlate", "index"}:
        raise ConfigurationError(
            f"role {role} cannot run alone without Kafka: embedded, detect, correlate and index share one process; "
            "run `soc run`, or set SOC_KAFKA_BROKERS"
        )
    config.data_dir.mkdir(parents=True, exist_ok=True)
    sys.exit(service.main(role, supervised=False))
