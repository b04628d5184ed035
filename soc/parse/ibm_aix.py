"""AIX: audit trails as `auditpr -v` prints them or syslog carries them, and what the kernel says of privileged commands.

AIX 7 documentation, "auditpr Command" (columns event, command, login user, real user, result, time) and "/etc/security/audit/events".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Logsource
from soc.parse import network, plain
from soc.parse.format import Format
from soc.parse.when import MONTHS, Day, ctime, wall

if TYPE_CHECKING:
    from soc.event import Event, Kind
    from soc.parse.format import Document, Native
    from soc.parse.frame import Frame

_RECORD = re.compile(
    r"(?P<event>[A-Z][A-Za-z]{0,15}_\w{1,48}) {1,64}(?P<command>\S{1,128}) {1,64}(?P<login>\S{1,64}) {1,64}(?P<real>\S{1,64}) {1,64}"
    r"(?P<result>OK|FAIL|FAIL_PRIV|FAIL_AUTH|FAIL_ACCESS|FAIL_DAC) {1,64}"
    r"(?:(?P<day>\d{1,2}) (?P<month>[A-Za-z]{3}) (?P<year>\d{4}) (?P<clock>\d\d:\d\d:\d\d(?:\.\d{1,9})?)|(?P<stamp>[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}))"
    r" {0,64}(?P<roles>No associated roles|[\w,]{0,256}) {0,64}"
)
_PRIVILEGED = re.compile(
    r"(?:(?:(?:Message )?forwarded )?from (?P<host>[\w.-]{1,255}): )?(?:unix: )?The privilege command (?P<path>\S{1,512}?),? is executed by user with id (?P<uid>\d{1,10})"
)
_PAIR = re.compile(
    r"(?<![\w/])(euid|egid|epriv|pid|sig|mode|dir|frompath|topath|path|cmd|arg|user|time|effect|real|saved|login|which|new gid|old rgid|filename|file descriptor|change root directory to)(?: =|:) ([^,\s]{1,512})"
)
# What tails tell in words without a sign between name and value.
_WORDS = re.compile(
    r"\b(?P<name>filename|linkname|forked child process|exited child process|change current directory to|owner|group|flags|stub|object)[:=]? (?P<value>/\S{0,512}|\d{1,12})"
)
_SCHEDULED = re.compile(r"\b(?:cmd|command) ?= ?(?P<line>[^\n]{1,2048}?) time ?= ")
_EXECUTED = re.compile(r"epriv: \S{1,64} name (?P<line>[^\n]{1,2048})")
_OBJECT = re.compile(r"object (?P<access>\w{1,16}) event detected (?P<path>/[^\n]{1,512})")
_CATEGORIES = {
    "FILE": "file", "FS": "file", "DEV": "file", "USER": "authentication", "PASSWORD": "iam", "GROUP": "iam", "TCP": "network",
    "TCPIP": "network", "S": "file", "SVC": "configuration", "SRC": "configuration",
}  # fmt: skip
_TYPES = {
    **dict.fromkeys(("FILE_Unlink", "FS_Rmdir", "FILE_Remove", "USER_Remove", "GROUP_Remove"), "deletion"),
    **dict.fromkeys(("FILE_Open", "FILE_Read", "FILE_Stat", "FS_Chdir", "DEV_Open"), "access"),
    **dict.fromkeys(("FILE_Write", "FILE_Rename", "FILE_Mode", "FILE_Owner", "FILE_Truncate", "FILE_Acl", "FILE_Facl", "USER_Change", "GROUP_Change",
                     "PASSWORD_Change", "PROC_SetUserIDs", "PROC_RealUID", "PROC_RealGID", "PROC_AuditID", "PROC_Privilege"), "change"),
    **dict.fromkeys(("FS_Mkdir", "FILE_Link", "FILE_Symlink", "FILE_Mknod", "USER_Create", "GROUP_Create"), "creation"),
    **dict.fromkeys(("PROC_Create", "PROC_Execute", "PROC_LPExecute", "CRON_Start", "USER_Login", "USER_SU", "SRC_Start"), "start"),
    **dict.fromkeys(("PROC_Delete", "PROC_Kill", "CRON_Finish", "USER_Logout", "USER_Exit", "SRC_Stop", "USER_Reboot", "USER_Shutdown"), "end"),
}  # fmt: skip
_LONGEST = 4096


def decode(frame: Frame) -> Native | None:
    """The columns of a record and the pairs of its tail, by AIX' names."""
    text = frame.text.strip()
    if found := _RECORD.match(text):
        tail = text[found.end() :][:_LONGEST]
        native: dict[str, Any] = {name: value for name, value in found.groupdict().items() if value is not None}
        native |= {name: value for name, value in _PAIR.findall(tail) if name not in native}
        native = dict(_WORDS.findall(tail)) | native
        for pattern in (_EXECUTED, _SCHEDULED, _OBJECT):
            if told := pattern.search(tail):
                native |= told.groupdict()
        return {**native, "tail": tail, "message": text}
    if found := _PRIVILEGED.match(text):
        return {**{name: value for name, value in found.groupdict().items() if value is not None}, "message": text}
    return None


def time(event: Event) -> int | None:
    native = event.native
    if "clock" in native:
        day = Day(MONTHS.get(native["month"].lower(), 0), int(native["day"]), int(native["year"]) or None)
        return wall(day, native["clock"], event.frame.zone, event.record.arrived)
    if "stamp" in native:
        return ctime(native["stamp"], event.frame.zone, event.record.arrived)
    return plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.product"] = "IBM", "AIX"
    document["host.os.type"], document["host.os.family"] = "unix", "aix"
    document["event.category"], document["event.type"] = ["process"], ["info"]
    if "event" not in native:
        document["host.name"] = native.get("host") or document.get("host.name")
        document["process.command_line"], document["user.id"] = native["path"], native["uid"]
        document["process.executable"] = native["path"]
        return
    document["event.action"] = native["event"]
    # The trail is of what processes asked the system for, so that each record is about one.
    told = _CATEGORIES.get(native["event"].partition("_")[0])
    document["event.category"] = ["process", told] if told else ["process"]
    document["event.type"] = [_TYPES.get(native["event"], "info")]
    document["event.outcome"] = "success" if native["result"] == "OK" else "failure"
    document["process.name"], document["process.pid"] = native["command"], network.number(native.get("pid"))
    document["user.name"], document["process.user.name"] = native["login"], native["real"]
    document["user.effective.id"], document["process.group.id"] = native.get("euid"), native.get("egid")
    document["process.command_line"] = native["line"].strip() if "line" in native else None
    _file(native, document)
    document["aix.roles"] = native["roles"] if native["roles"] not in {"", "No associated roles"} else None
    document["aix.tail"] = native["tail"].strip() or None


def _file(native: Native, document: Document) -> None:
    path = (
        native.get("path")
        or native.get("topath")
        or native.get("filename")
        or native.get("change root directory to")
        or native.get("change current directory to")
    )
    document["file.directory"] = native.get("dir")
    document["file.mode"] = native.get("mode")
    document["file.uid"], document["file.gid"] = native.get("owner"), native.get("group")
    document["file.target_path"] = native.get("linkname")
    if path:
        document["file.path"] = path if path.startswith("/") else None
        document["file.name"] = path.rpartition("/")[2]


def kind(_: Native) -> Kind:
    return _KIND


_KIND: Kind = (Logsource(product="aix", service="audit"),)

FORMAT = Format(
    name="ibm_aix",
    title="IBM AIX audit trail",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    hints=(" OK ", " FAIL", "The privilege command "),
)
