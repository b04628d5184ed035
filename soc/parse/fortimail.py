"""Fortinet FortiMail 5 to 7: history, event, antivirus, antispam and encryption logs, separated by blanks or commas.

Field names are those of the FortiMail Log Message Reference; what mailers say in `msg` is read as sendmail writes it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import fieldmap, network, plain, url
from soc.parse.format import Format, Native
from soc.parse.keyvalue import spaced
from soc.parse.when import iso, zone_or

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_TYPES = frozenset({"statistics", "spam", "virus", "encrypt", "kevent"})
_MAIL = frozenset({"smtp", "pop3", "imap", "webmail", "mail", "smtpd"})
_TABLE = fieldmap.table(
    (None, {
        "log_id": "event.code", "pri": "log.level", "device_id": "observer.serial_number", "devname": "observer.name",
        "action": "event.action", "reason": "event.reason", "subject": "email.subject", "message_id": "email.message_id",
        "client_name": "source.address source.domain", "domain": "server.domain", "direction": "email.direction",
        "classifier": "rule.name", "polid": "rule.id", "endpoint": "source.address", "virus": "threat.indicator.name",
    }),
    (network.ip, {"client_ip": "source.ip", "dst_ip": "destination.ip"}),
)  # fmt: skip
_KNOWN = _TABLE.names | {"date", "time", "msg", "from", "to", "user", "raw", "tz"}
_EMPTY = frozenset({"", "none", "unknown", "N/A"})
_INTERFACE = re.compile(r"(\w{1,16})\(([0-9A-Fa-f:.]{2,45})\)")
_PARTS = re.compile(
    r"\b(from|to|relay|stat|proto|size|cert-subject|cert-issuer|verifymsg)= ?(?:<([^<>]{0,320})>|([^,]{0,512}))(?=,|$)"
)
_RELAY = re.compile(r"(?:([\w.-]{1,255}) )?\[([0-9A-Fa-f:.]{2,45})\]")
_FILE = re.compile(
    r"File(?: name:)? (?P<name>[^,()]{1,255}?)(?: ?\(checksum: ?(?P<sum>[0-9A-Fa-f]{1,128})\))?(?:, scanned by| has been scanned)"
)
_URL = re.compile(
    r"\bURL[^:]{0,128}?(?::? |: )((?:https?|ftp)://[^\s'\"]{1,4096})|\(category:[^)]{1,64}\): (https?://[^\s'\"]{1,4096})"
)
_FROM = re.compile(r"sent from: '([^']{1,320})'")
_SUBJECT = re.compile(r"subject: '([^']{1,998})'")
_READER = re.compile(r"User (\S{1,320}) (?:read|login|logged|time out|log)")
_LOGIN = re.compile(r"Login for '([^']{1,320})' from ([0-9A-Fa-f:.]{2,45})")


def decode(frame: Frame) -> Native | None:
    text = frame.text
    if "log_id=" not in text or "type=" not in text or "vd=" in text or "log_component=" in text:
        return None
    native = spaced(text)
    type_ = native.get("type", "")
    mail = type_ in _TYPES or (type_ == "event" and native.get("subtype") in _MAIL)
    if not mail or "device_id" not in native or "msg_id" in native:
        return None
    return {**{name: value.strip("'") if value[:1] == "'" else value for name, value in native.items()}, "raw": text}


def time(event: Event) -> int | None:
    native = event.native
    if "date" in native and "time" in native:
        return iso(f"{native['date']}T{native['time']}", zone_or(native.get("tz", ""), event.frame.zone))
    return plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.product"], document["observer.type"] = (
        "Fortinet",
        "FortiMail",
        "firewall",
    )
    fieldmap.fill(document, native, _TABLE)
    fieldmap.keep(document, native, "fortinet.fortimail.", _KNOWN)
    document["message"] = native.get("msg") or event.frame.text
    for side in ("from", "to"):
        address = native.get(side, "")
        document[f"email.{side}.address"] = [part.strip() for part in address.split(",") if part.strip()]
    document["event.outcome"] = {"success": "success", "failure": "failure"}.get(native.get("status", ""))
    _said(native.get("msg", ""), document)
    _people(native, document)
    _meaning(native, document)


def _said(text: str, document: Document) -> None:
    """What `msg` holds: a mailer's account, a file or an address that was examined."""
    told = {name: quoted or bare for name, quoted, bare in _PARTS.findall(text[:4096])}
    for side in ("from", "to"):
        if told.get(side) and ("delay=" in text or "nrcpts=" in text):
            document[f"email.{side}.address"] = [told[side]]
    document["user.email"] = told.get("to")
    if relay := _RELAY.search(told.get("relay", "")):
        document["destination.domain"], document["destination.ip"] = relay[1], network.ip(relay[2])
        document["destination.address"] = relay[1] or relay[2]
    document["event.reason"] = told.get("stat") or told.get("verifymsg") or document.get("event.reason")
    document["network.protocol"] = told.get("proto", "").lower()
    document["file.size"] = network.number(told.get("size"))
    if text.startswith("STARTTLS="):
        side = "client" if text.startswith("STARTTLS=client") else "server"
        document[f"tls.{side}.subject"], document[f"tls.{side}.issuer"] = (
            told.get("cert-subject"),
            told.get("cert-issuer"),
        )
    _examined(text, document)


