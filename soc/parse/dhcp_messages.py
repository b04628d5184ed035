"""What ISC dhcpd and the servers built on it (Infoblox NIOS, SOLIDserver) say, word by word as its sources print it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.parse import network

if TYPE_CHECKING:
    from soc.parse.format import Document, Native

_IP = r"[0-9A-Fa-f.:]{2,45}"
_MAC = r"[0-9A-Fa-f]{1,2}(?:[:-][0-9A-Fa-f]{1,2}){5,19}"
_MESSAGE = re.compile(r"(?:r-l-e: ?)?(?P<message_type>DHCP[A-Z]{2,16}|BOOTREQUEST|BOOTREPLY)(?=[ :]|$)")
_PARTS = (
    re.compile(
        rf" (?:on|for|of|from|to) (?P<ip>\d{{1,3}}(?:\.\d{{1,3}}){{3}}|[0-9A-Fa-f]{{1,4}}:[0-9A-Fa-f:]{{0,4}}::?[0-9A-Fa-f:.]{{0,40}})(?=[\s:,]|$)(?: \((?P<server_ip>{_IP})\))?"
    ),
    re.compile(rf" (?:from|to) (?:<?(?P<mac>{_MAC})>?)(?: \((?P<hostname>[^()]{{1,255}})\))?"),
    re.compile(r" via (?P<via>[\w.:-]{1,64}?)(?=[\s:]|$)"),
    re.compile(r" relay (?P<relay>[\w.:-]{1,64}?)(?=[\s:]|$)"),
    re.compile(r" TransID (?P<transaction_id>[0-9A-Fa-f]{1,16})"),
    re.compile(r" lease-duration (?P<lease_duration>\d{1,12})"),
    re.compile(r" offered-duration (?P<offered_duration>\d{1,12})"),
    re.compile(r" uid (?P<uid>[0-9A-Fa-f:]{2,128})"),
    re.compile(r"(?: via [^()]{1,255}?)\((?P<note>[A-Za-z][A-Za-z ]{1,32})\)"),
    re.compile(r"(?: via [\w.:-]{1,64}?| TransID [0-9A-Fa-f]{1,16}): (?P<fault>.{1,256})$"),
)
# dnsmasq: `DHCPACK(eth0) 10.20.0.15 00:50:56:aa:bb:cc pc15`, with the transaction's number before where all is logged.
_DNSMASQ = re.compile(
    rf"(?:\d{{1,10}} )?(?P<message_type>(?:DHCP|RTR-)[A-Z-]{{2,24}})\((?P<via>[^()\s]{{1,64}})\) (?:(?P<ip>{_IP}) )?(?:(?P<mac>{_MAC})|(?P<duid>[0-9A-Fa-f:]{{18,128}}))(?: (?P<fault>(?:no|not|wrong|address|unknown|static|abandoning|lease|ignored|disabled) .{{1,128}})| (?P<hostname>[\w.-]{{1,255}}))?"
)
# Kea: `DHCP4_LEASE_ALLOC [hwtype=1 00:50:56:aa:bb:cc], cid=[...], tid=0x1a2b: lease 10.20.0.15 has been allocated for 3600 seconds`
_KEA = re.compile(
    rf"(?:(?:\S{{1,32}} \S{{1,32}} )?(?:DEBUG|INFO|WARN|ERROR|FATAL) {{1,4}}\[(?P<logger>[\w./-]{{1,64}})\] )?(?P<message_type>DHCP[46]?_[A-Z0-9_]{{2,64}}) \[hwtype=\d{{1,3}} (?P<mac>{_MAC})\]"
    rf"(?:, cid=\[(?:no info|(?P<uid>[^\[\]]{{0,128}}))\])?(?:, tid=0x(?P<transaction_id>[0-9A-Fa-f]{{1,8}}))?: (?P<fault>.{{0,256}})"
)
_KEA_LEASE = re.compile(
    rf"\b(?:lease|address|for) (?P<ip>{_IP})(?: .{{0,64}}? for (?P<lease_duration>\d{{1,12}}) seconds)?"
)
_OPTION_82 = re.compile(
    rf"Option 82: received an? (?P<message_type>[A-Z]{{1,16}}) DHCP packet from relay-agent (?P<relay>\S{{1,64}}) with a circuit-id of \"(?P<circuit_id>[^\"]{{0,256}})\""
    rf"(?:,? and)?(?:,? a)?(?: remote-id of \"(?P<remote_id>[^\"]{{0,256}})\")? for (?P<ip>{_IP}) \((?P<mac>{_MAC})\)(?: (?P<note>.{{1,256}}))?"
)
# DHCPv6: `Solicit message from fe80::1 port 546, transaction ID 0x2B`, `Advertise NA: address 2001:db8::5 to client with duid ...`.
_V6 = (
    re.compile(
        rf"(?P<message_type>(?:Sending )?[A-Z][A-Za-z-]{{2,24}}) message (?:from|to) (?P<ip>{_IP}) port (?P<port>\d{{1,5}})(?:, transaction ID 0x(?P<transaction_id>[0-9A-Fa-f]{{1,8}}))?"
        rf"(?:, link address (?P<link>{_IP}), peer address (?P<relay>{_IP}))?"
    ),
    re.compile(
        rf"(?P<message_type>[A-Z][a-z]{{2,12}} (?:NA|TA|PD)): (?:address|prefix) (?P<ip>{_IP})(?:/\d{{1,3}})? to client with duid (?P<duid>[0-9A-Fa-f:]{{2,256}})"
        r"(?: iaid = (?P<iaid>-?\d{1,12}))?(?: (?:valid|static) ?(?:for (?P<lease_duration>\d{1,12}) seconds)?)?"
    ),
)  # fmt: skip
_LONGEST = 1024
_KEPT = (
    "duid",
    "iaid",
    "link",
    "server_ip",
    "relay",
    "transaction_id",
    "lease_duration",
    "offered_duration",
    "uid",
    "circuit_id",
    "remote_id",
)


def fields(text: str) -> dict[str, Any] | None:
    """What a message says, None where it is none of these."""
    head = text[:_LONGEST]
    if option := _OPTION_82.match(head):
        return _told(option)
    if short := _DNSMASQ.match(head):
        return _told(short)
    if kea := _KEA.match(head):
        lease = _KEA_LEASE.search(kea["fault"])
        return _told(kea) | (_told(lease) if lease else {})
    message = _MESSAGE.match(head)
    if message is None:
        six = next((said for pattern in _V6 if (said := pattern.match(head))), None)
        return _told(six) if six else None
    found: dict[str, Any] = _told(message)
    rest = head[message.end() :]
    for pattern in _PARTS:
        if said := pattern.search(rest):
            found |= _told(said)
    return found


def _told(said: re.Match[str]) -> dict[str, Any]:
    return {name: value for name, value in said.groupdict().items() if value}


_REFUSED = ("DHCPNAK", "DHCPDECLINE")


def ecs(native: Native, prefix: str, document: Document) -> None:
    """The client that asks is source and client; the relay that it asked through is the destination."""
    document["client.ip"] = document["source.ip"] = network.ip(native.get("ip"))
    document["client.port"] = document["source.port"] = network.number(native.get("port"))
    document["client.mac"] = document["source.mac"] = network.mac(native.get("mac"))
    document["source.domain"] = native.get("hostname")
    document["source.address"] = native.get("hostname") or document["source.ip"]
    via = native.get("via", "")
    document["destination.ip"] = network.ip(via)
    document["observer.ingress.interface.name"] = via if via and not network.is_ip(via) else None
    document["event.action"] = native.get("message_type", "").lower() or None
    if "circuit_id" in native:
        document["event.action"] = f"{native['message_type']} DHCP"
    document["event.category"], document["event.type"] = ["network"], ["connection"]
    document["event.outcome"] = "failure" if native.get("message_type") in _REFUSED else "success"
    document["event.reason"] = native.get("fault") or native.get("note")
    document["network.protocol"] = "dhcp"
    others = [address for name in ("server_ip", "relay", "link") if (address := network.ip(native.get(name)))]
    document["related.ip"] = [*document.get("related.ip", ()), *others]
    for name in _KEPT:
        document[prefix + name] = native.get(name)
