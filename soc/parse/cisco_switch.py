"""What IOS and NX-OS records share: header parts, what the commonest messages say, and their ECS fields.

Cisco, System Message Guides of IOS, IOS XE, IOS XR and NX-OS. A message is known by its mnemonic; what is said in the same words everywhere (users, peers,
interfaces' states, MAC addresses) is read wherever it stands.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.parse import cisco, network, url
from soc.parse.cisco_switch_messages import ACCESS, FLOW, INNER, MESSAGES, PHRASES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from soc.event import Event
    from soc.parse.format import Document, Native
    from soc.parse.frame import Frame

_LONGEST = 8192
_REPEATED = re.compile(r"last message repeated \d{1,9} times?\s*$")


def decode(frame: Frame) -> dict[str, Any] | None:
    """Tag, host, sequence number, device's stamp and what the message says; None where there is no tag that Cisco's form has."""
    text = frame.text[:_LONGEST]
    tag = cisco.tag(text)
    if tag is None:
        repeated = _REPEATED.search(text, 0, cisco.HEAD)
        return _head(frame, text[: repeated.start()], text[repeated.start() :]) if repeated else None
    head = _head(frame, text[: tag.start], frame.text[tag.end :].lstrip(" :").rstrip())
    named = {"facility": tag.facility, "severity": str(tag.severity), "mnemonic": tag.mnemonic}
    return {**head, **named, **_said(tag.mnemonic, head["text"][:_LONGEST])}


def _head(frame: Frame, before: str, text: str) -> dict[str, Any]:
    origin, header = cisco.origin(before), frame.syslog
    host, sequence, zone = origin.host, origin.sequence, origin.zone
    if header:
        host = host or header.hostname
        app = header.app
        if app.isascii() and app.isdigit():
            sequence = sequence or app
        elif app:
            zone = zone or cisco.zone_of(app)
            host = host or ("" if zone else app)
    found = {"host": host, "sequence": sequence, "device_time": origin.time, "device_zone": zone}
    return {"message": frame.text, "text": text, **{name: value for name, value in found.items() if value}}


def _said(mnemonic: str, text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if mnemonic == "PLATFORM" and (inner := INNER.search(text, 0, cisco.HEAD)):
        return {"inner": inner["mnemonic"], **_said(inner["mnemonic"], text[inner.end() :])}
    if "ACCESSLOG" in mnemonic and (access := ACCESS.search(text)):
        return _told((access,))
    if mnemonic.startswith("ACLLOG") and (flow := FLOW.search(text)):
        return _told((flow,))
    if (known := MESSAGES.get(mnemonic)) and (said := known.match(text)):
        found = _told((said,))
    for needle, pattern in PHRASES:
        if needle in text and (said := pattern.search(text)):
            found = _told((said,)) | found
    return found


def _told(matches: Iterable[re.Match[str]]) -> dict[str, Any]:
    return {name: value.strip() for said in matches for name, value in said.groupdict().items() if value}


# `at 12:00:59 AEST Wed Jun 14 2023`, behind messages on logins.
_AT = re.compile(r" at (\d\d:\d\d:\d\d) ([A-Z]{2,5}) [A-Z][a-z]{2} ([A-Z][a-z]{2} {1,2}\d{1,2} \d{4})$")


def time(event: Event) -> int | None:
    """The device's own stamp, else the relay's; where neither has a year the one that the message ends with."""
    native = event.native
    zone = native.get("device_zone", "")
    if "device_time" not in native and (at := _AT.search(native["text"], max(len(native["text"]) - 64, 0))):
        return cisco.moment(f"{at[3]} {at[1]}", at[2], event.frame.zone, event.record.arrived)
    own = cisco.moment(native.get("device_time", ""), zone, event.frame.zone, event.record.arrived)
    return own if own is not None else cisco.header_time(event.frame, event.record.arrived, zone)


def ecs(event: Event, document: Document) -> None:
    """All but what tells the products apart."""
    native = event.native
    document["observer.vendor"] = "Cisco"
    document["process.name"] = document["process.pid"] = document["log.syslog.appname"] = None
    cisco.name_host(document, native.get("host"))
    document["log.syslog.hostname"] = native.get("host")
    document["message"], document["event.sequence"] = native["text"], network.number(native.get("sequence"))
    document["event.timezone"] = native.get("device_zone") or document.get("event.timezone")
    if "severity" not in native:
        return
    cisco.severity(document, int(native["severity"]))
    if document.get("log.syslog.severity.code") is None:
        document["log.syslog.severity.code"] = int(native["severity"])
    document["event.code"], document["event.reason"] = native["mnemonic"], native.get("why") or native["text"]
    _ends(native, document)
    _who(native, document)
    _what(native, document)
    url.fill(document, native.get("url", ""))
    _meaning(native, document)


_KEPT = ("facility", "privilege", "cause", "line", "step", "icmp_type", "icmp_code", "neighbor", "inner", "pair")


def keep(native: Native, prefix: str, document: Document) -> None:
    """What ECS has no name for, under the vendor's."""
    for name in _KEPT:
        document[prefix + name] = native.get(name)


