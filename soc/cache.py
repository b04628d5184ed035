"""What costs much to find out, kept in files that nobody else can have written."""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAC = 32
_KEY = "key"
_ENDING = ".kept"
_MOST = 8
"""Files; the oldest go first."""


class Cache:
    """Files of one folder by key, each with a keyed digest: a foreign or damaged one is as good as none.

    The folder and its files are for their owner only. Nothing here fails: where it cannot read or write, it keeps nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        secret = self._secret()
        if secret is None:
            return None
        try:
            file = self._folder / f"{key}{_ENDING}"
            with file.open("rb") as opened:
                data = opened.read(max(file.stat().st_size - _MAC, 0))
                mac = opened.read()
            os.utime(file)
        except OSError:
            return None
        state = _mac(secret, key)
        state.update(data)
        return data if hmac.compare_digest(mac, state.digest()) else None

    def put(self, key: str, data: Iterable[bytes]) -> None:
        """Keep what is told in parts, of which only one is in memory at a time."""
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if (secret := self._secret() or self._fresh_secret()) is None:
                return
            self._write(f"{key}{_ENDING}", _sealed(_mac(secret, key), data))
            kept = sorted(self._folder.glob(f"*{_ENDING}"), key=lambda file: file.stat().st_mtime_ns)
            for file in kept[:-_MOST]:
                file.unlink(missing_ok=True)

    def _secret(self) -> bytes | None:
        """None where others could have written."""
        try:
            status = self._folder.stat()
            if status.st_uid != os.geteuid() or status.st_mode & 0o077:
                return None
            return (self._folder / _KEY).read_bytes() or None
        except OSError:
            return None

    def _fresh_secret(self) -> bytes | None:
        if self._folder.stat().st_uid != os.geteuid():
            return None
        self._folder.chmod(0o700)
        self._write(_KEY, [secrets.token_bytes(32)])
        return self._secret()

    def _write(self, name: str, parts: Iterable[bytes]) -> None:
        """Whole or not at all, also where two write at once."""
        draft = self._folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        try:
            with open(draft, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.writelines(parts)
            draft.replace(self._folder / name)
        finally:
            draft.unlink(missing_ok=True)


def user_folder() -> Path:
    """Where the commands of one user keep such files."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "soc"


def _mac(secret: bytes, key: str) -> blake2b:
    state = blake2b(key=secret, digest_size=_MAC)
    state.update(key.encode())
    return state


def _sealed(state: blake2b, parts: Iterable[bytes]) -> Iterator[bytes]:
    for part in parts:
        state.update(part)
        yield part
    yield state.digest()
