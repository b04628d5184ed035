"""Infoblox NIOS: DHCP, DNS queries and responses, and the audit log of its Grid, by syslog.

Infoblox NIOS Administrator Guide, "Monitoring": dhcpd's messages with transaction ids and lease durations, `named` with the log of responses
(`client 1.2.3.4#53: UDP: query: name IN A response: NOERROR + name. ttl IN A data;`), `httpd` with what administrators did.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import dhcp_messages, network, plain
from soc.parse.format import Format, Native
from soc.parse.when import MONTHS, Day, iso, wall

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_IP = r"[0-9A-Fa-f.:]{2,45}"
_AUDIT = re.compile(
    r"(?P<stamp>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z) \[(?P<user>[^\]]{0,128})\]: (?P<act>[A-Z][A-Za-z_]{1,64})(?: - -| -)?(?: (?P<text>.*))?",
    re.DOTALL,
)
_AUDITED = re.compile(r"\b(?P<name>to|apparently_via|auth|group|ip)=(?P<value>\S{1,256})")
_STAMP = re.compile(r"(?P<day>\d\d)-(?P<month>[A-Z][a-z]{2})-(?P<year>\d{4}) (?P<clock>\d\d:\d\d:\d\d(?:\.\d{1,6})?) ")
_CLIENT = re.compile(
    rf"(?:(?P<channel>[a-z][a-z-]{{2,24}}): )?client (?:@0x[0-9a-f]{{1,16}} )?(?P<client>{_IP})#(?P<client_port>\d{{1,5}})(?: \((?P<asked>[^()\s]{{1,255}})\))?:? ?"
)
_RESPONSE = re.compile(
    r"(?:view (?P<view>[\w.-]{1,64}): )?(?P<transport>UDP|TCP): query: (?P<name>\S{1,255}) (?P<class>[A-Z]{2,6}) (?P<type>[A-Z0-9]{1,10}) response: (?P<rcode>[A-Z]{2,16}) "
    r"(?P<flags>[+-][A-Za-z]{0,8})(?: (?P<answers>.*))?", re.DOTALL
)  # fmt: skip
_QUERY = re.compile(
    rf"(?:view (?P<view>[\w.-]{{1,64}}): )?query: (?P<name>\S{{1,255}}) (?P<class>[A-Z]{{2,6}}) (?P<type>[A-Z0-9]{{1,10}}) (?P<flags>[+-]\S{{0,24}})(?: \((?P<server>{_IP})\))?"
)
_FAILED = re.compile(
    r"query failed \((?P<failure>[A-Za-z ]{1,32})\) for (?P<name>[^\s/]{1,255})/(?P<class>[A-Z]{2,6})/(?P<type>[A-Z0-9]{1,10})"
)
_REWRITING = re.compile(
    r"rewriting query name '[^']{1,255}' to '(?P<rewritten>[^']{1,255})', type (?P<type>[A-Z0-9]{1,10})"
)
_UPDATING = re.compile(
    r"(?:view \S{1,64}: )?(?:updating zone|transfer of) '(?P<name>[^'\s/]{1,255})/(?P<class>[A-Z]{2,6})(?:/[^']{1,64})?': (?P<text>.{1,1024})"
)
_RPZ = re.compile(
    r"(?:disabled )?rpz (?P<trigger>[A-Z-]{2,24}) (?P<policy>[A-Za-z-]{2,24}) rewrite (?P<name>[^\s/]{1,255})(?:/(?P<type>[A-Z0-9]{1,10}))?(?:/(?P<class>[A-Z]{2,6}))? via (?P<rule>\S{1,255})"
)
_SERVER = (
    re.compile(rf"zone (?P<name>[^\s/]{{1,255}})/(?P<class>[A-Z]{{2,6}})(?:/[\w.-]{{1,64}})?: (?P<text>(?:notify from|refused notify from[a-z -]{{0,32}}:?|sending notif\w{{1,4}} to) (?P<client>{_IP})#(?P<client_port>\d{{1,5}}).{{0,512}})"),
    re.compile(rf"transfer of '(?P<name>[^'\s/]{{1,255}})/(?P<class>[A-Z]{{2,6}})(?:/[^']{{1,64}})?' from (?P<client>{_IP})#(?P<client_port>\d{{1,5}}): (?P<text>.{{1,512}})"),
    re.compile(r" {0,8}validating (?:@0x[0-9a-f]{1,16}: )?(?P<name>[^\s/]{1,255})[/ ](?P<type>[A-Z0-9]{1,10}): (?P<text>.{1,512})"),
)  # fmt: skip
_CLIENT_SAYS = (_RESPONSE, _QUERY, _FAILED, _REWRITING, _UPDATING, _RPZ)
_ANSWER = re.compile(
    r"(?P<name>\S{1,255}) (?P<ttl>\d{1,10}) (?P<class>[A-Z]{2,6}) (?P<type>[A-Z0-9]{1,10}) (?P<data>.{1,4096})",
    re.DOTALL,
)
_MOST = 64
_LEASES = frozenset({"dhcpd", "dhcpdv6"})
_DAEMONS = _LEASES | {"named"}
_NIOS = ("transaction_id", "lease_duration", "circuit_id", "member")
"""What dhcpd says of its own accord nowhere else."""
_MARKS = (" TransID ", " lease-duration ", " offered-duration ", "Option 82: ", " relay ")


def decode(frame: Frame) -> Native | None:
    """A message of one of NIOS' three daemons; None for what plain BIND or dhcpd would say as well, unless a Grid member said it."""
    text = frame.text
    program, member = _program(frame)
    if program in _DAEMONS and not member and not _is_member(frame):
        program = ""
    found = _audit(text) or _lease(text, program) or _named(text, program)
    if found is None:
        return None
    return {
        **found,
        "message": text,
        **({"member": member} if member else {}),
        **({"program": program} if program else {}),
    }


