"""Cisco Secure Firewall: ASA, PIX, FWSM, Threat Defense (FTD), NGIPS, and the audit log of their Management Center.

Syslog of ASA 7 to 9 and FTD 6 to 7 with or without EMBLEM form, time stamp, device id and the relay's own header; connection, intrusion, file and malware
events of FTD (430001 to 430007). Messages whose tag a collector took off are read where their wording tells what they are.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import cisco, cisco_ftd_events
from soc.parse.cisco_asa_ecs import ecs
from soc.parse.cisco_asa_grammar import compiled
from soc.parse.cisco_asa_messages import BY_ID
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native

if TYPE_CHECKING:
    from collections.abc import Iterable

    from soc.event import Event
    from soc.parse.frame import Frame

_TAG = re.compile(
    r"(?:%|(?:^|(?<=[\s:])))(ASA|FTD|FDT|PIX|FWSM|NGIPS)(?:-([A-Za-z]\w{0,31}))?-(\d)-(\d{6})(?:[: ]{1,4}|$)"
)
_LONGEST = 8192
# How messages of VPN sessions begin, whatever they say: with users in angle brackets, after `=`, or bare.
_SESSION = re.compile(
    r" ?(?:TunnelGroup <(?P<tunnel_group>[^<>]{0,256})> GroupPolicy <(?P<policy>[^<>]{0,256})>|Group <(?P<group>[^<>]{0,256})>) User <(?P<user>[^<>]{0,256})> "
    r"IP <(?P<src>[^<>]{0,64})>,? ?(?P<text>.*)", re.DOTALL
)  # fmt: skip
_NAMED_SESSION = re.compile(
    r" ?(?=Group = |Username = |IP = )(?:Group = (?P<group>[^,]{0,256}), ?)?(?:Username = (?P<user>[^,]{0,256}), ?)?(?:IP = (?P<src>[^\s,]{1,64}), ?)?(?P<text>.*)",
    re.DOTALL,
)
_BARE_SESSION = re.compile(
    r"Group (?P<group>\S{1,256}) User (?P<user>\S{1,256}) IP (?P<src>\S{1,64}) (?P<text>.*)", re.DOTALL
)
_NEGOTIATION = re.compile(
    r"Local: ?(?P<src>[^\s:]{1,255}|[0-9A-Fa-f:]{2,45}?):(?P<src_port>\d{1,5}),? Remote: ?(?P<dst>[^\s:]{1,255}|[0-9A-Fa-f:]{2,45}?):(?P<dst_port>\d{1,5}),? "
    r"Username: ?(?P<user>\S{1,256}?),? (?P<text>.*)", re.DOTALL
)  # fmt: skip
_ADDED = re.compile(
    r"UAUTH: Session=(?P<session>[^,]{1,64}), User=(?P<user>[^,]{1,256}), Assigned IP=(?P<src>[^,]{1,64}), (?P<reason>.*)",
    re.DOTALL,
)
_OPENINGS = {"Group": (_SESSION, _NAMED_SESSION, _BARE_SESSION), "TunnelGroup": (_SESSION,), "IP": (_NAMED_SESSION,), "Username": (_NAMED_SESSION,),
             "UAUTH:": (_ADDED,)}  # fmt: skip
_TOLD = (
    re.compile(r"closing connection: (?P<reason>.{1,512}?)\.?$"), re.compile(r"terminat(?:ed|ing session): (?P<reason>.{1,512}?)\.?$"),
    re.compile(r"SVC Message: (?P<reason>.{1,512}?)\.?$"), re.compile(r"Reason: (?P<reason>.{1,512}?)\.?$"),
    re.compile(r"(?P<reason>All IPSec SA proposals found unacceptable!)"), re.compile(r"(?P<reason>Duplicate \w+ packet detected)"),
    re.compile(r"(?P<reason>(?:No|Unable|Session could not|Error) .{1,512}?)\.?$"), re.compile(r"ERROR: (?P<reason>.{1,512}?)\.?$"),
    re.compile(r"(?P<reason>Received a \w+ request)"),
)  # fmt: skip
_ENDED = re.compile(
    r"Session disconnected\. Session Type: (?P<session_type>[^,]{1,64}), Duration: (?P<duration>[^,]{1,32}), Bytes xmt: (?P<bytes_sent>\d{1,20}), "
    r"Bytes rcv: (?P<bytes_received>\d{1,20}), Reason: (?P<reason>.{1,512}?)\.?$"
)
_ENDING = re.compile(r"(?P<reason>[^()]{0,256}?)(?: from (?P<initiator>\S{1,64}))?(?: ?\((?P<user>[^()]{0,256})\))?$")
# Where a message has no template: what most of them call their ends, interface and user.
_IP = r"\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9A-Fa-f]{1,4}:|::)[0-9A-Fa-f:.]{1,41}[0-9A-Fa-f]"
_PORT_OF = (
    r"(?:(?P<SIDE_interface>(?![0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{0,4}:)[^\s:/()]{1,64}):)?(?P<SIDE>"
    + _IP
    + r")(?:/(?P<SIDE_port>\d{1,5}))?"
)
_USUAL = (
    re.compile(r"\b(?:from|src|source) " + _PORT_OF.replace("SIDE", "src")),
    re.compile(r"\b(?:to|dst|dest|destination) " + _PORT_OF.replace("SIDE", "dst")),
    re.compile(r"\bon interface (?P<in_interface>[^\s,;()]{1,64})"),
    re.compile(r"\b(?:[Uu]ser(?:name)?|Uname)(?: ?[=:] ?| )['\"<](?P<user>[^'\"<>,]{1,256})['\">]"),
)  # fmt: skip
_CLIENT = re.compile(rf"\bIP(?: [Aa]ddress)?(?: ?[=:] ?| )['\"<]?(?P<src>{_IP})")
# Of messages without a tag, by the first word: which may have been meant.
_UNTAGGED: dict[str, tuple[str, ...]] = {
    "Built": ("302013", "302020", "305011", "305009", "302303", "302022", "609001"), "Teardown": ("302014", "302021", "305012", "305010", "302304", "302023", "609002"),
    "Deny": ("106023", "106006", "106007", "106015", "106010", "106021"), "access-list": ("106100",), "No": ("313005",), "Inbound": ("106001",),
    "AAA": ("113004", "113005", "113012", "113015", "113016", "113017"),
}  # fmt: skip
_AUDIT = re.compile(
    r"(?P<host>[\w.-]{1,255}): (?P<user>[^@,\s]{1,128})@(?P<src>[^,]{1,64}), (?P<section>[^,]{1,512}), (?P<message_text>.*?)(?: x0a x00)?$",
    re.DOTALL,
)
_AUDITORS = frozenset(
    {
        "sfdccsm",
        "mojo_server.pl",
        "index.cgi",
        "platformsettingedit.cgi",
        "lights_out_mgmt.cgi",
        "changereconciliation.cgi",
    }
)


def decode(frame: Frame) -> Native | None:
    """Product, message number, severity, and what the message says by the names of `cisco_asa_grammar`."""
    text = frame.text[:_LONGEST]
    tag = _TAG.search(text, 0, cisco.HEAD)
    if tag is None:
        return _untagged(frame, text)
    product, category, severity, number = tag.groups()
    origin = cisco.origin(text[: tag.start()])
    body = text[tag.end() :].strip()
    found = cisco_ftd_events.fields(body) if number in cisco_ftd_events.MEANING else _said(number, body)
    native: dict[str, Any] = {
        "product": product,
        "severity": severity,
        "id": number,
        "message": frame.text,
        "text": frame.text[tag.end() :],
        **found,
    }
    if category:
        native["class"] = category
    return native | {
        f"device_{name}": told
        for name, told in (("host", origin.host), ("time", origin.time), ("zone", origin.zone))
        if told
    }


def _untagged(frame: Frame, text: str) -> Native | None:
    if (frame.syslog and frame.syslog.app.lower() in _AUDITORS) or "x0a x00" in text:
        audit = _AUDIT.match(text)
        return {"product": "FMC", "message": frame.text, "text": frame.text, **audit.groupdict()} if audit else None
    text = text.lstrip(" :")
    number, _, rest = text.partition(": ")
    if number in BY_ID and (found := _read(BY_ID[number], rest)):
        return {"product": "ASA", "id": number, "message": frame.text, "text": rest, **found}
    word = text.partition(" ")[0]
    for known in _UNTAGGED.get(word, ()):
        if found := _read(BY_ID[known], text):
            return {"product": "ASA", "like": known, "message": frame.text, "text": text, **found}
    if word in {"Group", "TunnelGroup"} and (found := _session(text, (_SESSION, _NAMED_SESSION))):
        return {"product": "ASA", "message": frame.text, "text": text, **found}
    return None


def _said(number: str, body: str) -> dict[str, Any]:
    if number in BY_ID and (found := _read(BY_ID[number], body)):
        return found
    word = body.partition(" ")[0]
    patterns = (_NEGOTIATION,) if word.startswith("Local:") else _OPENINGS.get(word, ())
    return _session(body, patterns) or _usual(body)


def _usual(body: str) -> dict[str, Any]:
    found = _found(body, _USUAL)
    if "src" not in found and (client := _CLIENT.search(body)):
        found |= _told(client)
    return found


def _session(body: str, patterns: Iterable[re.Pattern[str]]) -> dict[str, Any]:
    for pattern in patterns:
        if begun := pattern.match(body):
            found = _told(begun)
            rest = found.pop("text", "")
            ended = _ENDED.match(rest)
            return found | (_told(ended) if ended else _first(rest))
    return {}


def _first(text: str) -> dict[str, Any]:
    for pattern in _TOLD:
        if reason := pattern.search(text[:1024]):
            return _told(reason)
    return {}


def _read(templates: tuple[str, ...], body: str) -> dict[str, Any]:
    for template in templates:
        if said := compiled(template).match(body):
            found = _told(said)
            if ending := _ENDING.match(found.pop("ending", "")):
                found |= _told(ending)
            return found
    return {}


def _found(body: str, patterns: Iterable[re.Pattern[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pattern in patterns:
        if said := pattern.search(body):
            found |= _told(said)
    return found


def _told(said: re.Match[str]) -> dict[str, Any]:
    return {name: value.strip() for name, value in said.groupdict().items() if value}


def time(event: Event) -> int | None:
    """The device's own stamp before the tag, else the header's, in the zone that stands behind either."""
    native, header = event.native, event.frame.syslog
    zone = native.get("device_zone") or (cisco.zone_of(header.app) if header and not header.pid else "")
    own = cisco.moment(native.get("device_time", ""), zone, event.frame.zone, event.record.arrived)
    return own if own is not None else cisco.header_time(event.frame, event.record.arrived, zone)


@cache
def _kind(product: str, *, commands: bool) -> Kind:
    own = Logsource(product="cisco", category="firewall", service=product.lower())
    return (own, Logsource(product="cisco", service="aaa")) if commands else (own,)


def kind(native: Native) -> Kind:
    return _kind(native["product"], commands=native.get("id", "")[:3] in {"111", "113", "502", "605", "611"})


FORMAT = Format(
    name="cisco_asa_ftd",
    title="Cisco Secure Firewall ASA and Threat Defense",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={**{name: FRAME[name] for name in ("event.dataset",)}, "event.code": lambda event: event.native.get("id")},
    kind=kind,
    programs=_AUDITORS,
    hints=(
        "ASA-", "FTD-", "NGIPS-", "PIX-", "FWSM-", "FDT-", "Group <", "Group = ", "Built ", "Teardown ", "Deny ", "AAA user ", "access-list ", "ICMP error message: ", "x0a x00",
    ),
)  # fmt: skip
