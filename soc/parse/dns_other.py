"""Grammars of DNS servers besides BIND: Unbound, NSD, CoreDNS, Technitium, dnsmasq, and the debug log of Windows' DNS server."""

from __future__ import annotations

import re
from typing import Any

IP = r"[0-9A-Fa-f.:]{2,45}(?:%\w{1,16})?"
TYPE = r"[A-Z][A-Z0-9]{0,15}"

_UNBOUND = re.compile(
    rf"\[(?:(?P<epoch>\d{{9,12}})\] \w{{1,16}}\[)?(?P<pid>\d{{1,10}}):(?P<thread>[0-9a-f]{{1,8}})\] (?P<level>fatal error|error|warning|notice|info|debug|query|reply): "
    rf"(?:(?P<client>{IP}) (?P<name>[^\s]{{1,255}}) (?P<type>{TYPE}) (?P<class>IN|CH|HS)(?: (?P<rcode>[A-Z]{{4,16}}) (?P<seconds>[\d.]{{1,16}}) (?P<cached>[01]) (?P<size>\d{{1,9}}))?$)?"
)
_VALIDATION = re.compile(
    rf"validation failure <(?P<name>[^\s>]{{1,255}}) (?P<type>{TYPE}) (?P<class>IN|CH|HS)>: (?P<text>[^\n]{{1,512}})"
)
_COREDNS = re.compile(
    rf"(?:(?P<time>\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{{1,9}})?(?:Z|[+-]\d\d:?\d\d)?) )?\[(?P<level>INFO|WARNING|ERROR|DEBUG|FATAL|NOTICE)\] "
    rf"(?:(?P<logger>plugin/[\w.-]{{1,64}}): (?P<text>[^\n]{{1,2048}})"
    rf"|(?P<client>\[?{IP}\]?):(?P<client_port>\d{{1,5}}) - (?P<id>\d{{1,5}}) \"(?P<type>{TYPE}) (?P<class>IN|CH|HS|ANY) (?P<name>\S{{1,255}}) "
    rf"(?P<transport>udp|tcp|https|tls|quic) (?P<query_size>\d{{1,9}}) (?P<do>true|false) (?P<buffer>\d{{1,9}})\" (?P<rcode>[A-Z0-9-]{{1,16}}) "
    rf"(?P<flags>[a-z,-]{{1,32}}) (?P<size>\d{{1,9}}) (?P<took>[\d.]{{1,16}})(?P<unit>s|ms|us|µs|ns)(?: \"(?P<opcode>\d{{1,3}})\")?)"
)
_FORWARDED = re.compile(
    rf"\d{{1,6}} (?P<name>\S{{1,255}}) (?P<type>{TYPE}): \S{{1,16}} (?P<transport>udp|tcp) \S{{1,64}}->(?P<server>{IP}):(?P<server_port>\d{{1,5}})"
)
_TECHNITIUM = re.compile(
    rf"(?:\[(?P<stamp>\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d)(?: (?P<zone_name>UTC|Local))?\] )?\[\[?(?P<client>{IP}?)\]?:(?P<client_port>\d{{1,5}})\] (?P<text>DnsServerCore\.[^\n]{{1,1024}})"
)
_PASSWORD = re.compile(r"Invalid username or password for user: (?P<user>\S{1,255})")
_NSD = re.compile(
    r"\[(?P<epoch>\d{9,12})(?:\.\d{1,6})?\] nsd\[(?P<pid>\d{1,10})\]: (?P<level>error|warning|notice|info|debug): (?P<text>[^\n]{1,1024})"
)
_NSD_CLIENT = re.compile(rf"(?:query|from client|from|client) (?P<client>{IP})(?: (?P<type>{TYPE})$|[ ,:]|$)")
_DNSMASQ = re.compile(
    rf"(?:(?P<serial>\d{{1,10}}) (?P<asker>{IP})/(?P<asker_port>\d{{1,5}}) )?(?:query\[(?P<type>{TYPE}|type=\d{{1,5}})\] (?P<name>\S{{1,255}}) from (?P<client>{IP})$"
    rf"|(?P<forwarded>forwarded) (?P<forwarded_name>\S{{1,255}}) to (?P<server>{IP})(?:#(?P<server_port>\d{{1,5}}))?$"
    rf"|(?P<answered>reply|cached|config|/etc/hosts|cached-stale|dnssec-query\[\w{{1,16}}\]|validation result) (?P<answered_name>\S{{1,255}}) is (?P<data><?[\w.:<>, -]{{1,255}}>?)$)"
)
# 2/28/2026 4:14:02 PM 0D18 PACKET  00000001 UDP Rcv 10.1.20.15 a8f3   Q [0001   D   NOERROR] A      (3)www(7)example(2)vn(0)
_WINDOWS = re.compile(
    rf"(?P<date>\d{{1,4}}[/.-]\d{{1,2}}[/.-]\d{{1,4}}) (?P<clock>\d{{1,2}}:\d\d:\d\d)(?: (?P<half>[AP]M))? (?P<thread>[0-9A-F]{{3,8}}) PACKET {{1,4}}(?P<packet>[0-9A-F]{{8,16}}) "
    rf"(?P<transport>UDP|TCP) (?P<direction>Rcv|Snd) (?P<peer>{IP}) {{1,32}}(?P<id>[0-9a-f]{{4}}) (?P<response>R| ) (?P<operation>[QNU?]) \[(?P<bits>[0-9a-f]{{4}}) {{1,4}}(?P<flags>[ATDR ]{{1,8}}?) {{1,4}}"
    rf"(?P<rcode>[A-Z0-9]{{4,16}})\] (?P<type>{TYPE}) {{1,8}}(?P<labels>\S{{1,512}})"
)
_LABEL = re.compile(r"\(\d{1,3}\)")
_RCODES = frozenset({"NXDOMAIN", "NODATA", "NODATA-IPv4", "NODATA-IPv6", "SERVFAIL", "REFUSED"})


