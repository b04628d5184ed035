"""What each type of PAN-OS log tells besides the fields that all types have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc import instant
from soc.parse import cef, network, paloalto_system, url
from soc.parse.when import zone_or

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from soc.event import Event
    from soc.parse.format import Document

_LOGIN = re.compile(r"\b(?:log(?:ged|s)? ?(?:in|on|out|off)|authenticat)", re.IGNORECASE)
_THREAT = re.compile(r"(.{0,1024}?)\((\d{1,12})\)")
_SHORT = re.compile(r"(\d\d?)/(\d\d?)/(\d\d(?:\d\d)?) (\d\d?):(\d\d)(?::(\d\d))?", re.ASCII)
_FILES = frozenset({"file", "data", "virus", "ml-virus", "wildfire", "wildfire-virus"})


_SYSTEM = {"auth": ["authentication"], "general": ["host"], "hw": ["host"], "ha": ["host"], "raid": ["host"]}
NETWORK = ["network"]
ATTACK = ["intrusion_detection", "threat", "network"]
_MALWARE = frozenset({"virus", "ml-virus", "wildfire", "wildfire-virus"})
_NOWHERE = frozenset({None, "0.0.0.0", "::"})  # noqa: S104 (what PAN-OS writes for none; nothing is bound)


def told(text: str | None, event: Event) -> int | None:
    """A time of a record of either form, in its own zone."""
    where = zone_or(event.native.get("dtz", ""), event.frame.zone)
    return (moment(text, where) or cef.moment(text, where, event.record.arrived)) if text else None


def moment(text: str, where: tzinfo) -> int | None:
    """A time as PAN-OS writes it, `2026/02/28 23:14:02`, or as spreadsheets and ISO 8601 do."""
    if short := _SHORT.fullmatch(text):
        month, day, year, hour, minute, second = (int(part or 0) for part in short.groups())
        text = f"{year + 2000 if year < 100 else year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
    return instant.parse_iso(text.replace("/", "-"), where)


def _threat(event: Event, document: Document) -> None:
    native = event.native
    subtype, said = native.get("subtype", ""), native.get("misc", "").strip('"')
    if threat := _THREAT.fullmatch(native.get("threatid") or native.get("cat", "")):
        document["event.code"] = threat[2]
        document["event.reason"] = document.get("event.reason") or threat[1].strip() or None
    if subtype in _MALWARE:
        document["event.category"] = ["malware", *ATTACK]
    elif subtype == "file" and native["form"] != "csv":
        document["event.category"] = ["file"]
    if subtype == "url" or native["type"] == "URL":
        _url(said, document)
    elif subtype in _FILES and said:
        _file(said, document)


def _file(text: str, document: Document) -> None:
    digest = text.removeprefix("sha256-")
    if digest != text:
        document["file.hash.sha256"] = digest
        return
    document["file.name"] = text.replace("\\", "/").rpartition("/")[2]
    document["file.path"] = text if document["file.name"] != text else None
    stem, dot, extension = document["file.name"].rpartition(".")
    document["file.extension"] = extension if dot and stem and extension.isalnum() and len(extension) < 9 else None


def _url(text: str, document: Document) -> None:
    """PAN-OS leaves the scheme out."""
    if "://" in text:
        url.fill(document, text)
    elif text:
        host, slash, rest = text.partition("/")
        url.fill(document, slash + rest)
        document["url.original"] = text
        document["url.domain"], document["url.port"] = network.endpoint(host)
    document["destination.domain"] = None if network.is_ip(document.get("url.domain")) else document.get("url.domain")


def _system(event: Event, document: Document) -> None:
    native = event.native
    text, subtype = native.get("opaque", ""), native.get("subtype", "")
    code = native.get("eventid", "")
    document["event.action"] = code or None
    paloalto_system.fill(document, text)
    document["user.name"] = paloalto_system.user(text)
    categories, types = _SYSTEM.get(subtype, NETWORK), ["start"] if code == "auth-success" else ["info"]
    if subtype == "vpn" and "config" not in code:
        document["event.outcome"] = paloalto_system.outcome(text) or paloalto_system.outcome(code.replace("-", " "))
    elif "onfig" in text or "config" in code:
        categories = ["configuration"]
    elif _LOGIN.search(text) or "auth" in code:
        categories = [*(one for one in categories if one != "authentication"), "authentication"]
        document["event.outcome"] = paloalto_system.outcome(text) or paloalto_system.outcome(code.replace("-", " "))
    document["event.category"], document["event.type"] = categories, types


def _globalprotect(event: Event, document: Document) -> None:
    """The tunnel's address is the source where the client has one, and where it comes from is what that is translated to."""
    native = event.native
    document["event.action"] = native.get("eventid")
    private, public = (network.ip(native.get(name, "")) for name in ("private_ip", "public_ip"))
    if public in _NOWHERE:
        public = network.ip(native.get("public_ipv6", "")) or public
    document["source.ip"] = public if private in _NOWHERE else private
    document["source.nat.ip"] = public
    document["host.ip"] = [private] if private else None
    document["observer.hostname"] = document.get("observer.hostname") or native.get("portal")
    status = native.get("status", "").lower()
    document["event.outcome"] = {"success": "success", "failure": "failure"}.get(status)
    document["event.reason"] = document.get("event.reason") or native.get("opaque")
    stage = native.get("stage", "")
    document["event.type"] = ["start"] if stage == "login" else ["end"] if stage == "logout" else ["info"]
    if stage == "login":
        document["event.category"] = ["network", "session", "authentication"]


