"""HAProxy 1.3 to 3: HTTP, HTTPS, TCP and connection-error logs, `Connect from` lines and what it says of its servers.

HAProxy's configuration manual, chapter 8, "Logging".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, plain, weblog
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native
from soc.parse.when import access_time

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_HEAD = re.compile(
    r"\s?(?P<client>\[[0-9A-Fa-f:.]{2,45}\]|[^\s\[\]]{1,255}):(?P<port>\d{1,5}) \[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d{3})\] (?P<frontend>[^\s/]{1,255})"
)
# `app.example.com` behind the server is what some add to name the virtual host.
_SERVED = re.compile(
    r" (?P<backend>[^\s/]{1,255})/(?P<server>\S{0,255})(?: (?P<host>[A-Za-z0-9][\w.-]{0,254}\.[A-Za-z]{2,63}))? (?P<timers>[+-]?\d{1,10}(?:/[+-]?\d{1,10}){1,4}) "
    r"(?:(?P<status>-?\d{1,3}) (?P<bytes>\+?\d{1,19}) (?P<request_cookie>\S{1,255}) (?P<response_cookie>\S{1,255}) (?P<state>[\w-]{4})|(?P<tcp_bytes>\+?\d{1,19}) (?P<tcp_state>[\w-]{2})) "
    r"(?P<connections>\d{1,10}(?:/\+?\d{1,10}){3,4}) (?P<queues>\d{1,10}/\d{1,10}) ?"
)
_CAPTURED = re.compile(r"\{([^}]{0,4096})\} ?")
_REQUEST = re.compile(r"\"((?:[^\"\\]++|\\.)*+)(?:\"|$)", re.DOTALL)
_TLS = re.compile(
    r" (?P<error>\d{1,5})/[0-9A-Fa-f]{1,16}/\d{1,5}/\d{1,5}/(?P<resumed>[01]) (?P<name>[^/\s]{0,255})/(?P<version>[\w.-]{1,16})/(?P<cipher>[\w-]{1,64})"
)
_FAULT = re.compile(r"(?:/(?P<bind>[^\s:]{0,64}))?: (?P<reason>.{1,512})", re.DOTALL)
_CONNECT = re.compile(
    r"Connect from (?P<client>\S{1,255}):(?P<port>\d{1,5}) to (?P<to>\S{1,255}):(?P<to_port>\d{1,5}) \((?P<frontend>[^/\s)]{1,255})/(?P<mode>\w{1,8})\)"
)
_SERVER = re.compile(
    r"(?:Server (?P<backend>[^\s/]{1,255})/(?P<server>\S{1,255}) (?:is|was) (?P<verdict>UP|DOWN|going DOWN)|(?:Proxy|backend|frontend) (?P<proxy>[^\s]{1,255}) (?:started|stopped|has no server available))"
)
_KIND: Kind = (Logsource(product="haproxy", category="webserver", service="haproxy"),)
_OWN_KIND: Kind = (Logsource(product="haproxy", service="haproxy"),)
_PROGRAM = "haproxy"


def decode(frame: Frame) -> Native | None:
    text = frame.text
    if head := _HEAD.match(text):
        found = {**head.groupdict(), **_served(text, head.end())}
        return {"message": text, **_present(found)} if len(found) > 4 else None
    if text.startswith("Connect from ") and (connect := _CONNECT.match(text)):
        return {"message": text, **_present(connect.groupdict())}
    if not (frame.syslog and frame.syslog.app.lower() == _PROGRAM):
        return None
    server = _SERVER.match(text)
    return {"message": text, **(_present(server.groupdict()) if server else {})}


def _present(groups: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in groups.items() if value not in (None, "", "-")}


def _served(text: str, at: int) -> dict[str, Any]:
    """What stands behind the frontend: an answered request, or why there is none."""
    served = _SERVED.match(text, at)
    if served is None:
        fault = _FAULT.match(text, at)
        return fault.groupdict() if fault else {}
    found, at = served.groupdict(), served.end()
    captured: list[str] = []
    while len(captured) < 2 and (part := _CAPTURED.match(text, at)):
        captured.append(part[1])
        at = part.end()
    found |= {"captured": captured} if captured else {}
    if quoted := _REQUEST.match(text, at):
        line = quoted[1].replace(" \n", " ")
        found |= {"request": line, **weblog.request(line)}
        if tls := _TLS.match(text, quoted.end()):
            found |= {f"tls_{name}": value for name, value in tls.groupdict().items()}
    return {**found, "c-ip": None, "sc-status": found["status"], "sc-bytes": found["bytes"]}


def time(event: Event) -> int | None:
    stamp = event.native.get("time", "")
    return access_time(stamp, event.frame.zone) if stamp else plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["event.category"], document["event.type"] = ["web"], ["access"]
    client = native.get("client", "").strip("[]")
    document["source.address"], document["source.ip"] = client, network.ip(client)
    document["source.port"] = network.number(native.get("port"))
    if "to" in native:
        document["event.category"], document["event.type"] = ["network", "web"], ["connection"]
        document["destination.ip"], document["destination.port"] = (
            network.ip(native["to"]),
            network.number(native["to_port"]),
        )
    elif "timers" in native:
        _request(native, document)
    elif "reason" in native:
        document["event.category"], document["event.type"] = ["web", "network"], ["connection", "error"]
        document["event.outcome"], document["error.message"] = "failure", native["reason"]
    else:
        document["event.type"] = ["error"] if "DOWN" in native.get("verdict", "") else ["info"]
    for name, own in _OWN.items():
        if name in native:
            document[own] = native[name]


_OWN = {
    "frontend": "haproxy.frontend_name", "backend": "haproxy.backend_name", "server": "haproxy.server_name", "state": "haproxy.termination_state",
    "tcp_state": "haproxy.termination_state", "timers": "haproxy.timers", "connections": "haproxy.connections", "queues": "haproxy.queues",
    "captured": "haproxy.captured_headers", "bind": "haproxy.bind_name", "mode": "haproxy.mode", "request_cookie": "haproxy.captured_request_cookie",
    "response_cookie": "haproxy.captured_response_cookie",
}  # fmt: skip


def _request(native: Native, document: Document) -> None:
    total = network.number(native["timers"].rpartition("/")[2].lstrip("+"))
    document["event.duration"] = None if total is None else total * 1_000_000
    status = network.number(native.get("status"))
    document["http.response.status_code"] = status
    if status:
        document["event.outcome"] = "success" if status < 400 else "failure"
    size = network.number((native.get("bytes") or native.get("tcp_bytes", "")).lstrip("+"))
    document["http.response.bytes"] = document["http.response.body.bytes"] = size
    if "tcp_bytes" in native:
        document["event.category"], document["event.type"] = ["network"], ["connection"]
        document["destination.bytes"] = size
    weblog.request_fields(native, document)
    document["destination.domain"] = native.get("host")
    if version := native.get("tls_version"):
        document["tls.version_protocol"], _, document["tls.version"] = version.lower().partition("v")
        document["tls.cipher"], document["tls.resumed"] = native.get("tls_cipher"), native["tls_resumed"] == "1"
        name = native.get("tls_name")
        document["tls.client.server_name"] = document["destination.domain"] = name
        document["url.domain"] = document.get("url.domain") or name


def kind(native: Native) -> Kind:
    return _KIND if "request" in native else _OWN_KIND


FORMAT = Format(
    name="haproxy",
    title="HAProxy",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields=FRAME,
    kind=kind,
    field=weblog.field,
    programs=frozenset({_PROGRAM}),
    hints=("] ", "Connect from "),
)
