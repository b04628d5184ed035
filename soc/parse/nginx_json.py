"""nginx access logs as JSON: whatever keys the administrator chose, as long as nginx's variables lend them their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, weblog
from soc.parse.format import Format, Native
from soc.parse.when import access_time, iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

# W3C name -> the variables that tell it, the best one first.
_VARIABLES = {
    "c-ip": ("remote_addr", "client_address", "realip_remote_addr"),
    "cs-username": ("remote_user",),
    "sc-status": ("status", "response_status"),
    "sc-bytes": ("body_bytes_sent", "bytes_sent"),
    "cs-referer": ("http_referer", "http_referrer", "referer"),
    "cs-user-agent": ("http_user_agent", "user_agent"),
    "cs-host": ("host", "http_host", "server_name"),
    "x-forwarded-for": ("http_x_forwarded_for", "proxy_add_x_forwarded_for"),
    "time": ("time_iso8601", "time_local", "timestamp", "@timestamp", "time"),
    "scheme": ("scheme", "http_scheme"),
}
_KIND: Kind = (Logsource(product="nginx", category="webserver", service="nginx"),)


def decode(frame: Frame) -> Native | None:
    """The object, and its values by W3C names beside."""
    document = frame.json
    if document is None or not isinstance(document.get("request"), str):
        return None
    if not any(name in document for name in ("body_bytes_sent", "bytes_sent", "http_user_agent", "request_length")):
        return None
    # Names of a web log, which hold text there, may be anything's here.
    native: dict[str, Any] = {
        name: value
        for name, value in document.items()
        if isinstance(value, str) or not ("-" in name or name in {"tls", "cipher"})
    }
    for name, variables in _VARIABLES.items():
        told = next(
            (document[variable] for variable in variables if document.get(variable) not in (None, "", "-")), None
        )
        if isinstance(told, str | int) and not isinstance(told, bool):
            native[name] = str(told)
    return native | {name: value for name, value in weblog.request(document["request"]).items() if value is not None}


def time(event: Event) -> int | None:
    stamp = event.native.get("time", "")
    if not isinstance(stamp, str):
        return None
    return access_time(stamp, event.frame.zone) or iso(stamp, event.frame.zone)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.product"], document["observer.type"] = "F5", "nginx", "WEB server"
    weblog.ecs(native, document)
    document["destination.address"] = document.get("destination.domain")
    document["url.scheme"] = document["network.protocol"] = native.get("scheme")
    for name, variable in (
        ("http.request.id", "request_id"),
        ("host.name", "host_name"),
        ("http.response.mime_type", "sent_http_content_type"),
    ):
        document[name] = native[variable] if isinstance(native.get(variable), str) else document.get(name)
    document["http.request.bytes"] = network.number(native.get("request_length"))
    server = native.get("server_addr")
    if isinstance(server, str) and network.is_ip(server):
        document["destination.ip"] = server


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="nginx_json",
    title="nginx access log as JSON",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    field=weblog.field,
    json=True,
)
