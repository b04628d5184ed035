"""URLs as requests and logs have them: their parts, never an error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.parse.network import endpoint

if TYPE_CHECKING:
    from soc.parse.format import Document

_ABSOLUTE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,31})://([^/?#]*)")
_EXTENSION = re.compile(r"[A-Za-z0-9_]{1,16}")


def fill(document: Document, url: str) -> None:
    """Adds `url.*` of an absolute URL or of a path with its query; parts are kept as written, not decoded."""
    if not url:
        return
    document["url.original"] = url
    rest = url
    if absolute := _ABSOLUTE.match(url):
        document["url.scheme"] = absolute[1].lower()
        document["url.full"] = url
        host, port = endpoint(absolute[2].rpartition("@")[2])
        document["url.domain"], document["url.port"] = host, port
        rest = url[absolute.end() :]
    rest, hash_, fragment = rest.partition("#")
    path, mark, query = rest.partition("?")
    document["url.path"] = path
    if mark:
        document["url.query"] = query
    if hash_:
        document["url.fragment"] = fragment
    stem, dot, extension = path.rpartition("/")[2].rpartition(".")
    if dot and stem and _EXTENSION.fullmatch(extension):
        document["url.extension"] = extension
