"""OpenLDAP 2.2 to 2.6: slapd's log at `stats` and the levels around it, through syslog, its own log file, or a container's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native
from soc.parse.when import iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

# `[19-06-2019 12:40:17] slapd debug  `, and of the log file of 2.5 seconds and their fraction in hexadecimal.
_STAMPED = re.compile(
    r"\[(?P<day>\d\d)-(?P<month>\d\d)-(?P<year>\d{4}) (?P<clock>\d\d:\d\d:\d\d)\] (?P<logger>slapd) (?P<level>\w{1,16}) {1,4}"
)
_HEXADECIMAL = re.compile(r"(?P<seconds>[0-9a-f]{8})\.(?P<fraction>[0-9a-f]{8}) 0x[0-9a-f]{1,16} ")
_LINE = re.compile(
    r" ?conn=(?P<conn>-?\d{1,19})(?: fd=(?P<fd>\d{1,10}))?(?: op=(?P<op>-?\d{1,10}))? (?P<operation>[A-Za-z_]{3,24}(?: RESULT)?)(?=[ (]|$)"
)
_ACCEPT = re.compile(
    r" from (?:IP=(?P<client>\S{2,60}):(?P<port>\d{1,5}) \(IP=(?P<server>\S{2,60}):(?P<server_port>\d{1,5})\)|PATH=(?P<path>\S{1,255}))"
)
_PAIR = re.compile(r"([A-Za-z]\w{0,31})=(?:\"((?:[^\"\\]++|\\.)*+)\"|(\S*))")
_NAME = re.compile(r"(uid|cn|sAMAccountName|mail)=([^,]{1,255})", re.IGNORECASE)
_PART = re.compile(r"(?:ou|dc|o)=([^,]{1,255})", re.IGNORECASE)
_OPERATIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "accept": ("network", ("connection", "info")), "bind": ("authentication", ("start",)), "unbind": ("authentication", ("end",)),
    "mod": ("configuration", ("change",)), "add": ("configuration", ("creation",)), "del": ("configuration", ("deletion",)),
    "modrdn": ("configuration", ("change",)), "passmod": ("iam", ("user", "change")), "do_unbind": ("authentication", ("end",)),
}  # fmt: skip
_OTHER = ("network", ("info",))
_BIND_RESPONSE = "97"
_KIND: Kind = (Logsource(product="openldap", category="application", service="ldap"),)
_PROGRAMS = frozenset({"slapd"})


def decode(frame: Frame) -> Native | None:
    """The header's parts, the operation, and its pairs by slapd's names."""
    text = frame.text
    head = _STAMPED.match(text) or _HEXADECIMAL.match(text)
    at = head.end() if head else 0
    line = _LINE.match(text, at)
    if (
        line is None
        and not (head and "logger" in head.groupdict())
        and not (frame.syslog and frame.syslog.app.lower() in _PROGRAMS)
    ):
        return None
    found: dict[str, Any] = {"message": text[at:] if head else text, **(head.groupdict() if head else {})}
    if line is None:
        return found
    if "fd" not in text[:64] and "op=" not in text[:96]:
        return None  # others number connections too
    found |= {name: value for name, value in line.groupdict().items() if value}
    if accepted := _ACCEPT.match(text, line.end()):
        found |= {name: value for name, value in accepted.groupdict().items() if value}
    for name, quoted, bare in _PAIR.findall(text[line.end() : line.end() + 65536]):
        found.setdefault(name, quoted or bare)
    return found


def time(event: Event) -> int | None:
    native = event.native
    if "year" in native:
        return iso(f"{native['year']}-{native['month']}-{native['day']}T{native['clock']}", event.frame.zone)
    if "seconds" in native:  # nanoseconds where the system has such a clock
        fraction = int(native["fraction"], 16)
        return int(native["seconds"], 16) * 1_000_000 + (fraction // 1000 if fraction < 1_000_000_000 else 0)
    return plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["log.level"], document["log.logger"] = native.get("level"), native.get("logger")
    if "operation" not in native:
        return
    operation = native["operation"].lower().rpartition(" ")[2]
    category, types = _OPERATIONS.get(operation, _OTHER)
    document["event.action"], document["event.category"], document["event.type"] = operation, [category], list(types)
    if operation == "result" and native.get("tag") == _BIND_RESPONSE:
        document["event.category"] = ["authentication"]
        document["event.outcome"] = "success" if native.get("err") == "0" else "failure"
    elif operation in {"unbind", "do_unbind"}:
        document["event.outcome"] = "success"
    for side, address, port in (("source", "client", "port"), ("destination", "server", "server_port")):
        document[f"{side}.ip"], document[f"{side}.port"] = (
            _address(native.get(address)),
            network.number(native.get(port)),
        )
    if operation in {"bind", "mod", "passmod", "add", "del", "modrdn"}:
        _account(native.get("dn") or native.get("id") or "", document)
    for name in (
        "conn",
        "fd",
        "op",
        "dn",
        "mech",
        "method",
        "base",
        "scope",
        "filter",
        "attr",
        "tag",
        "err",
        "nentries",
        "text",
        "qtime",
        "etime",
    ):
        document[f"openldap.{name}"] = native.get(name)


def _address(told: str | None) -> str | None:
    """An address; the one of a listener on all of them is none."""
    found = network.ip(told)
    return None if found in {"::", "0.0.0.0"} else found  # noqa: S104 (compared, nothing listens)


def _account(name: str, document: Document) -> None:
    """`uid=hoa,ou=people,dc=example,dc=org`: an account, and where in the tree it stands."""
    if account := _NAME.match(name):
        document["user.name"] = account[2]
        document["user.domain"] = ".".join(_PART.findall(name[account.end() :][:1024]))


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="openldap",
    title="OpenLDAP slapd",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={name: FRAME[name] for name in ("host.name", "process.name", "event.dataset", "event.code")},
    kind=kind,
    programs=_PROGRAMS,
    hints=("conn=", "] slapd "),
)
