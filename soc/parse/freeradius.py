"""FreeRADIUS 2 to 4: radius.log and the same through syslog."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native
from soc.parse.when import ctime

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_STAMPED = re.compile(
    r"(?P<time>[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}) ?: (?P<level>Info|Auth|Error|Proxy|Debug|Warning|Acct|ERROR|WARNING): "
)
_REQUEST = re.compile(r"\((?P<request>\d{1,20})\) {1,2}")
_VERDICT = re.compile(
    r"(?P<verdict>Login OK|Login incorrect|Invalid user|Multiple logins|rlm_\w{1,32}: Login incorrect)(?: \((?P<reason>.{0,1024}?)\)(?=: \[))?: \[(?P<user>[^\]]{0,256})\]"
    r"(?: \(from client (?P<client>\S{1,128}) port (?P<port>\d{1,10})(?: cli (?P<station>[^\s)]{1,128}))?(?P<tunnel> via TLS tunnel)?\))?",
    re.DOTALL,
)
_UNKNOWN = re.compile(
    r"Ignoring request to (?P<kind>\w{1,16}) address (?P<address>\S{1,64}) port (?P<to_port>\d{1,5})(?: bound to server (?P<server>\S{1,128}))? from unknown client (?P<from>\S{1,64}) port (?P<from_port>\d{1,5})(?: proto (?P<proto>\w{1,8}))?"
)
_PEER = re.compile(
    r"\b(?:from|for) (?:client \S{1,128} )?(?P<from>\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:.]{2,41})(?: port (?P<from_port>\d{1,5}))?"
)
_MODULE = re.compile(r"[a-z][a-z0-9_]{1,32}: ")
_KIND: Kind = (Logsource(product="freeradius", category="authentication", service="radius"),)
_PROGRAMS = frozenset({"radiusd", "freeradius"})


def decode(frame: Frame) -> Native | None:
    """What a line says of a login, by the words of the line."""
    text = frame.text
    head = _STAMPED.match(text)
    at = head.end() if head else 0
    found: dict[str, Any] = {name: value for name, value in head.groupdict().items() if value} if head else {}
    if request := _REQUEST.match(text, at):
        found["request"], at = request["request"], request.end()
    told = _VERDICT.match(text, at) or _UNKNOWN.match(text, at)
    if told is None:
        known = head or (frame.syslog and frame.syslog.app.lower() in _PROGRAMS)
        return {**found, "message": text[at:]} if known else None
    return {**found, "message": text[at:], **{name: value for name, value in told.groupdict().items() if value}}


def time(event: Event) -> int | None:
    stamp = event.native.get("time")
    return (ctime(stamp, event.frame.zone, event.record.arrived) if stamp else None) or plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["log.level"], document["freeradius.log.request"] = native.get("level", "").lower(), native.get("request")
    if "verdict" in native:
        _login(native, document)
    elif peer := _PEER.search(native["message"], 0, 1024):
        document["source.ip"], document["source.port"] = network.ip(peer["from"]), network.number(peer["from_port"])
    if "from" in native:
        document["event.category"], document["event.type"] = ["authentication"], ["info"]
        document["event.outcome"], document["host.name"] = "failure", document.get("host.name") or native.get("server")
        document["source.ip"], document["source.port"] = network.ip(native["from"]), network.number(native["from_port"])
        document["destination.ip"], document["destination.port"] = (
            network.ip(native["address"]),
            network.number(native["to_port"]),
        )
        document["network.transport"] = native.get("proto")


def _login(native: Native, document: Document) -> None:
    document["event.category"], document["event.type"] = ["authentication"], ["info"]
    document["event.outcome"] = "success" if native["verdict"] == "Login OK" else "failure"
    reason = native.get("reason", "")
    document["event.reason"] = reason[module.end() :] if (module := _MODULE.match(reason)) else reason
    # The network access server, by the name that FreeRADIUS has for it: the host where no header names another.
    document["freeradius.log.client"] = native.get("client")
    document["host.name"] = document.get("host.name") or native.get("client")
    document["source.port"] = network.number(native.get("port"))
    if "tunnel" in native:
        document["network.protocol"] = "tls"
    _station(native.get("station"), document)
    _user(native.get("user", ""), document)


def _station(told: str | None, document: Document) -> None:
    """Where the user is: a MAC address, or an address of a VPN client."""
    document["source.mac"] = network.mac(told)
    document["source.ip"] = network.ip(told) if told else None


def _user(told: str, document: Document) -> None:
    """`hoa`, `DOMAIN\\\\hoa`, `hoa@example.org`, `host/machine.example.org`; behind a slash may stand how, or a password."""
    if told.startswith("host/"):
        document["source.domain"] = told[5:].partition("/")[0]
        return
    told = told.partition("/")[0]
    if "\\" in told:
        document["user.domain"], _, document["user.name"] = told.replace("\\\\", "\\").rpartition("\\")
        return
    name, at, domain = told.partition("@")
    document["user.name"] = name
    if at and "." in domain:
        document["user.domain"], document["user.email"] = domain, told


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="freeradius",
    title="FreeRADIUS",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={name: FRAME[name] for name in ("process.name", "event.dataset", "event.code", "event.action")},
    kind=kind,
    programs=_PROGRAMS,
    hints=("Login OK", "Login incorrect", "Invalid user: [", "Multiple logins", "Ignoring request to ", " : Info: ", " : Auth: ", " : Error: ",
           " : Proxy: ", " : Debug: ", " : Warning: ", " : ERROR: "),
)  # fmt: skip
