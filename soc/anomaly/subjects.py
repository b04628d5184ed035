"""What features of single events read: the request, or the network session, that an event tells of. Pure."""

from __future__ import annotations

from functools import cached_property, lru_cache
from ipaddress import ip_address
from itertools import groupby
from math import log1p
from typing import TYPE_CHECKING, Any

from soc.anomaly.rarity import MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping

_MANY = 65_536
MAX_PARAMETERS = 100
MAX_SHAPE = 24
FIRST_EPHEMERAL = 1024
OTHER_PORT = "others"
OUTSIDE = "outside"

Fields = "Mapping[str, Any]"


class Request:
    """An HTTP request: method, path and parameters, whatever carries them."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    @cached_property
    def path(self) -> str:
        return text(self._fields.get("url.path"))

    @cached_property
    def method(self) -> str:
        return text(self._fields.get("http.request.method"))

    @cached_property
    def parameters(self) -> list[tuple[str, str]]:
        """Names and values of the query and of a form in the body, in their order, as they were sent."""
        told = (self._fields.get("url.query"), self._fields.get("http.request.body.content"))
        parts = [part for one in told if isinstance(one, str) and one for part in one.split("&", MAX_PARAMETERS)]
        pairs = [part.partition("=") for part in parts[:MAX_PARAMETERS]]
        return [(name[:MAX_TEXT], value) for name, _, value in pairs]

    @cached_property
    def names(self) -> str:
        """The parameters' names together."""
        return "&".join(name for name, _ in self.parameters)[:MAX_TEXT]

    def field(self, name: str) -> str:
        return text(self._fields.get(name))

    def size(self, name: str) -> float:
        return magnitude(self._fields.get(name))


class Session:
    """A network session: who spoke to whom, about what, and how much."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    @cached_property
    def source(self) -> str:
        return role(text(self._fields.get("source.ip")))

    @cached_property
    def destination(self) -> str:
        return role(text(self._fields.get("destination.ip")))

    @cached_property
    def service(self) -> str:
        """Transport and port; the ports above 1023 that no service is named for are one."""
        return f"{text(self._fields.get('network.transport'))}/{port(self._fields.get('destination.port'))}"

    @cached_property
    def server(self) -> str:
        return f"{self.destination} {self.service}"

    @cached_property
    def direction(self) -> str:
        """Whether it begins and ends outside."""
        return f"{'out' if self.source == OUTSIDE else 'in'}-{'out' if self.destination == OUTSIDE else 'in'}"

    def field(self, name: str) -> str:
        return text(self._fields.get(name))

    def size(self, name: str) -> float:
        return magnitude(self._fields.get(name))

    def each(self, total: str, number: str) -> float:
        """The usual size of one of several things, as a magnitude."""
        whole, count = _number(self._fields.get(total)), _number(self._fields.get(number))
        return log1p(whole / max(count, 1.0))


def text(value: Any) -> str:
    """A field as a key of a table: the first of several values, cut to a bounded length."""
    if isinstance(value, list):
        value = value[0] if value else None
    return "" if value is None else str(value)[:MAX_TEXT]


def magnitude(value: Any) -> float:
    """log1p of a number; what is none or negative counts as 0."""
    return log1p(_number(value))


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and 0 < value < 1e18 else 0.0


def port(value: Any) -> str:
    """A port, or "others" for those that clients are given by chance: else rarity would drift with every one of them."""
    number = int(_number(value))
    return str(number) if number < FIRST_EPHEMERAL or number in _SERVICES else OTHER_PORT


_SERVICES = frozenset(
    (1080, 1194, 1352, 1433, 1434, 1521, 1645, 1646, 1701, 1723, 1812, 1813, 1883, 1900, 2049, 2082, 2083, 2181, 2222, 2375,
     2376, 2379, 2483, 2484, 3000, 3128, 3260, 3268, 3269, 3306, 3389, 3478, 4369, 4444, 4500, 4505, 4506, 5000, 5040, 5060,
     5061, 5222, 5353, 5355, 5432, 5555, 5601, 5671, 5672, 5900, 5901, 5938, 5984, 5985, 5986, 6000, 6379, 6443, 6514, 6667,
     7001, 8000, 8009, 8080, 8081, 8088, 8089, 8443, 8500, 8530, 8531, 8888, 9000, 9042, 9090, 9092, 9100, 9200, 9300, 9418,
     9443, 10050, 10051, 10250, 11211, 15672, 25565, 27017, 50000),
)  # fmt: skip
"""Ports above 1023 that a service is known by."""


@lru_cache(maxsize=_MANY)
def role(address: str) -> str:
    """An inside address as it is; all addresses outside are one, for each of them is rare."""
    try:
        return address if not ip_address(address).is_global else OUTSIDE
    except ValueError:
        return address


def kind(character: str) -> str:
    """What sort a character is: a for letters, 9 for digits, u for those of other scripts, all else itself."""
    if character.isalnum() and character < "\x7f":
        return "9" if character.isdigit() else "a"
    return character if character < "\x7f" else "u"


@lru_cache(maxsize=_MANY)
def kinds(value: str) -> tuple[str, ...]:
    """The sorts of characters in a value, each once."""
    return tuple(dict.fromkeys(map(kind, dict.fromkeys(value))))


@lru_cache(maxsize=_MANY)
def shape(value: str) -> str:
    """A value with its runs of one sort of characters told once: `a-9` for `room-101`."""
    return "".join(each for each, _ in groupby(value[:MAX_TEXT], kind))[:MAX_SHAPE]
