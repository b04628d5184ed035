"""Keys that only their owner may read, under `<data_dir>/secrets`; made once, by whoever comes first."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from soc.config import secret
from soc.errors import ConfigurationError, Unavailable

if TYPE_CHECKING:
    from pathlib import Path


def key(path: Path) -> bytes:
    """The 32 bytes of a key file, made if there is none.

    Raises:
        ConfigurationError: others may read it, or it holds no key.
        errors.Unavailable: it cannot be made.
    """
    if not path.exists():
        _make(path)
    text = secret(str(path))
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != 32:
        raise ConfigurationError(f"{path}: holds no key of 32 bytes in hex; restore it from a backup")
    return found


def _make(path: Path) -> None:
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # unlike a rename, never replaces the key of a process that was faster
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    except OSError as error:
        raise Unavailable(
            f"{path}: cannot be made: {error.strerror}; check the data folder's owner and space"
        ) from error
