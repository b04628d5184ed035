"""Reading files at an offset, plain or gzip; gzip is unpacked as a stream, within limits."""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING

from soc.errors import SocError

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 64 << 10
_HEAD = 64 << 10
_GZIP = b"\x1f\x8b"
_RATIO = 100
_FREE = 10 << 20
"""So much may come out of any file, however small it is."""


class Refused(SocError):  # noqa: N818 (a verdict on a file)
    """The rest of the file cannot be read, now or later; the message says why."""


class Plain:
    """A file as it is."""

    is_packed = False
    is_cut = False
    """Whether packed data ended in the middle of it when it was read last."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self.path = path

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes; none at the end."""
        return os.pread(self._descriptor, size, offset)

    def status(self) -> os.stat_result:
        return os.fstat(self._descriptor)

    def length(self) -> int:
        """Of the file on the disk."""
        return self.status().st_size

    def modified(self) -> int:
        """The instant of its last change."""
        return self.status().st_mtime_ns // 1000

    def holds(self, end: int) -> bool:
        """Whether it may still have what was read up to `end`."""
        return self.length() >= end

    def ends_at(self, offset: int) -> bool:
        """Whether it is certain that nothing lies there now."""
        return self.length() <= offset

    def close(self) -> None:
        os.close(self._descriptor)


class Packed(Plain):
    """The unpacked content of a gzip file; reading backwards, but for its beginning, starts anew."""

    is_packed = True

    def __init__(self, descriptor: int, path: Path) -> None:
        super().__init__(descriptor, path)
        self._head = b""
        self._rewind()

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes; none at the end, or where a file that is still being written ends now.

        Raises:
            Refused: it is damaged or unpacks to too much.
        """
        if offset + size <= len(self._head) or not size:  # zlib takes a size of 0 for no limit
            return self._head[offset : offset + size]
        if offset < self._at:
            self._rewind()
        while self._at < offset:
            if not self._unpack(min(offset - self._at, _BLOCK)):
                return b""
        return self._unpack(size)

    def holds(self, end: int) -> bool:  # noqa: ARG002 (the packed length says nothing about the content's)
        return self.length() >= self._packed

    def ends_at(self, offset: int) -> bool:  # noqa: ARG002 (only reading tells)
        return False

    def _rewind(self) -> None:
        self._unpacker = zlib.decompressobj(wbits=31)
        self._input = b""
        self._packed = self._at = 0
        self.is_cut = False

    def _unpack(self, size: int) -> bytes:
        while True:
            if not self._input:
                self._input = os.pread(self._descriptor, _BLOCK, self._packed)
                self._packed += len(self._input)
            given = len(self._input)
            out = self._decompressed(size)
            if self._at <= len(self._head) < self._at + len(out):
                self._head = (self._head[: self._at] + out)[:_HEAD]
            self._at += len(out)
            if self._at > _FREE and self._at > _RATIO * (self._packed - len(self._input)):
                raise Refused(
                    f"{self.path}: unpacks to more than {_RATIO} times its size, reading stopped after {self._at} bytes; "
                    "unpack it by hand if it is no attack"
                )
            if out or not given:
                return out

    def _decompressed(self, size: int) -> bytes:
        try:
            out = self._unpacker.decompress(self._input, size)
        except zlib.error as error:
            raise Refused(
                f"{self.path}: damaged gzip data after {self._at} bytes: {error}; copy the file anew"
            ) from error
        self.is_cut = self.is_cut or bool(self._input)
        self._input = self._unpacker.unconsumed_tail
        if self._unpacker.eof:  # files may be joined, and padded with zeros
            self.is_cut = False
            self._input = self._unpacker.unused_data.lstrip(b"\0")
            self._unpacker = zlib.decompressobj(wbits=31)
        return out


def open_file(path: Path) -> Plain:
    """The content of a regular file, unpacked if it is gzip, whatever its name says. OSError if it cannot be opened."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        packed = os.pread(descriptor, 2, 0) == _GZIP  # a pipe or a device refuses this
    except OSError:
        os.close(descriptor)
        raise
    return Packed(descriptor, path) if packed else Plain(descriptor, path)
