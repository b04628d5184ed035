"""`soc user`: the accounts of the console and the tokens of programs."""

from __future__ import annotations

import getpass
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from soc import instant
from soc.clock import SystemClock
from soc.config import load_config
from soc.errors import ConfigurationError
from soc.workspace import Workspace
from soc.workspace.users import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator

_STDIN = click.option("--stdin", is_flag=True, help="Read the password from the first line of the standard input.")


@contextmanager
def opened() -> Iterator[Workspace]:
    """The configured workspace."""
    workspace = Workspace(load_config().data_dir, SystemClock())
    try:
        yield workspace
    finally:
        workspace.close()


def actor() -> str:
    """Who types here, as the audit trail names them."""
    return f"cli:{getpass.getuser()}"


@click.group("user")
def command() -> None:
    """Accounts of the console, and tokens of programs.

    \b
    Examples:
      soc user add lan --role analyst       prints a generated password, once
      soc user password lan --stdin         a new password, from the standard input
      soc user disable lan                  ends its sessions, revokes its tokens
      soc user token lan --label export     prints a bearer token, once
    """


@command.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the user may do.")
@_STDIN
def add(name: str, role: str, stdin: bool) -> None:
    """Make an account; without --stdin a password is generated and printed once."""
    with opened() as workspace:
        password = workspace.users.add(name, role, _given(stdin))
        workspace.audit.append(actor(), "user.add", name, {"role": role})
    _show(f"user {name} ({role})", password, hidden=stdin)


@command.command("list")
def list_() -> None:
    """Every account: name, role, state, when it was made."""
    with opened() as workspace:
        for user in workspace.users.all():
            state = "disabled" if user.disabled else "active"
            click.echo(f"{user.name:<24} {user.role:<14} {state:<9} {instant.iso(user.created)}")


@command.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
def role_(name: str, role: str) -> None:
    """Give a user another role; the user must log in again."""
    with opened() as workspace:
        workspace.users.set_role(name, role)
        workspace.audit.append(actor(), "user.role", name, {"role": role})
    click.echo(f"user {name} is {role} now")


@command.command("disable")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Let the user in again.")
def disable(name: str, undo: bool) -> None:
    """Shut an account: its sessions end at once and its tokens are revoked for ever."""
    with opened() as workspace:
        (workspace.users.enable if undo else workspace.users.disable)(name)
        workspace.audit.append(actor(), "user.enable" if undo else "user.disable", name)
    click.echo(f"user {name} is {'active' if undo else 'disabled'} now")


@command.command("password")
@click.argument("name")
@_STDIN
def password(name: str, stdin: bool) -> None:
    """Give a user a new password; all of the user's sessions end."""
    with opened() as workspace:
        chosen = workspace.users.set_password(name, _given(stdin))
        workspace.audit.append(actor(), "user.password", name)
    _show(f"user {name}", chosen, hidden=stdin)


@command.command("token")
@click.argument("name")
@click.option("--label", default="", help="What the token is for.")
@click.option("--days", default=365, show_default=True, help="How long it lives.")
@click.option("--list", "listed", is_flag=True, help="Show the user's tokens instead.")
@click.option("--revoke", default="", metavar="ID", help="Revoke one of the user's tokens instead.")
def token(name: str, label: str, days: int, listed: bool, revoke: str) -> None:
    """Issue a bearer token that acts as a user, or list and revoke such tokens."""
    with opened() as workspace:
        if workspace.users.get(name) is None:
            raise ConfigurationError(f"there is no user {name}; `soc user list` shows all")
        if listed:
            return _list_tokens(workspace, name)
        if revoke:
            workspace.tokens.revoke(name, revoke)
            workspace.audit.append(actor(), "token.revoke", name, {"id": revoke})
            return click.echo(f"token {revoke} is revoked")
        issued = workspace.tokens.issue(name, label, days)
        workspace.audit.append(actor(), "token.issue", name, {"id": issued.split("_")[1], "label": label, "days": days})
    click.echo(issued)
    click.echo("This is shown once. Send it as `Authorization: Bearer ...`.", err=True)


def _list_tokens(workspace: Workspace, name: str) -> None:
    for told in workspace.tokens.of_user(name):
        state = "revoked" if told.revoked else f"until {instant.iso(told.expires)}"
        click.echo(f"{told.id}  {state:<30} {told.label}")


def _given(stdin: bool) -> str | None:
    if not stdin:
        return None
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise ConfigurationError("the standard input holds no password; write it as the first line")
    return line


def _show(who: str, password: str, *, hidden: bool) -> None:
    """A generated password goes to the standard output, once; a given one is never shown."""
    click.echo(who, err=True)
    if not hidden:
        click.echo(password)
