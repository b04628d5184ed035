"""`soc audit`: read the audit trail, and prove that nobody changed it."""

from __future__ import annotations

import sys

import click
import msgspec

from soc import instant, logs
from soc.cli.user import opened
from soc.errors import ConfigurationError
from soc.workspace.audit import Head


@click.group("audit")
def command() -> None:
    """The trail of what people and programs did.

    \b
    Examples:
      soc audit verify                          exit status 1 and the first broken record, if there is one
      soc audit verify --head 120:9f86d0...     also against a head that the service's log told earlier
      soc audit list --act triage --limit 20
    """


@command.command("verify")
@click.option("--head", "heads", multiple=True, metavar="N:HASH", help="A head published earlier; may be repeated.")
def verify(heads: tuple[str, ...]) -> None:
    """Check every record's HMAC, the chain, and that nothing was cut off."""
    published = [_head(text) for text in heads]
    with opened() as workspace:
        broken = workspace.audit.verify(published)
        last = workspace.audit.head()
    if broken:
        click.echo(f"record {broken.n}: {broken.why}")
        sys.exit(1)
    click.echo(f"{last.n if last else 0} records, whole" + (f"; head {last.n}:{last.hash}" if last else ""))


@command.command("list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="How many, the newest.")
@click.option("--actor", default="", help="Only what this user did.")
@click.option("--act", default="", help="Only this act: login, triage, search, user.add, ...")
@click.option("--object", "object_", default="", help="Only what was done to this: an alert's id, a user.")
def list_(limit: int, actor: str, act: str, object_: str) -> None:
    """The newest records as JSON lines, the newest first."""
    with opened() as workspace:
        for record in workspace.audit.page(limit=limit, actor=actor, act=act, object_=object_):
            told = {**record._asdict(), "at": instant.iso(record.at), "detail": msgspec.Raw(record.detail.encode())}
            click.echo(logs.escape(msgspec.json.encode(told).decode()))


def _head(text: str) -> Head:
    number, _, hash_ = text.partition(":")
    if not number.isdigit() or not hash_:
        raise ConfigurationError(f"{text!r} is not a head; write N:HASH as the service's log tells it")
    return Head(int(number), hash_)