def read(text: str, program: str) -> dict[str, Any] | None:
    """What a line tells, by the names that `dns` knows, and as `product` whose line it is; None if it is none of these servers'."""
    for product, pattern, inside in _GRAMMARS:
        if found := pattern.match(text):
            native = _present(found)
            native.setdefault("text", text[found.end() :])
            told = inside.search(native["text"]) if inside else None
            return {**native, **(_present(told) if told else {}), "product": product}
    if program == "dnsmasq" and (found := _DNSMASQ.match(text)):
        return _dnsmasq(_present(found))
    return _windows(found) if (found := _WINDOWS.match(text)) else None


_GRAMMARS = (
    ("Unbound", _UNBOUND, _VALIDATION), ("CoreDNS", _COREDNS, _FORWARDED), ("NSD", _NSD, _NSD_CLIENT), ("Technitium", _TECHNITIUM, _PASSWORD),
)  # fmt: skip


def _present(found: re.Match[str]) -> dict[str, Any]:
    return {name: value for name, value in found.groupdict().items() if value is not None}


def _dnsmasq(native: dict[str, Any]) -> dict[str, Any]:
    """A question, where it went, or an answer; with `log-queries=extra` each names its asker."""
    for name in ("forwarded_name", "answered_name"):
        if name in native:
            native["name"] = native.pop(name)
    for name, own in (("asker", "client"), ("asker_port", "client_port")):
        if name in native:
            native[own] = native.pop(name)
    if "data" in native:
        data = native["data"]
        native["kind"] = "answer"
        if data in _RCODES:
            native["rcode"] = "NOERROR" if data.startswith("NODATA") else data
        else:
            native["rcode"], native["address"] = "NOERROR", data
    return {**native, "act": native.get("forwarded") or native.get("answered") or "query", "product": "dnsmasq"}


def _windows(found: re.Match[str]) -> dict[str, Any]:
    native = _present(found)
    native["name"] = _LABEL.sub(".", native.pop("labels")).strip(".")
    native["kind"] = "answer" if native["response"] == "R" else "query"
    if native["kind"] == "query":
        del native["rcode"]  # of a question it says nothing
    # The peer asks where the server receives a question or sends an answer; else it is a server that is asked.
    asks = (native["direction"] == "Rcv") is (native["kind"] == "query")
    native["client" if asks else "server"] = native.pop("peer")
    marks = {"A": "AA", "T": "TC", "D": "RD", "R": "RA"}
    native["flags"] = ",".join(marks[mark].lower() for mark in native["flags"] if mark in marks)
    native["transport"] = native["transport"].lower()
    return {**native, "product": "Windows DNS"}
