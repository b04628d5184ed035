"""Snort 2.9 and 3 alerts: fast, full, CSV and syslog (and Suricata's fast.log, which is the first of these), Snort 3's JSON.

Snort Users Manual, "Output Modules"; Snort 3 User Manual, "Logger Modules".
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

from soc.event import Logsource
from soc.parse import network, plain, sensor
from soc.parse.format import Format
from soc.parse.when import Day, epoch, wall

if TYPE_CHECKING:
    from soc.event import Event, Kind
    from soc.parse.format import Document, Native
    from soc.parse.frame import Frame

_STAMP = r"(?:(?P<month>\d\d)/(?P<day>\d\d)(?:/(?P<year>\d{2,4}))?-(?P<clock>\d\d:\d\d:\d\d(?:\.\d{1,6})?))"
_RULE = r"\[(?P<gid>\d{1,10}):(?P<sid>\d{1,10}):(?P<rev>\d{1,10})\]"
_TAIL = r"(?: {0,4}\[Classification: (?P<class>[^\]\n]{0,256})\])?(?: {0,4}\[Priority: (?P<priority>\d{1,9})\])?:?"
_ENDS = r"(?P<source>[0-9A-Fa-f.:\[\]]{2,64}) -> (?P<destination>[0-9A-Fa-f.:\[\]]{2,64})"
_BETWEEN = (
    r"(?: {0,4}\[AppID: (?P<app>[^\]\n]{0,128})\])?(?: {0,4}<[^>\n]{0,64}>)?(?: {0,4}\{(?P<proto>[^}\n]{1,32})\})?"
)
_FAST = re.compile(
    rf"(?:{_STAMP} {{1,4}})?(?:\[(?P<verdict>[wW]?[dD]rop)\] {{1,4}})?(?:\[\*\*\] {{1,4}})?{_RULE} (?P<message>[^\n]{{1,1024}}?)"
    rf"(?: {{1,4}}\[\*\*\])?{_TAIL}{_BETWEEN} {{1,4}}{_ENDS}"
)
_FULL = re.compile(rf"\[\*\*\] {_RULE} (?P<message>[^\n]{{1,1024}}?) \[\*\*\] *\r?\n{_TAIL} *\r?\n{_STAMP} ")
_FULL_ENDS = re.compile(rf"(?:[0-9A-Fa-f:]{{11,17}} -> [^\n]{{0,80}}\r?\n)?{_ENDS}")
_FULL_PROTOCOL = re.compile(
    r"\n(?P<proto>[A-Za-z0-9-]{1,16}) TTL:(?P<ttl>\d{1,3}) TOS:(?P<tos>0x[0-9A-F]{1,4}) ID:(?P<id>\d{1,6}) IpLen:(?P<iplen>\d{1,6}) DgmLen:(?P<dgmlen>\d{1,6})"
)
_COLUMNS = (
    "timestamp", "gid", "sid", "rev", "message", "proto", "src", "srcport", "dst", "dstport", "ethsrc", "ethdst", "ethlen",
    "tcpflags", "tcpseq", "tcpack", "tcplen", "tcpwindow", "ttl", "tos", "id", "dgmlen", "iplen", "icmptype", "icmpcode", "icmpid",
    "icmpseq",
)  # fmt: skip
_CSV = re.compile(rf"{_STAMP} ?, ?\d{{1,10}},\d{{1,10}},\d{{1,10}},")
_CSV_STAMP = re.compile(_STAMP)
# Snort 3's names -> those of the other forms.
_JSON = {
    "msg": "message", "class": "class", "priority": "priority", "proto": "proto", "src_addr": "src", "src_port": "srcport",
    "dst_addr": "dst", "dst_port": "dstport", "eth_src": "ethsrc", "eth_dst": "ethdst", "gid": "gid", "sid": "sid", "rev": "rev",
    "action": "action", "icmp_type": "icmptype", "icmp_code": "icmpcode", "service": "service", "iface": "iface", "vlan": "vlan",
    "ttl": "ttl", "tos": "tos", "ip_id": "id", "dgm_len": "dgmlen", "ip_len": "iplen", "tcp_flags": "tcpflags", "tcp_seq": "tcpseq",
    "tcp_ack": "tcpack", "tcp_len": "tcplen", "tcp_win": "tcpwindow", "icmp_id": "icmpid", "icmp_seq": "icmpseq", "eth_len": "ethlen",
    "seconds": "seconds", "pkt_len": "pktlen",
}  # fmt: skip
_KIND: Kind = (Logsource(product="snort"),)


def decode(frame: Frame) -> Native | None:
    """The fields of an alert by the names that Snort's CSV has."""
    text = frame.text
    if found := _FULL.match(text):
        native = found.groupdict()
        if ends := _FULL_ENDS.match(text, found.end()):
            native |= ends.groupdict()
            protocol = _FULL_PROTOCOL.match(text, ends.end())
            native |= protocol.groupdict() if protocol else {}
        return _split(native)
    if found := _FAST.match(text):
        native = found.groupdict()
        if native["clock"] or "[**]" in text or native["priority"] or native["proto"]:
            return _split(native)
    return _columns(text) if _CSV.match(text) else None


def _split(native: dict[str, Any]) -> Native:
    for side, address, port in (("source", "src", "srcport"), ("destination", "dst", "dstport")):
        if told := native.pop(side, None):
            native[address], number = network.endpoint(told)
            native[port] = "" if number is None else str(number)
    if (message := native["message"])[:1] == '"' == message[-1:] and len(message) > 1:
        native["message"] = message[1:-1]
    return {name: value for name, value in native.items() if value is not None}