def _is_member(frame: Frame) -> bool:
    """A Grid member logs its full name or its address, a server of one's own most often its short name."""
    return bool(frame.syslog and "." in frame.syslog.hostname)


def _program(frame: Frame) -> tuple[str, str]:
    """The daemon, and the member's address where a relay puts it between host and daemon."""
    app = frame.syslog.app if frame.syslog else ""
    member, _, program = app.rpartition(" ")
    return program.lower(), member if network.is_ip(member) else ""


def _audit(text: str) -> dict[str, Any] | None:
    audit = _AUDIT.match(text)
    return (
        {**_told(audit), **{part["name"]: part["value"] for part in _AUDITED.finditer(text[:4096])}} if audit else None
    )


def _lease(text: str, program: str) -> dict[str, Any] | None:
    if program not in _LEASES and not any(mark in text for mark in _MARKS):
        return None
    return dhcp_messages.fields(text) or ({"text": text} if program in _LEASES else None)


def _named(text: str, program: str) -> dict[str, Any] | None:
    stamp = _STAMP.match(text)
    found, at = (_told(stamp), stamp.end()) if stamp else ({}, 0)
    client = _CLIENT.match(text, at)
    if client:
        found, at = found | _told(client), client.end()
    for pattern in _CLIENT_SAYS if client else _SERVER:
        if said := pattern.match(text, at):
            return found | _told(said) if program == "named" or pattern is _RESPONSE else None
    return found if program == "named" else None


def _told(said: re.Match[str]) -> dict[str, Any]:
    return {name: value for name, value in said.groupdict().items() if value}


def time(event: Event) -> int | None:
    native = event.native
    if "stamp" in native:
        return iso(native["stamp"].replace(" ", "T"), event.frame.zone)
    if "clock" in native:
        day = Day(MONTHS.get(native["month"].lower(), 0), int(native["day"]), int(native["year"]) or None)
        return wall(day, native["clock"], event.frame.zone, event.record.arrived)
    return plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    if "act" in native or "rcode" in native or any(name in native for name in _NIOS):
        document["observer.vendor"], document["observer.product"] = "Infoblox", "NIOS"
    _host(event, document)
    if "message_type" in native:
        dhcp_messages.ecs(native, "infoblox.nios.", document)
        document["host.name"] = document.get("host.name") or native.get("hostname")
    elif "act" in native:
        _administration(native, document)
    elif native.get("program") in _LEASES:
        document["event.category"] = ["network"]
    else:
        _resolution(native, document)


def _host(event: Event, document: Document) -> None:
    header = event.frame.syslog
    host = header.hostname if header else ""
    address = host if network.is_ip(host) else event.native.get("member")
    document["host.ip"] = [address] if address else None
    document["related.ip"] = [address] if address else []
    document["host.domain"] = host if host and not network.is_ip(host) else None
    if program := event.native.get("program"):
        document["process.name"] = program


