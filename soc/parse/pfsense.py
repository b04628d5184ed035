"""pfSense and OPNsense: the packet filter's `filterlog` lines, the web interface's logins, and the daemons that they run.

FreeBSD's syslogd sends `<priority>time tag[pid]: ` without a host name, by which such a firewall's dhcpd, unbound, openvpn and
others are told from those of servers; where a host name is sent, the name has to be one of the products'.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.format import Format, Native
from soc.parse.pfsense_daemons import DAEMONS, daemon

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame
    from soc.parse.syslog import Syslog

_FILTERLOG = re.compile(
    r"\d{1,9},\d{0,9},[^,]{0,64},[^,]{0,64},[^,]{1,32},[\w-]{1,16},(?:pass|block|unkn\(\d+\)|rdr|nat|binat|scrub),(?:in|out),[46],"
)
_HEAD = ("rule", "subrule", "anchor", "tracker", "interface", "reason", "action", "direction", "version")
_TAILS = {
    "tcp": ("source_port", "destination_port", "data_length", "tcp_flags", "sequence", "ack", "window", "urg", "options"),
    "udp": ("source_port", "destination_port", "data_length"),
    "carp": ("carp_type", "carp_ttl", "vhid", "carp_version", "advskew", "advbase"),
    "vrrp": ("carp_type", "carp_ttl", "vhid", "carp_version", "advskew", "advbase"),
}  # fmt: skip
_ICMP = {
    "request": ("icmp_id", "icmp_sequence"), "reply": ("icmp_id", "icmp_sequence"), "unreachproto": ("icmp_destination", "unreachable_protocol"),
    "unreachport": ("icmp_destination", "unreachable_protocol", "unreachable_port"), "needfrag": ("icmp_destination", "mtu"),
    "tstamp": ("icmp_id", "icmp_sequence"), "tstampreply": ("icmp_id", "icmp_sequence", "otime", "rtime", "ttime"),
}  # fmt: skip
_ICMP_TYPES = {"request": "8", "reply": "0", "unreach": "3", "unreachport": "3", "unreachproto": "3", "needfrag": "3", "timexceed": "11",
               "redirect": "5", "tstamp": "13", "tstampreply": "14"}  # fmt: skip
_PRODUCT = re.compile(r"pfsense|opnsense", re.IGNORECASE)
_OFFSET = re.compile(r"(Z|[+-]\d\d:?\d\d)$")


def decode(frame: Frame) -> Native | None:
    """filterlog's columns by name, or what a daemon of the firewall says."""
    header, text = frame.syslog, frame.text
    app = header.app.rpartition("/")[2] if header else ""
    if _FILTERLOG.match(text):
        return {**_packet(text.split(",")), "program": "filterlog"}
    if header is None or (app not in DAEMONS and not text.startswith("(squid-")):
        return None
    return daemon(app, text, known=_is_of_firewall(header))


def _is_of_firewall(header: Syslog) -> bool:
    if header.hostname:
        return _PRODUCT.search(header.hostname) is not None
    return header.priority is not None and bool(header.pid)


def _packet(columns: list[str]) -> dict[str, str]:
    """The columns of `filterlog`: up to the IP version the same, then those of IP, up to both addresses, then the protocol's own."""
    found = dict(zip(_HEAD, columns, strict=False))
    at = next((index for index in range(15, min(len(columns), 22)) if network.is_ip(columns[index])), 0)
    if not at or at + 1 >= len(columns):
        return found
    older = found["version"] == "4" or columns[at - 3].isdigit()
    found["protocol"], found["protocol_id"] = columns[at - 2].lower(), columns[at - 3]
    if not older or columns[at - 2].isdigit():  # of IPv6 the name comes first
        found["protocol"], found["protocol_id"] = columns[at - 3].lower(), columns[at - 2]
    found["length"], found["source"], found["destination"] = columns[at - 1], columns[at], columns[at + 1]
    rest = columns[at + 2 :]
    if found["protocol"] in {"icmp", "icmp6", "icmpv6", "ipv6-icmp"}:
        return found | _icmp(rest)
    return found | dict(zip(_TAILS.get(found["protocol"], ()), rest, strict=False))


def _icmp(rest: list[str]) -> dict[str, str]:
    if not rest or "=" in rest[0]:
        return {}
    found = {"icmp_type": rest[0]}
    names = _ICMP.get(rest[0])
    return found | (dict(zip(names, rest[1:], strict=False)) if names else {"icmp_text": ",".join(rest[1:])})


def time(event: Event) -> int | None:
    return plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native, header = event.native, event.frame.syslog
    document["observer.vendor"], document["observer.type"] = "netgate", "firewall"
    document["event.provider"] = native["program"]
    if header:
        document["observer.name"] = header.hostname
        if header.time and (zone := _OFFSET.search(header.time)):
            document["event.timezone"] = zone[1]
    if native["program"] == "filterlog":
        _filtered(native, document)
    else:
        document.update({name: value for name, value in native.items() if "." in name or name == "message"})


def _filtered(native: Native, document: Document) -> None:
    blocked = native["action"] == "block"
    document["event.category"], document["event.type"] = ["network"], ["connection", "denied" if blocked else "allowed"]
    document["event.action"], document["event.reason"] = native["action"], native["reason"]
    document["rule.id"], document["rule.ruleset"] = native.get("tracker") or native["rule"], native["anchor"]
    outgoing = native["direction"] == "out"
    document["network.direction"] = "outbound" if outgoing else "inbound"
    side = "egress" if outgoing else "ingress"
    document[f"observer.{side}.interface.name"] = native["interface"]
    vlan = native["interface"].rpartition(".")
    if vlan[1] and vlan[0][-1:].isdigit() and vlan[2].isdigit():
        document["network.vlan.id"] = document[f"observer.{side}.vlan.id"] = vlan[2]
    document["network.transport"], document["network.iana_number"] = native.get("protocol"), native.get("protocol_id")
    document["network.bytes"] = network.number(native.get("length"))
    for end in ("source", "destination"):
        document[f"{end}.ip"] = network.ip(native.get(end))
        document[f"{end}.port"] = network.number(native.get(f"{end}_port"))
    document["network.icmp.type"] = _ICMP_TYPES.get(native.get("icmp_type", ""))
    if native.get("icmp_text"):
        document["error.type"], document["error.message"] = native["icmp_type"], native["icmp_text"]
    for name in ("tcp_flags", "data_length", "icmp_type", "rule", "subrule", "vhid"):
        document[f"pfsense.filterlog.{name}"] = native.get(name)


def _kind(category: str, service: str) -> Kind:
    return tuple(Logsource(product=product, category=category, service=service) for product in ("pfsense", "opnsense"))


_KINDS: dict[str, Kind] = {
    "filterlog": (*_kind("firewall", ""), Logsource(product="freebsd", category="firewall")), "squid": _kind("proxy", ""),
    "haproxy": _kind("webserver", ""), "unbound": _kind("dns", ""),
}  # fmt: skip
_OTHER = _kind("", "syslog")


def kind(native: Native) -> Kind:
    return _KINDS.get(native["program"], _OTHER)


FORMAT = Format(
    name="pfsense",
    title="pfSense and OPNsense",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    programs=frozenset({"filterlog", *DAEMONS}),
    hints=(",match,", ",pass,", ",block,", "(squid-", "webConfigurator"),
)
