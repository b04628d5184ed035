"""Microsoft IIS: W3C extended log files of IIS 5 to 10 (sites, FTP, SMTP) and HTTP.sys' error log (HTTPERR).

A record is read by the `#Fields` line of its file. Where that was lost on the way, the layouts that IIS and its common guides
set are told apart by what their values look like.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.instant import parse_iso
from soc.parse import network, plain
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Accessor, Format, Native, flat_field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

# A log that was cut at its head still shows a clock.
_HEAD = re.compile(r"[\d-]{1,10} \d\d:\d\d:\d\d \S")
_METHOD = re.compile(r"[A-Z][A-Z_-]{1,31}")
_SITE = re.compile(r"(?:W3SVC|MSFTPSVC|SMTPSVC|FTPSVC)\d{0,10}")
_STATUS = re.compile(r"[1-5]\d\d")
_NUMBER = re.compile(r"\d{1,20}")
_VERSION = re.compile(r"HTTP/\d(?:\.\d)?")
_MOST_WORDS = 64
_HTTPERR = (
    "date",
    "time",
    "c-ip",
    "c-port",
    "s-ip",
    "s-port",
    "cs-version",
    "cs-method",
    "cs-uri",
    "sc-status",
    "s-siteid",
    "s-reason",
    "s-queuename",
)
# From Windows Server 2016 on with the stream of HTTP/2.
_HTTPERR_STREAM = (*_HTTPERR[:9], "streamid", *_HTTPERR[9:])
_REQUEST = ("cs-method", "cs-uri-stem", "cs-uri-query", "s-port", "cs-username", "c-ip")
# What stands between the client and the status, by how many there are: with the version of HTTP before them, and without.
_CLIENT = {
    1: ("cs(User-Agent)",),
    2: ("cs(User-Agent)", "cs(Referer)"),
    3: ("cs(User-Agent)", "cs(Cookie)", "cs(Referer)"),
    4: ("cs(User-Agent)", "cs(Cookie)", "cs(Referer)", "cs-host"),
}
# What follows status, substatus and Win32 status, by how many numbers there are.
_ENDS = {0: (), 1: ("time-taken",), 2: ("sc-bytes", "time-taken"), 3: ("sc-bytes", "cs-bytes", "time-taken")}
# Names as Sigma's rules for web servers and proxies write them.
_SPELLINGS = {
    "cs-useragent": "cs(User-Agent)", "c-useragent": "cs(User-Agent)", "cs-user-agent": "cs(User-Agent)", "cs-referer": "cs(Referer)",
    "cs-referrer": "cs(Referer)", "cs-cookie": "cs(Cookie)", "c-uri": "c-uri", "c-uri-stem": "cs-uri-stem",
    "c-uri-query": "cs-uri-query", "cs-uri": "c-uri",
}  # fmt: skip
_KIND: Kind = (
    Logsource(product="windows", category="webserver", service="iis"),
    Logsource(product="iis", category="webserver", service="iis"),
)


def decode(frame: Frame) -> Native | None:
    text = frame.text
    if not _HEAD.match(text):
        return None
    words = text.split(" ")
    names = _named(frame.header)
    if names and len(names) == len(words):
        found = dict(zip(names, words, strict=True))
        if "sc-filter-result" in found or "s-action" in found:  # a proxy's
            return None
        if "cs-method" not in found and "s-reason" not in found and "cs-uri-stem" not in found:
            return None
    elif (guessed := _guessed(text.split())) is None:
        return None
    else:
        found = guessed
    native: dict[str, Any] = {name: value for name, value in found.items() if value != "-"}
    if "cs-uri-stem" in native:
        query = native.get("cs-uri-query")
        native["c-uri"] = f"{native['cs-uri-stem']}?{query}" if query else native["cs-uri-stem"]
    elif "cs-uri" in native:
        native["c-uri"] = native["cs-uri"]
    return {"message": text, **native}


def _named(header: str) -> list[str]:
    return header[8:].split() if header.startswith("#Fields:") else []


def _guessed(words: list[str]) -> dict[str, str] | None:
    """The values by names that their positions and looks imply; None where they look like no layout of IIS."""
    if not 11 <= len(words) <= _MOST_WORDS:
        return None
    for names in (_HTTPERR, _HTTPERR_STREAM):
        if len(words) == len(names) and _is_httperr(words):
            return dict(zip(names, words, strict=True))
    found = {"date": words[0], "time": words[1]}
    at = 2
    if _SITE.fullmatch(words[at]):
        found["s-sitename"], at = words[at], at + 1
    if not _address(words[at]) and _address(words[at + 1]):
        found["s-computername"], at = words[at], at + 1
    if _address(words[at]):
        found["s-ip"], at = words[at], at + 1
    request = words[at : at + len(_REQUEST)]
    if len(request) < len(_REQUEST) or not _is_request(request):
        return None
    found |= dict(zip(_REQUEST, request, strict=True))
    return _answered(words[at + len(_REQUEST) :], found)


def _is_httperr(words: list[str]) -> bool:
    ports = _NUMBER.fullmatch(words[3]) and _NUMBER.fullmatch(words[5])
    return bool(
        ports and (words[6] == "-" or _VERSION.fullmatch(words[6])) and _address(words[2]) and _address(words[4])
    )


def _is_request(words: list[str]) -> bool:
    return bool(_METHOD.fullmatch(words[0]) and _NUMBER.fullmatch(words[3]) and _address(words[5]))


def _answered(words: list[str], found: dict[str, str]) -> dict[str, str] | None:
    """What stands behind the client's address."""
    if words and _VERSION.fullmatch(words[0]):
        found["cs-version"] = words.pop(0)
    at = next((at for at in range(1, min(len(words), 5)) if _is_status(words[at : at + 3])), None)
    if at is None:
        return None
    found |= dict(zip(_CLIENT[at], words, strict=False))
    found |= dict(zip(("sc-status", "sc-substatus", "sc-win32-status"), words[at:], strict=False))
    rest = words[at + 3 :]
    numbers = next((count for count, word in enumerate(rest) if not _NUMBER.fullmatch(word)), len(rest))
    found |= dict(zip(_ENDS.get(numbers, ()), rest, strict=False))
    if len(rest) == numbers + 1:
        found["X-Forwarded-For"] = rest[-1]
    return found


