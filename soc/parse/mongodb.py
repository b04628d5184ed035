"""MongoDB 2.4 to 8: mongod's and mongos' log as text (up to 4.2) and JSON (from 4.4), and the audit log of Enterprise and Percona.

MongoDB's manual, "Log Messages" and "System Event Audit Messages".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.ecs_fields import FRAME
from soc.parse.ecs_json import field, lookup
from soc.parse.format import Format, Native
from soc.parse.when import iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_LINE = re.compile(
    r"(?P<t>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:?\d\d)) (?:(?P<s>[FEWIDS-])(?:\d)? {1,4}(?P<c>[A-Z_-]{1,16}) {1,12}(?:\[(?P<ctx>[^\]\s]{1,128})\] {0,9})?"
    r"|\[(?P<old_ctx>(?:conn\d{1,9}|initandlisten|[A-Za-z][\w:-]{2,64}))\] )"
)
_PEER = re.compile(
    r"(?:connection accepted from|end connection|from client:?|client:) ?\[?([0-9A-Fa-f.:]{2,45})\]?:(\d{1,5})\b"
)
_LOGIN = re.compile(
    r"(?:Successfully authenticated as principal (?P<user>\S{1,128}) on (?P<db>\S{1,64})"
    r"|\b(?P<mechanism>SCRAM-SHA-\d{1,3}|MONGODB-[\w-]{2,16}|PLAIN|GSSAPI|MONGODB) authentication failed for (?P<failed>\S{1,128}) on (?P<failed_db>\S{1,64})"
    r"|Failed to authenticate (?P<old>[^@\s]{1,128})@(?P<old_db>\S{1,64}))"
)
_TOOK = re.compile(r" (\d{1,12})ms$")
_SEVERE = frozenset("EF")
_KIND: Kind = (Logsource(product="mongodb", category="database"),)


def decode(frame: Frame) -> Native | None:
    """A line by the names of the JSON log."""
    line = _LINE.match(frame.text)
    if line is None:
        return None
    found = line.groupdict()
    old = found.pop("old_ctx")
    return {
        **{name: value for name, value in found.items() if value},
        **({"ctx": old} if old else {}),
        "msg": frame.text[line.end() :],
    }


def decode_json(frame: Frame) -> Native | None:
    document = frame.json
    if document is None:
        return None
    stamp = document.get("t" if "msg" in document else "ts")
    if not isinstance(stamp, dict) or not isinstance(stamp.get("$date"), str | int):
        return None
    known = all(isinstance(document.get(name), str) for name in ("s", "c", "msg")) or isinstance(
        document.get("atype"), str
    )
    return document if known else None


def time(event: Event) -> int | None:
    stamp = event.native.get("t")
    return (iso(stamp, event.frame.zone) if isinstance(stamp, str) else None) or plain.time(event)


def time_json(event: Event) -> int | None:
    native = event.native
    stamp = lookup(native, "t.$date" if "msg" in native else "ts.$date")
    return iso(stamp, event.frame.zone) if isinstance(stamp, str) else plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    message = native["msg"]
    _log(native, document)
    if peer := _PEER.search(message, 0, 4096):
        document["source.ip"], document["source.port"] = network.ip(peer[1]), network.number(peer[2])
    if login := _LOGIN.search(message, 0, 1024):
        user, failed = login["user"], login["failed"] or login["old"]
        _authenticated(
            user or failed,
            login["db"] or login["failed_db"] or login["old_db"],
            "failure" if failed else "success",
            document,
        )
    if took := _TOOK.search(message, max(0, len(message) - 32)):
        document["event.duration"] = int(took[1]) * 1_000_000


def ecs_json(event: Event, document: Document) -> None:
    native = event.native
    if "msg" not in native:
        _audited(native, document)
        return
    _log(native, document)
    attributes = native.get("attr")
    if not isinstance(attributes, dict):
        return
    remote = next(
        (attributes[name] for name in ("remote", "client", "hostAndPort") if isinstance(attributes.get(name), str)), ""
    )
    address, port = network.endpoint(remote)
    if network.is_ip(address):
        document["source.ip"], document["source.port"] = network.ip(address), port
    if isinstance(took := attributes.get("durationMillis"), int):
        document["event.duration"] = took * 1_000_000
    if native["c"] == "ACCESS" and ("uthenticat" in native["msg"]):
        user = attributes.get("user") or attributes.get("principalName")
        database = attributes.get("db") or attributes.get("authenticationDatabase")
        successful = "uccessful" in native["msg"] or attributes.get("result") == 0
        _authenticated(user, database, "success" if successful else "failure", document)
        document["event.reason"] = attributes.get("error") if isinstance(attributes.get("error"), str) else None
    for name, value in attributes.items():
        if isinstance(value, str | int | float):
            document[f"mongodb.log.attr.{name}"] = value


def _log(native: Native, document: Document) -> None:
    document["event.category"], document["event.type"] = ["database"], ["info"]
    document["message"], document["log.level"] = native["msg"], native.get("s")
    if native.get("s") in _SEVERE:
        document["event.type"] = ["info", "error"]
    document["mongodb.log.component"], document["mongodb.log.context"] = native.get("c"), native.get("ctx")
    document["mongodb.log.id"] = native.get("id")


def _authenticated(user: Any, database: Any, outcome: str, document: Document) -> None:
    document["event.category"], document["event.type"] = ["database", "authentication"], ["info", "start"]
    document["event.outcome"] = outcome
    document["user.name"] = user if isinstance(user, str) else None
    document["mongodb.log.database"] = database if isinstance(database, str) else None


_AUDITED = {
    "authenticate": (["database", "authentication"], ["start"]), "logout": (["database", "authentication"], ["end"]),
    "createUser": (["database", "iam"], ["user", "creation"]), "dropUser": (["database", "iam"], ["user", "deletion"]),
    "dropAllUsersFromDatabase": (["database", "iam"], ["user", "deletion"]), "updateUser": (["database", "iam"], ["user", "change"]),
    "grantRolesToUser": (["database", "iam"], ["user", "change"]), "revokeRolesFromUser": (["database", "iam"], ["user", "change"]),
    "createRole": (["database", "iam"], ["group", "creation"]), "dropRole": (["database", "iam"], ["group", "deletion"]),
    "updateRole": (["database", "iam"], ["group", "change"]), "authCheck": (["database"], ["access"]),
    "createCollection": (["database"], ["creation"]), "createDatabase": (["database"], ["creation"]), "createIndex": (["database"], ["creation"]),
    "dropCollection": (["database"], ["deletion"]), "dropDatabase": (["database"], ["deletion"]), "dropIndex": (["database"], ["deletion"]),
    "shutdown": (["database"], ["end"]), "startup": (["database"], ["start"]),
}  # fmt: skip


def _audited(native: Native, document: Document) -> None:
    kinds, types = _AUDITED.get(native["atype"], (["database"], ["info"]))
    document["event.category"], document["event.type"], document["event.action"] = (
        list(kinds),
        list(types),
        native["atype"],
    )
    result = native.get("result")
    document["event.outcome"] = ("failure" if result else "success") if isinstance(result, int) else None
    for side, name in (("source", "remote"), ("destination", "local")):
        address = lookup(native, f"{name}.ip")
        document[f"{side}.ip"] = network.ip(address) if isinstance(address, str) else None
        document[f"{side}.port"] = network.number(lookup(native, f"{name}.port"))
    users = native.get("users")
    first = users[0] if isinstance(users, list) and users and isinstance(users[0], dict) else {}
    parameters = native.get("param") if isinstance(native.get("param"), dict) else {}
    told = parameters.get("user") if isinstance(parameters, dict) else None
    own = first.get("user") or (told if native["atype"] == "authenticate" else None)
    document["user.name"] = own if isinstance(own, str) else None
    document["user.target.name"] = told if isinstance(told, str) and "iam" in kinds else None
    for name, value in parameters.items() if isinstance(parameters, dict) else ():
        if isinstance(value, str | int | float):
            document[f"mongodb.audit.param.{name}"] = value


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="mongodb",
    title="MongoDB log (text, up to 4.2)",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields=FRAME,
    kind=kind,
    programs=frozenset({"mongod", "mongos"}),
    hints=(" I ", " W ", " E ", " D", " F ", " - ", " [conn", " [initandlisten]"),
)
JSON = Format(
    name="mongodb_json",
    title="MongoDB log (JSON, from 4.4) and audit log",
    decode=decode_json,
    time=time_json,
    ecs=ecs_json,
    kind=kind,
    field=field,
    json=True,
)
