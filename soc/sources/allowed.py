"""Who may send: the addresses and networks that the configuration names."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PEERS = 4096
"""How many answers are remembered."""


def networks(texts: Sequence[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    """ValueError where one is neither an address nor a network like 192.0.2.0/24."""
    return tuple(ip_network(text) for text in texts)


def allowing(texts: Sequence[str]) -> Callable[[str], bool]:
    """Tells of an address whether it may send; everybody may where none is named."""
    named = networks(texts)

    @lru_cache(maxsize=_PEERS)
    def allowed(peer: str) -> bool:
        there = ip_address(peer)
        return any(there in network for network in named)

    return allowed if named else lambda _peer: True
