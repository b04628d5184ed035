"""Community ID v1 of a flow: the same for both directions and in every tool (https://github.com/corelight/community-id-spec)."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from ipaddress import ip_address

_PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}


def community_id(transport: str, source: tuple[str, int], destination: tuple[str, int]) -> str | None:
    """`1:...` of a TCP, UDP or SCTP flow between (address, port) pairs; None for other transports."""
    protocol = _PROTOCOLS.get(transport)
    if protocol is None:
        return None
    ends = sorted((ip_address(address).packed, port.to_bytes(2)) for address, port in (source, destination))
    (low, low_port), (high, high_port) = ends
    seed = bytes(2)
    packed = seed + low + high + bytes((protocol, 0)) + low_port + high_port
    return "1:" + b64encode(hashlib.sha1(packed, usedforsecurity=False).digest()).decode()
