"""Packets that the Linux firewall logs: iptables, nftables, ufw, firewalld, SuSEfirewall2, EdgeOS, Proxmox VE.

The kernel writes `PREFIX IN=eth0 OUT= MAC=... SRC=... DST=... PROTO=TCP SPT=... DPT=... SYN`; what the prefix says is up to
the rule, so that action and rule are read from the conventions of the tools that write rules.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.format import Format, Native
from soc.parse.when import access_time

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_UPTIME = re.compile(r"\[ *\d+\.\d+\] ?")
_FIRST = re.compile(r"(?:^|(?<=[\s\]:)]))IN=")
_ANY = re.compile(r"(?:^|(?<=[\s\]:)]))[A-Z]{1,10}=")
# EdgeOS: [WAN_IN-2000-D], [wan-lan-default-A]; the part before the number is the rule set, `from-to` of zone policies.
_EDGEOS = re.compile(r"\[([\w-]{1,64})-(\w{1,16})-([ADR])\]$")
# Proxmox VE: vmid, log level, chain, time, policy.
_PROXMOX = re.compile(
    r"(?P<vmid>\d{1,9}) (?P<level>\d) (?P<tap>\S{1,64})-(?:IN|OUT|FORWARD) (?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\S+ [+-]\d{4}) ?"
)
_SHOREWALL = re.compile(r"Shorewall:([\w-]{1,64}):(ACCEPT|DROP|REJECT|CONTINUE|LOG)[\w()]*:")
_WORD = re.compile(r"[A-Za-z_]+")

_DENIED, _ALLOWED = "denied", "allowed"
_VERDICTS = {
    "accept": _ALLOWED, "acc": _ALLOWED, "allow": _ALLOWED, "allowed": _ALLOWED, "pass": _ALLOWED, "drop": _DENIED,
    "dropped": _DENIED, "deny": _DENIED, "denied": _DENIED, "reject": _DENIED, "rejected": _DENIED, "block": _DENIED,
    "blocked": _DENIED, "invalid": _DENIED,
}  # fmt: skip
_LETTERS = {"A": "accept", "D": "drop", "R": "reject"}
_KIND: Kind = (
    Logsource(product="iptables", category="firewall"),
    Logsource(product="linux", service="iptables"),
    Logsource(product="linux", service="syslog"),
)


def decode(frame: Frame) -> Native | None:
    """The kernel's fields by its own names, flags in a list, and what the prefix says."""
    text = _UPTIME.sub("", frame.text, count=1)
    if shorewall := _SHOREWALL.match(text):
        named = {"chain": shorewall[1], "action": shorewall[2].lower()}
    elif "PROTO=" in text and any(name in text for name in ("SRC=", "SPT=", "IN=")):
        named = {}
    else:
        return None
    first = _FIRST.search(text) or _ANY.search(text)
    prefix, packet = (text[: first.start()], text[first.start() :]) if first else (text, "")
    native: dict[str, Any] = {"message": frame.text, **_packet(packet)}
    if not prefix.strip() and frame.syslog and frame.syslog.app.lower() != "kernel":
        prefix = frame.syslog.app  # a prefix like `DENY: ` looks like a program's name
    return {**native, "prefix": prefix.strip(), **_prefix(prefix.strip()), **named}


def _packet(text: str) -> dict[str, Any]:
    """`KEY=value` pairs, the first of each name, and bare words; not those of the packet that an ICMP error quotes."""
    found: dict[str, Any] = {}
    flags: list[str] = []
    for word in text.partition(" [")[0].split():
        key, given, value = word.partition("=")
        if given:
            found.setdefault(key, value)
        elif word.isalpha():
            flags.append(word)
    return {**found, "flags": flags} if flags else found


def _prefix(prefix: str) -> dict[str, str]:
    found: dict[str, str] = {}
    if proxmox := _PROXMOX.match(prefix):
        found |= proxmox.groupdict()
        prefix = prefix[proxmox.end() :]
    if edgeos := _EDGEOS.search(prefix):
        name, rule, letter = edgeos.groups()
        zones = name.split("-") if "_" not in name else []
        if len(zones) == 2:
            found |= {"from_zone": zones[0], "to_zone": zones[1]}
        return {**found, "rule_set": name, "rule": rule, "action": _LETTERS[letter]}
    for word in _WORD.findall(prefix):
        if any(part in _VERDICTS for part in word.lower().split("_")):
            return {**found, "action": "accept" if word == "ACC" else word.lower()}
    return found


def time(event: Event) -> int | None:
    if "time" in event.native:
        return access_time(event.native["time"], event.frame.zone)
    return plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["event.category"] = ["network"]
    document["event.type"] = ["connection"]
    document["event.action"] = native.get("action")
    verdicts = [_VERDICTS[word] for word in native.get("action", "").split("_") if word in _VERDICTS]
    if verdicts:
        document["event.type"] = ["connection", verdicts[0]]
        document["event.outcome"] = "success"
    _observer(event, document)
    _addresses(native, document)
    name, number = network.transport(native.get("PROTO"))
    document["network.transport"] = name
    document["network.iana_number"] = str(number) if number is not None else None
    document["network.icmp.type"], document["network.icmp.code"] = native.get("TYPE"), native.get("CODE")
    document["rule.name"], document["rule.id"] = native.get("rule_set") or native.get("chain"), native.get("rule")
    document["log.level"] = native.get("level")


def _observer(event: Event, document: Document) -> None:
    native, header = event.native, event.frame.syslog
    document["observer.type"] = "firewall"
    document["observer.ingress.interface.name"] = native.get("tap") or native.get("IN")
    document["observer.egress.interface.name"] = native.get("OUT")
    document["observer.ingress.zone"] = native.get("from_zone")
    document["observer.egress.zone"] = native.get("to_zone")
    if header:
        document["observer.name"] = document["observer.hostname"] = header.hostname
        # As the kernel's ring buffer and a log file show it: with host and tag.
        document["message"] = header.tag.lstrip() + event.frame.text
        if native["prefix"] == header.app:
            document["process.name"] = document["log.syslog.appname"] = None


def _addresses(native: Native, document: Document) -> None:
    for side, address, port in (("source", "SRC", "SPT"), ("destination", "DST", "DPT")):
        document[f"{side}.ip"] = network.ip(native.get(address))
        document[f"{side}.port"] = network.number(native.get(port))
    document["source.bytes"] = network.number(native.get("LEN"))
    octets = native.get("MAC", "").split(":")
    if len(octets) >= 12:  # destination, source, EtherType
        document["destination.mac"] = network.mac("".join(octets[:6]))
        document["source.mac"] = network.mac("".join(octets[6:12]))


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="iptables",
    title="Linux firewall: iptables, nftables, ufw",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    hints=("PROTO=", "Shorewall:"),
)
