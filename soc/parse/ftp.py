"""FTP servers: vsftpd (its own log and xferlog), ProFTPD and Pure-FTPd, through syslog or their files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native
from soc.parse.when import ctime, iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_CTIME = r"(?P<time>[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}) "
_VSFTPD = re.compile(
    rf"(?:{_CTIME})?\[pid (?P<pid>\d{{1,10}})\] (?:\[(?P<user>[^\]]{{0,128}})\] )?(?:(?P<verdict>OK|FAIL) )?(?P<action>CONNECT|LOGIN|DOWNLOAD|UPLOAD|DELETE|MKDIR|RMDIR|RENAME|CHMOD|APPEND|FTP command|FTP response|DEBUG): "
    r"Client \"(?P<client>[^\"]{1,64})\"(?:, \"(?P<argument>[^\"]{0,4096})\")?(?:, (?P<bytes>\d{1,19}) bytes)?"
)
_VSFTPD_OTHER = re.compile(rf"{_CTIME}\[pid (?P<pid>\d{{1,10}})\] (?:\[(?P<user>[^\]]{{0,128}})\] )?(?=\S)")
# wu-ftpd's transfer log: seconds, client, size, file, type, flag, direction, access, user, service, authentication, its user, status.
_XFERLOG = re.compile(
    rf"{_CTIME}(?P<seconds>\d{{1,9}}) (?P<client>\S{{1,255}}) (?P<bytes>\d{{1,19}}) (?P<argument>.{{1,4096}}) (?P<type>[ab]) (?P<flag>[CUT_]{{1,3}}) (?P<direction>[oid]) (?P<access>[agr]) (?P<user>\S{{1,128}}) (?P<service>\S{{1,32}}) [01] \S{{1,128}} (?P<status>[ci])\s{{0,4}}$"
)
_PROFTPD = re.compile(
    r"(?:(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) )?(?:(?P<host>\S{1,255}) )?proftpd\[(?P<pid>\d{1,10})\]:? (?=\S{1,255} \()"
)
_PROFTPD_BODY = re.compile(
    r"(?P<server>\S{1,255}) \((?P<name>[^\s\[()]{0,255})\[(?P<client>[0-9A-Fa-f:.]{2,45})\]\)(?::| -) (?P<text>.{1,4096})",
    re.DOTALL,
)
_PURE = re.compile(
    r"\((?P<user>[^@()]{0,128})@(?P<client>[^\s()]{1,255})\) \[(?P<level>[A-Z]{4,8})\] (?P<text>.{1,4096})", re.DOTALL
)
_PAM = re.compile(
    r"(?:\(pam_unix\) )?authentication failure; .{0,256}?rhost=(?P<client>\S{0,255})(?: {1,4}user=(?P<user>\S{1,128}))?"
)
_PAM_TAGGED = re.compile(r"(?:\S{1,255} )?vsftpd\(pam_unix\)\[(?P<pid>\d{1,10})\]: ")
# wu-ftpd, and the ftpd of BSD, Solaris and Kerberos.
_FTPD = re.compile(
    r"(?:failed login from (?P<name>\S{1,255}) \[(?P<client>[0-9A-Fa-f:.]{2,45})\]|repeated login failures from (?P<client2>\S{1,255})"
    r"|FTP LOGIN FAILED FROM (?P<client3>[^\s,]{1,255})(?:, (?P<user>\S{1,128}))?|FTP LOGIN FROM (?P<client4>[^\s,]{1,255}) as (?P<user2>\S{1,128})|connection from (?P<client5>[^\s,]{1,255}))",
    re.IGNORECASE,
)
_FTPDS = frozenset({"ftpd", "in.ftpd", "wu-ftpd", "gssftpd", "lukemftpd", "ftp"})
_MESSAGES = (
    (
        re.compile(
            r"USER (?P<user>.{1,128}?)(?: \(Login failed\)|: no such user found|: Login failed|: Limit access denies login)"
        ),
        "login",
        "failure",
    ),
    (re.compile(r"SECURITY VIOLATION: (?P<user>Root|root) login attempted"), "login", "failure"),
    (re.compile(r"(?:USER|ANON) (?P<user>.{1,128}?): Login successful"), "login", "success"),
    (re.compile(r"Maximum login attempts"), "login", "failure"),
    (re.compile(r"Authentication failed for user \[(?P<user>[^\]]{0,128})\]"), "login", "failure"),
    (re.compile(r"(?P<user>\S{1,128}) is now logged in"), "login", "success"),
    (re.compile(r"FTP session opened|New connection from"), "connect", None),
    (re.compile(r"FTP session closed|Logout"), "disconnect", None),
    (re.compile(r"(?P<argument>/.{1,2048}?) downloaded {1,2}\((?P<bytes>\d{1,19}) bytes"), "download", "success"),
    (re.compile(r"(?P<argument>/.{1,2048}?) uploaded {1,2}\((?P<bytes>\d{1,19}) bytes"), "upload", "success"),
    (re.compile(r"Deleted (?P<argument>/?.{1,2048})"), "delete", "success"),
)
_CATEGORIES = {
    "login": (["authentication"], ["start"]), "connect": (["network"], ["connection", "start"]), "disconnect": (["network"], ["connection", "end"]),
    "download": (["file", "network"], ["access"]), "upload": (["file", "network"], ["creation"]), "append": (["file", "network"], ["change"]),
    "delete": (["file", "network"], ["deletion"]), "mkdir": (["file", "network"], ["creation"]), "rmdir": (["file", "network"], ["deletion"]),
    "rename": (["file", "network"], ["change"]), "chmod": (["file", "network"], ["change"]),
}  # fmt: skip
_NETWORK: tuple[list[str], list[str]] = (["network"], ["info"])
_KINDS: dict[str, Kind] = {
    name: (Logsource(product="linux", service=name), Logsource(product="linux", service="ftp"))
    for name in ("vsftpd", "proftpd", "pure-ftpd", "ftpd")
}


def decode(frame: Frame) -> Native | None:
    """The parts of a line: client, user, what was done, with what outcome."""
    text = frame.text
    app = frame.syslog.app.lower() if frame.syslog else ""
    found = _vsftpd(text, app) or _proftpd(text, app) or _pure(text, app) or _ftpd(text, app)
    if found is None:
        return None
    return {"message": text, **{name: value for name, value in found.items() if value}}


def _vsftpd(text: str, app: str) -> dict[str, Any] | None:
    if line := _VSFTPD.match(text):
        action = {"FTP command": "command", "FTP response": "response"}.get(line["action"], line["action"].lower())
        outcome = {"OK": "success", "FAIL": "failure"}.get(line["verdict"] or "")
        return {**line.groupdict(), "action": action, "outcome": outcome, "product": "vsftpd"}
    if line := _XFERLOG.match(text):
        action = {"o": "download", "i": "upload", "d": "delete"}[line["direction"]]
        return {
            **line.groupdict(),
            "action": action,
            "outcome": "success" if line["status"] == "c" else "failure",
            "product": "vsftpd",
        }
    tagged = _PAM_TAGGED.match(text)
    failed = _PAM.match(text, tagged.end() if tagged else 0) if tagged or app.startswith("vsftpd") else None
    if failed:
        return {
            **failed.groupdict(),
            "pid": tagged["pid"] if tagged else None,
            "action": "login",
            "outcome": "failure",
            "product": "vsftpd",
        }
    if line := _VSFTPD_OTHER.match(text):
        return {**line.groupdict(), "product": "vsftpd"}
    return {"product": "vsftpd"} if app == "vsftpd" and "pam_" not in text[:16] else None


def _proftpd(text: str, app: str) -> dict[str, Any] | None:
    head = _PROFTPD.match(text)
    line = _PROFTPD_BODY.match(text, head.end() if head else 0) if head or app == "proftpd" else None
    if line is None:
        return {"product": "proftpd"} if app == "proftpd" and "pam_" not in text[:16] else None
    return {**(head.groupdict() if head else {}), **line.groupdict(), **_said(line["text"]), "product": "proftpd"}


def _pure(text: str, app: str) -> dict[str, Any] | None:
    line = _PURE.match(text)
    if line is None or (app and app != "pure-ftpd"):
        return None
    user = None if line["user"] == "?" else line["user"]
    return {**line.groupdict(), "user": user, **_said(line["text"]), "product": "pure-ftpd"}


def _ftpd(text: str, app: str) -> dict[str, Any] | None:
    line = _FTPD.search(text, 0, 1024) if app in _FTPDS else None
    if line is None:
        return None
    told = line.groupdict()
    client = next((told[name] for name in ("client", "client2", "client3", "client4", "client5") if told[name]), None)
    failed, connected = "fail" in line[0].lower(), told["client5"] is not None
    outcome = None if connected else "failure" if failed else "success"
    return {
        "client": client,
        "user": told["user"] or told["user2"],
        "action": "connect" if connected else "login",
        "outcome": outcome,
        "product": "ftpd",
    }


def _said(text: str) -> dict[str, Any]:
    for pattern, action, outcome in _MESSAGES:
        if found := pattern.match(text):
            return {
                **{name: value for name, value in found.groupdict().items() if value},
                "action": action,
                "outcome": outcome,
            }
    return {}


def time(event: Event) -> int | None:
    stamp = event.native.get("time", "")
    if stamp[:1].isdigit():
        return iso(stamp, event.frame.zone)
    return ctime(stamp, event.frame.zone, event.record.arrived) if stamp else plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    action = native.get("action")
    category, types = _CATEGORIES.get(action or "", _NETWORK)
    document["event.category"], document["event.type"] = list(category), list(types)
    document["event.action"], document["event.outcome"] = f"ftp-{action}" if action else None, native.get("outcome")
    document["network.protocol"], document["network.transport"] = "ftp", "tcp"
    document["process.name"] = document.get("process.name") or native["product"]
    document["process.pid"] = network.number(native.get("pid")) or document.get("process.pid")
    document["host.name"] = document.get("host.name") or native.get("host")
    document["log.level"] = native.get("level", "").lower()
    client = native.get("client")
    document["source.ip"] = network.ip(client)
    document["source.domain"] = client if client and document["source.ip"] is None else None
    document["user.name"] = native.get("user")
    if action in {"download", "upload", "append", "delete", "mkdir", "rmdir", "chmod"}:
        document["file.path"], document["file.size"] = native.get("argument"), network.number(native.get("bytes"))
    elif action in {"command", "response"}:
        document[f"ftp.{action}"] = native.get("argument")


def kind(native: Native) -> Kind:
    return _KINDS[native["product"]]


FORMAT = Format(
    name="ftp",
    title="vsftpd, ProFTPD, Pure-FTPd",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={name: FRAME[name] for name in ("event.dataset", "event.code")},
    kind=kind,
    programs=frozenset({"vsftpd", "proftpd", "pure-ftpd", *_FTPDS}),
    hints=(': Client "', " [pid ", "proftpd[", "vsftpd(", ") [INFO] ", ") [NOTICE] ", ") [WARNING] ", ") [ERROR] ", ") [DEBUG] ", " _ o ", " _ i ", " _ d "),
)  # fmt: skip