def _userid(event: Event, document: Document) -> None:
    subtype = event.native.get("subtype", "")
    document["event.action"] = subtype
    document["event.type"] = {"login": ["start"], "logout": ["end"]}.get(subtype, ["info"])
    document["event.outcome"] = "success" if subtype in {"login", "logout"} else None


def _config(event: Event, document: Document) -> None:
    native = event.native
    document["event.action"], document["event.type"] = native.get("cmd"), ["change"]
    document["event.outcome"] = {"succeeded": "success", "submitted": None}.get(
        native.get("result", "").lower(), "failure"
    )


def _authentication(event: Event, document: Document) -> None:
    native = event.native
    document["event.action"], document["event.type"] = native.get("event"), ["info"]
    document["event.outcome"] = paloalto_system.outcome(f"{native.get('event', '')} {native.get('opaque', '')}")
    document["event.reason"] = document.get("event.reason") or native.get("opaque")


def _decryption(event: Event, document: Document) -> None:
    native = event.native
    version = native.get("tls_version", "")
    if version[:3] == "TLS":
        document["tls.version_protocol"], document["tls.version"] = "tls", version[3:].lstrip("v")
    for name, target in (("notbefore", "not_before"), ("notafter", "not_after")):
        if (when := told(native.get(name), event)) is not None and when > 0:
            document[f"tls.server.{target}"] = document[f"tls.server.x509.{target}"] = instant.iso(when)


def _tunnel(event: Event, document: Document) -> None:
    native = event.native
    document["rule.name"] = native.get("tunnel_insp_rule") or document.get("rule.name")
    if remote := network.ip(native.get("remote_user_ip")):
        document["related.ip"] = [remote]


TYPES: dict[str, Callable[[Event, Document], None]] = {
    "THREAT": _threat, "URL": _threat, "FILE": _threat, "DATA": _threat, "WILDFIRE": _threat, "SYSTEM": _system,
    "GLOBALPROTECT": _globalprotect, "USERID": _userid, "CONFIG": _config, "AUTH": _authentication,
    "AUTHENTICATION": _authentication, "DECRYPTION": _decryption, "START": _tunnel, "END": _tunnel, "TUNNEL": _tunnel,
}  # fmt: skip
