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


def spaced(text: str) -> dict[str, str]:
    """As `pairs`, of devices that do not quote values with blanks: `branch=Main Street ssid=guest`."""
    found: dict[str, str] = {}
    parts = _NAMED.split(text)
    for name, quoted, bare in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        if name not in found:
            found[name] = bare.strip(" \t\r\n,;") if quoted is None else quoted.replace('\\"', '"')
    return found
