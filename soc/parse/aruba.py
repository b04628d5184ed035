"""HPE Aruba Networking: ArubaOS and Instant access points and controllers, AOS-CX and AOS-S switches.

ArubaOS Syslog Messages: `stm[8447]: <501093> <NOTI> AP:name <address mac>  text`; AOS-CX Event Log Message Reference: `Event|105|LOG_INFO|AMM|1/1|text`; AOS-S
Event Log Message Reference: `00179 mgr: text`, of a stack `mgr:  ST1-CMDR: text`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.format import Format, Native

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_MAC = r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}"
_IP = r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]{2,40}"
_WIRELESS = re.compile(
    rf" ?<(?P<id>\d{{6}})> (?:<(?P<pid>\d{{1,8}})> )?(?:<(?P<level>EMRG|ALRT|CRIT|ERRS|WARN|NOTI|INFO|DBUG)> )?(?:\|(?P<module>[^|]{{1,64}})\| {{1,4}})?(?:AP:(?P<ap>\S{{1,128}}) )?"
    rf"(?:<(?P<ap_ip>{_IP}) (?P<ap_mac>{_MAC})>|<(?P<controller>[^\s<>]{{1,128}}) (?P<ip>{_IP})>)? {{0,4}}(?P<text>.*)", re.DOTALL
)  # fmt: skip
# What a controller tells of one of its access points: `|AP ap-3@192.0.2.2 stm|`.
_MEMBER = re.compile(rf"AP (?P<ap>[^\s@|]{{1,128}})@(?P<ap_ip>{_IP}) (?P<module>\S{{1,32}})$")
_SWITCH_CX = re.compile(
    r"Event\|(?P<id>\d{1,6})\|LOG_(?P<level>[A-Z]{3,8})\|(?P<role>[^|]{0,16})\|(?P<slot>[^|]{0,16})\|(?P<text>.*)",
    re.DOTALL,
)
_SWITCH_S = re.compile(
    r"(?:(?P<id>\d{5}) )?(?P<module>[A-Za-z][\w./-]{1,23}): {1,4}(?:(?P<member>ST\d{1,2}-[A-Z]{2,8}|AM\d): )?(?P<text>.*)", re.DOTALL
)  # fmt: skip
_MODULES = frozenset({
    "802.1x", "acl", "auth", "bootp", "cdp", "chassis", "console", "crypto", "dca", "dhcp-server", "dhcp-snoop", "dhcpv6-snoop", "dot1x", "ffi", "garp", "gvrp", "idm",
    "igmp", "ip", "ipaddrmgr", "lacp", "licensing", "lldp", "loop_protect", "macauth", "mgr", "mstp", "ospf", "pim", "poe", "ports", "radius", "rip", "snmp", "sntp", "ssh",
    "ssl", "stack", "stp", "system", "tacacs", "telnet", "tftp", "timep", "udld", "udpf", "update", "usb", "vlan", "vrrp", "webui", "xrrp",
})  # fmt: skip
_WORDS = (
    ("MAC=", re.compile(rf"\bMAC=(?P<mac>{_MAC})")),
    ("usermac", re.compile(rf"\busermac[= ](?P<mac>{_MAC})")),
    ("Assoc", re.compile(rf"^(?:(?:Dis|Dea|Rea)?[Aa]ssoc|Deauth)\w{{0,16}}[^@\n]{{0,64}}@ [\d:.]{{8,16}}: (?P<mac>{_MAC})")),
    ("eauth", re.compile(rf"^Deauth[^@\n]{{0,64}}@? ?(?:[\d:.]{{8,16}}: )?(?P<mac>{_MAC})")),
    ("IP=", re.compile(rf"\bIP=(?P<client_ip>{_IP})")),
    ("userip", re.compile(rf"\buserip[= ](?P<client_ip>{_IP})")),
    ("serverip", re.compile(rf"\bserverip[= ](?P<server_ip>{_IP})")),
    ("SSID", re.compile(r"\bSSID[= ]{1,3}(?P<ssid>[^\s,]{1,64})")),
    ("bssid=", re.compile(rf"\bbssid=(?P<bssid>{_MAC})")),
    ("VLAN=", re.compile(r"\bVLAN=(?P<vlan>\d{1,4})")),
    ("role=", re.compile(r"\brole=(?P<role>\S{1,64})")),
    ("AP=", re.compile(r"\bAP=(?P<ap>\S{1,128})")),
    ("apname=", re.compile(r"\bapname=(?P<ap>\S{1,128})")),
    ("mac", re.compile(rf"\bmac[-: =](?P<mac>{_MAC})")),
    ("neighbor", re.compile(rf"\bneighbor (?:(?P<mac>{_MAC})|(?P<neighbor>[\w.-]{{1,255}})) (?:added|updated|deleted) on (?P<interface>\S{{1,32}})")),
    (" AP ", re.compile(rf"\bAP (?:{_IP})-(?P<bssid>{_MAC})")),
    ("sername", re.compile(r"\busername[-=:] ?(?P<user>[^\s,;]{1,256})")),
    ("ser ", re.compile(r"\b[Uu]ser ['\"]?(?P<user>(?!authenticated\b|name\b|is\b|was\b|with\b|on\b|to\b)[\w.@\\$-]{1,128})['\"]? (?:was not|[Ff]ailed|[Aa]uth|logged|is|has)")),
    (" from ", re.compile(rf"\bfrom (?P<peer>{_IP})")),
    (" at ", re.compile(rf"\bserver at (?P<peer>{_IP})")),
    ("port ", re.compile(r"\bport (?P<interface>[A-Z]?\d{1,3}(?:/[A-Z]?\d{1,3}){0,2}) ")),
)  # fmt: skip


def decode(frame: Frame) -> Native | None:
    """Number, severity, who reports, and what the text names."""
    text = frame.text
    found = _wireless(text) or _switch(frame)
    if found is None:
        return None
    native = {**found, "message": text}
    said = native.get("text", "")[:2048]
    for needle, pattern in _WORDS:
        if needle in said and (told := pattern.search(said)):
            native |= {name: value for name, value in told.groupdict().items() if value and name not in native}
    return native


def _wireless(text: str) -> dict[str, Any] | None:
    if text[:1] != "<" and text[:2] != " <":
        return None
    found = _WIRELESS.match(text)
    if found is None:
        return None
    member = _MEMBER.match(found["module"] or "")
    return _told(found, "ArubaOS") | (member.groupdict() if member else {})


def _switch(frame: Frame) -> dict[str, Any] | None:
    text = frame.text
    if found := _SWITCH_CX.match(text):
        return _told(found, "AOS-CX")
    if frame.syslog and frame.syslog.app and not frame.syslog.pid:
        text = f"{frame.syslog.app}: {text}"
    found = _SWITCH_S.match(text)
    own = found and (found["member"] or (found["id"] and found["module"].lower() in _MODULES))
    return _told(found, "AOS-S") if found and own else None


def _told(found: re.Match[str], product: str) -> dict[str, Any]:
    return {"product": product, **{name: value.strip() for name, value in found.groupdict().items() if value}}


time = plain.time

_LEVELS = {"EMRG": "emergency", "ALRT": "alert", "CRIT": "critical", "ERRS": "error", "WARN": "warning", "NOTI": "notice", "INFO": "info", "DBUG": "debug",
           "ERR": "error", "NOTICE": "notice", "DEBUG": "debug", "EMERG": "emergency", "ALERT": "alert"}  # fmt: skip
_KEPT = ("ap", "controller", "module", "member", "role", "slot", "pid")


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.product"] = "Aruba", native["product"]
    document["event.code"], document["event.reason"] = native.get("id"), native.get("text")
    document["log.level"] = _LEVELS.get(native.get("level", ""))
    document["source.ip"] = _source(native)
    document["destination.ip"], document["network.name"] = network.ip(native.get("server_ip")), native.get("ssid")
    document["network.vlan.id"] = native.get("vlan")
    document["source.mac"] = network.mac(native.get("mac") or native.get("ap_mac"))
    document["destination.mac"] = network.mac(native.get("bssid"))
    document["observer.ingress.interface.name"] = native.get("interface")
    document["observer.name"] = native.get("controller") or native.get("ap") or document.get("host.name")
    document["host.name"] = document.get("host.name") or native.get("neighbor")
    user = native.get("user", "")
    document["user.email" if "@" in user else "user.name"] = user or None
    if "@" in user:
        document["user.name"], _, document["user.domain"] = user.partition("@")
    for name in _KEPT:
        document[f"aruba.{name}"] = native.get(name)
    _meaning(native.get("text", "")[:512].lower(), document)


def _source(native: Native) -> str | None:
    """The client, unless it has no address yet; else who reports."""
    client = network.ip(native.get("client_ip"))
    told = client if client not in {None, "0.0.0.0"} else None  # noqa: S104 (none yet; nothing is bound)
    return told or network.ip(native.get("ip") or native.get("ap_ip") or native.get("peer"))


def _meaning(text: str, document: Document) -> None:
    document["event.category"], document["event.type"] = ["network"], ["info"]
    if document["observer.product"] == "AOS-S":
        document["event.type"] = ["connection"]
    if "session" in text and ("closed" in text or "opened" in text or "terminated" in text):
        document["event.category"], document["event.type"] = ["session"], ["start" if "opened" in text else "end"]
    elif text.startswith("sme ") or " session from " in text:
        document["event.category"], document["event.type"] = ["session"], ["start"]
    elif "failed authentication" in text or "authentication failed" in text or "auth failure" in text:
        document["event.category"], document["event.outcome"], document["event.type"] = (
            ["authentication"],
            "failure",
            ["info"],
        )
    elif "authentication successful" in text:
        document["event.category"], document["event.outcome"], document["event.type"] = (
            ["authentication"],
            "success",
            ["start"],
        )
    elif "user authenticated" in text:
        document["event.outcome"] = "success"
    elif "access violation" in text:
        document["event.kind"], document["event.category"], document["event.type"] = "alert", ["session"], ["info"]


_KIND: Kind = (Logsource(product="aruba"),)


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="aruba",
    title="HPE Aruba: ArubaOS, Instant, AOS-CX, AOS-S",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    hints=(
        "<NOTI>",
        "<WARN>",
        "<ERRS>",
        "<INFO>",
        "<DBUG>",
        "<CRIT>",
        "> <",
        "Event|",
        ": ST",
        "ST1-",
        "ST2-",
        "ST3-",
        " mgr: ",
        " ports: ",
        " snmp: ",
        " auth: ",
        " ssl: ",
    ),
)
