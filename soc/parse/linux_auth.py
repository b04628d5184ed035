"""Who logs in and becomes whom on Linux: sshd, sudo, su, PAM, login, cron, account tools, with or without a syslog header."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.ecs_fields import FRAME, program
from soc.parse.format import Accessor, Format, Native, flat_field
from soc.parse.linux_auth_messages import OTHERS, PAM, SFTP, SSHD, Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

# Solaris' message ids, and the levels that sshd spells out.
_LEAD = re.compile(r"\s{0,16}(?:\[ID \d{1,10} [\w.]{1,32}\] )?(?:(?:error|fatal): )?")
_PAM = re.compile(
    r"\(?(?P<module>pam_\w{1,32})\)?(?:\((?:(?P<pam_service>[\w.-]{1,64}):)?(?P<pam_type>\w{1,32})\))?:? "
)
_SUDO_FAILED = (
    "incorrect password",
    "NOT in sudoers",
    "not allowed",
    "NOT authorized",
    "password is required",
    "no tty present",
)
_SERVICES = {
    "sshd": "sshd",
    "sshd-session": "sshd",
    "sshd-auth": "sshd",
    "sudo": "sudo",
    "cron": "cron",
    "crond": "cron",
    "anacron": "cron",
    "atd": "cron",
    "crontab": "cron",
    "sftp-server": "sshd",
    "internal-sftp": "sshd",
}
_SFTP = frozenset({"sftp-server", "internal-sftp"})  # fmt: skip
_PROGRAMS = frozenset({
    *_SERVICES, "su", "login", "useradd", "userdel", "usermod", "groupadd", "groupdel", "groupmod", "gpasswd", "passwd", "chpasswd",
    "chage", "chfn", "chsh", "newusers", "systemd-logind", "polkitd", "pkexec", "dropbear", "remote", "pam_unix", "runuser", "doas", "krb5kdc",
    "sftp-server", "internal-sftp", "fail2ban.actions", "sshguard", "smbd", "samba", "asterisk",
})  # fmt: skip


def decode(frame: Frame) -> Native | None:
    """The message, what it says by the names of `linux_auth_messages`, and those of sudo as sudo writes them."""
    text = frame.text
    program = frame.syslog.app.rpartition("/")[2].lower() if frame.syslog else ""
    found = _told(text, program)
    if found is None:
        return {"message": text, "program": program} if program in _PROGRAMS else None
    return {"message": text, "program": program, **found}


def _told(text: str, program: str) -> dict[str, Any] | None:
    if "COMMAND=" in text and (sudo := _sudo(text)):
        return sudo
    start = _LEAD.match(text)
    at = start.end() if start else 0
    if pam := _PAM.match(text, at):
        return {**_present(pam.groupdict()), **(_first(PAM, text, pam.end()) or {"shape": _UNKNOWN_PAM})}
    for messages in (PAM, SFTP if program in _SFTP else SSHD, OTHERS):
        # Without a program's name only what sshd and PAM say is telling enough.
        if (found := _first(messages, text, at)) and (
            program or messages is not OTHERS or found["shape"].service == "cron"
        ):
            return found
    return _first(OTHERS, text, at) if text.startswith("Login attempt") else None


_UNKNOWN_PAM = Message(re.compile(""), service="auth")


def _first(messages: tuple[Message, ...], text: str, at: int) -> dict[str, Any] | None:
    for message in messages:
        if found := message.pattern.match(text, at):
            return {**_present(found.groupdict()), "shape": message}
    return None


def _present(groups: dict[str, str | None]) -> dict[str, Any]:
    return {name: value for name, value in groups.items() if value is not None}


_SUDO = Message(re.compile(""), ("process",), ("start",), "success", service="sudo")
_SUDO_REFUSED = Message(re.compile(""), ("process",), ("start",), "failure", service="sudo")


def _sudo(text: str) -> dict[str, Any] | None:
    """`user : [reason ; ]TTY=pts/0 ; PWD=/home/user ; USER=root ; COMMAND=/bin/ls`, values by sudo's names."""
    user, colon, rest = text.strip().partition(" : ")
    head, _, command = rest.partition("COMMAND=")
    if not colon or len(user) > 64 or " " in user:
        return None
    found: dict[str, Any] = {"user": user, "COMMAND": command, "shape": _SUDO}
    for part in head.split(" ; "):
        name, given, value = part.strip().partition("=")
        if given and name.isupper():
            found[name] = value
        elif name:
            found["reason"] = part.strip()
    if any(words in found.get("reason", "") for words in _SUDO_FAILED):
        found["shape"] = _SUDO_REFUSED
    return found if "USER" in found or "TTY" in found else None


