"""Squid 2 to 7: access.log in its own layout (`squid`), with referer and user agent behind it, and cache.log.

Squid's wiki, "Log Files": `time elapsed client code/status bytes method URL user hierarchy/peer type`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, url, weblog
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Accessor, Format, Native, flat_field
from soc.parse.when import access_time, epoch, iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_LINE = re.compile(
    r"(?P<time>\d{9,10}\.\d{3}) {1,8}(?P<elapsed>-?\d{1,10}) (?P<client>\S{1,255}) (?P<action>[A-Z][A-Z_]{2,63})/(?P<status>\d{3}) "
    r"(?P<bytes>\d{1,19}) (?P<method>[A-Za-z_-]{1,32}) (?P<uri>\S+) (?P<user>\S{1,255}) (?P<hierarchy>[A-Z][A-Z_]{2,63})/(?P<peer>\S{1,255}) ?(?P<rest>.{0,65536})",
    re.DOTALL,
)
_COMBINED = re.compile(r" ((?:TCP|UDP|NONE|TAG)[A-Z_]{0,64}):([A-Z][A-Z_]{2,63})\s{0,8}$")
_CACHE = re.compile(
    r"(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d)(?: (?P<kid>kid\d{1,4}))?\| (?:(?P<level>FATAL|ERROR|WARNING|SECURITY ALERT|NOTICE): )?"
)
_TYPE = re.compile(
    r"(?P<type>-|[\w.+-]{1,64}/[\w.+-]{1,128};?(?: charset=[\w-]{1,32})?|\S{1,128})(?: \"(?P<referer>[^\"]*)\" \"(?P<agent>[^\"]*)\")?"
)
_CONNECT = re.compile(r"\[?([^\]/\s]{1,255}?)\]?:(\d{1,5})/?")
_PORTS = {"http": 80, "https": 443, "ftp": 21}
_NAMES = {
    "client": "c-ip", "action": "s-action", "status": "sc-status", "bytes": "sc-bytes", "method": "cs-method", "uri": "c-uri",
    "user": "cs-username", "hierarchy": "s-hierarchy", "peer": "r-ip", "type": "rs(Content-Type)", "referer": "cs-referer",
    "agent": "cs-user-agent", "elapsed": "time-taken",
}  # fmt: skip
_ALIASES = {"c-useragent": "cs-user-agent", "cs-uri": "c-uri", "r-dns": "cs-host", "dst_ip": "r-ip", "src_ip": "c-ip"}
_ACCESS_KIND: Kind = (Logsource(product="squid", category="proxy", service="squid"),)
_CACHE_KIND: Kind = (Logsource(product="squid", service="squid"),)


def decode(frame: Frame) -> Native | None:
    """An access record by W3C names, or a line of cache.log."""
    text = frame.text
    line = _LINE.match(text)
    if line is None:
        return _combined(text) or _cached(text)
    found = line.groupdict()
    if behind := _TYPE.match(found.pop("rest")):
        found |= behind.groupdict()
    native: dict[str, Any] = {_NAMES.get(name, name): value for name, value in _present(found).items()}
    return {"message": text, **native, **_parts(native.get("cs-method", ""), native.get("c-uri", ""))}


def _combined(text: str) -> Native | None:
    """The layouts `common` and `combined`, which end with `action:hierarchy`."""
    behind = _COMBINED.search(text, max(0, len(text) - 256))
    found = weblog.decode(text[: behind.start()]) if behind else None
    return {"message": text, **found, "s-action": behind[1], "s-hierarchy": behind[2]} if behind and found else None


def _cached(text: str) -> Native | None:
    line = _CACHE.match(text)
    return {**_present(line.groupdict()), "message": text[line.end() :]} if line else None


def _present(groups: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in groups.items() if value not in (None, "", "-")}


def _parts(method: str, uri: str) -> dict[str, str]:
    """What rules for proxies ask of a URL: host, path, query, extension."""
    if method == "CONNECT":
        target = _CONNECT.fullmatch(uri)
        return {"cs-host": target[1]} if target else {}
    told: Document = {}
    url.fill(told, uri)
    names = (
        ("cs-host", "url.domain"),
        ("cs-uri-stem", "url.path"),
        ("cs-uri-query", "url.query"),
        ("c-uri-extension", "url.extension"),
    )
    return {name: told[part] for name, part in names if told.get(part)}


def time(event: Event) -> int | None:
    stamp = event.native.get("time", "")
    if ":" in stamp[10:12]:
        return access_time(stamp, event.frame.zone)
    if "|" in event.frame.text[:40] and "/" in stamp:
        return iso(stamp.replace("/", "-"), event.frame.zone)
    return epoch(stamp.replace(".", "") if len(stamp) == 14 else stamp.partition(".")[0])


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"] = document["observer.product"] = "Squid"
    document["observer.type"] = "proxy"
    if "s-action" not in native:
        document["message"], document["log.level"] = native["message"], native.get("level")
        document["event.type"] = ["error" if native.get("level") in {"FATAL", "ERROR"} else "info"]
        return
    action, status = native["s-action"], network.number(native.get("sc-status")) or 0
    document["event.category"], document["event.action"] = ["network", "web"], action
    denied, failed = "DENIED" in action, status >= 400 or status == 0
    document["event.type"] = ["connection", *(["denied"] if denied else ["access"]), *(["error"] if failed else [])]
    document["event.outcome"] = "failure" if failed else "success"
    taken = network.number(native.get("time-taken"))
    document["event.duration"] = None if taken is None else taken * 1_000_000
    document["network.direction"] = "egress"  # a forward proxy's clients go out
    document["network.transport"] = "tcp" if action.startswith("TCP_") else None
    document["http.request.method"], document["http.version"] = native.get("cs-method"), native.get("cs-version")
    document["http.response.status_code"] = status
    document["http.response.bytes"] = network.number(native.get("sc-bytes"))
    document["http.response.mime_type"] = native.get("rs(Content-Type)")
    document["http.request.referrer"], document["user_agent.original"] = (
        native.get("cs-referer"),
        native.get("cs-user-agent"),
    )
    document["user.name"] = native.get("cs-username")
    document["squid.access.hierarchy_code"] = native["s-hierarchy"]
    weblog.source(native.get("c-ip"), document)
    _target(native, document)


def _target(native: Native, document: Document) -> None:
    """What was asked for, and the server that was asked."""
    uri, port = native.get("c-uri", ""), None
    if native.get("cs-method") == "CONNECT":
        target = _CONNECT.fullmatch(uri)
        document["url.original"] = uri if target else None
        document["url.domain"], port = (target[1], int(target[2])) if target else (None, None)
    elif not uri.startswith("error:"):
        url.fill(document, uri)
        port = document["url.port"] = document.get("url.port") or _PORTS.get(document.get("url.scheme", ""))
    if uri.startswith("error:"):
        document["event.reason"] = uri
    peer = native.get("r-ip")
    if peer is None:
        return
    document["server.ip"] = network.ip(peer)
    document["server.domain"] = None if document["server.ip"] else peer
    host = document.get("url.domain") or peer
    direct = "DIRECT" in native["s-hierarchy"]
    document["destination.ip"] = network.ip(host) or (document["server.ip"] if direct else None)
    document["destination.domain"] = None if network.is_ip(host) else host
    document["destination.address"], document["destination.port"] = host, port


def kind(native: Native) -> Kind:
    return _ACCESS_KIND if "s-action" in native else _CACHE_KIND


def field(name: str) -> Accessor | None:
    return flat_field(_ALIASES.get(name, weblog.NAMES.get(name, name)))


FORMAT = Format(
    name="squid",
    title="Squid access.log and cache.log",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={name: FRAME[name] for name in ("host.name", "process.name", "event.dataset", "event.code")},
    kind=kind,
    field=field,
    programs=frozenset({"squid", "squid3", "(squid-1)", "(squid)"}),
    hints=("TCP_", "UDP_", "NONE", " kid", "| ", "TAG_", "DIRECT/"),
)
