"""Records of the Linux audit framework, one a line, raw or enriched.

`type=SYSCALL msg=audit(1700000000.123:42): arch=c000003e ... exe="/usr/bin/id"`, a `node=` before it, interpretations after a
group separator (`UID="root"`), user-space messages inside `msg='...'`; also the kernel's own print, `audit: type=1400 audit(...)`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.auditd_types import MEANINGS, NAMES, Meaning
from soc.parse.ecs_fields import FRAME, host_name
from soc.parse.format import Format, Native

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, EcsField
    from soc.parse.frame import Frame

_RECORD = re.compile(
    r"(?:\[ *\d+\.\d+\] ?)?(?:audit: )?(?:node=(?P<node>\S{1,255}) )?type=(?P<type>[A-Za-z0-9_]{1,64}(?:\[\d{1,6}\])?) "
    r"(?:msg=)?(?:audit\((?P<time>\d{1,12}(?:\.\d{1,9})?):(?P<serial>\d{1,20})\): ?)?"
)
_ENRICHED = "\x1d"
# A bare value runs to the next name: `op=adding group to /etc/group id=1004`.
_PAIR = re.compile(
    r"(?<![\w-])([A-Za-z_][\w-]{0,63}(?:\[\d{1,6}\])?)=(?:\"([^\"]*)\"|'([^']*)'|(\S*(?: (?![\w\[\]-]{1,64}=)[^\s=]+)*))"
)
_AVC = re.compile(r"avc: +(?P<seresult>granted|denied) +\{ (?P<seperms>[^}]{0,256}?) \} for ")
# What auditd writes as hex when it holds blanks, quotes or anything beyond printable ASCII.
_ENCODED = frozenset({
    "acct", "cmd", "comm", "cwd", "data", "dir", "exe", "file", "key", "name", "new-disk", "ocomm", "old-disk", "path",
    "proctitle", "sw", "vm", "watch",
})  # fmt: skip
_ARGUMENT = re.compile(r"a(\d{1,5})(?:\[(\d{1,6})\])?")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_UNSET = frozenset({"", "?", "(null)", "(none)", "N/A", "unset"})
_OUTCOMES = {
    "success": "success",
    "yes": "success",
    "1": "success",
    "failed": "failure",
    "no": "failure",
    "0": "failure",
}
_KIND: Kind = (Logsource(product="linux", service="auditd"),)
_EXECVE_KIND: Kind = (*_KIND, Logsource(product="linux", category="process_creation"))


def decode(frame: Frame) -> Native | None:
    """The fields by auditd's names, decoded from hex, those inside `msg='...'` beside the others; EXECVE has a CommandLine."""
    record = _RECORD.match(frame.text)
    if record is None:
        return None
    raw, _, enriched = frame.text[record.end() :].partition(_ENRICHED)
    name = record["type"]
    native: dict[str, Any] = {"message": frame.text, "type": NAMES.get(name, name)}
    if record["node"]:
        native["node"] = record["node"]
    if record["time"] is None:
        return {**native, "msg": raw} if " msg=" in frame.text else None
    native |= {"time": record["time"], "serial": record["serial"]}
    native = {**_fields(raw, native["type"] == "EXECVE"), **native}  # pairs never stand for what the record begins with
    for key, value, single, bare in _PAIR.findall(enriched):
        native.setdefault(key, value or single or bare)
    if native["type"] == "EXECVE":
        native["argv"] = _arguments(native)
        native["CommandLine"] = " ".join(native["argv"])
    return native


def _fields(text: str, arguments: bool) -> dict[str, Any]:  # noqa: FBT001 (whether a0, a1, ... are text)
    found: dict[str, Any] = {}
    if avc := _AVC.search(text):
        found |= avc.groupdict()
    outer, inner = _message(text)
    for part in (outer, inner):
        for key, value, single, bare in _PAIR.findall(part):
            if bare and (key in _ENCODED or (arguments and key[0] == "a" and _ARGUMENT.fullmatch(key))):
                bare = _text(bare, key)  # noqa: PLW2901 (the same value, readable)
            found.setdefault(key, value or single or bare)
    return found


def _message(text: str) -> tuple[str, str]:
    """The text before `msg='` and the text inside of it; its quotes may be escaped ones on their way here."""
    for quote in ("'", '"'):
        before, start, after = text.partition(f"msg={quote}")
        if start:
            return before, after.rpartition(quote)[0].replace('\\"', '"') or after
    return text, ""


def _text(value: str, key: str) -> str:
    if len(value) % 2 or not _HEX.fullmatch(value) or (key == "key" and value.isdecimal()):
        return value
    decoded = bytes.fromhex(value).decode("utf-8", "backslashreplace")
    return decoded.replace("\0", " ").strip() if key in {"proctitle", "data"} else decoded.rstrip("\0")


