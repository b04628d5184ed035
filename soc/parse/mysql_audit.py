"""Audit logs of MySQL Enterprise Edition (JSON), Percona Server (JSON) and MariaDB's server_audit plug-in (CSV).

MySQL's manual, "Audit Log File Formats"; Percona's "Audit Log Plugin"; MariaDB's "Audit Plugin Log Format".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from soc import instant
from soc.event import Kind, Logsource
from soc.parse import network
from soc.parse.ecs_json import field
from soc.parse.format import Format, Native
from soc.parse.when import iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_KIND: Kind = (
    Logsource(product="mysql", category="database"),
    Logsource(product="mysql", category="database", service="audit"),
)
_ACCOUNTS = {
    "create_user": "creation", "create_role": "creation", "drop_user": "deletion", "drop_role": "deletion", "alter_user": "change",
    "alter_user_default_role": "change", "rename_user": "change", "set_password": "change", "grant": "", "revoke": "",
    "revoke_all": "", "grant_roles": "", "revoke_roles": "",
}  # fmt: skip
_ACCESS = ["access", "connection"]
_TYPES = {
    "connect": ["access", "connection", "start"], "change_user": ["access", "connection", "start"], "disconnect": ["access", "connection", "end"],
    "startup": ["start"], "shutdown": ["end"],
}  # fmt: skip
_TARGET = re.compile(
    r"\s{0,16}(?:create|drop|alter|rename)\s{1,16}(?:user|role)\s{1,16}(?:if\s{1,16}(?:not\s{1,16})?exists\s{1,16})?['`\"](?P<name>[^'`\"]{1,128})['`\"](?:@['`\"]?(?P<host>[^'`\"\s,;]{1,255}))?",
    re.IGNORECASE,
)
_DATA = ("general_data", "connection_data", "table_access_data", "query_data", "shutdown_data", "startup_data")


def decode_json(frame: Frame) -> Native | None:
    """The object; Percona's with its record taken out of its wrapping."""
    document = frame.json
    if document is None:
        return None
    record = document.get("audit_record")
    if isinstance(record, dict) and isinstance(record.get("timestamp"), str):
        return record
    if not isinstance(document.get("class"), str) or not isinstance(document.get("event"), str):
        return None
    return document if isinstance(document.get("timestamp"), str) and "connection_id" in document else None


_MARIADB = re.compile(
    r"(?P<timestamp>\d{8} \d\d:\d\d:\d\d),(?P<serverhost>[^,\s]{1,255}),(?P<username>[^,]{0,128}),(?P<host>[^,\s]{0,255}),"
    r"(?P<connectionid>\d{1,20}),(?P<queryid>\d{1,20}),(?P<operation>CONNECT|QUERY|READ|WRITE|CREATE|ALTER|RENAME|DROP|DISCONNECT|FAILED_CONNECT),"
    r"(?P<database>[^,]{0,128}),(?P<object>.*?),?(?P<retcode>\d{0,10})(?:,(?P<tls_version>[\w.]{0,16}))?$",
    re.DOTALL,
)


def decode_csv(frame: Frame) -> Native | None:
    found = _MARIADB.match(frame.text)
    if found is None:
        return None
    native = {name: value for name, value in found.groupdict().items() if value}
    statement = native.get("object", "")
    if len(statement) > 1 and statement[0] == statement[-1] == "'":
        native["object"] = statement[1:-1].replace("\\'", "'")
    return {"message": frame.text, **native}


def time(event: Event) -> int | None:
    """MySQL's and Percona's are in UTC, MariaDB's are local."""
    stamp = event.native["timestamp"]
    if len(stamp) > 9 and stamp[:8].isdigit():
        return iso(f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:]}", event.frame.zone)
    return instant.parse_iso(stamp.removesuffix(" UTC"))


