"""The command `soc`: one file per command, imported only when it is called."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from typing import Any

import click

from soc import __version__
from soc.errors import SocError


class Commands(click.Group):
    """Finds `soc NAME` in the module of that name and turns our errors into a message and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{cmd_name}").command
        return command

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except SocError as error:
            click.echo(f"soc: {error}", err=True)
            sys.exit(error.exit_code)
        except BrokenPipeError:  # the reader of our output has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="soc")
def main() -> None:
    """Security-operations log analysis: Sigma rules and isolation forests over logs, explained alerts out.

    \b
    Examples:
      soc run                                  the whole service, on this machine
      soc parse firewall.log                   what the parsers make of a file
      soc match --rules rules events.ndjson    which rules match which events
      soc check                                every fault in rules, detectors and configuration
      soc replay auth.log                      the whole pipeline over a file, once

    Exit status: 0 good, 1 found faults, 2 wrong use or configuration.
    """
