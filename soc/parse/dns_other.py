"""Grammars of DNS servers besides BIND: Unbound, NSD, CoreDNS, Technitium, PowerDNS, dnsmasq and Pi-hole, and the debug log of Windows' DNS server."""

from __future__ import annotations

import re
from typing import Any

from soc.parse import network

IP = r"[0-9A-Fa-f.:]{2,45}(?:%\w{1,16})?"
TYPE = r"[A-Z][A-Z0-9]{0,15}"

_UNBOUND = re.compile(
    rf"\[(?:(?P<epoch>\d{{9,12}})\] \w{{1,16}}\[)?(?P<pid>\d{{1,10}}):(?P<thread>[0-9a-f]{{1,8}})\] (?P<level>fatal error|error|warning|notice|info|debug|query|reply): "
    rf"(?:(?P<client>{IP}) (?P<name>[^\s]{{1,255}}) (?P<type>{TYPE}) (?P<class>IN|CH|HS)(?: (?P<rcode>[A-Z]{{4,16}}) (?P<seconds>[\d.]{{1,16}}) (?P<cached>[01]) (?P<size>\d{{1,9}}))?$)?"
)
_VALIDATION = re.compile(
    rf"validation failure <(?P<name>[^\s>]{{1,255}}) (?P<type>{TYPE}) (?P<class>IN|CH|HS)>: (?P<text>[^\n]{{1,512}})"
)
_LOCAL_ZONE = re.compile(
    rf"(?P<zone_name>\S{{1,255}}) (?P<act>(?:always_)?(?:deny|refuse|redirect|inform\w{{0,16}}|static|nxdomain|nodata|null|transparent|block_a)|local_data|typetransparent) "
    rf"(?P<client>{IP})@(?P<client_port>\d{{1,5}}) (?P<name>\S{{1,255}}) (?P<type>{TYPE}) (?P<class>IN|CH|HS)"
)
_POWERDNS = (
    re.compile(rf"Remote (?P<client>{IP})(?:<-\S{{1,64}})? wants '(?P<name>[^|'\s]{{0,255}})\|(?P<type>{TYPE})', do = [01], bufsize = (?P<buffer>\d{{1,6}})(?: \(\d{{1,6}}\))?(?:: (?P<act>packetcache (?:HIT|MISS)))?"),
    re.compile(rf"\d{{1,4}} \[[^\[\]]{{1,32}}\] (?:TCP )?question for '(?P<name>[^|'\s]{{0,255}})\|(?P<type>{TYPE})' from (?P<client>{IP})(?::(?P<client_port>\d{{1,5}}))?"),
    re.compile(rf"\d{{1,4}} \[[^\[\]]{{1,32}}\] answer to (?:TCP )?question '(?P<name>[^|'\s]{{0,255}})\|(?P<type>{TYPE})': (?P<text>.{{1,512}}?)(?:, rcode=(?P<code>\d{{1,3}}))?$"),
    re.compile(rf"(?P<what>Not authoritative) for '(?P<name>[^'\s]{{1,255}})', sending (?P<act>servfail|refused) to (?P<client>{IP})"),
    re.compile(r"(?P<act>[AI]XFR)(?:-out zone '(?P<name>[^'\s]{1,255})', client| of domain '(?P<asked>[^'\s]{1,255})' (?:initiated by|to|denied:? client IP)) '?(?P<client>\[?[0-9A-Fa-f.:]{2,45}\]?(?::\d{1,5})?)'?(?:, (?P<text>.{1,256}))?"),
    re.compile(rf"(?P<act>Received NOTIFY) for (?P<name>[^\s]{{1,255}}) from (?:master )?(?P<client>{IP})"),
)  # fmt: skip
_CODES = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")
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
    rf"|(?P<answered>reply|cached|config|/etc/hosts|cached-stale|(?:gravity|regex|exactly|special domain|external) ?(?:blocked|denied|blacklisted)?(?: \([^()]{{1,64}}\))?|dnssec-query\[\w{{1,16}}\]|validation result) (?P<answered_name>\S{{1,255}}) is (?P<data><?[\w.:<>, -]{{1,255}}>?)$)"
)
# 2/28/2026 4:14:02 PM 0D18 PACKET  00000001 UDP Rcv 10.1.20.15 a8f3   Q [0001   D   NOERROR] A      (3)www(7)example(2)vn(0)
_WINDOWS = re.compile(
    rf"(?P<date>\d{{1,4}}[/.-]\d{{1,2}}[/.-]\d{{1,4}}|\d{{8}}) (?P<clock>\d{{1,2}}:\d\d:\d\d)(?: (?P<half>[AP]M))? (?P<thread>[0-9A-F]{{3,8}}) PACKET {{1,4}}(?P<packet>[0-9A-F]{{8,16}}) "
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
            told = next((said for one in inside if (said := one.search(native["text"]))), None)
            return {**native, **(_present(told) if told else {}), "product": product}
    if program.startswith("pdns"):
        return _powerdns(text)
    if program == "dnsmasq" and (found := _DNSMASQ.match(text)):
        return _dnsmasq(_present(found))
    return _windows(found) if (found := _WINDOWS.match(text)) else None


_GRAMMARS = (
    ("Unbound", _UNBOUND, (_VALIDATION, _LOCAL_ZONE)), ("CoreDNS", _COREDNS, (_FORWARDED,)), ("NSD", _NSD, (_NSD_CLIENT,)), ("Technitium", _TECHNITIUM, (_PASSWORD,)),
)  # fmt: skip


def _present(found: re.Match[str]) -> dict[str, Any]:
    return {name: value for name, value in found.groupdict().items() if value is not None}


def _powerdns(text: str) -> dict[str, Any] | None:
    """What the authoritative server and the recursor say of a question, with the number of an answer's code as its name."""
    for pattern in _POWERDNS:
        if found := pattern.match(text):
            native = _present(found)
            code = int(native.pop("code", len(_CODES)))
            if code < len(_CODES):
                native["rcode"], native["kind"] = _CODES[code], "answer"
            if "client" in native and "client_port" not in native:
                native["client"], native["client_port"] = network.endpoint(native["client"])
            if native.get("what"):
                native["text"] = text
            return {**native, "product": "PowerDNS"}
    return None


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