def _arguments(native: Native) -> list[str]:
    """The program's arguments in order; long ones come in pieces, `a1[0]`, `a1[1]`."""
    pieces: dict[tuple[int, int], str] = {}
    for key, value in native.items():
        if key[0] == "a" and (argument := _ARGUMENT.fullmatch(key)):
            pieces[int(argument[1]), int(argument[2] or 0)] = value
    arguments: dict[int, str] = {}
    for (position, _), value in sorted(pieces.items()):
        arguments[position] = arguments.get(position, "") + value
    return list(arguments.values())


def time(event: Event) -> int | None:
    stamp = event.native.get("time")
    if stamp is None:
        return plain.time(event)
    seconds, _, fraction = stamp.partition(".")
    told = int(seconds) * instant.SECOND + int(fraction[:6].ljust(6, "0"))
    return told if told <= instant.LATEST else None


def ecs(event: Event, document: Document) -> None:
    native = event.native
    meaning = _meaning(native)
    document["event.action"] = meaning.action
    document["event.category"], document["event.type"] = list(meaning.category), list(meaning.types)
    document["event.outcome"] = _OUTCOMES.get(str(_told(native, "res", "result", "success")).lower())
    document["event.sequence"] = network.number(native.get("serial"))
    if node := native.get("node"):
        document["host.name"] = document["host.hostname"] = node
    if "msg" in native and "time" not in native:
        document["message"] = native["msg"]
    _process(native, document)
    _users(native, document, meaning)
    _peers(native, document)


def _meaning(native: Native) -> Meaning:
    name = native["type"]
    if name == "AVC" and "apparmor" in native:
        return Meaning("violated-apparmor-policy")
    return MEANINGS.get(name) or Meaning(name.lower())


def _told(native: Native, *names: str) -> str | None:
    """The first of these fields that says something."""
    return next((native[name] for name in names if native.get(name, "") not in _UNSET), None)


def _process(native: Native, document: Document) -> None:
    document["process.pid"] = network.number(_told(native, "pid"))
    document["process.parent.pid"] = network.number(_told(native, "ppid"))
    document["process.name"] = _told(native, "comm")
    document["process.executable"] = _told(native, "exe")
    document["process.working_directory"] = _told(native, "cwd")
    document["process.title"] = _told(native, "proctitle")
    document["process.exit_code"] = _signed(native.get("exit"))
    if command := _told(native, "cmd"):
        document["process.command_line"], document["process.args"] = command, command.split()
    if arguments := native.get("argv"):
        document["process.command_line"], document["process.args"] = native["CommandLine"], arguments
        document["process.executable"] = arguments[0]
    if "process.args" in document:
        document["process.args_count"] = network.number(native.get("argc")) or len(document["process.args"])
    if native["type"] == "PATH":
        document["file.path"], document["file.inode"] = _told(native, "name"), _told(native, "inode")
    document["container.name"] = _told(native, "vm")
    document["service.name"] = _told(native, "unit")


def _signed(text: str | None) -> int | None:
    digits = (text or "").removeprefix("-")
    size = network.number(digits)
    return -size if size is not None and digits != text else size


def _users(native: Native, document: Document, meaning: Meaning) -> None:
    """Who logged in counts for what accounts do (`auid`), who the process runs as for all else (`uid`)."""
    account, target = _told(native, "acct"), _told(native, "id")
    uid = native.get("uid")
    document["user.id"] = native.get("uid")
    document["user.effective.id"], document["user.effective.name"] = _told(native, "euid"), _told(native, "EUID")
    document["user.group.id"], document["user.effective.group.id"] = _told(native, "gid"), _told(native, "egid")
    document["user.name"] = _told(native, "UID")
    if not {"authentication", "session", "iam"} & set(meaning.category):
        return
    document["user.id"] = native.get("auid") or uid
    document["user.name"] = account or _told(native, "AUID")
    if meaning.category == ("iam",):
        document["user.effective.id"] = uid
        side = "group" if "group" in meaning.types else "user.target"
        document[f"{side}.id"], document[f"{side}.name"] = target, account or _told(native, "grp")
    else:
        document["user.effective.id"], document["user.effective.name"] = target, account


def _peers(native: Native, document: Document) -> None:
    if address := _told(native, "addr", "src"):
        document["source.address"], document["source.ip"] = address, network.ip(address)
    if address := _told(native, "laddr", "dst"):
        document["destination.address"], document["destination.ip"] = address, network.ip(address)
    document["source.port"] = network.number(native.get("rport"))
    document["destination.port"] = network.number(native.get("lport"))


def kind(native: Native) -> Kind:
    return _EXECVE_KIND if native["type"] == "EXECVE" else _KIND


_FIELDS: dict[str, EcsField] = {
    **FRAME,
    "host.name": lambda event: event.native.get("node") or host_name(event),
    "event.action": lambda event: _meaning(event.native).action or None,
    "process.name": lambda event: _told(event.native, "comm"),
}

FORMAT = Format(
    name="auditd",
    title="Linux audit framework (auditd)",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields=_FIELDS,
    kind=kind,
    hints=("type=",),
    programs=frozenset({"audit", "auditd", "audispd", "audisp-syslog"}),
)
