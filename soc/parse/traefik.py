"""Traefik 1 to 3: access logs as text (Common Log Format with Traefik's fields behind it) and as JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, weblog
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native
from soc.parse.when import iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

# Number of the request since the start, router or frontend, URL of the server, duration.
_BEHIND = re.compile(
    r" (?P<count>\d{1,19}|-) \"(?P<router>[^\"]{0,1024})\" \"(?P<server>[^\"]{0,2048})\" (?P<duration>\d{1,15})ms\s{0,8}$"
)
_KIND: Kind = (Logsource(product="traefik", category="webserver", service="traefik"),)
# W3C name -> key of the JSON log.
_KEYS = {
    "cs-method": "RequestMethod", "c-uri": "RequestPath", "cs-username": "ClientUsername", "cs-user-agent": "request_User-Agent",
    "cs-referer": "request_Referer",
}  # fmt: skip
_OWN = {
    "RequestCount": "request_count", "RouterName": "router_name", "FrontendName": "frontend_name", "BackendName": "backend_name",
    "ServiceName": "service_name", "ServiceAddr": "service_addr", "BackendAddr": "backend_addr", "entryPointName": "entry_point",
    "OriginStatus": "origin_status", "OriginDuration": "origin_duration", "OriginContentSize": "origin_content_size", "Overhead": "overhead",
    "RetryAttempts": "retry_attempts", "GzipRatio": "gzip_ratio",
}  # fmt: skip


def decode(frame: Frame) -> Native | None:
    text = frame.text
    behind = _BEHIND.search(text, max(0, len(text) - 4096)) if text.rstrip()[-2:] == "ms" else None
    if behind is None:
        return None
    found = weblog.decode(text[: behind.start()])
    return (
        None
        if found is None
        else {
            "message": text,
            **found,
            **{name: value for name, value in behind.groupdict().items() if value not in {"", "-"}},
        }
    )


def decode_json(frame: Frame) -> Native | None:
    """The object, and its values by W3C names beside."""
    document = frame.json
    if (
        document is None
        or not isinstance(document.get("RequestMethod"), str)
        or not isinstance(document.get("ClientHost"), str)
    ):
        return None
    told = {
        name: document[key]
        for name, key in _KEYS.items()
        if isinstance(document.get(key), str) and document[key] not in {"", "-"}
    }
    stem, mark, query = told.get("c-uri", "").partition("?")
    told |= {"cs-uri-stem": stem, **({"cs-uri-query": query} if mark else {})}
    status = document.get("DownstreamStatus", document.get("OriginStatus"))
    told |= {"sc-status": str(status)} if isinstance(status, int) else {}
    # Of forwarded addresses the last: the one that the nearest proxy saw.
    told["c-ip"] = document["ClientHost"].rpartition(",")[2].strip()
    return {**document, **told}


def time_json(event: Event) -> int | None:
    for name in ("StartUTC", "StartLocal", "time"):
        told = event.native.get(name)
        if isinstance(told, str) and (when := iso(told, event.frame.zone)) is not None:
            return when
    return None


def ecs(event: Event, document: Document) -> None:
    native = event.native
    weblog.ecs(native, document)
    document["event.duration"] = int(native["duration"]) * 1_000_000
    document["traefik.access.request_count"], document["traefik.access.router_name"] = (
        native.get("count"),
        native.get("router"),
    )
    document["traefik.access.backend_url"] = native.get("server")
    _transport(document)


def ecs_json(event: Event, document: Document) -> None:
    native = event.native
    told = {
        **native,
        "cs-version": _text(native.get("RequestProtocol")).removeprefix("HTTP/") or None,
        "sc-bytes": str(native.get("DownstreamContentSize", "")),
    }
    told.pop("cs-host", None)
    weblog.ecs({name: value for name, value in told.items() if isinstance(value, str)}, document)
    if isinstance(took := native.get("Duration"), int):
        document["event.duration"] = took
    document["http.request.body.bytes"] = network.number(native.get("RequestContentSize"))
    document["source.port"] = network.number(native.get("ClientPort"))
    document["url.domain"] = _text(native.get("RequestHost")) or document.get("url.domain")
    document["url.scheme"] = _text(native.get("RequestScheme")) or document.get("url.scheme")
    document["tls.version"], document["tls.cipher"] = _text(native.get("TLSVersion")), _text(native.get("TLSCipher"))
    document["log.level"] = _text(native.get("level"))
    for key, name in _OWN.items():
        value = native.get(key)
        document[f"traefik.access.{name}"] = value if isinstance(value, str | int | float) else None
    _transport(document)


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value != "-" else ""


def _transport(document: Document) -> None:
    """HTTP/3 runs over QUIC, the others over TCP."""
    version = str(document.get("http.version") or "")
    if version:
        document["network.transport"] = "udp" if version.startswith("3") else "tcp"


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="traefik",
    title="Traefik access log",
    decode=decode,
    time=weblog.time,
    ecs=ecs,
    ecs_fields=FRAME,
    kind=kind,
    field=weblog.field,
    hints=("ms",),
)
JSON = Format(
    name="traefik_json",
    title="Traefik access log as JSON",
    decode=decode_json,
    time=time_json,
    ecs=ecs_json,
    kind=kind,
    field=weblog.field,
    json=True,
)
