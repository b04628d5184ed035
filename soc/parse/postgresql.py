"""PostgreSQL 9 to 17 and PgBouncer: stderr, csvlog and jsonlog destinations, and what they send to syslog.

stderr lines are `log_line_prefix LEVEL:  message`; the prefix is the administrator's choice, so that it is taken apart by what
its pieces look like. Names are those of csvlog's columns in PostgreSQL's documentation ("Error Reporting and Logging").
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native
from soc.parse.postgresql_sessions import connection, describe
from soc.parse.when import iso
from soc.parse.zone_names import called

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_LEVELS = "DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|QUERY|CONTEXT|LOCATION|STATEMENT|BACKTRACE"
# Two blanks follow the level; RDS and its likes close the prefix with a colon and may have one.
_LEVEL = re.compile(rf"(?:^|(?<=[\s:\]])|(?<=\] ))(?P<level>{_LEVELS}):(?:  |(?<=\]:ERROR:) | (?={_LEVELS}:  ))")
_RDS = re.compile(rf":(?P<level>{_LEVELS}): ")
_STAMP = re.compile(
    r"(?<![\d.])(?P<log_time>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?: ?(?P<zone>[+-]\d\d(?::?\d\d)?|[A-Z][A-Za-z]{1,4}|Z|[A-Z]\w{2,16}/\w{2,32}))?(?=[\s:,;|\]]|$)"
)
_STATE = re.compile(r"(?!AUDIT)(?P<sql_state_code>[0-9A-Z]{5}): ")
# pgAudit: scope, numbers of statement and sub-statement, class, command, the object's type and name, the statement, its parameters.
_AUDIT = re.compile(
    r"AUDIT: (?P<audit_type>SESSION|OBJECT),\d{1,12},\d{1,12},(?P<class>[A-Z]{1,16}),(?P<command_tag>[A-Z ]{1,64}),(?P<object_type>[A-Z ]{0,64}),(?P<object_name>[^,\n]{0,256}),"
    r"(?P<query>\"(?:[^\"]++|\"\")*+\"|[^\n]{0,65536}?)(?:,(?:<not logged>|<none>|[^,\n]{0,4096}))?$",
    re.DOTALL,
)
_PREFIX_MAX = 512
# What the server puts before each line that it sends to syslog: number of the message, and of the line in it.
_NUMBERED = re.compile(r"\[\d{1,10}-\d{1,10}\] ")
# What the parts of a prefix look like; `%u@%d`, `%r`, `%h`, `[%p]`, `[%p-%l]`, `[%l-1]`, `name=value`.
_NAMED = re.compile(
    r"(?<![\w.])(user|db|database|app|application|application_name|client|host|remote|pid|session|line|xid|vxid|tx)=([^,\s]*)"
)
_PID = re.compile(r"\[(\d{1,10})(?:-(\d{1,10}))?\]")
_AT = re.compile(r"(?<![\w.@])(\[unknown\]|[\w.$-]{1,63})@(\[unknown\]|[\w.$-]{0,63})(?![\w.@])")
_REMOTE = re.compile(
    r"(?<![\w.])(\[local\]|\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9A-Fa-f]{1,4}:|::)[0-9A-Fa-f:]{1,37}(?<!:))(?:\((\d{1,5})\))?(?![\w.])"
)
_SESSION = re.compile(r"(?<![\w.])([0-9a-f]{8}\.[0-9a-f]{1,8})(?![\w.])")
_NAMES = {
    "db": "database_name", "database": "database_name", "user": "user_name", "app": "application_name",
    "application": "application_name", "client": "connection_from", "host": "connection_from", "remote": "connection_from",
    "pid": "process_id", "session": "session_id", "line": "session_line_num", "xid": "transaction_id", "tx": "transaction_id",
    "vxid": "virtual_transaction_id",
}  # fmt: skip
_COLUMNS = (
    "log_time", "user_name", "database_name", "process_id", "connection_from", "session_id", "session_line_num", "command_tag",
    "session_start_time", "virtual_transaction_id", "transaction_id", "error_severity", "sql_state_code", "message", "detail",
    "hint", "internal_query", "internal_query_pos", "context", "query", "query_pos", "location", "application_name",
    "backend_type", "leader_pid", "query_id",
)  # fmt: skip
# jsonlog's keys for the same.
_KEYS = {
    "timestamp": "log_time", "user": "user_name", "dbname": "database_name", "pid": "process_id", "line_num": "session_line_num",
    "ps": "command_tag", "session_start": "session_start_time", "vxid": "virtual_transaction_id", "txid": "transaction_id",
    "state_code": "sql_state_code", "statement": "query", "cursor_position": "query_pos", "internal_position": "internal_query_pos",
}  # fmt: skip
_JSON_COLUMNS = frozenset({*_COLUMNS, "remote_host", "remote_port"})
_CSV = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [^,\s]{1,40},(?:\"|,|\w)")
_BOUNCER = re.compile(
    r"(?P<log_time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,6})(?: (?P<zone>[+-]\d\d(?::?\d\d)?|[A-Z][A-Za-z]{1,4}))? \[?(?P<process_id>\d{1,10})\]? "
    r"(?P<error_severity>LOG|ERROR|WARNING|FATAL|DEBUG|NOISE) "
    r"(?:(?P<socket>[CS])-0x[0-9a-f]{1,16}: (?P<database_name>[^/\s]{1,63})/(?P<user_name>[^@\s]{1,63})@(?P<connection_from>\S{1,64}:\d{1,5}) )?"
    r"(?![A-Za-z_]\w{0,63}\.\w)(?=(?P<message>.{1,65536}))",
    re.DOTALL,
)
_QUERY = re.compile(
    r"(?:duration: (?P<duration>\d{1,12}(?:\.\d{1,6})?) ms(?:  |$))?"
    r"(?:(?P<step>statement|(?:execute|parse|bind)(?: fetch from)? (?:[^:]|:(?! )){1,128}): (?P<query>.*))?",
    re.DOTALL,
)
_SEVERE = frozenset({"ERROR", "FATAL", "PANIC"})
_KIND: Kind = (Logsource(product="postgresql", category="database"),)


def decode(frame: Frame) -> Native | None:
    text = frame.text
    if _CSV.match(text):
        return _from_csv(text)
    if "-0x" in text[:128] and (pooler := _BOUNCER.match(text)):
        return _pooler(pooler)
    head = text[:_PREFIX_MAX]
    level = _LEVEL.search(head)
    if level is None and (level := _RDS.search(head)) is None:
        pooler = _BOUNCER.match(text)
        return _pooler(pooler) if pooler and _is_pooler(frame, pooler) else None
    prefix = head[: level.start()]
    if frame.syslog and (numbered := _NUMBERED.match(prefix)):
        prefix = prefix[numbered.end() :]
    found = _prefix(prefix)
    if "log_time" not in found and not (frame.syslog and frame.syslog.app.lower() in _PROGRAMS):
        return None
    found["error_severity"], message = level["level"], text[level.end() :].lstrip(" ")
    if state := _STATE.match(message):
        found["sql_state_code"], message = state["sql_state_code"], message[state.end() :]
    return {**found, "message": message, **_told(message)}


def _prefix(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if stamp := _STAMP.search(text):
        found = {name: value for name, value in stamp.groupdict().items() if value}
        text = f"{text[: stamp.start()]} {text[stamp.end() :]}"
    for name, value in _NAMED.findall(text):
        if value:
            found.setdefault(_NAMES.get(name, name), value)
    if pid := _PID.search(text):
        found["process_id"] = pid[1]
        found |= {"session_line_num": pid[2]} if pid[2] else {}
    if at := _AT.search(text):
        found["user_name"], found["database_name"] = (name.strip("[]") for name in at.groups())
    if remote := _REMOTE.search(text):
        found["connection_from"] = f"{remote[1]}:{remote[2]}" if remote[2] else remote[1]
    if session := _SESSION.search(text):
        found["session_id"] = session[1]
    if "user_name" not in found and (words := _words(text)):
        found |= words
    return {name: value for name, value in found.items() if value}


_WORDS = re.compile(
    r"\[\d{1,10}\] (?P<user_name>[\w.$-]{1,63}) (?P<application_name>\S{1,63}) (?P<database_name>[\w.$-]{1,63}) (?:\[local\]|[0-9A-Fa-f])"
)


def _words(text: str) -> dict[str, str] | None:
    """`[%p] %u %a %d %h`, separated by nothing but blanks."""
    found = _WORDS.search(text)
    return found.groupdict() if found else None


def _is_pooler(frame: Frame, found: re.Match[str]) -> bool:
    """Whether a line without a connection is PgBouncer's: it names its process between clock and level."""
    return bool(found["zone"]) or frame.syslog is None or frame.syslog.app.lower() == "pgbouncer"


