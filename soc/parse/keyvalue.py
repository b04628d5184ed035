"""`key=value` texts, as firewalls write them."""

from __future__ import annotations

import re

# A quoted value ends at a quote before the next name, so that quotes inside of it do no harm; a cut one ends with the text.
_END = r"\s{0,8}$|[\s,]{1,8}[A-Za-z_][\w.-]{0,127}="
_PAIR = re.compile(
    rf"(?<![\w.-])([A-Za-z_][\w.-]{{0,127}})=(?:\"((?:[^\"\\]++|\\.|\"(?!{_END}))*+)(?:\"|\\?$)|([^\s,]*))", re.DOTALL
)


def pairs(text: str) -> dict[str, str]:
    """The pairs of a text, separated by blanks or commas; of a repeated name the first. Quotes are taken off, `\\"` resolved."""
    found: dict[str, str] = {}
    for key, quoted, bare in _PAIR.findall(text):
        found.setdefault(key, quoted.replace('\\"', '"') if quoted else bare)
    return found


# A name stands behind white space or a separator; what is not quoted lasts until the next name.
_NAMED = re.compile(
    rf"(?:^|(?<=[\s,;]))([A-Za-z_][\w.-]{{0,127}})=(?:\"((?:[^\"\\]++|\\.|\"(?!{_END}))*+)(?:\"|\\?$))?", re.DOTALL
)


def spaced(text: str, start: int = 0) -> dict[str, str]:
    """As `pairs`, of devices that do not quote values with blanks: `branch=Main Street ssid=guest`."""
    found: dict[str, str] = {}
    key, quoted, at = "", None, start
    for named in _NAMED.finditer(text, start):
        if key:
            found.setdefault(key, _value(quoted, text, at, named.start()))
        key, quoted, at = named[1], named[2], named.end()
    if key:
        found.setdefault(key, _value(quoted, text, at, len(text)))
    return found


def _value(quoted: str | None, text: str, start: int, end: int) -> str:
    if quoted is None:
        return text[start:end].strip(" \t\r\n,;")
    return quoted.replace('\\"', '"') if "\\" in quoted else quoted