def ecs(event: Event, document: Document) -> None:
    native = event.native
    shape: Message | None = native.get("shape")
    if shape:
        document["event.category"], document["event.type"] = list(shape.category), list(shape.types)
        document["event.outcome"], document["event.action"] = shape.outcome, shape.action
    _program(native, document, shape)
    _users(native, document)
    _source(native, document)
    document["event.reason"] = native.get("reason")
    document["process.command_line"] = native.get("COMMAND") or native.get("command")
    document["process.working_directory"] = native.get("PWD")
    document["group.name"], document["group.id"] = native.get("group"), native.get("gid")
    document["file.name"], document["dll.name"] = (
        native.get("file"),
        native.get("module") if "pam_type" not in native else None,
    )
    if shape in SFTP:
        document["file.path"], document["file.name"] = native["file"], native["file"].rpartition("/")[2]
    if "child" in native:
        document["process.pid"] = int(native["child"])


def _action(event: Event) -> str | None:
    shape: Message | None = event.native.get("shape")
    return (shape.action or None) if shape else None


def _process(event: Event) -> str | None:
    return program(event) if event.native["program"] else _unnamed(event.native)


def _unnamed(native: Native) -> str | None:
    """The program that the message tells of itself where no header names one."""
    shape: Message | None = native.get("shape")
    service = shape.service if shape else ""
    return native.get("pam_service") or (service if service in {"sshd", "sudo"} else None)


def _program(native: Native, document: Document, shape: Message | None) -> None:
    service = shape.service if shape else ""
    if not native["program"]:
        document["process.name"] = _unnamed(native)
    if "sshd" in (_SERVICES.get(native["program"]), native.get("pam_service")) or (
        not native["program"] and service == "sshd"
    ):
        document["observer.vendor"], document["observer.product"] = "openbsd project", "openssh"
        document["observer.type"] = "server"


def _users(native: Native, document: Document) -> None:
    """Who acts (`user`), as whom (`effective`), on whom (`target`)."""
    user = native.get("user") or native.get("ruser")
    effective = native.get("USER") or native.get("effective")
    document["user.id"], document["user.effective.id"] = native.get("uid"), native.get("euid")
    if not user and effective:  # `session opened for user root by (uid=0)`
        user = effective
        document["user.id"] = native.get("effective_id") or native.get("uid")
    if user and not set(user) <= set("*") and user != "<invalid username>":
        name, at, domain = user.partition("@")
        document["user.name"], document["user.domain"] = (
            (name, domain) if at and name and "." in domain else (user, None)
        )
    document["user.effective.name"] = effective
    document["user.target.name"] = native.get("target")
    if native.get("shape") in SSHD or native.get("pam_service") == "sshd":
        document["source.user.name"] = document.get("user.name")


def _source(native: Native, document: Document) -> None:
    address = native.get("address") or native.get("rhost")
    if address:
        document["source.ip"] = network.ip(address)
        document["source.address"] = address
        document["source.domain"] = None if document["source.ip"] else address
    document["source.domain"] = document.get("source.domain") or native.get("domain")
    document["source.port"] = network.number(native.get("port"))
    if to_address := native.get("to_address"):
        document["destination.address"], document["destination.ip"] = to_address, network.ip(to_address)
    document["destination.port"] = network.number(native.get("to_port"))


def field(name: str) -> Accessor | None:
    return None if name == "shape" else flat_field(name)


def values(native: Native) -> Iterator[Any]:
    """All that was read; the shape that read it is no value."""
    return (value for name, value in native.items() if name != "shape")


def kind(native: Native) -> Kind:
    """The service of the program, or of the message where no program is named; all of them are `auth` and `syslog` too."""
    shape: Message | None = native.get("shape")
    service = (
        _SERVICES.get(native["program"])
        or _SERVICES.get(native.get("pam_service", ""))
        or (shape.service if shape else "auth")
    )
    return _KINDS.get(service, _KINDS["auth"])


_KINDS: dict[str, Kind] = {
    service: tuple(Logsource(product="linux", service=name) for name in dict.fromkeys((service, "auth", "syslog")))
    for service in ("sshd", "sudo", "cron", "auth")
}

FORMAT = Format(
    name="linux_auth",
    title="Linux authentication: sshd, sudo, su, PAM, cron, account tools",
    decode=decode,
    time=plain.time,
    ecs=ecs,
    ecs_fields={**FRAME, "event.action": _action, "process.name": _process},
    kind=kind,
    field=field,
    values=values,
    programs=_PROGRAMS,
    hints=(
        "pam_",
        "PAM",
        "COMMAND=",
        " from ",
        " FROM ",
        " by ",
        " user ",
        " with ",
        "Accepted ",
        "authenticat",
        "session",
        "userauth_",
        "CMD (",
        "User ",
    ),
)
