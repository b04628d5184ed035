"""Scripts, styles and pictures, read once; the address holds a digest of all of them, so browsers may keep them for ever."""

from __future__ import annotations

import mimetypes
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from starlette.responses import Response

from soc.console.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from soc.console.call import Call

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK = "no-cache"


class File(NamedTuple):
    content: bytes
    media_type: str
    etag: str


class Static:
    """One digest for the whole tree, as a folder of the address: modules import each other by relative path."""

    def __init__(self, folder: Path) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        self.files = {path.relative_to(folder).as_posix(): _file(path) for path in paths}
        names = "\n".join(f"{name} {file.etag}" for name, file in self.files.items())
        self.digest = sha256(names.encode()).hexdigest()[:16]

    def url(self, name: str) -> str:
        """The address of a file; KeyError if there is none, so that a page with a wrong name fails its test."""
        if name not in self.files:
            raise KeyError(f"there is no static file {name}")
        return f"/static/{self.digest}/{name}"


def _file(path: Path) -> File:
    content = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    return File(content, kind, f'"{sha256(content).hexdigest()[:32]}"')


async def serve(call: Call) -> Response:
    """One file. Under an old digest it is served too, yet not kept."""
    static = call.desk.static
    file = static.files.get(call.request.path_params["path"])
    if file is None:
        raise Problem(404, "There is no such file")
    current = call.request.path_params["digest"] == static.digest
    headers = {"etag": file.etag, "cache-control": _FOR_EVER if current else _ASK}
    if call.request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media_type)
