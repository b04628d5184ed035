"""MikroTik RouterOS 6 and 7: firewall, system, DHCP, PPP and other topics, with or without topics and BSD header."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.format import Format, Native

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_TOPICS = re.compile(
    r"(?:\d{4}-\d\d-\d\dT\S{8,24} (?P<host>\S{1,255}) |[\w.-]{1,64}: )?(?P<topics>(?:account|bfd|bgp|bridge|caps|certificate|container|critical|ddns|debug|dhcp|dns|dude|e-mail|error|"
    r"firewall|gsm|hotspot|igmp-proxy|info|interface|ipsec|isdn|iscsi|kvm|l2tp|ldp|manager|mme|mpls|ntp|ospf|ovpn|pim|ppp|pppoe|pptp|radius|radvd|raw|"
    r"rip|route|rsvp|script|sertcp|simulator|smb|snmp|ssh|sstp|state|store|system|telephony|tftp|timer|tr069|ups|vrrp|warning|watchdog|web-proxy|wireguard|"
    r"wireless)(?:,[\w-]{2,16}){1,5}) "
)
_CHAIN = re.compile(
    r"(?:(?P<prefix>.{1,64}?)[: ] ?)?(?P<chain>[\w-]{1,64}): in:(?P<in>\([^)]{0,32}\)|\S{1,64}) out:(?P<out>\([^)]{0,32}\)|[^\s,]{1,64}),? (?P<rest>.*)$",
    re.DOTALL,
)
_PROTOCOL = re.compile(r"\bproto (?P<proto>[\w.-]{1,16})(?: \((?P<flags>[^)]{0,64})\))?,")
_ENDS = re.compile(
    r"(?:^|[ ,])(?P<src>\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Fa-f:.]{2,45}?)(?::(?P<sport>\d{1,5}))?->(?P<dst>\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Fa-f:.]{2,45}?)(?::(?P<dport>\d{1,5}))?(?=,|$| )"
)
_NAT = re.compile(
    r"NAT (?:\((?P<nsrc>[^()\s]{2,64})->(?P<src>[^()\s]{2,64})\)->(?P<dst>[^,\s]{2,64})|(?P<from>[^()\s]{2,64})->\((?P<to>[^()\s]{2,64})->(?P<nto>[^()\s]{2,64})\))"
)
_MAC = re.compile(r"src-mac ([0-9A-Fa-f:]{17})")
_STATE = re.compile(r"connection-state:(\S{1,32})")
_LENGTH = re.compile(r"\blen (\d{1,9})")
_LOGIN = re.compile(
    r"(?:(?P<failed>login failure for user)|user) (?P<user>.{0,64}?)(?: (?P<act>logged (?:in|out)))? from (?P<address>[0-9A-Fa-f:.]{2,64})(?: via (?P<via>[\w-]{1,32}))?"
)
_LEASE = re.compile(
    r"(?P<server>\S{1,64}) (?P<act>assigned|deassigned) (?P<address>[0-9A-Fa-f:.]{2,45}) (?:to|from|for) (?P<mac>[0-9A-Fa-f:]{17})(?: (?P<name>\S{1,128}))?"
)
_CHANGED = re.compile(r"(?P<what>.{1,128}?) (?:added|changed|removed|moved) by (?:\S{1,32}:)?(?P<user>[\w.-]{1,64})")
_PPP = re.compile(
    r"<?(?:(?:pptp|l2tp|sstp|ovpn|pppoe)-)?(?P<user>[\w.@-]{1,64}?)>?: ?(?:user )?(?P<act>authenticated|authentication failed|connected|disconnected|logged in|logged out)"
)
_ACCOUNT = re.compile(r"(?P<user>[\w.@-]{1,64}) (?P<act>logged (?:in|out))(?:, (?P<details>.{1,256}))?$")
_SA = re.compile(
    r"\b(?P<here>[0-9A-Fa-f:.]{2,45})\[(?P<here_port>\d{1,5})\](?:-|<=>)(?P<there>[0-9A-Fa-f:.]{2,45})\[(?P<there_port>\d{1,5})\]"
)
_DENYING = ("drop", "reject", "deny", "block", "tarpit")
_ALLOWING = ("accept", "allow", "pass")


def decode(frame: Frame) -> Native | None:
    """Topics, and of a packet its parts by RouterOS' names."""
    text = frame.text
    topics = _TOPICS.match(text)
    body = text[topics.end() :] if topics else text
    if topics is None and frame.syslog and body.startswith("in:"):
        body = f"{frame.syslog.app}: {body}"  # a chain's name looks like a program's
    found = {"raw": text, "said": body}
    if topics:
        found |= {"topics": topics["topics"], "host": topics["host"] or ""}
    chain = _CHAIN.match(body) if " out:" in body else None
    if chain is None:
        return found if topics else None
    if "->" not in chain["rest"] or " proto " not in f" {chain['rest']}":
        return found if topics else None
    return {**found, **{name: value for name, value in chain.groupdict().items() if value}}


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.product"] = "MikroTik", "RouterOS"
    document["observer.type"] = "firewall" if "chain" in native else "router"
    name = native.get("host") or (event.frame.syslog.hostname if event.frame.syslog else "")
    document["observer.name"] = document["observer.hostname"] = name
    if native.get("host"):
        document["host.name"] = document["host.hostname"] = name
    document["message"] = native["said"]
    topics = native.get("topics", "").split(",")
    document["event.provider"] = topics[0]
    document["log.level"] = next((topic for topic in reversed(topics) if topic in _LEVELS), None)
    document["mikrotik.routeros.topics"] = topics if topics != [""] else None
    document["event.category"], document["event.type"] = ["network"], ["info"]
    if "chain" in native:
        if native["said"] != event.frame.text:
            document["process.name"] = document["log.syslog.appname"] = None
        _packet(native, document)
    else:
        _said(native["said"], document)