def _is_status(words: list[str]) -> bool:
    return len(words) == 3 and bool(_STATUS.fullmatch(words[0])) and all(_NUMBER.fullmatch(word) for word in words)


def _address(word: str) -> str | None:
    """An address without what some put around it: brackets, a scope, a link of a text editor."""
    if word[:1] == "[":
        word = word[1:].partition("]")[0]
    return network.ip(word.partition("%")[0])


def time(event: Event) -> int | None:
    native = event.native
    if "date" not in native:
        return plain.time(event)
    return parse_iso(
        f"{native['date']}T{native.get('time', '')}"
    )  # IIS writes UTC unless it rolls its files over by local time


def ecs(event: Event, document: Document) -> None:
    fill(event.native, document)


def from_event(fields: Mapping[str, Any], document: Document) -> None:
    """The same from the fields of an event of the channel Microsoft-IIS-Logging/Logs."""
    named = {_IN_EVENTS.get(name, name): value for name, value in fields.items()}
    fill({name: value for name, value in named.items() if isinstance(value, str) and value not in {"", "-"}}, document)


_IN_EVENTS = {"csUser-Agent": "cs(User-Agent)", "csCookie": "cs(Cookie)", "csReferer": "cs(Referer)"}


def fill(native: Mapping[str, Any], document: Document) -> None:
    """The ECS fields of a record by W3C names."""
    document["event.category"], document["event.type"] = ["web", "network"], ["connection"]
    status = network.number(native.get("sc-status"))
    document["http.response.status_code"] = status
    if status:
        document["event.outcome"] = "success" if status < 400 else "failure"
    document["http.request.method"] = native.get("cs-method")
    document["http.version"] = native.get("cs-version", "").removeprefix("HTTP/")
    document["http.request.referrer"] = native.get("cs(Referer)")
    document["http.request.body.bytes"] = document["http.request.bytes"] = network.number(native.get("cs-bytes"))
    document["http.response.body.bytes"] = document["http.response.bytes"] = network.number(native.get("sc-bytes"))
    document["user_agent.original"] = native.get("cs(User-Agent)", "").replace("+", " ")
    domain, _, document["user.name"] = native.get("cs-username", "").rpartition("\\")
    document["user.domain"] = domain
    document["event.reason"] = native.get("s-reason")
    taken = network.number(native.get("time-taken"))
    document["event.duration"] = None if taken is None else taken * 1_000_000
    _url(native, document)
    _peers(native, document)
    for name, own in _OWN.items():
        document[own] = native.get(name)


_OWN = {
    "s-sitename": "iis.access.site_name", "s-computername": "iis.access.server_name", "sc-substatus": "iis.access.sub_status",
    "sc-win32-status": "iis.access.win32_status", "cs(Cookie)": "iis.access.cookie", "s-siteid": "iis.error.site_id",
    "s-queuename": "iis.error.queue_name",
}  # fmt: skip
_EXTENSION = re.compile(r"[^/.\\]\.([A-Za-z0-9_]{1,16})$")


def _url(native: Native, document: Document) -> None:
    stem = native.get("cs-uri-stem") or native.get("cs-uri", "")
    document["url.original"] = stem
    document["url.path"], mark, query = stem.partition("?")
    document["url.query"] = native.get("cs-uri-query") or (query if mark else None)
    if extension := _EXTENSION.search(document["url.path"], max(0, len(stem) - 64)):
        document["url.extension"] = extension[1]


def _peers(native: Native, document: Document) -> None:
    for side, address, port in (("source", "c-ip", "c-port"), ("destination", "s-ip", "s-port")):
        told = native.get(address)
        if told:
            document[f"{side}.ip"] = _address(told)
            document[f"{side}.address"] = told if "[" not in told else document[f"{side}.ip"]
        document[f"{side}.port"] = network.number(native.get(port))
    if host := native.get("cs-host"):
        name, _ = network.endpoint(host)
        document["url.domain"] = document["destination.domain"] = name
    if forwarded := native.get("X-Forwarded-For"):
        document["network.forwarded_ip"] = network.ip(forwarded.partition(",")[0].strip("+ "))


def kind(_: Native) -> Kind:
    return _KIND


def field(name: str) -> Accessor | None:
    """The value under a W3C name, however Sigma spells it."""
    return flat_field(_SPELLINGS.get(name, name))


FORMAT = Format(
    name="iis",
    title="Microsoft IIS (W3C extended log) and HTTP.sys (HTTPERR)",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields=FRAME,
    kind=kind,
    field=field,
    hints=(
        " GET ",
        " POST ",
        " HEAD ",
        " PUT ",
        " OPTIONS ",
        " DELETE ",
        " PROPFIND ",
        " - - - ",
        " HTTP/",
        " PATCH ",
        " TRACE ",
        " CONNECT ",
        " DEBUG ",
        " RPC_",
    ),
)
