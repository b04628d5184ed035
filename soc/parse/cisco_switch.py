"""What IOS and NX-OS records share: header parts, what the commonest messages say, and their ECS fields.

Cisco, System Message Guides of IOS, IOS XE, IOS XR and NX-OS. A message is known by its mnemonic; what is said in the same words everywhere (users, peers,
interfaces' states, MAC addresses) is read wherever it stands.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.parse import cisco, network, url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from soc.event import Event
    from soc.parse.format import Document, Native
    from soc.parse.frame import Frame

_LONGEST = 8192
_REPEATED = re.compile(r"last message repeated \d{1,9} times?\s*$")
_ACCESS = re.compile(
    r"list (?P<acl>\S{1,256}) (?P<verdict>permitted|denied) (?:(?P<protocol>[\w-]{1,32}) )?(?P<src>[0-9A-Fa-f.:]{2,45})(?:\((?P<src_port>\d{1,5})\))?"
    r"(?: \((?P<interface>[\w/.:-]{1,64})[^()]{0,64}\))?(?: ->  ?(?P<dst>[0-9A-Fa-f.:]{2,45})(?:\((?P<dst_port>\d{1,5})\))?)?"
    r"(?: \((?P<icmp_type>\d{1,3})/(?P<icmp_code>\d{1,3})\))?,? (?P<packets>\d{1,18}) packets?"
)
_IP = r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:.]{2,41}"
_MAC = r"[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}"
# By the mnemonic, what the catalogue's text is.
_MESSAGES: dict[str, re.Pattern[str]] = {
    "CONFIG_I": re.compile(rf"Configured from \S{{1,64}}(?: by (?P<user>\S{{1,128}}))?(?: on (?P<line>\S{{1,32}}))?(?: \((?P<src>{_IP})\))?"),
    "VSHD_SYSLOG_CONFIG_I": re.compile(rf"Configured from (?P<line>\S{{1,64}}) by (?P<user>\S{{1,128}}) on (?:(?P<src>{_IP})@)?\S{{1,64}}"),
    "LOGIN_SUCCESS": re.compile(r"Login Success \[user: ?(?P<user>[^\]]{0,128})\] \[Source: ?(?P<src>[^\]]{1,64})\] \[localport: ?(?P<dst_port>\d{1,5})\]"),
    "LOGIN_FAILED": re.compile(
        r"Login failed \[user: ?(?P<user>[^\]]{0,128})\] \[Source: ?(?P<src>[^\]]{1,64})\] \[localport: ?(?P<dst_port>\d{1,5})\]"
        r"(?: \[Reason: ?(?P<cause>[^\]]{1,256})\])?"
    ),
    "LOGOUT": re.compile(r"User (?P<user>\S{1,128}) has exited tty session \d{1,5} ?\((?P<src>[^()]{0,64})\)"),
    "ACCTLOCAL": re.compile(r"Username: (?P<user>\S{1,128}) Privilege level: (?P<privilege>\d{1,3}) Command: (?P<command>.{1,4096})", re.DOTALL),
    "CFGLOG_LOGGEDCMD": re.compile(r"User: ?(?P<user>\S{0,128}) {1,4}logged command: ?(?P<command>.{1,4096})", re.DOTALL),
    "VSHD_SYSLOG_CMD_EXEC": re.compile(r"User: ?(?P<user>\S{1,128}) executed the command: ?(?P<command>.{1,4096})", re.DOTALL),
    "AAA_ACCOUNTING_MESSAGE": re.compile(
        rf"(?P<step>start|stop|update):(?:(?P<src>{_IP})@)?(?P<line>[^:]{{1,128}}):(?P<user>[^:]{{0,128}}):(?P<command>.{{0,4096}}?)(?: \((?P<result>SUCCESS|FAILURE)\))?\s*$",
        re.DOTALL,
    ),
    "INVALID_RP_JOIN": re.compile(rf"Received \([^()]{{1,128}}\) Join from (?P<src>{_IP}) for invalid RP (?P<dst>{_IP})"),
    "LOGGINGHOST_FAIL": re.compile(rf"Logging to host (?P<dst>{_IP}) port (?P<dst_port>\d{{1,5}})"),
    "LOGGINGHOST_STARTSTOP": re.compile(rf"Logging to host (?P<dst>{_IP}) [Pp]ort (?P<dst_port>\d{{1,5}})"),
    "BADAUTH": re.compile(rf"(?P<cause>.{{1,128}}?) from (?P<src>{_IP})\((?P<src_port>\d{{1,5}})\) to (?P<dst>{_IP})\((?P<dst_port>\d{{1,5}})\)"),
    "SESS_AUDIT_TRAIL": re.compile(
        rf"(?:Stop )?(?P<protocol>[\w-]{{1,16}}) session: initiator \((?P<src>{_IP}):(?P<src_port>\d{{1,5}})\) sent (?P<bytes>\d{{1,18}}) bytes -- "
        rf"responder \((?P<dst>{_IP}):(?P<dst_port>\d{{1,5}})\) sent (?P<bytes_back>\d{{1,18}}) bytes"
    ),
    "SIGNATURE": re.compile(rf"Sig:(?P<signature>\d{{1,6}}) Subsig:\d{{1,4}} Sev:\d{{1,3}} (?P<what>.{{1,128}}?) \[(?P<src>{_IP}):(?P<src_port>\d{{1,5}}) -> (?P<dst>{_IP}):(?P<dst_port>\d{{1,5}})\]"),
    "MODEL_RPC_I": re.compile(rf".{{0,256}}?RPC '(?P<url>[^']{{1,2048}})' invoked from (?P<src>{_IP}):(?P<src_port>\d{{1,5}}) via \S{{1,32}} user (?P<user>\S{{1,128}})"),
}  # fmt: skip
# Said in these words by many: (what the text must contain, pattern).
_PHRASES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (" from ", re.compile(rf"\bfrom (?:user )?(?P<src>{_IP})(?![\w.])(?:[:(](?P<src_port>\d{{1,5}}))?")),
    ("tty", re.compile(rf"\btty \d{{1,5}} ?\((?P<src>{_IP})\)")),
    ("ser", re.compile(r"\b[Uu]ser(?:name)?(?: with username)?(?:: ?| )'?(?P<user>(?!with|name|has|was|is|in|on|for|by|and|not|to|at|login|from)[\w.@\\$-]{1,128})'?")),
    (" for ", re.compile(rf"\bfor (?:illegal |invalid )?(?:user )?(?P<user>[\w.@\\$-]{{1,128}}) from (?:{_IP})")),
    ("USER=", re.compile(r"(?P<user>[\w.-]{1,64}) : TTY=\S{1,64} ; PWD=[^;]{1,1024} ; USER=(?P<effective>\S{1,64}) ; COMMAND=(?P<command>.{1,4096}?)(?: - sudo)?$", re.DOTALL)),
    ("changed state to ", re.compile(r"\b[Ii]nterface (?P<interface>[\w/.:-]{1,64}), changed state to (?:administratively )?(?P<state>up|down)")),
    (" is ", re.compile(r"\bInterface (?P<interface>[\w/.:-]{1,64})(?: \([^()]{1,256}\))? is (?P<state>up|down)(?: \((?P<why>[^()]{1,256})\))?")),
    (" on ", re.compile(r" on (?:[Ii]nterface|port) (?P<interface>[A-Z][\w/.-]{1,63}\w)")),
    ("err-disable", re.compile(r"\bputting (?P<interface>\S{1,64}) in (?P<state>err-disable) state")),
    ("vlan ", re.compile(r"\bvlan (?P<vlan>\d{1,4})\b")),
    ("VLAN ", re.compile(r"\bVLAN (?P<vlan>\d{1,4})\b")),
    (" is suspended", re.compile(r"(?P<interface>[\w/.-]{1,64}): (?P<why>\S{1,64} is suspended)")),
    ("", re.compile(rf"(?<![\w.:])(?P<src_mac>{_MAC})(?![\w.:])")),
    ("ticky ARP", re.compile(rf"ARP entry: (?P<src>{_IP})")),
    ("://", re.compile(r"(?P<url>[a-z]{2,10}://[^\s()'\"<>]{1,2048})")),
    (" - ", re.compile(r" - (?P<process>[A-Za-z][\w.-]{0,63})(?:\[(?P<pid>\d{1,10})\])?\s*$")),
    ("operational ", re.compile(r"Interface (?P<interface>\S{1,64}), (?P<why>operational .{1,256})$")),
)  # fmt: skip


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
    if "ACCESSLOG" in mnemonic and (access := _ACCESS.search(text)):
        return _told((access,))
    if (known := _MESSAGES.get(mnemonic)) and (said := known.match(text)):
        found = _told((said,))
    for needle, pattern in _PHRASES:
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


_KEPT = ("facility", "privilege", "cause", "line", "step", "icmp_type", "icmp_code")


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
    "AUTHEN_SUCCESS": ["authentication"], "AUTHEN_FAILURE": ["authentication"], "SSH2_USERAUTH": ["authentication"],
}  # fmt: skip
_FAILED = ("failed", "failure", "invalid", "denied", "violation", "unauthorized")


def _meaning(native: Native, document: Document) -> None:
    mnemonic, text = native["mnemonic"], native["text"][:512].lower()
    document["event.category"], document["event.type"] = _CATEGORIES.get(mnemonic, ["network"]), ["info"]
    if verdict := native.get("verdict"):
        document["event.action"] = "deny" if verdict == "denied" else "allow"
        document["event.type"] = ["connection", "denied" if verdict == "denied" else "allowed"]
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
    elif document["event.category"] == ["authentication"] or "authentication fail" in text or "login failed" in text:
        document["event.category"] = ["authentication"]
        document["event.type"] = ["start"]
        document["event.outcome"] = "failure" if any(word in text for word in _FAILED) else "success"
    elif "connection closed" in text or "connection reset" in text:
        document["event.type"] = ["connection", "info"]
    if result := native.get("result"):
        document["event.outcome"] = result.lower()
