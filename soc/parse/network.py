"""What network fields follow from others: protocol names and numbers, address families, Community ID, MAC notation."""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soc.parse.format import Document

# IANA protocol numbers that logs have.
PROTOCOLS = {
    0: "hopopt", 1: "icmp", 2: "igmp", 4: "ipv4", 6: "tcp", 8: "egp", 17: "udp", 33: "dccp", 41: "ipv6", 46: "rsvp",
    47: "gre", 50: "esp", 51: "ah", 58: "ipv6-icmp", 88: "eigrp", 89: "ospf", 94: "ipip", 103: "pim", 112: "vrrp",
    115: "l2tp", 132: "sctp", 136: "udplite",
}  # fmt: skip
NUMBERS = {name: number for number, name in PROTOCOLS.items()} | {"icmpv6": 58, "icmp6": 58, "ospfigp": 89}
_PORTED = frozenset({6, 17, 132})
# The other side's type of ICMP requests and replies: both directions then have one Community ID.
_ANSWERS = {
    1: {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17, 10: 9, 9: 10},
    58: {128: 129, 129: 128, 133: 134, 134: 133, 135: 136, 136: 135, 130: 131, 131: 130, 144: 145, 145: 144},
}


@lru_cache(maxsize=1 << 14)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Kept for a while: an event's addresses are asked for several times, and those of a site come again and again."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def is_ip(text: object) -> bool:
    """Whether a value is the text of an IPv4 or IPv6 address."""
    return isinstance(text, str) and len(text) <= 64 and _address(text) is not None


def is_public(text: str) -> bool:
    """Whether a text is the address of the public internet."""
    address = _address(text) if is_ip(text) else None
    return address is not None and address.is_global


def ip(text: object) -> str | None:
    """An address in its usual notation: compressed, IPv4 where it is mapped into IPv6, without brackets; None if it is none."""
    bare = text.strip("[]") if isinstance(text, str) else ""
    return _usual(bare) if len(bare) <= 64 else None


@lru_cache(maxsize=1 << 14)
def _usual(text: str) -> str | None:
    address = _address(text)
    return None if address is None else str(getattr(address, "ipv4_mapped", None) or address)


def endpoint(text: str) -> tuple[str, int | None]:
    """Address and port of `1.2.3.4:80`, `[2001:db8::1]:80` or `name:80`; what has no port keeps its colons."""
    host, colon, port = text.rpartition(":")
    if colon and port.isascii() and port.isdigit() and len(port) <= 5 and (":" not in host or host[-1:] == "]"):
        return host.strip("[]"), int(port)
    if colon and not is_ip(text) and is_ip(host) and port.isascii() and port.isdigit() and len(port) <= 5:
        return host, int(port)
    return text.strip("[]"), None


def number(text: object) -> int | None:
    """A decimal count; None for anything else."""
    if isinstance(text, int):
        return text
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text)
    return None


def transport(text: str | None) -> tuple[str | None, int | None]:
    """The IANA keyword and number of a protocol given as either."""
    told = str(text or "").lower()
    if (given := number(told)) is not None:
        return PROTOCOLS.get(given), given
    known = NUMBERS.get(told)
    return (PROTOCOLS[known] if known is not None else told or None), known


def mac(text: str | None) -> str | None:
    """A MAC address as ECS writes it, `00-0C-29-51-38-5E`; None if it is none."""
    digits = (text or "").replace(":", "").replace("-", "").replace(".", "").upper()
    if len(digits) != 12 or not set(digits) <= set("0123456789ABCDEF"):
        return None
    return "-".join(digits[at : at + 2] for at in range(0, 12, 2))


def follow(document: Document) -> None:
    """Adds `network.transport`, `.type`, `.bytes`, `.packets` and `.community_id` where other fields imply them."""
    told = document.get("network.iana_number") or document.get("network.transport")
    if told is not None:
        name, code = transport(told)
        if name is not None:
            document.setdefault("network.transport", name)
        if code is not None:
            document.setdefault("network.iana_number", str(code))
    _describe_flow(document)
    for unit, there, back in _COUNTED:
        sent, received = document.get(there), document.get(back)
        if isinstance(sent, int) and isinstance(received, int):
            document.setdefault(unit, sent + received)


_COUNTED = tuple((f"network.{unit}", f"source.{unit}", f"destination.{unit}") for unit in ("bytes", "packets"))


def _describe_flow(document: Document) -> None:
    source, destination = document.get("source.ip"), document.get("destination.ip")
    if source is None or destination is None or not (is_ip(source) and is_ip(destination)):
        return
    is_6 = ":" in source
    if is_6 is (":" in destination):
        document.setdefault("network.type", "ipv6" if is_6 else "ipv4")
        if found := community_id(document):
            document.setdefault("network.community_id", found)


def community_id(document: Document) -> str | None:
    """Version 1 of the Community ID flow hash, seed 0; None where the flow is not known well enough.

    https://github.com/corelight/community-id-spec
    """
    code = number(document.get("network.iana_number"))
    if code is None or not 0 <= code <= 255:
        return None
    source, destination = _address(document["source.ip"]), _address(document["destination.ip"])
    if source is None or destination is None or source.version != destination.version:
        return None
    ports = _ports(document, code)
    if ports is None:
        return None
    here, there, one_way = ports
    first, second = (source.packed, here), (destination.packed, there)
    if not one_way and second < first:
        first, second = second, first
    data = b"\0\0" + first[0] + second[0] + bytes((code, 0))
    if code in _PORTED or code in _ANSWERS:
        data += first[1].to_bytes(2, "big") + second[1].to_bytes(2, "big")
    return "1:" + b2a_base64(hashlib.sha1(data, usedforsecurity=False).digest(), newline=False).decode()


def _ports(document: Document, code: int) -> tuple[int, int, bool] | None:
    """Ports, or what stands for them: both sides' types of an ICMP exchange, type and code of a one-way ICMP message."""
    if code in _ANSWERS:
        kind = number(document.get("network.icmp.type", "0"))
        if kind is None or not 0 <= kind <= 255:
            return None
        answer = _ANSWERS[code].get(kind)
        return (
            (kind, (number(document.get("network.icmp.code")) or 0) & 255, True)
            if answer is None
            else (kind, answer, False)
        )
    if code not in _PORTED:
        return 0, 0, False
    here, there = document.get("source.port"), document.get("destination.port")
    if not (isinstance(here, int) and isinstance(there, int) and 0 <= here < 65536 and 0 <= there < 65536):
        return None
    return here, there, False