def _examined(text: str, document: Document) -> None:
    if file := _FILE.search(text, 0, 2048):
        document["file.name"], document["file.type"] = file["name"], "file"
        document["file.hash.sha256"] = file["sum"]
    if found := _URL.search(text, 0, 8192):
        url.fill(document, found[1] or found[2])
    if sender := _FROM.search(text, 0, 2048):
        subject = _SUBJECT.search(text, 0, 4096)
        document["email.from.address"], document["email.subject"] = [sender[1]], subject[1] if subject else None


def _people(native: Native, document: Document) -> None:
    """Who is logged in, or what daemon it was; where from is in the interface's name or in the message."""
    name = native.get("user", "")
    document["user.name"] = name if name not in _EMPTY else None
    text = native.get("msg", "")
    if interface := _INTERFACE.match(native.get("ui", "")):
        document["source.ip"], document["network.protocol"] = network.ip(interface[2]), interface[1].lower()
    if login := _LOGIN.search(text, 0, 1024):
        document["related.user"] = [name] if name else []
        document["user.name"], document["source.ip"] = login[1], network.ip(login[2])
    elif not name and (reader := _READER.search(text, 0, 1024)):
        document["user.name"] = reader[1]
    related = [*(document.get("related.user") or [])]
    for side in ("from", "to"):
        related += [address for address in document.get(f"email.{side}.address") or [] if "@" in address]
    document["related.user"] = related


def _meaning(native: Native, document: Document) -> None:
    type_, subtype = native["type"], native.get("subtype", "")
    document["event.kind"] = "event"
    if subtype in {"config", "update"}:
        document["event.category"], document["event.type"] = ["configuration"], ["change"]
    elif subtype == "admin" or "Login for" in native.get("msg", ""):
        document["event.category"] = ["email", "authentication"] if subtype == "webmail" else ["authentication"]
        document["event.type"] = ["info", "end" if "logout" in native.get("action", "") else "start"]
    elif type_ == "kevent":
        document["event.category"], document["event.type"] = ["host"], ["info"]
    else:
        document["event.category"], document["event.type"] = ["email"], ["info"]
        if type_ == "virus":
            document["event.category"] = ["malware", "email"]
    if type_ == "statistics":
        document["event.outcome"] = "success"
    elif type_ == "kevent":
        document["event.outcome"] = document.get("event.outcome") or "unknown"


_KIND: Kind = (
    Logsource(product="fortimail", category="email"),
    Logsource(product="fortinet", category="email", service="fortimail"),
)


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="fortimail",
    title="Fortinet FortiMail",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    hints=("log_id=",),
)
