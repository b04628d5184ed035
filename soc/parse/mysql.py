"""MySQL 5.0 to 9, MariaDB and Percona Server: error log, general query log and mysqld_safe's lines; see also `mysql_slow`.

Layouts: `161209 14:18:53 [Note] text` (5.0 to 5.5), `2019-10-16 17:24:15 0 [Note] text` (5.6, MariaDB),
`2019-03-24T13:44:34.072713Z 0 [System] [MY-010116] [Server] text` (5.7 and 8); general log `time thread Command\\targument`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import mysql_slow, network, plain
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native
from soc.parse.when import iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_COMMANDS = (
    "Sleep|Quit|Init DB|Query|Field List|Create DB|Drop DB|Refresh|Shutdown|Statistics|Processlist|Connect Out|Connect|Kill|Debug|"
    "Ping|Time|Delayed insert|Change user|Binlog Dump GTID|Binlog Dump|Table Dump|Register Slave|Register Replica|Prepare|Execute|"
    "Long Data|Close stmt|Reset stmt|Set option|Fetch|Daemon|Error|Reset Connection|Clone"
)
_STAMP = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?| [ \d]?\d:\d\d:\d\d(?:\.\d{1,6})?)|\d{6} [ \d]\d:\d\d:\d\d)[ \t]{1,9}"
)
_LEVEL = re.compile(
    r"(?:(?P<thread>\d{1,20}) )?\[(?P<level>Note|NOTE|Warning|WARNING|Error|ERROR|System|SYSTEM|Info|INFO)\] (?=\[(?P<code>MY-\d{6})\] \[(?P<subsystem>[\w ]{1,32})\] )?"
)
_COMMAND = re.compile(
    rf"(?P<thread>\d{{1,20}}) (?P<command>{_COMMANDS})(?:(?:\t| {{2,}})(?P<argument>.*))?$", re.DOTALL
)
_BARE = re.compile(r" ?(?:InnoDB: |mysqld_safe |WSREP: |Percona XtraDB )")
_DENIED = re.compile(
    r"(?:(?:\[MY-\d{6}\] \[\w{1,32}\] )?Access denied for user '(?P<user>(?:[^']|'(?!@')){0,128})'@'(?P<host>[^']{0,255})')"
)
_ABORTED = re.compile(
    r"(?:\[MY-\d{6}\] \[\w{1,32}\] )?Aborted connection \d{1,18} to db: '(?P<database>[^']{0,128})' user: '(?P<user>[^']{0,128})' host: '(?P<host>[^']{0,255})' \((?P<reason>[^()]{1,256})\)"
)
_CONNECTED = re.compile(
    r"(?P<user>[^@\s]{0,128})@(?P<host>\S{0,255}) (?:as \S{0,128} )?on (?P<database>\S{0,128})(?: using (?P<protocol>[\w/ ]{1,32}))?$"
)
_SYSTEM = re.compile(r"\((Ubuntu|Debian)\b|\d[+-][\w.~]*?(ubuntu|deb)\d")
_SYSTEMS = {"ubuntu": "Ubuntu", "deb": "Debian", "debian": "Debian"}
_KIND: Kind = (Logsource(product="mysql", category="database"),)


def decode(frame: Frame) -> Native | None:
    text = frame.text
    if text.startswith("#") or ", Version: " in text[:256]:
        return mysql_slow.decode(text)
    stamp = _STAMP.match(text)
    if stamp is None:
        return None
    rest = text[stamp.end() :]
    found: dict[str, Any] = {"time": stamp["time"]}
    if level := _LEVEL.match(rest):
        found |= {name: value for name, value in level.groupdict().items() if value}
        found["message"] = rest[level.end() :]
    elif command := _COMMAND.match(rest):
        found |= {name: value for name, value in command.groupdict().items() if value}
        found["message"] = rest[len(command["thread"]) + 1 :]
    elif _BARE.match(rest):
        found["message"] = rest
    else:
        return None
    return found


def time(event: Event) -> int | None:
    native = event.native
    if mysql_slow.is_slow(native):
        return mysql_slow.time(event)
    return iso(_expanded(native["time"]), event.frame.zone) or plain.time(event)


def _expanded(stamp: str) -> str:
    """`161209  9:46:45` and `2019-09-06  1:45:18` as ISO 8601; two-digit years are of this century."""
    day, _, clock = stamp.replace("T", " ").partition(" ")
    if len(day) == 6:
        day = f"20{day[:2]}-{day[2:4]}-{day[4:]}"
    clock = clock.strip()
    return f"{day}T{clock}" if clock[1:2] != ":" else f"{day}T0{clock}"


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["event.category"], document["event.type"] = ["database"], ["info"]
    if mysql_slow.is_slow(native):
        mysql_slow.ecs(native, document)
        return
    message = native["message"]
    document["message"], document["log.level"] = message, native.get("level")
    document["event.code"], document["event.provider"] = native.get("code"), native.get("subsystem")
    document["process.thread.id"] = network.number(native.get("thread"))
    if native.get("level", "").lower() == "error":
        document["event.type"] = ["info", "error"]
    if system := _SYSTEM.search(message, 0, 4096):
        name = (system[1] or system[2]).lower()
        document["host.os.name"], document["host.os.platform"] = _SYSTEMS[name], _SYSTEMS[name].lower()
    if "command" in native:
        _command(native, document)
    if denied := _DENIED.match(native.get("argument", message)):
        document["event.category"], document["event.outcome"] = ["database", "authentication"], "failure"
        peer(denied["user"], denied["host"], document)
    elif aborted := _ABORTED.match(message):
        document["event.outcome"], document["event.reason"] = "failure", aborted["reason"]
        peer(aborted["user"], aborted["host"], document)


def _command(native: Native, document: Document) -> None:
    document["mysql.general.command"], document["mysql.general.argument"] = native["command"], native.get("argument")
    connected = _CONNECTED.match(native.get("argument", "")) if native["command"] == "Connect" else None
    if connected:
        document["event.category"], document["event.outcome"] = ["database", "authentication"], "success"
        document["mysql.general.database"] = connected["database"]
        peer(connected["user"], connected["host"], document)


def peer(user: str, host: str, document: Document) -> None:
    """The account, and where it comes from: an address or a name."""
    address = network.ip(host)
    document["user.name"] = user
    document["source.ip"], document["source.domain"] = address, None if address else host


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="mysql",
    title="MySQL, MariaDB, Percona Server: error, slow and general log",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={name: FRAME[name] for name in ("host.name", "process.name", "event.dataset")},
    kind=kind,
    programs=frozenset({"mysqld", "mariadbd", "mysqld_safe", "mysql", "mariadb"}),
    hints=(
        "[Note] ", "[Warning] ", "[ERROR] ", "[System] ", "[NOTE] ", "[WARNING] ", "[Error] ", "InnoDB: ", "mysqld_safe ", "WSREP: ",
        "# User@Host: ", "# Time: ", "Query\t", "Connect", "Quit", "Init DB\t", "Prepare\t", "Execute\t", "Close stmt\t", "Field List\t",
        "Change user\t", "Statistics\t", "Shutdown\t",
    ),
    # `# Time:` stands before only some entries of the slow log, so that it goes with the entry before it.
    start=re.compile(
        rb"# User@Host: |\d{4}-\d\d-\d\d(?:T\d\d|  ?\d{1,2}):\d\d:\d\d|\d{6}  ?\d{1,2}:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d "
    ),
)  # fmt: skip