def ecs_json(event: Event, document: Document) -> None:
    native = event.native
    account, login = _object(native, "account"), _object(native, "login")
    data = next((_object(native, name) for name in _DATA if name in native), {})
    told = _Told(
        user=_text(account.get("user")) or _text(native.get("priv_user")) or _percona_user(native),
        host=_text(account.get("host")) or _text(native.get("host")),
        ip=_text(login.get("ip")) or _text(native.get("ip")),
        event=(_text(native.get("event")) or _text(native.get("name")) or "").lower(),
        command=_text(data.get("sql_command")) or _text(native.get("command_class")) or "",
        query=_text(data.get("query")) or _text(native.get("sqltext")) or "",
        status=data.get("status", native.get("status")),
    )
    _fields(told, document)
    pid = _object(data, "connection_attributes").get("_pid")
    document["process.pid"] = network.number(pid)
    document["mysqlenterprise.audit.class"], document["mysqlenterprise.audit.event"] = (
        native.get("class"),
        native.get("event"),
    )
    document["mysqlenterprise.audit.connection_id"] = native.get("connection_id")
    _started(_object(native, "startup_data"), document)
    for name in _DATA:
        for key, value in _object(native, name).items():
            if isinstance(value, str | int):
                document[f"mysqlenterprise.audit.{name}.{key}"] = value


def _started(data: Native, document: Document) -> None:
    """The server that starts, and how."""
    document["service.version"], document["host.os.full"] = (
        _text(data.get("mysql_version")),
        _text(data.get("os_version")),
    )
    arguments = data.get("args")
    told = [argument for argument in arguments if isinstance(argument, str)] if isinstance(arguments, list) else []
    document["process.args"], document["process.executable"] = told, told[0] if told else None


def ecs_csv(event: Event, document: Document) -> None:
    native = event.native
    operation = native["operation"].lower()
    status = network.number(native.get("retcode"))
    host = native.get("host")
    query = native.get("object", "") if operation == "query" else ""
    told = _Told(
        native.get("username"), host, host, _OPERATIONS.get(operation, operation), _command(query), query, status
    )
    if operation == "failed_connect" and not status:
        told = told._replace(status=1)
    _fields(told, document)
    document["host.name"] = document.get("host.name") or native["serverhost"]
    document["mysql.audit.operation"], document["mysql.audit.database"] = native["operation"], native.get("database")
    document["mysql.audit.object"], document["mysql.audit.connectionid"] = native.get("object"), native["connectionid"]


_OPERATIONS = {"failed_connect": "connect"}


class _Told(NamedTuple):
    """What the three formats tell under their own names."""

    user: str | None
    host: str | None
    ip: str | None
    event: str
    command: str
    query: str
    status: Any


def _command(query: str) -> str:
    """The command of a statement about accounts as MySQL calls it: `drop_user`, `grant`; empty for others."""
    words = query[:64].lower().split()[:2]
    return next((name for name in ("_".join(words), *words[:1]) if name in _ACCOUNTS), "")


def _fields(told: _Told, document: Document) -> None:
    account = _ACCOUNTS.get(told.command)
    document["event.action"] = f"mysql-{told.event.replace(' ', '-')}"
    document["event.category"] = [
        "database",
        *(["iam"] if account is not None else []),
        *(["network", "authentication"] if told.event == "connect" else []),
    ]
    document["event.type"] = ["user", account] if account else list(_TYPES.get(told.event, _ACCESS))
    status = network.number(told.status)
    document["event.outcome"] = "unknown" if status is None else "failure" if status else "success"
    document["process.name"] = "mysqld"
    document["server.user.name"] = document["user.name"] = told.user
    address = network.ip(told.ip)
    document["client.ip"] = document["source.ip"] = address
    if told.host and not network.is_ip(told.host):
        document["client.domain"] = document["source.domain"] = told.host
    if account and (target := _TARGET.match(told.query)):
        document["user.target.name"], document["user.target.domain"] = target["name"], target["host"]


def _percona_user(native: Native) -> str | None:
    """`root[root] @ localhost []`, as Percona names accounts."""
    told = _text(native.get("user"))
    return told.partition("[")[0] if told else None


def _object(native: Native, name: str) -> Native:
    value = native.get(name)
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def kind(_: Native) -> Kind:
    return _KIND


JSON = Format(
    name="mysql_audit_json",
    title="MySQL Enterprise and Percona audit log (JSON)",
    decode=decode_json,
    time=time,
    ecs=ecs_json,
    kind=kind,
    field=field,
    json=True,
)
FORMAT = Format(
    name="mysql_audit",
    title="MariaDB server_audit plug-in",
    decode=decode_csv,
    time=time,
    ecs=ecs_csv,
    kind=kind,
    hints=(
        ",CONNECT,",
        ",QUERY,",
        ",READ,",
        ",WRITE,",
        ",CREATE,",
        ",ALTER,",
        ",RENAME,",
        ",DROP,",
        ",DISCONNECT,",
        ",FAILED_CONNECT,",
    ),
    programs=frozenset({"mysql-server_auditing"}),
)