def _pooler(found: re.Match[str]) -> dict[str, Any]:
    return {"pooler": True, **{name: value for name, value in found.groupdict().items() if value and name != "socket"}}


def _from_csv(text: str) -> dict[str, Any] | None:
    try:
        row = next(csv.reader((text,)), [])
    except csv.Error:  # a cell over csv's limit
        return None
    if len(row) < 14 or row[11] not in _CSV_LEVELS:
        return None
    found: dict[str, Any] = {name: value for name, value in zip(_COLUMNS, row, strict=False) if value}
    found["log_time"], _, found["zone"] = row[0].rpartition(" ")
    told = _told(row[13])
    return {**told, **found, **({"statement": told["query"], "csv": True} if "query" in told else {})}


_CSV_LEVELS = frozenset(
    {
        "DEBUG",
        "LOG",
        "INFO",
        "NOTICE",
        "WARNING",
        "ERROR",
        "FATAL",
        "PANIC",
        *(f"DEBUG{number}" for number in range(1, 6)),
    }
)


def _told(message: str) -> dict[str, Any]:
    """Duration in milliseconds, step and statement of what `log_statement` and `log_min_duration_statement` write, and pgAudit's fields."""
    if message.startswith("AUDIT: ") and (audit := _AUDIT.match(message)):
        told = {name: value for name, value in audit.groupdict().items() if value}
        if told.get("query", "")[:1] == '"':
            told["query"] = told["query"][1:-1].replace('""', '"')
        return told
    found = (
        _QUERY.match(message)
        if message.startswith(("duration: ", "statement: ", "execute ", "parse ", "bind "))
        else None
    )
    return {name: value for name, value in found.groupdict().items() if value} if found else {}


