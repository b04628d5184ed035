"""The audit trail: append-only, each record chained to the one before by an HMAC whose key lies outside the database."""

from __future__ import annotations

import fcntl
import hmac
import os
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from soc.errors import ConfigurationError, SocError, Unavailable
from soc.workspace import secret_files
from soc.workspace.database import statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from soc.clock import Clock
    from soc.workspace.database import Database

_SQL = statements("audit")
_CHUNK = 1000
_MAX_TEXT = 1000
_MAX_DETAIL = 64 * 1024
NOTHING = "0" * 64
"""What the first record names as its predecessor."""


class Record(NamedTuple):
    n: int
    """1, 2, 3, ... without a gap."""
    at: int
    actor: str
    """A user's name, `cli:<account>` or `soc`."""
    act: str
    """`login`, `triage`, `search`, `user.add`, ..."""
    object: str
    """What it was done to: an alert's id, a user's name."""
    detail: str
    """JSON."""
    result: str
    """`done`, `refused`, `conflict`, ...; `intent` is settled by a later record."""
    settles: int | None
    """The intent whose outcome this is."""
    previous: str
    hash: str


class Head(NamedTuple):
    """The last record: kept in a file, and told to the service's log every hour so that it leaves the machine."""

    n: int
    hash: str


class Broken(NamedTuple):
    n: int
    """The first record that is not as it was written."""
    why: str


class AlreadySettled(SocError):  # noqa: N818 (an outcome, not a fault)
    """Another process said before what became of this intent."""


class Audit:
    def __init__(self, database: Database, secrets_dir: Path, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._head = secrets_dir / "audit.head"
        path = secrets_dir / "audit.key"
        with database.reading() as connection:
            started = connection.execute(_SQL["last"]).fetchone()
        if started and not path.exists():
            raise ConfigurationError(f"{path}: the key of the audit trail is missing; restore it from a backup")
        self._key = secret_files.key(path)
        self.on_append: Callable[[], object] = lambda: None

    def append(
        self,
        actor: str,
        act: str,
        object_: str = "",
        detail: Mapping[str, Any] | None = None,
        *,
        result: str = "done",
        settles: int | None = None,
    ) -> Record:
        """Append one record; it is on the disk on return.

        Raises:
            AlreadySettled: there is an outcome for that intent.
            errors.Unavailable: it could not be written; then the act must not happen.
        """
        text = _detail(detail or {})
        with self._database.writing() as connection:
            if settles is not None and connection.execute(_SQL["settled"], {"settles": settles}).fetchone()[0]:
                raise AlreadySettled(f"audit record {settles} is settled already")
            n, previous = connection.execute(_SQL["last"]).fetchone() or (0, NOTHING)
            told = (_clean(actor), _clean(act), _clean(object_), text, _clean(result))
            record = self._sealed(Record(n + 1, self._clock.now(), *told, settles, previous, ""))
            connection.execute(_SQL["insert"], record._asdict())
        self._move_head(Head(record.n, record.hash))
        self.on_append()
        return record

    def page(
        self, *, before: int = 2**62, limit: int = 100, actor: str = "", act: str = "", object_: str = ""
    ) -> list[Record]:
        """The latest records below number `before`, the newest first."""
        asked = {"before": before, "limit": limit, "actor": actor, "act": act, "object": object_}
        with self._database.reading() as connection:
            return [Record(*row) for row in connection.execute(_SQL["backward"], asked)]

    def open_intents(self) -> list[Record]:
        """Acts of which nobody has said yet what became of them."""
        with self._database.reading() as connection:
            return [Record(*row) for row in connection.execute(_SQL["open_intents"])]

    def head(self) -> Head | None:
        """The last record as the head file has it; None if there is no such file."""
        try:
            n, hash_ = self._head.read_text(encoding="ascii").split()
            return Head(int(n), hash_)
        except FileNotFoundError:
            return None
        except ValueError:
            return Head(0, "")
        except OSError as error:
            raise Unavailable(f"{self._head}: {error.strerror}") from error

    def verify(self, published: Sequence[Head] = ()) -> Broken | None:
        """The first record that was changed, dropped, moved or cut off; None if the trail is whole.

        `published` are heads that the service's log told earlier and that were kept elsewhere.
        """
        kept = self.head()
        last = Head(0, NOTHING)
        known = {head.n: head.hash for head in published}
        for record in self._forward():
            if broken := self._wrong(record, last, known):
                return broken
            last = Head(record.n, record.hash)
        return _cut(last, kept, published)

    def _wrong(self, record: Record, last: Head, known: Mapping[int, str]) -> Broken | None:
        if record.n != last.n + 1:
            return Broken(last.n + 1, "the record is missing")
        if record.previous != last.hash:
            return Broken(record.n, "it does not follow from the record before")
        if not hmac.compare_digest(self._mac(record).encode(), record.hash.encode()):
            return Broken(record.n, "its content is not what was written")
        if not hmac.compare_digest(known.get(record.n, record.hash).encode(), record.hash.encode()):
            return Broken(record.n, "it is not the record that was published")
        return None

    def _forward(self) -> Iterator[Record]:
        after = -(2**62)
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(_SQL["forward"], {"after": after, "limit": _CHUNK}).fetchall()
            if not rows:
                return
            yield from (Record(*row) for row in rows)
            after = rows[-1][0]

    def _sealed(self, record: Record) -> Record:
        return record._replace(hash=self._mac(record))

    def _mac(self, record: Record) -> str:
        return hmac.new(self._key, msgspec.json.encode(record[:-1]), "sha256").hexdigest()

    def _move_head(self, head: Head) -> None:
        """After the commit, so that the file is never ahead of the trail; under a lock, so that it never goes back."""
        descriptor = os.open(self._head, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            kept = os.pread(descriptor, 100, 0).split()
            if not kept or not kept[0].isdigit() or int(kept[0]) < head.n:
                os.pwrite(descriptor, f"{head.n:020d} {head.hash}\n".encode(), 0)
        finally:
            os.close(descriptor)


def _cut(last: Head, kept: Head | None, published: Sequence[Head]) -> Broken | None:
    """Whether records are missing at the end. Only a head outside the database can tell."""
    furthest = max([*published, kept or Head(0, "")], key=lambda head: head.n)
    if furthest.n > last.n:
        return Broken(last.n + 1, f"the trail is cut off here, it went on to record {furthest.n}")
    if last.n and kept is None:
        return Broken(last.n + 1, "the head file is missing, so records may have been cut off from here on")
    if kept and kept.n == last.n and last.n and kept.hash != last.hash:
        return Broken(last.n, "it is not the record that the head file names")
    if last.n and kept and not kept.n:
        return Broken(last.n + 1, "the head file is damaged, so records may have been cut off from here on")
    return None


def _clean(text: str) -> str:
    """Text that UTF-8 can hold, of bounded length."""
    return text[:_MAX_TEXT].encode("utf-8", "replace").decode()


def _detail(detail: Mapping[str, Any]) -> str:
    try:
        text = msgspec.json.encode(detail, order="sorted").decode()
    except UnicodeEncodeError:
        text = msgspec.json.encode({"unreadable": _clean(repr(detail))}).decode()
    if len(text) > _MAX_DETAIL:
        return msgspec.json.encode({"shortened": text[:_MAX_DETAIL]}).decode()
    return text
