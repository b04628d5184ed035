"""`soc rules`: which rules were set aside because they were too dear, and how to bring one back."""

from __future__ import annotations

import click

from soc import logs, set_aside
from soc.config import load_config
from soc.errors import SocError


@click.group("rules")
def command() -> None:
    """Rules that went over their budget (`rule_budget` in soc.yml) and are set aside on this machine.

    \b
    Examples:
      soc rules list
      soc rules resume 4f5b0a6e-8f0a-4c57-9a0b-0d2f7e6a1c11
    """


@command.command("list")
def list_() -> None:
    """The rules that are set aside, and why."""
    for rule_id, stated in set_aside.read(set_aside.file_of(load_config()), []).items():
        click.echo(logs.escape(f"{rule_id}  {stated.reason}"))


@command.command("resume")
@click.argument("rule_id")
def resume(rule_id: str) -> None:
    """Bring a rule back; a running service takes it up within seconds."""
    if not set_aside.take_back(set_aside.file_of(load_config()), rule_id):
        raise SocError(f"{rule_id} is not set aside; `soc rules list` says which are")
    click.echo(f"{rule_id} is back")
