"""nginx: access logs (combined, main, Kubernetes ingress, Nginx Proxy Manager) and error logs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.event import Kind, Logsource
from soc.parse import network, plain, weblog
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native
from soc.parse.when import access_time

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_ERROR = re.compile(
    r"(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(?P<level>[a-z]{1,8})\] (?P<pid>\d{1,10})#(?P<tid>\d{1,20}): (?:\*(?P<connection>\d{1,20}) )?"
)
_CONTEXT = re.compile(
    r", (excess|client|server|request|subrequest|upstream|host|referrer|login|responder|certificate|bytes from/to client)(?::| )"
    r" ?(?:\"((?:[^\"\\]++|\\.)*+)\"|([^,]*))"
)
_USER = re.compile(r"user \"([^\"]{0,255})\"(?:: password mismatch| was not found)")
# $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr ... $req_id
_INGRESS = re.compile(r"(\d{1,18}) ([\d.]{1,16}) \[([^\]\s]{0,255})\] (?:\[([^\]\s]{0,255})\] )?(.{0,4096})")
_PROXY_MANAGER = re.compile(
    r"(?:\S{1,32} (?:\S{1,32} )?)?(?P<status>\d{3}) - (?P<method>[A-Z_-]{1,32}) (?P<scheme>\w{1,8}) (?P<host>\S{1,255}) \"(?P<uri>[^\"]*)\" "
    r"\[Client (?P<client>[^\]]{1,64})\] \[Length (?P<bytes>[^\]]{1,20})\] \[Gzip [^\]]{0,20}\] "
    r"(?:\[Sent-to (?P<upstream>[^\]]{0,255})\] )?\"(?P<agent>[^\"]*)\" \"(?P<referer>[^\"]*)\""
)
# [time] host client seconds "request" status bytes length referer agent
_TIMED = re.compile(
    r"(?P<host>\S{1,255}) (?P<client>\S{1,64}) [\d.]{1,16} \"(?P<request>(?:[^\"\\]++|\\.)*+)\" (?P<status>\d{3}) (?P<bytes>\d{1,18}) \d{1,18} "
    r"(?P<referer>\S+) (?P<agent>.+)"
)
_MIME = re.compile(
    r"(?:application|audio|font|image|message|model|multipart|text|video)/[\w.+-]{1,128}(?:; ?[\w-]{1,32}=[\w\"-]{1,64})?"
)
_TLS = re.compile(r"TLSv([\d.]{1,8})/([A-Z][\w-]{3,64})")
_STAMPED = re.compile(r"\[(\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] ")
_W3C = {
    "status": "sc-status", "method": "cs-method", "host": "cs-host", "uri": "c-uri", "client": "c-ip", "bytes": "sc-bytes",
    "agent": "cs-user-agent", "referer": "cs-referer", "upstream": "upstream", "scheme": "scheme", "request": "request",
}  # fmt: skip
_ACCESS_KIND: Kind = (Logsource(product="nginx", category="webserver", service="nginx"),)
_ERROR_KIND: Kind = (Logsource(product="nginx", service="nginx"),)
_SEVERE = frozenset({"emerg", "alert", "crit", "error", "warn"})


def decode(frame: Frame) -> Native | None:
    """An access record by W3C names, or an error record's parts with its context by nginx's names."""
    text = frame.text
    found = _error(text) or _stamped(text) or weblog.decode(text)
    if found is None:
        return None
    if "extra" in found and (ingress := _INGRESS.match(_behind_agent(text))):
        found |= _ingress(ingress)
    return {"message": text, **found}


def _error(text: str) -> dict[str, Any] | None:
    head = _ERROR.match(text)
    if head is None:
        return None
    found: dict[str, Any] = {name: value for name, value in head.groupdict().items() if value}
    context = list(_CONTEXT.finditer(text, head.end()))
    found["error"] = text[head.end() : context[0].start() if context else None]
    for part in context:
        found.setdefault(part[1], part[2] if part[2] is not None else part[3])
    if "request" in found:
        found |= weblog.request(found["request"])
    return found


def _stamped(text: str) -> dict[str, Any] | None:
    """The layouts that begin with the time stamp."""
    stamp = _STAMPED.match(text)
    body = stamp and (_PROXY_MANAGER.match(text, stamp.end()) or _TIMED.match(text, stamp.end()))
    if not stamp or not body:
        return None
    found = {_W3C[name]: value for name, value in body.groupdict().items() if value not in (None, "-")}
    if "request" in found:
        found |= weblog.request(found["request"])
    else:
        found["cs-uri-stem"], mark, query = found.get("c-uri", "").partition("?")
        found |= {"cs-uri-query": query} if mark else {}
    return {name: value for name, value in {**found, "time": stamp[1]}.items() if value is not None}


def _behind_agent(text: str) -> str:
    return text[text.rfind('" ') + 2 :]


def _ingress(found: re.Match[str]) -> dict[str, Any]:
    """The fields of ingress-nginx behind the user agent; several upstreams stand with `, ` between them."""
    parts = found[5].replace(", ", ",").split(" ")
    told: dict[str, Any] = {"request_length": found[1], "request_time": found[2], "proxy_upstream_name": found[3]}
    names = ("upstream", "upstream_response_length", "upstream_response_time", "upstream_status", "req_id")
    return told | {name: part for name, part in zip(names, parts, strict=False) if part not in ("", "-")}


def time(event: Event) -> int | None:
    stamp = event.native.get("time", "")
    if "level" in event.native:
        return instant.parse_iso(stamp.replace("/", "-"), event.frame.zone)
    return access_time(stamp, event.frame.zone) or plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.product"], document["observer.type"] = "F5", "nginx", "WEB server"
    if "level" in native:
        _error_fields(native, document)
        return
    weblog.ecs(native, document)
    document["url.scheme"] = document.get("url.scheme") or native.get("scheme")
    if "request_length" in native:
        document["event.type"] = ["access", "info"]
        document["http.request.bytes"] = network.number(native["request_length"])
        document["http.request.id"] = native.get("req_id")
    for extra in native.get("extra", ()):
        _told_by_looks(extra, document)
    if (upstream := native.get("upstream")) and "cs-host" not in native:
        first, port = network.endpoint(upstream.partition(",")[0])
        if network.is_ip(first):
            document["destination.ip"], document["destination.port"] = first, port


def _told_by_looks(value: str, document: Document) -> None:
    """What administrators add to a layout and what can be nothing else: the type of the answer, TLS' version and cipher."""
    if _MIME.fullmatch(value):
        document["http.response.mime_type"] = value
    elif tls := _TLS.fullmatch(value):
        document["tls.version_protocol"], document["tls.version"], document["tls.cipher"] = "tls", tls[1], tls[2]