def decode_json(frame: Frame) -> Native | None:
    document = frame.json
    if (
        document is None
        or not isinstance(document.get("error_severity"), str)
        or not isinstance(document.get("timestamp"), str)
    ):
        return None
    found: dict[str, Any] = {
        column: value if isinstance(value, str) else str(value)
        for name, value in document.items()
        if isinstance(value, str | int) and (column := _KEYS.get(name, name)) in _JSON_COLUMNS
    }
    found["log_time"], _, found["zone"] = found["log_time"].rpartition(" ")
    if "remote_host" in found:
        port = found.get("remote_port")
        found["connection_from"] = f"{found['remote_host']}:{port}" if port else found["remote_host"]
    return {**found, **_told(found.get("message", ""))}


def time(event: Event) -> int | None:
    native = event.native
    if "log_time" not in native:
        return plain.time(event)
    return iso(native["log_time"], called(native.get("zone", ""), event.frame.zone))


def ecs(event: Event, document: Document) -> None:
    native = event.native
    level, message = native["error_severity"], native.get("message", "")
    document["event.category"] = ["database"]
    document["event.type"] = ["error", "info"] if level in _SEVERE else ["info"]
    document["event.timezone"] = native.get("zone") or document.get("event.timezone")
    document["log.level"], document["message"] = level, native.get("statement") or message
    if (code := native.get("sql_state_code", "00000"))[:2] not in {"00", "01", "02"}:
        document["error.code"], document["error.message"] = code, message
    document["process.pid"] = network.number(native.get("process_id")) or document.get("process.pid")
    document["user.name"] = native.get("user_name")
    if "duration" in native:
        document["event.duration"] = _nanoseconds(native["duration"], 6)
    connection(*network.endpoint(native.get("connection_from", "")), document)
    if "pooler" not in native:
        describe(message, document)
    for name, value in native.items():
        if name in _VENDOR:
            document[f"postgresql.log.{name}"] = value


_VENDOR = frozenset(
    {*_COLUMNS, "step", "audit_type", "class", "object_type", "object_name"}
    - {"log_time", "user_name", "process_id", "error_severity", "message", "connection_from"}
)


def _nanoseconds(number: str, exponent: int) -> int:
    """A decimal number times a power of ten, exactly."""
    whole, _, fraction = number.partition(".")
    return int(whole + fraction[:exponent].ljust(exponent, "0"))


def kind(_: Native) -> Kind:
    return _KIND


def values(native: Native) -> Iterator[Any]:
    return (value for value in native.values() if isinstance(value, str))


_PROGRAMS = frozenset({"postgres", "postgresql", "pgbouncer"})
FORMAT = Format(
    name="postgresql",
    title="PostgreSQL (stderr, csvlog, syslog) and PgBouncer",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={name: FRAME[name] for name in ("host.name", "process.name", "event.dataset")},
    kind=kind,
    values=values,
    programs=_PROGRAMS,
    hints=(
        "LOG:  ", "ERROR:  ", "FATAL:  ", "PANIC:  ", "WARNING:  ", "DETAIL:  ", "HINT:  ", "STATEMENT:  ", "CONTEXT:  ", "LOCATION:  ",
        "NOTICE:  ", "INFO:  ", "QUERY:  ", "BACKTRACE:  ", ":LOG: ", ":ERROR: ", ":FATAL: ", ":DETAIL: ", ":STATEMENT: ", ":WARNING: ", ":HINT: ",
        ",LOG,", ",ERROR,", ",FATAL,", ",PANIC,", ",WARNING,", ",NOTICE,", ",INFO,", ",DEBUG", "DEBUG1", "DEBUG2", " LOG ", " ERROR ",
        " WARNING ", " FATAL ",
    ),
    start=re.compile(rb"(?:<\d{1,3}>)?(?:\S{1,64} )?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d "),
)  # fmt: skip
JSON = Format(
    name="postgresql_json",
    title="PostgreSQL (jsonlog)",
    decode=decode_json,
    time=time,
    ecs=ecs,
    kind=kind,
    values=values,
    json=True,
)
