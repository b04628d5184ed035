"""Juniper: Junos OS (SRX firewalls, and daemons of any Junos device) and ScreenOS (NetScreen).

Junos writes structured syslog (`RT_FLOW_SESSION_CLOSE [junos@2636... source-address="..."]`) or standard syslog
(`RT_FLOW_SESSION_CLOSE: session closed ...`), with the tags and parameters of the System Log Explorer. Standard messages
get the structured ones' names where their place tells them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import plain
from soc.parse.format import Format, Native
from soc.parse.juniper_ecs import ecs
from soc.parse.juniper_text import DAEMONS, firewall_filter, flow, phrases, screenos
from soc.parse.juniper_threats import READERS
from soc.parse.when import iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.frame import Frame

_TAG = re.compile(r"([A-Z][A-Z0-9]{1,31}_[A-Z0-9_]{2,63}): ")
_STRUCTURED = re.compile(
    r"(?:(?P<tag>[A-Z][A-Z0-9_]{4,95}) )?\[(?:junos@\S{1,64} |(?=[a-z-]{1,64}=))(?P<pairs>(?:[^\]\"\\]++|\"(?:[^\"\\]++|\\.)*+\"|\\.)*+)\]? ?"
)
_PAIR = re.compile(r"([A-Za-z][\w.-]{0,63})=(?:\"((?:[^\"\\]++|\\.)*+)\"|([^\s\"]*))")


def decode(frame: Frame) -> Native | None:
    """Junos' parameters by their own names, the message's tag beside them."""
    header, text = frame.syslog, frame.text
    if header and header.structured:
        found = _STRUCTURED.match(header.structured)
        if found is None or not (header.structured.startswith("[junos@") or header.app.startswith("RT_")):
            return None
        return {**_pairs(found["pairs"]), "tag": header.msgid or header.app, "text": text}
    if text[:1].isupper() and "junos@" in text[:160] and (found := _STRUCTURED.match(text)):
        return {**_pairs(found["pairs"]), "tag": found["tag"] or "", "text": text[found.end() :]}
    if "NetScreen device_id=" in text:
        return screenos(text)
    app = header.app.rpartition("/")[2] if header else ""
    if app in DAEMONS or app.startswith("RT_") or _TAG.match(text):
        return _standard(app, text)
    return _forwarding_engine(frame)


def _pairs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, quoted, bare in _PAIR.findall(text):
        found.setdefault(name, quoted or bare)
    return found


def _standard(app: str, text: str) -> Native | None:
    """`TAG: text` of a daemon; of others only messages that Junos alone has."""
    tagged = _TAG.match(text)
    if tagged is None:
        return {"text": text, **phrases(text)} if app in DAEMONS else None
    tag, rest = tagged[1], text[tagged.end() :]
    if app not in DAEMONS and not tag.startswith(
        ("RT_", "UI_", "SSHD_LOGIN_", "LOGIN_", "SNMP_TRAP_", "PFE_", "KMD_", "RPD_", "SNMPD_", "DDOS_", "DOT1XD_")
    ):
        return None
    if tag.startswith("PFE_FW_") and (packet := firewall_filter(rest)):
        return {**packet, "tag": tag, "text": text}
    return {**_said(tag, rest), "tag": tag, "text": rest}


def _said(tag: str, rest: str) -> dict[str, str]:
    if tag.startswith(("RT_FLOW_SESSION_", "APPTRACK_SESSION_")):
        return flow(rest)
    for beginning, read in READERS:
        if tag.startswith(beginning) and (found := read(rest)):
            return found
    return phrases(rest)


def _forwarding_engine(frame: Frame) -> Native | None:
    """What packet forwarding engines say: a filter's log line, or a message behind the device's own name."""
    text, header = frame.text, frame.syslog
    if "FW: " in text[:64]:
        tag = "PFE_FW_SYSLOG_IP" if "PFE_FW_SYSLOG_IP" in text[:64] else ""
        packet = firewall_filter(text[text.index("FW: ") :])
        return {**packet, "tag": tag, "text": text} if packet else None
    if header and header.version and not header.app and header.hostname and text.startswith(f"{header.hostname} "):
        return {"text": text}
    return None


def time(event: Event) -> int | None:
    """The header's; ScreenOS' `start_time` where there is none."""
    return plain.time(event) or iso(event.native.get("start_time", ""), event.frame.zone)


def _kind(category: str, service: str) -> Kind:
    return (
        Logsource(product="juniper", category=category, service=service),
        Logsource(product="juniper", category="firewall"),
        Logsource(product="juniper", service=service),
    )


_KINDS: dict[str, Kind] = {
    "RT_FLOW": _kind("firewall", "flow"), "APPTRACK": _kind("firewall", "flow"), "RT_SCREEN": _kind("ids", "screen"),
    "IDP": _kind("ids", "idp"), "WEBFILTER": _kind("proxy", "utm"), "AV": _kind("antivirus", "utm"), "RPD": _kind("", "bgp"),
    "LDP": _kind("", "ldp"),
}  # fmt: skip
_OTHER = _kind("firewall", "")


def kind(native: Native) -> Kind:
    tag = native.get("tag", "")
    first, _, rest = tag.partition("_")
    return _KINDS.get(f"RT_{rest.partition('_')[0]}" if first == "RT" else first, _OTHER)


FORMAT = Format(
    name="juniper",
    title="Juniper Junos (SRX and others) and ScreenOS",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    programs=frozenset({*(name.lower() for name in DAEMONS), "sshd", "login"}),
)