def _ends(native: Native, document: Document) -> None:
    for side, end in (("source", "src"), ("destination", "dst")):
        document[f"{side}.ip"] = network.ip(native.get(end))
        document[f"{side}.address"] = native.get(end) if document[f"{side}.ip"] else None
        document[f"{side}.port"] = network.number(native.get(f"{end}_port"))
        document[f"{side}.mac"] = network.mac(native.get(f"{end}_mac"))
        if (translated := network.ip(native.get(f"{end}_nat"))) != document[f"{side}.ip"]:
            document[f"{side}.nat.ip"] = translated
            document[f"{side}.nat.port"] = network.number(native.get(f"{end}_nat_port"))
    document["related.ip"] = network.ip(native.get("neighbor"))
    document["network.transport"], document["network.iana_number"] = _protocol(native.get("protocol"))
    document["network.icmp.type"], document["network.icmp.code"] = native.get("icmp_type"), native.get("icmp_code")
    document["network.packets"] = document["source.packets"] = network.number(native.get("packets"))
    document["source.bytes"], document["destination.bytes"] = (
        network.number(native.get("bytes")),
        network.number(native.get("bytes_back")),
    )
    document["network.vlan.id"] = native.get("vlan")
    document["rule.name"], document["rule.id"] = native.get("acl") or native.get("what"), native.get("signature")


def _protocol(told: str | None) -> tuple[str | None, str | None]:
    name, number = network.transport(told)
    return name, str(number) if number is not None else None


def _who(native: Native, document: Document) -> None:
    document["user.name"], document["user.effective.name"] = native.get("user"), native.get("effective")
    if native["mnemonic"] == "LOGOUT":
        document["source.user.name"] = native.get("user")
    if command := native.get("command"):
        document["process.command_line"] = command


def _what(native: Native, document: Document) -> None:
    document["process.name"], document["process.pid"] = native.get("process"), network.number(native.get("pid"))
    document["observer.ingress.interface.name"] = native.get("interface")
    document["event.action"] = native.get("state")


_CATEGORIES: dict[str, list[str]] = {
    "CONFIG_I": ["configuration", "network"], "VSHD_SYSLOG_CONFIG_I": ["configuration"], "CONFIG_RESOLVE_FAILURE": ["configuration"],
    "USERNAME_CONFIGURATION": ["configuration"], "LOGIN_SUCCESS": ["authentication"], "LOGIN_FAILED": ["authentication"],
    "AUTHEN_SUCCESS": ["authentication"], "AUTHEN_FAILURE": ["authentication"], "SSH2_USERAUTH": ["authentication"], "PRIV_AUTH_FAIL": ["authentication"],
    "PRIV_AUTH_PASS": ["authentication"], "QUIET_MODE_ON": ["authentication"], "LOGIN_PASSED": ["authentication"], "AUTH_PASSED": ["authentication"],
    "DB_COMMIT": ["configuration", "network"],
}  # fmt: skip
_FAILED = ("failed", "failure", "invalid", "denied", "violation", "unauthorized", "un-successful")
_PROVED = ("authentication fail", "login failed", "authentication success", "successfully authenticated")
_ADMITTED = frozenset({"DOT1X", "MAB", "AUTHMGR", "SESSION_MGR", "WEBAUTH"})
_RESULTS = {"SUCCESS": "success", "FAIL": "failure"}
"""Of what decides on clients of a port: the mnemonics that say how it ended."""


def _meaning(native: Native, document: Document) -> None:
    mnemonic, text = native["mnemonic"], native["text"][:512].lower()
    document["event.category"], document["event.type"] = _CATEGORIES.get(mnemonic, ["network"]), ["info"]
    if verdict := native.get("verdict"):
        denied = verdict.lower() in {"denied", "deny"}
        document["event.action"], document["event.type"] = (
            "deny" if denied else "allow",
            ["connection", "denied" if denied else "allowed"],
        )
        document["event.outcome"] = "success"
    elif mnemonic == "INVALID_RP_JOIN":
        document["event.action"], document["event.outcome"], document["event.reason"] = (
            "multicast-join",
            "failure",
            "Invalid RP",
        )
    elif (
        mnemonic != "SSH2_USERAUTH"
        and mnemonic.startswith(("SSH", "LOGOUT"))
        and native["facility"].startswith(("SSH", "SYS"))
    ):
        document["event.category"] = ["session", "network"]
        document["event.type"] = ["end"] if mnemonic.endswith(("CLOSE", "LOGOUT")) else ["info"]
    elif native["facility"] in _ADMITTED and mnemonic in _RESULTS:
        document["event.category"], document["event.type"] = ["authentication"], ["start"]
        document["event.outcome"] = _RESULTS[mnemonic]
    elif mnemonic == "DROP_PKT":
        document["event.type"] = ["connection", "denied"]
    elif document["event.category"] == ["authentication"] or any(words in text for words in _PROVED):
        document["event.category"] = ["authentication"]
        document["event.type"] = ["start"]
        document["event.outcome"] = "failure" if any(word in text for word in _FAILED) else "success"
    elif "connection closed" in text or "connection reset" in text:
        document["event.type"] = ["connection", "info"]
    if result := native.get("result"):
        document["event.outcome"] = result.lower()