def _columns(text: str) -> Native | None:
    try:
        values = next(csv.reader([text.partition("\n")[0]]), [])
    except csv.Error:
        return None
    if not 10 <= len(values) <= len(_COLUMNS) or (stamp := _CSV_STAMP.match(values[0])) is None:
        return None
    return {**dict(zip(_COLUMNS, values, strict=False)), **stamp.groupdict()}


def decode_json(frame: Frame) -> Native | None:
    """Snort 3's `alert_json`, its names translated to those of the other forms."""
    given = frame.json
    if given is None or not (
        ("rule" in given or "sid" in given) and ("pkt_num" in given or "src_ap" in given or "src_addr" in given)
    ):
        return None
    native = {own: str(given[name]) for name, own in _JSON.items() if isinstance(given.get(name), str | int)}
    for name, address, port in (("src_ap", "src", "srcport"), ("dst_ap", "dst", "dstport")):
        if isinstance(given.get(name), str):
            host, number = network.endpoint(given[name])
            native.setdefault(address, host)
            native.setdefault(port, "" if number is None else str(number))
    rule = given.get("rule")
    if isinstance(rule, str) and rule.count(":") == 2:
        native |= dict(zip(("gid", "sid", "rev"), rule.split(":"), strict=True))
    stamp = given.get("timestamp")
    if isinstance(stamp, str) and (found := _CSV_STAMP.match(stamp)):
        stamps: dict[str, Any] = {name: value for name, value in found.groupdict().items() if value}
        if "year" in stamps:  # Snort 3 puts the year first
            stamps["year"], stamps["month"], stamps["day"] = stamps["month"], stamps["day"], stamps["year"]
        native |= stamps
    if native.get("service") == "unknown":
        del native["service"]
    return native


def time(event: Event) -> int | None:
    native = event.native
    if told := epoch(native.get("seconds")):
        return told
    if not native.get("clock"):
        return plain.time(event)
    year = native.get("year")
    whole = int(year) + (2000 if len(year) == 2 else 0) if year else None
    return wall(
        Day(int(native["month"]), int(native["day"]), whole), native["clock"], event.frame.zone, event.record.arrived
    )


_NUMBERED = {
    "ethlen": "snort.eth.length", "ttl": "snort.ip.ttl", "id": "snort.ip.id", "dgmlen": "snort.dgm.length", "iplen": "snort.ip.length",
    "tcplen": "snort.tcp.length", "icmptype": "snort.icmp.type", "icmpcode": "snort.icmp.code", "icmpid": "snort.icmp.id",
    "icmpseq": "snort.icmp.seq", "gid": "snort.gid",
}  # fmt: skip
_TEXTS = {
    "tcpflags": "snort.tcp.flags", "tcpseq": "snort.tcp.seq", "tcpack": "snort.tcp.ack", "tcpwindow": "snort.tcp.window",
    "tos": "snort.ip.tos", "sid": "rule.id", "rev": "rule.version", "message": "rule.name", "class": "rule.category",
    "app": "network.application", "service": "network.protocol", "iface": "observer.ingress.interface.name", "vlan": "network.vlan.id",
}  # fmt: skip


def ecs(event: Event, document: Document) -> None:
    native = event.native
    for name, target in _NUMBERED.items():
        document[target] = network.number(native.get(name))
    for name, target in _TEXTS.items():
        document[target] = native.get(name)
    document["rule.description"] = native.get("message")
    document["message"] = event.frame.text or native.get("message")
    for side, address, port, mac in (
        ("source", "src", "srcport", "ethsrc"),
        ("destination", "dst", "dstport", "ethdst"),
    ):
        document[f"{side}.ip"] = network.ip(native.get(address))
        document[f"{side}.port"] = network.number(native.get(port))
        document[f"{side}.mac"] = network.mac(native.get(mac))
    protocol, number = network.transport(native.get("proto"))
    document["network.transport"] = protocol
    document["network.iana_number"] = None if number is None else str(number)
    document["network.icmp.type"], document["network.icmp.code"] = (
        native.get("icmptype") or None,
        native.get("icmpcode") or None,
    )
    document["network.direction"] = sensor.direction(document)
    document["event.severity"] = network.number(native.get("priority"))
    _meaning(event, document)


def _meaning(event: Event, document: Document) -> None:
    dropped = "drop" in event.native.get("verdict", "").lower() or event.native.get("action") in {
        "drop",
        "block",
        "reset",
        "reject",
    }
    document["event.kind"], document["event.category"] = "alert", ["intrusion_detection", "network"]
    document["event.type"] = ["denied" if dropped else "info"]
    document["observer.vendor"], document["observer.product"], document["observer.type"] = "snort", "ids", "ids"
    if event.frame.syslog:
        document["observer.name"] = event.frame.syslog.hostname


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="snort",
    title="Snort alerts: fast, full, CSV, syslog; Suricata fast.log",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    programs=frozenset({"snort", "suricata"}),
    hints=(
        "[**]",
        "] [Priority: ",
        " [Classification: ",
        ",TCP,",
        ",UDP,",
        ",ICMP,",
        ",IP,",
        ",ICMPv6,",
        ",IPV6-ICMP,",
    ),
    start=re.compile(rb"\[\*\*\] \[\d|\d\d/\d\d(?:/\d{2,4})?-\d\d:\d\d:\d\d(?:\.\d+)? {1,4}(?:\[|,)|<\d"),
)
JSON = Format(
    name="snort_json",
    title="Snort 3 alerts as JSON",
    decode=decode_json,
    time=time,
    ecs=ecs,
    kind=kind,
    json=True,
)
