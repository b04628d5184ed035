"""The seam Source over files: tailed ones and whole ones of the inbox; what is read is in the ledger before it goes on."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from soc import instant, logs
from soc.errors import Unavailable
from soc.log.database import patiently
from soc.log.group import POLL
from soc.sources import RecordBatch
from soc.sources.followed import Followed, starts_of_formats
from soc.sources.following import Following
from soc.sources.inputs import inbox_of, inputs_of
from soc.sources.ledger import Ledger
from soc.sources.opened import Refused
from soc.sources.whole import whole_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import TypeVar

    from soc.clock import Clock
    from soc.config import Config
    from soc.record import Record
    from soc.sources.followed import Staged
    from soc.sources.inputs import Input
    from soc.sources.ledger import Known

    T = TypeVar("T")

__all__ = ["FilesSource", "ledger_of", "whole_file"]
log = logs.get(__name__)
EPOCH = 1
TOLD = instant.MINUTE
"""So long the end of a whole file is told: until every reader of ticks must have heard of it."""
_CHUNKS = 16
"""Chunks that one turn of a file may take to come to the end of a record."""
_TRIM_EVERY = instant.HOUR


class _Loaded(NamedTuple):
    """A slice that was read, and what was known of its file before."""

    followed: Followed
    piece: Staged
    before: Known


def ledger_of(config: Config) -> Path:
    return config.data_dir / "files.db"


class FilesSource:
    """The seam Source. Files are only touched in a thread of its own."""

    def __init__(self, ledger: Ledger, inputs: Iterable[Input], clock: Clock, keep: int) -> None:
        """`keep` is how long slices stay in the ledger after they are done, for `history`."""
        now = clock.now()
        known = [Followed(each, ledger.slices(each.incarnation, each.done_to), now) for each in ledger.files()]
        self._following = Following(inputs, known)
        self._ledger = ledger
        self._clock = clock
        self._keep = keep
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="files")
        self._starts = starts_of_formats()
        self._turn = 0
        self._paused = False
        self._fault = ""
        self._trimmed = now
        self._looked = 0.0
        self._rest = 0.0
        self._ends = _Ends(clock)

    @classmethod
    async def open(cls, config: Config, clock: Clock) -> FilesSource:
        """Make the inbox if it is wanted, and remember what was read.

        Raises:
            Unavailable: the ledger cannot be opened; the message says why. OSError: the inbox cannot be made.
        """
        inputs = inputs_of(config)
        if config.sources.inbox:
            inbox_of(config).mkdir(parents=True, exist_ok=True)
        keep = config.retention.spool_hours * instant.HOUR
        ledger = await asyncio.to_thread(Ledger, ledger_of(config))
        try:
            return await asyncio.to_thread(cls, ledger, inputs, clock, keep)
        except BaseException:
            ledger.close()
            raise

    async def read(self, limit: int, wait: float) -> RecordBatch:
        until = time.monotonic() + wait
        while True:
            if not self._paused:
                await self._run(self._fill, limit)
            batch = self._batch(limit)
            left = until - time.monotonic()
            if batch.records or left <= 0:
                return batch
            await asyncio.sleep(min(left, POLL))

    async def done(self, batch: RecordBatch) -> bool:
        ends = {name.removeprefix("file:"): end for name, end in (batch.positions or {}).items()}
        if ends:
            await patiently(lambda: self._run(self._ledger.done, ends), "remembering what is done of files")
        return True

    def pause(self, paused: bool) -> None:  # noqa: FBT001 (the seam's)
        self._paused = paused

    async def close(self) -> None:
        await self._run(self._close)
        self._thread.shutdown(wait=False)

    async def _run(self, function: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

    def _batch(self, limit: int) -> RecordBatch:
        """What is ready; the thread stands still meanwhile."""
        records, positions = self._taken(limit)
        live = {each.partition: each for each in self._following.files if each.is_live}
        is_blind = self._paused or bool(self._fault)
        caught_up = frozenset(name for name, each in live.items() if each.is_idle and not is_blind)
        return RecordBatch(
            EPOCH,
            records,
            positions,
            caught_up,
            len(live),
            complete=not is_blind and live.keys() <= caught_up | positions.keys(),
            finished=self._ends.told({each.partition for each in self._following.files if each.is_ended}),
            troubled={**self._following.troubles, **({str(self._ledger.path): self._fault} if self._fault else {})},
        )

    def _taken(self, limit: int) -> tuple[list[Record], dict[str, int]]:
        """Records and the positions after them, a like share of every file."""
        records: list[Record] = []
        positions: dict[str, int] = {}
        ready = [] if self._paused else [each for each in _from(self._following.files, self._turn) if each.ready]
        for number, followed in enumerate(ready):
            left = limit - len(records)
            for _ in range(min(left, len(followed.ready), left // (len(ready) - number) or 1)):
                record, positions[followed.partition] = followed.ready.popleft()
                records.append(record)
        return records, positions

    # From here on in the thread.

    def _fill(self, limit: int) -> None:
        now = self._clock.now()
        waiting = sum(len(each.ready) for each in self._following.files)
        if not waiting or time.monotonic() - self._looked >= POLL:
            self._look(now)
        if waiting >= limit:
            return
        staged = self._load(limit - waiting, now)
        for followed in self._following.files:
            if followed.finish(now):
                if followed.is_cut:
                    log.warning("a packed file ends in the middle, what it has was read", path=followed.path)
                self._following.changed[followed.known.incarnation] = followed
        self._following.report()
        try:
            self._write_down(staged, now)
        except Unavailable as error:
            self._put_back(staged, error)
        else:
            self._fault = ""
            self._keep_house(now)
        for followed, piece, _ in staged:
            followed.commit(piece)

    def _look(self, now: int) -> None:
        """Looking leaves nine tenths of the time for reading, however many files there are."""
        begun = time.monotonic()
        if begun < self._rest:
            return
        self._following.look(now)
        self._looked = time.monotonic()
        took = self._looked - begun
        self._rest = self._looked + (9 * took if took > POLL / 10 else 0)

    def _load(self, wanted: int, now: int) -> list[_Loaded]:
        """One slice of every file that has nothing ready, beginning with another one each time."""
        self._turn += 1
        staged = []
        for followed in _from(self._following.files, self._turn):
            if wanted <= 0:
                break
            before = followed.known
            try:
                piece = None if followed.ready or followed.is_refused else self._slice(followed, now)
            except (OSError, Refused) as error:
                followed.forget(before)
                self._following.trouble(followed, error)
                continue
            if piece:
                staged.append(_Loaded(followed, piece, before))
                wanted -= len(piece.records)
        return staged

    def _slice(self, followed: Followed, now: int) -> Staged | None:
        for _ in range(_CHUNKS):
            staged = followed.load(now, self._starts)
            if staged or followed.at_end:
                return staged
        return None

    def _write_down(self, staged: list[_Loaded], now: int) -> None:
        """Store first, then remember: nothing of a slice goes on before this."""
        following = self._following
        new = {each.followed.known.incarnation: each for each in staged if each.piece.is_new}
        known = {**following.changed, **{name: each.followed for name, each in new.items()}}
        if known:
            self._ledger.put([each.known for each in known.values()], [each.piece.slice for each in new.values()], now)
            following.changed.clear()

    def _keep_house(self, now: int) -> None:
        """Give up what is gone, delete what is old; it waits where the ledger cannot be written."""
        gone = self._following.gone
        try:
            if gone:
                self._ledger.done(gone)
                gone.clear()
            if now - self._trimmed >= _TRIM_EVERY:
                kept = {each.known.incarnation for each in self._following.files}
                forgotten = [each.incarnation for each in self._ledger.files() if each.incarnation not in kept]
                self._ledger.trim(now - self._keep, forgotten)
                self._trimmed = now
        except Unavailable as error:
            log.warning("the ledger of files keeps what is old until it can be written", error=str(error))

    def _put_back(self, staged: list[_Loaded], error: Unavailable) -> None:
        """What could not be written down is read again later; what had been before can go on."""
        if not self._fault:
            log.error("reading of files stands still", error=str(error))
        self._fault = str(error)
        for followed, piece, before in staged:
            if piece.is_new:
                followed.forget(before)
        staged[:] = [each for each in staged if not each.piece.is_new]

    def _close(self) -> None:
        for followed in self._following.files:
            followed.rest()
        self._ledger.close()


class _Ends:
    """How long the end of a whole file is told: a tick is made of some batches only, and only then it is known."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[str, int] = {}
        self._over: set[str] = set()

    def told(self, ended: set[str]) -> frozenset[str]:
        """Those to be told now: from the first time on until they were told a while later again."""
        now = self._clock.now()
        told = ended - self._over
        for name in told:
            if now - self._since.setdefault(name, now) >= TOLD:
                self._over.add(name)
        for name in (self._since.keys() | self._over) - ended:  # it has grown after all
            self._since.pop(name, None)
            self._over.discard(name)
        return frozenset(told)


def _from(files: list[Followed], turn: int) -> list[Followed]:
    at = turn % max(1, len(files))
    return files[at:] + files[:at]
