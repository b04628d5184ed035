"""Writing a file for others: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from soc.errors import SocError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def atomic(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name when the block ends well; only its owner may read it.

    Raises:
        SocError: it cannot be written; an older file of that name is still there.
    """
    try:
        descriptor, fresh = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # readable by its owner only
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, path)  # noqa: PTH105 (mkstemp gives a name, not a Path)
        except BaseException:
            os.unlink(fresh)  # noqa: PTH108 (the same)
            raise
    except OSError as error:
        raise SocError(f"{path}: cannot be written: {error.strerror}; give another file, or make room") from error
