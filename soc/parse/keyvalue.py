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
