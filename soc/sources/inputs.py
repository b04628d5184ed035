"""Which files there are to be read: what the configuration's globs and the inbox show at one moment."""

from __future__ import annotations

import glob
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from soc.record import LogSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from soc.config import Config

_UNFINISHED = (".part", ".partial", ".filepart", ".crdownload", ".tmp", ".swp")
"""How programs name a file that they have not finished; hidden files are left alone too."""


class Input(NamedTuple):
    """Files to be read, and what their records are."""

    pattern: str
    """A glob; `**` stands for any number of folders."""
    source: LogSource


class Sighting(NamedTuple):
    """One regular file that an input shows."""

    path: Path
    status: os.stat_result
    source: LogSource

    @property
    def place(self) -> tuple[int, int]:
        """The same for every name of a file."""
        return self.status.st_dev, self.status.st_ino

    @property
    def look(self) -> tuple[int, int, int, int]:
        """Something else once the file changes."""
        return self.status.st_ino, self.status.st_size, self.status.st_mtime_ns, self.status.st_ctime_ns


def inputs_of(config: Config) -> tuple[Input, ...]:
    """What the configuration names; the inbox last, so that a file that is tailed is not read whole too."""
    tailed = [
        Input(each.path, LogSource(each.topic, each.name, each.format, each.timezone or config.timezone))
        for each in config.sources.files
    ]
    if not config.sources.inbox:
        return tuple(tailed)
    inbox = Input(
        glob.escape(str(inbox_of(config))) + "/**/*", LogSource("", "inbox", timezone=config.timezone, whole=True)
    )
    return (*tailed, inbox)


def inbox_of(config: Config) -> Path:
    return config.data_dir / "inbox"


def sightings(inputs: Iterable[Input], troubles: dict[str, str]) -> Iterator[Sighting]:
    """Every file once, whatever names it has; what cannot be looked at is added to `troubles`."""
    seen: set[tuple[int, int]] = set()
    for pattern, source in inputs:
        paths = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 (the pattern may be absolute)
        if not paths and (why := _unlisted(pattern)):
            troubles[pattern] = why
        for path in paths:
            found = None if source.whole and path.endswith(_UNFINISHED) else sighting(Path(path), source)
            if found and found.place not in seen:
                seen.add(found.place)
                yield found


def sighting(path: Path, source: LogSource) -> Sighting | None:
    """None if it is no regular file, or gone between listing and looking."""
    try:
        status = path.stat()
    except OSError:
        return None
    return Sighting(path, status, source) if stat.S_ISREG(status.st_mode) else None


def siblings(path: Path, source: LogSource) -> Iterator[Sighting]:
    """Files beside one that rotation may have made of it: `a.log` became `a.log.1`, `a.log-20260102.gz` or `a-1.log`."""
    try:
        names = sorted(entry.name for entry in os.scandir(path.parent) if entry.name.startswith(path.stem))
    except OSError:
        return
    for name in names:
        if found := sighting(path.parent / name, source):
            yield found


def _unlisted(pattern: str) -> str:
    """Why a glob cannot show anything; empty if it only has no match now."""
    folder = Path(pattern).parent
    while glob.has_magic(str(folder)):
        folder = folder.parent
    if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        return f"{folder}: cannot be listed (Permission denied); let the service's user read that folder"
    return ""
