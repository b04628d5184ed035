"""Message templates as Cisco's catalogue prints them, made into patterns: `Deny {protocol} src {src} dst {dst} by access-group "{acl}"`.

`{name}` is a field, `[...]` may be left out, `(a|b)` are alternatives, a blank is one to four of them, a backslash makes the next letter a plain
one.
"""

from __future__ import annotations

import re
from functools import cache

_PIECE = re.compile(r"\{(\w+)\}|([\[\](|)])|( +)|((?:\\.|[^{}\[\](|) \\])+)")
_ESCAPE = re.compile(r"\\(.)")
_ADDRESS = r"[^\s/()<>,;\"']{1,255}"
_USER_IN_BRACKETS = r"(?: ?\((?!type |code )(?P<SIDE_user>[^()]{1,256})\))?"
_BARE = (
    r"(?:(?P<SIDE_interface>NP Identity Ifc|[^\s:/()]{1,64}):)?\[?(?P<SIDE>"
    + _ADDRESS
    + r")(?:/(?P<SIDE_port>[\w-]{1,32}))?"
)
_ENDPOINT = (
    _BARE
    + _USER_IN_BRACKETS + r"(?: (?!to|duration|dst|reason)(?P<SIDE_name>[\w.\\@-]{1,128})(?= (?:to|duration) ))?"
)  # fmt: skip
_SLASHED = (
    r"(?P<SIDE_interface>[^\s:/()]{1,64})/(?P<SIDE>"
    + _ADDRESS
    + r")(?:\((?P<SIDE_port>[\w-]{1,32})\))?"
    + _USER_IN_BRACKETS
)
_PAIR = r"(?P<SIDE>" + _ADDRESS + r")(?:/(?P<SIDE_port>[\w-]{1,32}))?"
_MAPPED = r"\((?P<SIDE_nat>" + _ADDRESS + r")(?:[/(](?P<SIDE_nat_port>\d{1,10}))?\)?"


def _of(pattern: str, side: str) -> str:
    return pattern.replace("SIDE", side)


_PATTERNS = {
    "src": _of(_ENDPOINT, "src"), "dst": _of(_ENDPOINT, "dst"),
    "src_bare": _of(_BARE, "src"), "dst_bare": _of(_BARE, "dst"),
    "src_gaddr": r"(?P<src_nat>" + _ADDRESS + r")(?:/\d{1,10})?",
    "src_user": r"(?P<src_user>[^(),]{1,256})", "dst_user": r"(?P<dst_user>[^(),]{1,256})",
    "src_slashed": _of(_SLASHED, "src"), "dst_slashed": _of(_SLASHED, "dst"),
    "src_pair": _of(_PAIR, "src"), "dst_pair": _of(_PAIR, "dst"),
    "src_mapped": _of(_MAPPED, "src"), "dst_mapped": _of(_MAPPED, "dst"),
    "protocol": r"(?P<protocol>(?:protocol )?[\w-]{1,32})",
    "user": r"['\"<]?(?P<user>[^\s'\"<>,;()](?:[^'\"<>,;():]|:(?! )){0,255})?['\">]?",
    "acl": r"\"?(?P<acl>[^\s\"]{1,256})\"?",
    "url": r"(?P<url>\S{1,4096})", "dst_url": r"(?P<dst>" + _ADDRESS + r"?):(?P<url>(?:[A-Za-z]{2,10}://|/).{0,4095})$",
    "ending": r"(?P<ending>.{1,512})$", "in_interface": r"(?P<in_interface>[^\s,;()]{1,64})",
    "command": r"'?(?P<command>.{1,4096}?)'?\.?$",
    "reason": r"(?P<reason>.{1,1024}?)\.?$", "records": r"(?P<records>.{1,1024})$",
    "phrase": r"(?P<phrase>[^:,]{1,256})",
    "duration": r"(?P<duration>(?:\d{1,6}h:)?\d{1,6}m?:\d\d(?::\d\d)?(?:m:)?\w{0,3}s?)",
}  # fmt: skip
_ADDRESSES = frozenset({"src_ip", "dst_ip", "server", "peer"})
_NUMBERS = frozenset({"bytes", "bytes_sent", "bytes_received", "icmp_type", "icmp_code", "connection_id"})


def _field(name: str) -> str:
    if name in _PATTERNS:
        return _PATTERNS[name]
    if name in _ADDRESSES:
        return rf"(?P<{name.removesuffix('_ip')}>{_ADDRESS})"
    if name in _NUMBERS:
        return rf"(?P<{name}>\d{{1,20}})"
    if name.endswith("_text"):
        told = name.removesuffix("_text")
        return rf"(?P<{told}>.{{1,256}}?)" if told.strip("_") and not told.startswith("_") else r".{1,256}?"
    if name.endswith("_interface"):
        return rf"(?P<{name}>[^\s:/()]{{1,64}})"
    if name.startswith("_"):  # not worth a name
        return r"[^\s,;]{1,256}"
    return rf"(?P<{name}>[^\s,;()'\"]{{1,256}})"


@cache
def compiled(template: str) -> re.Pattern[str]:
    """The pattern of a template. Every part is bounded, and none can begin what another ended in more than one way."""
    parts: list[str] = []
    for name, sign, blank, literal in _PIECE.findall(template):
        if name:
            parts.append(_field(name))
        elif sign:
            parts.append({"[": "(?:", "]": ")?", "(": "(?:", ")": ")", "|": "|"}[sign])
        else:
            parts.append(" {1,4}" if blank else re.escape(_ESCAPE.sub(r"\1", literal)))
    return re.compile("".join(parts), re.IGNORECASE)