_LOGINS = {
    "login_allowed": "success",
    "login_denied": "failure",
    "logout": "success",
    "first_login": "success",
    "password_reset_error": "failure",
}


def _administration(native: Native, document: Document) -> None:
    action = native["act"].lower()
    document["event.action"], document["user.name"] = action, native.get("user")
    document["source.ip"] = network.ip(native.get("ip"))
    document["event.outcome"] = _LOGINS.get(action)
    if action in _LOGINS:
        document["event.category"], document["event.type"] = (
            ["authentication"],
            ["end" if action == "logout" else "start"],
        )
    else:
        document["event.category"] = ["configuration"]
        document["event.type"] = [
            {"created": "creation", "deleted": "deletion", "modified": "change"}.get(action, "info")
        ]
    for name in ("to", "apparently_via", "auth", "group"):
        document[f"infoblox.nios.{name}"] = native.get(name)


def _resolution(native: Native, document: Document) -> None:
    document["client.ip"] = document["source.ip"] = network.ip(native.get("client"))
    document["client.port"] = document["source.port"] = network.number(native.get("client_port"))
    document["client.domain"] = native.get("asked")
    document["network.protocol"], document["network.transport"] = "dns", native.get("transport", "").lower() or None
    document["event.category"], document["event.type"] = ["network"], ["protocol"]
    document["dns.question.name"], document["dns.question.class"] = native.get("name"), native.get("class")
    document["dns.question.type"] = native.get("type")
    document["dns.response_code"] = native.get("rcode")
    document["event.reason"] = native.get("text")
    document["rule.name"] = native.get("rule")
    flags = native.get("flags", "")
    if flags:
        document["dns.type"] = "query"
        document["dns.header_flags"] = [flag for mark, flag in _FLAGS["rcode" in native] if mark in flags]
    if "rcode" in native or "failure" in native:
        document["event.outcome"] = "success" if native.get("rcode") == "NOERROR" else "failure"
    _answers(native.get("answers", ""), document)


_FLAGS = {True: (("+", "RA"), ("A", "AA"), ("D", "DO"), ("t", "TC")), False: (("+", "RD"), ("C", "CD"), ("D", "DO"))}


def _answers(text: str, document: Document) -> None:
    """Records side by side, as ECS fields of answers are stored: names, TTLs, classes, types and data in the same order."""
    found = [said for part in _records(text)[:_MOST] if (said := _ANSWER.match(part.strip()))]
    if not found:
        return
    columns: dict[str, list[Any]] = {
        "name": [said["name"].rstrip(".") for said in found],
        "ttl": [int(said["ttl"]) for said in found],
    }
    for name in ("class", "type"):
        columns[name] = [said[name] for said in found]
    columns["data"] = [datum for said in found for datum in _data(said["data"])]
    for name, values in columns.items():
        document[f"dns.answers.{name}"] = values if len(values) > 1 else values[0]
    document["dns.resolved_ip"] = [address for datum in columns["data"] if (address := network.ip(str(datum)))]
    document["related.ip"] = [*document.get("related.ip", ()), *document["dns.resolved_ip"]]


_RECORD = re.compile(r"(?:\"[^\"]*+\"|[^;\"])++")
_STRINGS = re.compile(r"\"[^\"]*\"")


def _records(text: str) -> list[str]:
    if '"' not in text:
        return text.split(";")
    return _RECORD.findall(text)


def _data(text: str) -> list[str]:
    text = text.strip()
    if text.startswith('"'):
        return _STRINGS.findall(text) or [text]
    return [text if network.is_ip(text) else text.rstrip(".")]


_DHCP: Kind = (Logsource(product="infoblox", category="dhcp", service="dhcpd"),)
_DNS: Kind = (Logsource(product="infoblox", category="dns"), Logsource(product="bind", category="dns"))
_ADMINISTRATION: Kind = (Logsource(product="infoblox", service="audit"),)


def kind(native: Native) -> Kind:
    if "act" in native:
        return _ADMINISTRATION
    return _DHCP if "message_type" in native or native.get("program") in _LEASES else _DNS


FORMAT = Format(
    name="infoblox",
    title="Infoblox NIOS",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    programs=_DAEMONS | {"httpd"},
    hints=(" response: ", " TransID ", " lease-duration ", "Option 82: ", "Z ["),
)
