"""What can follow in a document from the names alone that it has: worked out once for each set of names, which come again and again."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

_ADDRESSED = tuple(
    (f"{side}.address", f"{side}.ip", f"{side}.domain") for side in ("source", "destination", "client", "server")
)
_USERS = (
    "user.name",
    "user.target.name",
    "user.effective.name",
    "user.changes.name",
    "source.user.name",
    "destination.user.name",
)
_HOSTS = (
    "host.name",
    "host.hostname",
    "observer.hostname",
    "source.domain",
    "destination.domain",
    "url.domain",
    "dns.question.name",
)
_IPS = ("source.ip", "destination.ip", "source.nat.ip", "destination.nat.ip", "host.ip", "client.ip", "server.ip")
_FLOWS = frozenset(
    {"network.iana_number", "network.transport", "source.ip", "source.address", "source.bytes", "source.packets"}
)
_HASHES = ("md5", "sha1", "sha256", "sha512", "imphash")
_SCRATCH = ("network.icmp.type", "network.icmp.code")
"""What formats tell `network.follow` and ECS has no name for."""
_NEVER = ("soc.", "triage.")
"""Never in a document: this is what the service itself says, whatever a record claims."""


class Plan(NamedTuple):
    """What is to be looked at in documents of certain names."""

    addressed: tuple[tuple[str, str, str], ...]
    """Address, IP and domain of the sides of which one of them is told."""
    flows: bool
    """Whether `network.follow` may have something to add."""
    related: tuple[tuple[str, tuple[str, ...]], ...]
    """Names under `related` but the hosts, and where their members are taken from."""
    hosts: tuple[str, ...]
    """Where those of `related.hosts` are taken from, the full name of the host first."""
    scratch: tuple[str, ...]
    """Left out in the end."""
    dropped: frozenset[str]
    """Left out from the start."""


@lru_cache(maxsize=1 << 12)
def plan_of(names: tuple[str, ...]) -> Plan:
    """The plan for a document of these names, none of whose values is empty."""
    dropped = frozenset(name for name in names if name.startswith(_NEVER))
    known = frozenset(names) - dropped
    addressed = tuple(side for side in _ADDRESSED if not known.isdisjoint(side))
    ips = tuple(name for name in _IPS if name in known or f"{name[:-3]}.address" in known)
    hashes = tuple(name for name in names if ".hash." in name and name.rpartition(".")[2] in _HASHES)
    sources = {
        "related.ip": ips,
        "related.user": tuple(name for name in _USERS if name in known),
        "related.hash": hashes,
    }
    related = tuple((name, found) for name, found in sources.items() if found or name in known)
    has_hosts = "related.hosts" in known or not known.isdisjoint(_HOSTS)
    return Plan(
        addressed,
        not known.isdisjoint(_FLOWS),
        related,
        _HOSTS if has_hosts else (),
        tuple(name for name in _SCRATCH if name in known),
        dropped,
    )