def _error_fields(native: Native, document: Document) -> None:
    level, text = native["level"], native["error"]
    document["event.category"] = ["web"]
    document["event.type"] = ["error" if level in _SEVERE else "info"]
    document["log.level"], document["message"] = level, text
    if level in _SEVERE:
        document["error.message"] = text
    document["process.pid"] = network.number(native["pid"])
    document["process.thread.id"] = network.number(native["tid"])
    weblog.request_fields(native, document)
    document["http.request.referrer"] = native.get("referrer") or None
    weblog.source(native.get("client"), document)
    _servers(native, document)
    user = _USER.match(text)
    document["user.name"] = user[1] if user else native.get("login")


def _servers(native: Native, document: Document) -> None:
    server, port = network.endpoint(native.get("server", ""))
    named = server != "_" and not network.is_ip(server)
    document["server.domain"] = document["destination.domain"] = server if named else None
    document["destination.port"] = port
    if host := native.get("host"):
        # The Host header as the client wrote it: with a port it is what a virtual host is asked for.
        document["url.domain"], document["url.port"] = host, network.endpoint(host)[1] or document.get("url.port")


def kind(native: Native) -> Kind:
    return _ERROR_KIND if "level" in native else _ACCESS_KIND


FORMAT = Format(
    name="nginx",
    title="nginx access and error log",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields=FRAME,
    kind=kind,
    field=weblog.field,
    programs=frozenset({"nginx", "nginx_access", "nginx_error", "openresty"}),
    hints=('] "', "#", "[Client ", " HTTP/"),
)