_LEVELS = frozenset({"critical", "debug", "error", "info", "warning"})


def _packet(native: Native, document: Document) -> None:
    rest = native["rest"]
    for name, side in (("in", "ingress"), ("out", "egress")):
        if not native[name].startswith("("):
            document[f"observer.{side}.interface.name"] = native[name]
    document["rule.ruleset"], document["rule.name"] = native["chain"], native.get("prefix")
    if protocol := _PROTOCOL.search(rest):
        document["network.transport"] = network.transport(protocol["proto"].lower())[0]
        document["mikrotik.routeros.flags"] = protocol["flags"]
    if ends := _ENDS.search(rest):
        document["source.ip"], document["source.port"] = network.ip(ends["src"]), network.number(ends["sport"])
        document["destination.ip"], document["destination.port"] = (
            network.ip(ends["dst"]),
            network.number(ends["dport"]),
        )
    if mac := _MAC.search(rest):
        document["source.mac"] = network.mac(mac[1])
    if length := _LENGTH.search(rest):
        document["network.bytes"] = int(length[1])
    if state := _STATE.search(rest):
        document["mikrotik.routeros.connection_state"] = state[1].rstrip(",")
    if nat := _NAT.search(rest):
        _translated(nat, document)
    prefix = native.get("prefix", "").lower()
    verdict = ["denied"] * any(word in prefix for word in _DENYING) or ["allowed"] * any(
        word in prefix for word in _ALLOWING
    )
    document["event.type"] = ["connection", *verdict]


def _translated(nat: re.Match[str], document: Document) -> None:
    """`NAT (before->after)->to` of the source, `NAT from->(before->after)` of the destination."""
    side, told = ("source", nat["src"]) if nat["src"] else ("destination", nat["nto"])
    address, port = network.endpoint(told)
    document[f"{side}.nat.ip"], document[f"{side}.nat.port"] = network.ip(address), port


def _said(said: str, document: Document) -> None:
    if login := _LOGIN.match(said):
        document["event.category"], document["event.type"] = (
            ["authentication"],
            ["end" if login["act"] == "logged out" else "start"],
        )
        document["event.outcome"] = "failure" if login["failed"] else "success"
        document["user.name"], document["source.ip"] = login["user"].strip(), network.ip(login["address"])
        document["network.application"] = login["via"]
    elif lease := _LEASE.search(said, 0, 512):
        document["event.action"], document["network.protocol"] = lease["act"], "dhcp"
        document["client.ip"], document["client.mac"] = network.ip(lease["address"]), network.mac(lease["mac"])
        document["client.domain"] = lease["name"]
    elif changed := _CHANGED.match(said):
        document["event.category"], document["event.type"] = ["configuration"], ["change"]
        document["user.name"] = changed["user"]
    elif session := _PPP.match(said):
        failed = "failed" in session["act"]
        document["event.category"] = ["authentication"] if "authent" in session["act"] else ["session"]
        document["event.type"] = ["end" if session["act"] in {"disconnected", "logged out"} else "start"]
        document["event.outcome"], document["user.name"] = "failure" if failed else "success", session["user"]
    elif account := _ACCOUNT.match(said):
        document["event.category"], document["event.outcome"] = ["session"], "success"
        document["event.type"] = ["end" if account["act"] == "logged out" else "start"]
        document["user.name"] = account["user"]
        document["source.ip"] = network.ip(account["details"]) if network.is_ip(account["details"]) else None
    elif ends := _SA.search(said, 0, 512):
        document["source.ip"], document["source.port"] = network.ip(ends["here"]), int(ends["here_port"])
        document["destination.ip"], document["destination.port"] = network.ip(ends["there"]), int(ends["there_port"])


def _kind(category: str, service: str) -> Kind:
    return (Logsource(product="mikrotik", category=category, service=service),)


_KINDS: dict[str, Kind] = {
    "dhcp": _kind("dhcp", "dhcp"),
    "dns": _kind("dns", "dns"),
    "web-proxy": _kind("proxy", "web-proxy"),
}
_PACKET, _OTHER = _kind("firewall", ""), _kind("", "system")


def kind(native: Native) -> Kind:
    return _PACKET if "chain" in native else _KINDS.get(native.get("topics", "").partition(",")[0], _OTHER)


FORMAT = Format(
    name="mikrotik",
    title="MikroTik RouterOS",
    decode=decode,
    time=plain.time,
    ecs=ecs,
    kind=kind,
    hints=(" out:", ",info", ",error", ",debug", ",warning", ",critical"),
)
