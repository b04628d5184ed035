"""Access logs of web servers: what Apache, nginx and all that imitate them write around `[time] "request" status bytes`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.parse import network, url
from soc.parse.format import Accessor, flat_field
from soc.parse.when import access_time

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native

_STAMP = re.compile(r"\[(\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?:\.\d{1,9})?(?: ?[+-]\d\d:?\d\d)?) ?\]")
_ANSWER = re.compile(r" ?(?:([^\s\"]{1,255}) )?\"((?:[^\"\\]++|\\.)*+)\" (\d{3}|-) (\d{1,18}|-)(?=\s|$)", re.DOTALL)
# Apache's ssl_request_log: client, protocol, cipher, request, size.
_TLS = re.compile(
    r" (\S{1,255}) ((?:TLS|SSL)\S{1,16}) (\S{1,64}) \"((?:[^\"\\]++|\\.)*+)\" (\d{1,18}|-)(?=\s|$)", re.DOTALL
)
_REQUEST = re.compile(r"([A-Za-z][A-Za-z_-]{0,31}) (\S.*?)(?: HTTP/(\d(?:\.\d)?))?", re.DOTALL)
# The last one may have been cut off.
_PART = re.compile(r"(?:([\w-]{1,64})=)?(?:\"((?:[^\"\\]++|\\.)*+)(?:\"|$)|(\S+))", re.DOTALL)
_CLIENT = re.compile(r"\"[^\"]*\"|\S+")

# Names of the W3C extended log format, as Sigma's rules for web servers and proxies ask for them.
NAMES = {
    "cs-useragent": "cs-user-agent", "c-useragent": "cs-user-agent", "c-uri-query": "cs-uri-query", "c-uri-stem": "cs-uri-stem",
    "cs-uri": "c-uri", "cs(User-Agent)": "cs-user-agent", "cs(Referer)": "cs-referer", "cs-referrer": "cs-referer",
}  # fmt: skip


def field(name: str) -> Accessor | None:
    """The value under a W3C name."""
    return flat_field(NAMES.get(name, name))


_ERROR_FIELDS = frozenset({"level", "error"})
"""What error records are told by; an access record may not claim to be one."""


def decode(text: str) -> dict[str, Any] | None:
    """An access record by W3C names; None if the text is none.

    Before the time stamp stands `[host] client ident user`, behind it `"request" status bytes "referer" "agent"` and what
    the server's administrator added.
    """
    stamp = _STAMP.search(text, 0, 4096)
    if stamp is None:
        return None
    native: dict[str, Any] = {"time": stamp[1]}
    if answer := _ANSWER.match(text, stamp.end()):
        native |= {"cs-host": answer[1], "request": answer[2], "sc-status": answer[3], "sc-bytes": answer[4]}
        native |= _clients(text[: stamp.start()].rstrip())
        native = _extras(text[answer.end() :]) | native
    elif tls := _TLS.match(text, stamp.end()):
        native |= {"c-ip": tls[1], "tls": tls[2], "cipher": tls[3], "request": tls[4], "sc-bytes": tls[5]}
    else:
        return None
    native |= request(native["request"])
    return {name: value for name, value in native.items() if value not in (None, "-")}


def request(line: str) -> dict[str, Any]:
    """Method, URI and version of a request line; what is none is kept as the URI, as the server saw it."""
    found = _REQUEST.fullmatch(line)
    if found is None or (found[3] is None and not found[2].startswith(("/", "http:", "https:"))):
        return {"c-uri": line} if line not in {"", "-"} else {}
    stem, mark, query = found[2].partition("?")
    told = {"cs-method": found[1], "c-uri": found[2], "cs-uri-stem": stem, "cs-version": found[3]}
    return {**told, "cs-uri-query": query} if mark else told


def _clients(text: str) -> dict[str, Any]:
    """What stands before the time stamp: a virtual host, addresses that a proxy forwarded, the client, its names."""
    words = _CLIENT.findall(text)
    found: dict[str, Any] = {}
    if len(words) > 3 and _is_host_before(words[0], words[1]):
        found["cs-host"] = words.pop(0)
    clients: list[str] = []
    while words and (not clients or clients[-1].endswith((",", '"')) or network.is_ip(words[0])):
        clients.append(words.pop(0))
    addresses = [address.strip() for word in clients for address in word.strip('"').split(",") if address.strip()]
    found["c-ip"] = _real(addresses)
    if len(addresses) > 1:
        found["forwarded"] = addresses
    names = [word for word in words if word[0] != "["]  # Kubernetes' ingress repeats the addresses in brackets
    if len(names) > 2 and set(names[:-1]) == {"-"}:
        names = ["-", names[-1]]
    found["ident"], found["cs-username"] = (names[0] if names else None), " ".join(names[1:])
    return found


def _is_host_before(word: str, next_: str) -> bool:
    """Whether the first word is a virtual host, since an address follows it."""
    return word[-1] != "," and (network.is_ip(next_) or next_[0] == '"' or next_[-1] in ",:" or next_ == "localhost")


def _real(addresses: list[str]) -> str | None:
    """Of several addresses the first that is public, else the first."""
    public = (address for address in addresses if len(addresses) > 1 and network.is_public(address))
    return next(public, addresses[0] if addresses else None)


def _extras(text: str) -> dict[str, Any]:
    """Referer, user agent, and a forwarded address where one follows; the rest as written."""
    parts = [(name, quoted or bare) for name, quoted, bare in _PART.findall(text[:65536])]
    found: dict[str, Any] = {}
    for name, position in (("cs-referer", 0), ("cs-user-agent", 1)):
        if len(parts) > position and not parts[position][0]:
            found[name] = parts[position][1]
    named = {name.lower(): value for name, value in parts if name and name.lower() not in _ERROR_FIELDS}
    rest = [value for name, value in parts[2:] if not name]
    if rest and _is_forwarded(rest[0]):
        found["x-forwarded-for"] = rest[0]
    return {**found, **named, **({"extra": rest} if rest else {})}


def _is_forwarded(text: str) -> bool:
    return network.is_ip(text.partition(",")[0].strip())


def time(event: Event) -> int | None:
    return access_time(event.native.get("time", ""), event.frame.zone)


def ecs(native: Native, document: Document) -> None:
    """The ECS fields of an access record."""
    document["event.category"], document["event.type"] = ["web"], ["access"]
    status = network.number(native.get("sc-status"))
    document["http.response.status_code"] = status
    if status:
        document["event.outcome"] = "success" if status < 400 else "failure"
    size = network.number(native.get("sc-bytes"))
    document["http.response.body.bytes"] = document["http.response.bytes"] = size
    request_fields(native, document)
    document["http.request.referrer"] = native.get("cs-referer")
    document["user_agent.original"] = native.get("cs-user-agent")
    document["user.name"] = native.get("cs-username")
    _hosts(native, document)
    if protocol := native.get("tls"):
        document["network.protocol"] = protocol.lower()
        document["tls.version_protocol"], _, document["tls.version"] = protocol.partition("v")
        document["tls.cipher"] = native.get("cipher")


def request_fields(native: Native, document: Document) -> None:
    """Method, version and URL of a request."""
    document["http.request.method"] = native.get("cs-method")
    document["http.version"] = native.get("cs-version")
    if "cs-method" in native:
        url.fill(document, native.get("c-uri", ""))
    else:
        document["url.original"] = native.get("c-uri")


def _hosts(native: Native, document: Document) -> None:
    source(native.get("c-ip"), document)
    if host := native.get("cs-host"):
        name, port = network.endpoint(host)
        document["destination.ip" if network.is_ip(name) else "destination.domain"] = name
        document["destination.port"] = port
        document.setdefault("url.domain", None if network.is_ip(name) else name)
    if forwarded := native.get("x-forwarded-for"):
        first = forwarded.partition(",")[0].strip()
        document["client.ip"] = document["network.forwarded_ip"] = network.ip(first)


def source(client: str | None, document: Document) -> None:
    """The client, an address or a name."""
    if not client:
        return
    document["source.address"], document["source.ip"] = client, network.ip(client)
    if document["source.ip"] is None and "/" not in client and client[-1] != ":":
        document["source.domain"] = client
