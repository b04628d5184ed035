"""The address of whoever sent something, as records carry it."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def address_of(sender: tuple[object, ...]) -> str:
    """Without its port; an IPv4 address that came through an IPv6 socket as what it is."""
    host = str(sender[0]).partition("%")[0]
    if host.startswith("::ffff:"):
        mapped = ip_address(host)
        return str(mapped.ipv4_mapped or mapped) if isinstance(mapped, IPv6Address) else host
    return host
