"""What network sensors (Suricata, Snort, Zeek) have in common: whose side an end is on."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soc.parse.format import Document

# What the sensors' own settings (HOME_NET, Site::private_address_space_is_local) take for the site as delivered.
_HOME = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "224.0.0.0/4",
        "fc00::/7", "fe80::/10", "ff00::/8", "::1/128",
    )
)  # fmt: skip
_DIRECTIONS = {
    (True, True): "internal",
    (True, False): "outbound",
    (False, True): "inbound",
    (False, False): "external",
}


@lru_cache(maxsize=8192)
def _at_home(text: str) -> bool | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return any(address in network for network in _HOME if network.version == address.version)


def direction(document: Document) -> str | None:
    """Which way a flow goes, private and local networks being the site's own; None if an end is not known."""
    source, destination = document.get("source.ip"), document.get("destination.ip")
    if not (isinstance(source, str) and isinstance(destination, str)):
        return None
    here, there = _at_home(source), _at_home(destination)
    return None if here is None or there is None else _DIRECTIONS[here, there]
