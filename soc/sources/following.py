"""Who is who among files: rotated, truncated, copied, packed, deleted, with an inode that was another file's before."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from soc import instant, logs
from soc.sources.followed import BEGINNING, HEAD, Followed, matches
from soc.sources.inputs import siblings, sightings
from soc.sources.ledger import Known
from soc.sources.opened import Refused, open_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from soc.sources.inputs import Input, Sighting
    from soc.sources.opened import Plain

log = logs.get(__name__)
MAX_OPEN = 256
SEARCHED = 10 * instant.SECOND
"""For how long the rest of a file that vanished is looked for beside it."""
REMEMBERED = 10 * instant.MINUTE
"""For how long a file that appears may turn out to be a copy of one that vanished."""
LET_GO = instant.MINUTE
"""A file that vanished is kept open until nobody has written to it for so long."""
COPIED = 5 * instant.SECOND
"""Within this a small file that looks like another one would have been truncated, if it were a copy of it."""


class Following:
    """All files that are read, in the order of their first sight; blocking."""

    def __init__(self, inputs: Iterable[Input], files: Iterable[Followed], *, adopts: bool = True) -> None:
        """`adopts`: files that are seen for the first time are followed too."""
        self.files = list(files)
        self.changed: dict[str, Followed] = {}
        """What the ledger has to learn; whoever told it removes them."""
        self.gone: dict[str, int] = {}
        """Incarnations that nothing can be read of any more, with the position to be taken as done."""
        self._inputs = tuple(inputs)
        self._adopts = adopts
        self._unmet: dict[str, str] = {}
        self._told: dict[str, str] = {}
        self._copies: dict[Path, tuple[object, ...]] = {}
        """Files that need not be opened again before they change: copies of others, and empty ones."""
        self._room = MAX_OPEN

    @property
    def troubles(self) -> dict[str, str]:
        """What cannot be read now, with the reason and how to mend it."""
        return {**self._unmet, **{each.path: each.trouble for each in self.files if each.trouble}}

    def look(self, now: int) -> None:
        """Learn what has become of every file."""
        self._unmet = {}
        self._make_room(now)
        places = {_place(each): each for each in self.files}  # the newest of those that had an inode
        seen: set[str] = set()
        strangers: list[Sighting] = []
        for sighting in sightings(self._inputs, self._unmet):
            followed = places.get(sighting.place)
            if followed and self._is_still(followed, sighting, now):
                seen.add(followed.known.incarnation)
            else:
                strangers.append(sighting)
        lost = [each for each in self.files if each.known.incarnation not in seen]
        for followed in lost:
            self._lose(followed, strangers, now)
        for sighting in strangers:
            self._meet(sighting, lost, now)
        paths = {sighting.path for sighting in strangers}
        self._copies = {path: verdict for path, verdict in self._copies.items() if path in paths}

    def trouble(self, followed: Followed, error: Exception) -> None:
        """It could not be read."""
        followed.trouble = _explained(followed.path, error)
        followed.is_refused = isinstance(error, Refused)

    def report(self) -> None:
        """Say each trouble once, and once that it is over."""
        now = self.troubles
        for path, message in now.items():
            if self._told.get(path) != message:
                log.warning("cannot read, the other files go on", error=message)
        for path in self._told.keys() - now.keys():
            log.info("no trouble any more", path=path)
        self._told = now

    def _make_room(self, now: int) -> None:
        """Forget what is over, close what needs not be open, count what may still be opened."""
        for followed in [each for each in self.files if _is_over(each, now)]:
            self._give_up(followed, now)
        for followed in self.files:
            if followed.lost_sight is not None and followed.is_idle and followed.quiet(now) > LET_GO:
                followed.rest()
        self._room = MAX_OPEN - sum(each.has_file for each in self.files)
        for followed in self.files if self._room < MAX_OPEN // 4 else ():
            if followed.has_file and followed.is_idle and followed.is_whole_lines:
                followed.rest()
                self._room += 1

    def _give_up(self, followed: Followed, now: int) -> None:
        if followed.undone:
            first = followed.undone[0].start
            log.error("a file is gone before it was worked off", path=followed.path, from_byte=first)
            followed.undone.clear()
        self.gone[followed.known.incarnation] = followed.known.read_to
        if followed.source.whole and followed.known.finished is None:
            followed.known = followed.known._replace(finished=now)
            self.changed[followed.known.incarnation] = followed
        else:
            followed.rest()
            self.files.remove(followed)

    def _is_still(self, followed: Followed, sighting: Sighting, now: int) -> bool:
        """Also true where that cannot be said now: it is tried again."""
        followed.reads_as(sighting.source)
        had_file = followed.has_file
        if not had_file and self._room <= 0:
            return True
        trouble, followed.trouble = followed.trouble, ""
        try:
            if not followed.is_still(sighting.path, sighting.status, now):
                self._orphan(followed)
                return False
        except (OSError, Refused) as error:
            self.trouble(followed, error)
        if followed.is_refused:
            followed.trouble = followed.trouble or trouble
        self._room -= followed.has_file and not had_file
        followed.lost_sight = None
        return True

    def _orphan(self, followed: Followed) -> None:
        """Where it lay is another file now: truncated, or with the inode of a deleted one."""
        followed.orphan()
        if followed.known.read_to:
            self.changed[followed.known.incarnation] = followed
        else:  # nothing was told of it, so that it is a new one wherever a copy is
            self.files.remove(followed)

    def _lose(self, followed: Followed, strangers: list[Sighting], now: int) -> None:
        """No input shows it: read on while it is open, else under the name that rotation gave it."""
        if followed.lost_sight is None:
            followed.lost_sight = now
        if followed.has_file:
            followed.look_again()
        elif now - followed.lost_sight < SEARCHED:
            taken = {_place(each) for each in self.files if each.lost_sight is None}
            for sighting in siblings(Path(followed.path), followed.source):
                if sighting.place not in taken and self._is_continued(followed, sighting, now):
                    strangers[:] = [each for each in strangers if each.place != sighting.place]
                    return

    def _is_continued(self, followed: Followed, sighting: Sighting, now: int) -> bool:
        try:
            file = open_file(sighting.path)
        except OSError:
            return False
        try:
            if _is_heir(followed, file, sighting):
                self._hand_over(followed, file, now)
                return True
        except (OSError, Refused):
            pass
        file.close()
        return False

    def _meet(self, sighting: Sighting, lost: list[Followed], now: int) -> None:
        """A file that is not followed: the rest of a lost one, a copy of another, or a new one."""
        verdict = (sighting.look, *(each.known.incarnation for each in lost))
        if self._copies.get(sighting.path) == verdict or self._room <= 0:
            return
        file: Plain | None = None
        try:
            file = open_file(sighting.path)
            if self._introduce(file, sighting, lost, now):
                self._copies.pop(sighting.path, None)
                return
            if not sighting.status.st_size or len(file.read(0, HEAD)) == HEAD:
                self._copies[sighting.path] = verdict
        except (OSError, Refused) as error:
            self._unmet[str(sighting.path)] = _explained(str(sighting.path), error)
        if file is not None:
            file.close()

    def _introduce(self, file: Plain, sighting: Sighting, lost: list[Followed], now: int) -> bool:
        """Whether somebody reads it now."""
        taker = next((each for each in lost if _is_heir(each, file, sighting)), None)
        if taker is None and (not self._adopts or not file.read(0, 1) or self._is_copy(file, sighting, now)):
            return False
        if taker is None:
            known = Known(secrets.token_hex(16), str(sighting.path), sighting.source, *sighting.place, seen=now)
            taker = Followed(known, (), now)
            self.files.append(taker)
        self._hand_over(taker, file, now)
        return True

    def _hand_over(self, followed: Followed, file: Plain, now: int) -> None:
        followed.take_over(file, now)
        followed.lost_sight = None
        self._room -= 1
        if followed.known.read_to:
            self.changed[followed.known.incarnation] = followed

    def _is_copy(self, file: Plain, sighting: Sighting, now: int) -> bool:
        """Whether it holds nothing but what another file holds that is still in place: it is being copied or packed."""
        if sighting.source.whole:
            return False
        beginning = file.read(0, BEGINNING)
        is_settled = len(file.read(0, HEAD)) < HEAD and now - sighting.status.st_mtime_ns // 1000 > COPIED
        return not is_settled and any(
            each.lost_sight is None
            and not each.source.whole
            and each.known.path != str(sighting.path)  # that is where it was until it was renamed
            and each.begins_as(beginning)
            and each.shares_content(file)
            for each in self.files
        )


def _place(followed: Followed) -> tuple[int, int]:
    return followed.known.device, followed.known.inode


def _is_heir(followed: Followed, file: Plain, sighting: Sighting) -> bool:
    """Whether a lost file goes on in this one: itself under another name, or a copy."""
    if followed.lost_sight is None or not followed.known.read_to or not matches(file, followed.known):
        return False
    # What stands at its very path and is another file was written anew, however alike it begins.
    return file.is_packed or str(sighting.path) != followed.path or sighting.place == _place(followed)


def _is_over(followed: Followed, now: int) -> bool:
    """Whether nothing more will come of a lost file."""
    if followed.lost_sight is None or followed.ready or (followed.has_file and not followed.is_idle):
        return False
    if followed.source.whole and followed.known.finished is None:
        return not followed.has_file and now - followed.lost_sight >= SEARCHED
    return now - followed.lost_sight >= REMEMBERED and followed.quiet(now) > LET_GO


def _explained(path: str, error: Exception) -> str:
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, PermissionError):
        return f"{path}: cannot be read (Permission denied); let the service's user read it"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{path}: cannot be read ({reason}); it is tried again"
