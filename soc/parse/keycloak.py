"""Keycloak 4 to 26 (WildFly and Quarkus): server log as text and JSON, with the user and admin events in it.

Keycloak's server administration guide, "Auditing admin and user events"; `type=LOGIN_ERROR, realmId=..., userId=...`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import network, plain, url
from soc.parse.ecs_fields import FRAME
from soc.parse.ecs_json import instant_of, lookup
from soc.parse.format import Format, Native
from soc.parse.when import iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_LINE = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,]\d{3}) (?P<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL) {1,3}\[(?P<logger>[^\]\s]{1,255})\] \((?P<thread>[^)]{1,128})\) ?"
)
_EVENT = re.compile(r"(?:type|operationType)=\"?[A-Z]")
_NEXT = r", [A-Za-z_]\w{0,63}="
_PAIR = re.compile(
    rf"(?:^|(?<=, ))([A-Za-z_]\w{{0,63}})=(?:\"((?:[^\"\\]++|\\.)*+)\"|((?:[^\",]++|,(?!{_NEXT[1:]}))*+))(?={_NEXT}|\s{{0,8}}$)"
)
_MOST = 65536
_KIND: Kind = (Logsource(product="keycloak", category="application", service="keycloak"),)
# Changes of accounts that a person makes; others are sign-ins and what belongs to them.
_TYPES = {
    "LOGIN": ["start", "allowed"], "LOGOUT": ["end"], "REGISTER": ["user", "creation"], "DELETE_ACCOUNT": ["user", "deletion"],
    "UPDATE_PASSWORD": ["user", "change"], "UPDATE_EMAIL": ["user", "change"], "UPDATE_PROFILE": ["user", "change"],
    "UPDATE_TOTP": ["user", "change"], "REMOVE_TOTP": ["user", "change"], "RESET_PASSWORD": ["user", "change"],
    "UPDATE_CREDENTIAL": ["user", "change"], "REMOVE_CREDENTIAL": ["user", "change"], "CLIENT_LOGIN": ["start", "allowed"],
    "CODE_TO_TOKEN": ["access", "allowed"], "REFRESH_TOKEN": ["access", "allowed"], "IMPERSONATE": ["start", "allowed"],
    "USER_DISABLED_BY_PERMANENT_LOCKOUT": ["user", "change", "denied"], "USER_DISABLED_BY_TEMPORARY_LOCKOUT": ["user", "change", "denied"],
}  # fmt: skip
_OPERATIONS = {"CREATE": "creation", "UPDATE": "change", "DELETE": "deletion", "ACTION": "change"}


def decode(frame: Frame) -> Native | None:
    """The header's parts, and the pairs of an event by Keycloak's names."""
    text = frame.text
    line = _LINE.match(text)
    if line is None:
        return None
    message = text[line.end() :]
    return {**line.groupdict(), "message": message, **_pairs(message)}


def _pairs(message: str) -> dict[str, str]:
    if not _EVENT.match(message):
        return {}
    found: dict[str, str] = {}
    for name, quoted, bare in _PAIR.findall(message[:_MOST]):
        value = quoted.replace('\\"', '"') if quoted else bare.rstrip()
        if value != "null" and name not in _HEADER:
            found.setdefault(name, value)
    return found


_HEADER = frozenset({"time", "level", "logger", "thread", "message"})
# Name -> keys of the JSON log, in Quarkus' own layout and in the layouts `ecs` and `logstash`.
_KEYS = {
    "level": ("level", "log.level"), "logger": ("loggerName", "log.logger", "logger_name"), "thread": ("threadName", "process.thread.name", "thread_name"),
    "message": ("message",), "host": ("hostName", "host.hostname", "host.name"), "process": ("processName", "process.name"),
    "service": ("service.name",), "version": ("service.version",), "environment": ("service.environment",),
}  # fmt: skip


def decode_json(frame: Frame) -> Native | None:
    """The object, and the pairs of the event in its message."""
    document = frame.json
    message = None if document is None else document.get("message")
    if document is None or not isinstance(message, str):
        return None
    logger, service = _named(document, "logger"), _named(document, "service")
    if not ((logger or "").startswith(("org.keycloak", "org.key.")) or (service or "").lower() == "keycloak"):
        return None
    told = {name: value for name in _KEYS if (value := _named(document, name))}
    return {"document": document, **told, **_pairs(message)}


def _named(document: Native, name: str) -> str | None:
    return next((value for key in _KEYS[name] if isinstance(value := lookup(document, key), str)), None)


def time(event: Event) -> int | None:
    return iso(event.native["time"], event.frame.zone) or plain.time(event)


def time_json(event: Event) -> int | None:
    document = event.native["document"]
    for name in ("@timestamp", "timestamp", "time"):
        if (told := instant_of(lookup(document, name), event)) is not None:
            return told
    return plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["log.level"], document["log.logger"] = native["level"], native["logger"]
    document["process.thread.name"], document["message"] = native["thread"], native["message"]
    document["event.code"] = native.get("error")
    _event(native, document)


def ecs_json(event: Event, document: Document) -> None:
    native = event.native
    source = native["document"]
    for name, own in _PLACES.items():
        document[own] = native.get(name) or document.get(own)
    document["process.pid"] = network.number(lookup(source, "process.pid")) or network.number(source.get("processId"))
    document["process.thread.id"] = network.number(lookup(source, "process.thread.id")) or network.number(
        source.get("threadId")
    )
    document["event.provider"], document["event.code"] = native.get("clientId"), native.get("type")
    document["host.name"] = document["host.hostname"] = native.get("host") or document.get("host.name")
    _event(native, document)


_PLACES = {
    "level": "log.level", "logger": "log.logger", "thread": "process.thread.name", "message": "message", "process": "process.name",
    "service": "service.name", "version": "service.version", "environment": "service.environment",
}  # fmt: skip


def _event(native: Native, document: Document) -> None:
    """What happened, by whom, from where."""
    if "operationType" in native:
        _administered(native, document)
    elif "type" in native:
        _signed_in(native, document)
    else:
        return
    document["source.ip"], document["source.address"] = network.ip(native.get("ipAddress")), native.get("ipAddress")
    document["user.id"], document["user.name"] = native.get("userId"), native.get("username")
    document["error.code"] = native.get("error")
    told = (native.get("userId"), native.get("username"), document.get("user.target.id"))
    document["related.user"] = [name for name in told if name]
    if "redirect_uri" in native:
        url.fill(document, native["redirect_uri"])
    for name, value in native.items():
        if name not in _ELSEWHERE and isinstance(value, str):
            document[f"keycloak.event.{name}"] = value


_ELSEWHERE = frozenset(
    {*_HEADER, *_PLACES, "host", "document", "type", "userId", "username", "ipAddress", "error", "redirect_uri"}
)


def _signed_in(native: Native, document: Document) -> None:
    kind_ = native["type"]
    failed = kind_.endswith("_ERROR") or "error" in native
    document["event.action"] = kind_
    document["event.category"] = ["authentication"]
    document["event.type"] = ["info", *(["denied"] if failed else _TYPES.get(kind_, []))]
    if not failed and "user" in _TYPES.get(kind_, ()):
        document["event.category"] = ["authentication", "iam"]
    document["event.outcome"] = "failure" if failed else "success"


def _administered(native: Native, document: Document) -> None:
    """An administrator's change; which resource is told by its kind and path."""
    operation, resource = native["operationType"], native.get("resourceType", "")
    document["event.action"] = document["event.code"] = f"{operation}-{resource}" if resource else operation
    document["event.category"] = ["iam"]
    document["event.type"] = ["info", "admin", _OPERATIONS.get(operation, "change")]
    document["event.outcome"] = "failure" if "error" in native else "success"
    section, _, path = native.get("resourcePath", "").partition("/")
    if section == "users" and path:
        document["user.target.id"] = path.partition("/")[0]
    elif section == "groups" and path:
        document["group.id"] = path.partition("/")[0]


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="keycloak",
    title="Keycloak server log, user and admin events",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={name: FRAME[name] for name in ("host.name", "process.name", "event.dataset")},
    kind=kind,
    hints=(" [org.", " [io.", " [com.", " [javax.", " [jakarta.", "] ("),
    programs=frozenset({"keycloak", "kc.sh"}),
    start=re.compile(rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"),
)
JSON = Format(
    name="keycloak_json",
    title="Keycloak server log as JSON",
    decode=decode_json,
    time=time_json,
    ecs=ecs_json,
    kind=kind,
    json=True,
)
