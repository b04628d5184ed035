"""All that was read of files and is still in the ledger, read once more: for `soc replay --log`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from soc import logs
from soc.clock import SystemClock
from soc.sources.files import ledger_of
from soc.sources.followed import Followed, starts_of_formats
from soc.sources.following import Following
from soc.sources.inputs import inputs_of
from soc.sources.ledger import Ledger
from soc.sources.opened import Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from soc.config import Config
    from soc.record import Record

log = logs.get(__name__)


async def history(config: Config) -> AsyncIterator[Sequence[Record]]:
    """Records with their own ref and arrival; within a file in order. What can be read no more is named in the log.

    Raises:
        Unavailable: the ledger cannot be read.
    """
    if not ledger_of(config).exists():
        return
    past = await asyncio.to_thread(_Past, config)
    while batch := await asyncio.to_thread(past.next):
        yield batch


class _Past:
    """Follows the files as the service does, from the beginning of each, and writes nothing down."""

    def __init__(self, config: Config) -> None:
        self._now = SystemClock().now()
        self._starts = starts_of_formats()
        ledger = Ledger(ledger_of(config))
        try:
            self._left = [
                Followed(each, ledger.slices(each.incarnation, -1), self._now)
                for each in ledger.files()
                if each.read_to
            ]
        finally:
            ledger.close()
        self._following = Following(inputs_of(config), self._left, adopts=False)

    def next(self) -> list[Record]:
        """The records of the next slices; none at the end of all."""
        while self._left:
            if not any(each.has_file for each in self._left):
                self._following.look(self._now)
                self._following.report()
            followed = next((each for each in self._left if each.has_file), None)
            if followed is None:
                return self._give_up()
            if records := self._slice(followed):
                return records
            followed.rest()
            self._left.remove(followed)
        return []

    def _slice(self, followed: Followed) -> list[Record]:
        """Records of the next slice that has any; what cannot be read is skipped and named."""
        while followed.undone:
            first = followed.undone[0].start
            try:
                staged = followed.load(self._now, self._starts)
            except (OSError, Refused) as error:
                log.error("cannot be read any more", path=followed.path, from_byte=first, error=str(error))
                return []
            if staged and staged.records:
                return [record for record, _ in staged.records]
        return []

    def _give_up(self) -> list[Record]:
        for followed in self._left:
            if followed.undone:
                log.error(
                    "cannot be read any more", path=followed.path, from_byte=followed.undone[0].start, error="gone"
                )
        self._left.clear()
        return []
