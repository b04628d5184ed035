"""DNS servers: BIND 9 (all log categories, and EfficientIP SOLIDserver, which is built on it), and those of `dns_other`.

BIND 9 Administrator Reference Manual, "logging"; unbound.conf(5), `log-queries`, `log-replies`; CoreDNS' log and errors plugins.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Logsource
from soc.parse import dns_other, network, plain
from soc.parse.dns_other import IP, TYPE
from soc.parse.format import Format
from soc.parse.when import MONTHS, Day, epoch, iso, wall

if TYPE_CHECKING:
    from soc.event import Event, Kind
    from soc.parse.format import Document, Native
    from soc.parse.frame import Frame

_NAME = r"[^\s'\"()/#]{1,255}"
_LEAD = re.compile(
    r"(?:(?P<day>\d\d)-(?P<month>[A-Z][a-z]{2})-(?P<year>\d{4}) (?P<clock>\d\d:\d\d:\d\d(?:\.\d{1,6})?) )?"
    r"(?:(?P<channel>[a-z][a-z-]{2,24}): )?(?:(?P<level>critical|error|warning|notice|info|debug \d{1,3}|dynamic): )?(?:view (?P<view>[\w.-]{1,64}): {1,4})?"
)
_CLIENT = re.compile(
    rf"client (?:@0x[0-9a-f]{{1,16}} )?(?P<client>{IP})#(?P<client_port>\d{{1,5}})(?:/key [^\s:]{{1,255}})?(?: \((?P<asked>[^()\s]{{1,255}})\))?: (?:view (?P<its_view>[\w.-]{{1,64}}): )?"
)
_QUERY = re.compile(
    rf"(?P<kind>query|answer): (?P<name>[^\s()]{{1,255}}) (?P<class>IN|CH|HS|ANY|NONE|CLASS\d{{1,5}}) (?P<type>{TYPE})(?: (?P<flags>[+-][A-Z0-9()]{{0,24}}))?(?: \((?P<server>{IP})\))?(?: -> (?P<rcode>[A-Z]{{4,16}})(?P<answers>[^\n]{{0,4096}}))?"
)
_RESPONSE = re.compile(
    rf"(?P<kind>response): (?P<name>[^\s()]{{1,255}}) (?P<class>IN|CH|HS|ANY|NONE|CLASS\d{{1,5}}) (?P<type>{TYPE}) (?P<rcode>[A-Z]{{4,16}})(?: (?P<flags>[+-][A-Z0-9()]{{0,24}}))?"
)
_LIMITED = re.compile(
    rf"(?:would )?rate limit (?P<act>drop|slip|limit)\w{{0,8}} (?P<text>(?:NXDOMAIN |error |all )?responses? to [0-9A-Fa-f.:/]{{2,64}}(?: for (?P<name>[^\s()]{{1,255}}) (?P<class>IN|CH|HS) (?P<type>{TYPE}))?)"
)
_SENT = re.compile(
    r"transfer of '(?P<name>[^'\s/]{1,255})/(?P<class>IN|CH|HS)(?:/[\w.-]{1,64})?': (?P<text>(?P<type>AXFR|IXFR)[^\n]{0,512})"
)
_DENIED = re.compile(
    rf"(?P<what>query|query \(cache\)|zone transfer|update|notify|recursion|bad zone transfer request:)(?: '?(?P<name>[^\s'/]{{1,255}})/(?:(?P<type>{TYPE})/)?(?P<class>IN|CH|HS|ANY)'?)? (?:denied|refused)"
)
_FAILED = re.compile(
    rf"query failed \((?P<rcode>[A-Za-z ]{{1,32}})\) for (?P<name>{_NAME})/(?P<class>IN|CH|HS|ANY)/(?P<type>{TYPE})"
)
_POLICY = re.compile(
    rf"(?:disabled )?rpz (?P<trigger>[A-Z-]{{2,16}}(?:/[A-Z-]{{2,16}})?) (?:(?P<policy>[A-Za-z-]{{2,16}}) )?rewrite (?P<name>{_NAME})(?:/(?P<type>{TYPE})(?:/(?P<class>IN|CH|HS))?)? via (?P<rule>\S{{1,255}})(?: (?P<failed>[^\n]{{1,256}}?): (?P<rcode>[A-Z]{{4,16}}))?"
)
_UPDATE = re.compile(
    r"updating zone '(?P<zone>[^'\s/]{1,255})/(?P<zone_class>[A-Z]{2,4})[^']{0,64}': (?P<act>adding|deleting|update) (?P<text>[^\n]{1,512})"
)
_RESOLVING = re.compile(
    rf"(?P<text>[^':\n]{{1,80}}?) resolving '?(?P<name>{_NAME})(?:/(?P<type>{TYPE})(?:/(?P<class>IN|CH|HS))?'?|'(?= \(in '))(?: \(in '[^']{{1,255}}'\?\))?(?:: (?P<server>{IP})#(?P<server_port>\d{{1,5}}))?"
)
_FORMAT = re.compile(
    rf"DNS format error from (?P<server>{IP})#(?P<server_port>\d{{1,5}}) resolving (?P<name>{_NAME})/(?P<type>{TYPE}) for (?:<unknown>|(?:client )?(?P<client>{IP})#(?P<client_port>\d{{1,5}})): (?P<text>[^\n]{{1,512}})"
)
_VALIDATING = re.compile(
    rf"(?:\s{{0,8}})(?P<invalid>validating) (?:@0x[0-9a-f]{{1,16}}: )?(?P<name>{_NAME})[/ ](?P<type>{TYPE})(?:/\w{{1,8}})?: (?P<text>[^\n]{{1,512}})"
)
_TRANSFER = re.compile(
    rf"transfer of '(?P<zone>[^'\s/]{{1,255}})/(?P<zone_class>IN|CH|HS)(?:/(?P<view>[\w.-]{{1,64}}))?' from (?P<source>{IP})#(?P<source_port>\d{{1,5}}): (?P<text>[^\n]{{1,512}})"
)
_ZONE = re.compile(
    r"zone (?P<zone>[^\s/]{1,255})/(?P<zone_class>IN|CH|HS)(?:/(?P<view>[\w.-]{1,64}))?: (?P<text>[^\n]{1,512})"
)
_NOTIFY = re.compile(
    rf"(?:sending notify to|refresh: [a-z ]{{1,64}} (?:master|primary)) (?P<server>{IP})#(?P<server_port>\d{{1,5}})|notify from (?P<source>{IP})#(?P<source_port>\d{{1,5}})"
)
_REFUSED = re.compile(
    rf"(?P<act>refused notify) from non-(?:master|primary): (?P<text>(?P<source>{IP})#(?P<source_port>\d{{1,5}}))"
)
_LISTED = re.compile(
    rf"List Matched (?P<client>{IP})#(?P<client_port>\d{{1,5}}): query: (?P<name>[^\s()]{{1,255}}) (?P<class>[A-Z]{{2,4}}) (?P<type>{TYPE})(?: \((?P<server>{IP})\))?(?: \{{(?P<label>[^}}\n]{{1,64}})\}})?(?: \[(?P<lists>[^\]\n]{{1,256}})\])?"
)
_TRIGGER = re.compile(
    r"(?P<state>ARMING|DISARMING) trigger on (?P<client>\d{1,3}(?:\.\d{1,3}){3})[^\s]{0,64} \(action:(?P<act>\w{1,32})\)(?: \((?P<text>[^)\n]{1,256})\))?"
)
_PROGRAMS = frozenset(
    {
        "dnsmasq",
        "named",
        "nsd",
        "unbound",
        "coredns",
        "named-pkcs11",
        "isc-named",
        "knotd",
        "kresd",
        "pdns",
        "pdns_recursor",
    }
)
_ANSWER = re.compile(r"(?:^|\s)(\d{1,10}) (A|AAAA|CNAME|NS|PTR) (\S{1,255})")
_CLIENT_SAYS = (_QUERY, _DENIED, _FAILED, _POLICY, _UPDATE, _RESPONSE, _LIMITED, _SENT)
_SERVER_SAYS = (_FORMAT, _TRANSFER, _ZONE, _VALIDATING, _LISTED, _TRIGGER, _RESOLVING)
_CHANNELS = frozenset({
    "client", "cname", "config", "database", "default", "delegation-only", "dispatch", "dnssec", "dnstap", "edns-disabled", "general", "lame-servers",
    "network", "notify", "nsid", "queries", "query-errors", "rate-limit", "resolver", "responses", "rpz", "rpz-passthru", "security", "serve-stale",
    "spill", "sslkeylog", "trust-anchor-telemetry", "unmatched", "update", "update-security", "xfer-in", "xfer-out", "zoneload",
})  # fmt: skip


def decode(frame: Frame) -> Native | None:
    """Question, ends and text of a line; `product` tells which server it is of."""
    program = frame.syslog.app.rpartition("/")[2].lower() if frame.syslog else ""
    text = frame.text.strip()
    if other := dns_other.read(text, program):
        return {**other, "message": text}
    bind = _bind(text)
    if bind is None and program not in _PROGRAMS:
        return None
    return {**(bind or {"text": text}), "message": text, "product": "BIND" if program in {"", "named"} else program}


def _present(found: re.Match[str]) -> dict[str, Any]:
    return {name: value for name, value in found.groupdict().items() if value is not None}


def _bind(text: str) -> dict[str, Any] | None:
    lead = _LEAD.match(text)
    native = _present(lead) if lead else {}
    at = lead.end() if lead else 0
    told = False
    if found := _CLIENT.match(text, at):
        native, at, told = native | _present(found), found.end(), True
        native["text"] = text[at:]
    for pattern in _CLIENT_SAYS if told else _SERVER_SAYS:
        if found := pattern.match(text, at):
            native, told = native | _present(found), True
            break
    if "zone" in native:
        for pattern in (_NOTIFY, _REFUSED):
            if found := pattern.match(native.get("text", "")):
                native |= _present(found)
    known = native.get("channel") in _CHANNELS and ("level" in native or "clock" in native)
    return native | ({} if "text" in native else {"text": text[at:]}) if told or known else None


def time(event: Event) -> int | None:
    native = event.native
    if "date" in native:
        return wall(_windows_day(native), _clock(native), event.frame.zone, event.record.arrived)
    if "clock" in native:
        day = Day(MONTHS.get(native["month"].lower(), 0), int(native["day"]), int(native["year"]) or None)
        return wall(day, native["clock"], event.frame.zone, event.record.arrived)
    for name in ("time", "stamp"):
        if name in native:
            return iso(
                native[name].replace(" ", "T") + ("Z" if native.get("zone_name") == "UTC" else ""), event.frame.zone
            )
    if "epoch" in native:
        return epoch(native["epoch"])
    return plain.time(event) or _delivered(event)


_COMPACT = len("20260228")


def _windows_day(native: Native) -> Day:
    """A date in the server's own notation: month first where the clock has AM and PM or nothing else is possible."""
    date = native["date"]
    if len(date) == _COMPACT and date.isdigit():
        return Day(int(date[4:6]), int(date[6:]), int(date[:4]))
    first, second, last = (int(part) for part in re.split("[/.-]", date))
    if first > 31:
        return Day(second, last, first)
    month_first = second > 12 or ("half" in native and first <= 12)
    return Day(first, second, last) if month_first else Day(second, first, last)


def _clock(native: Native) -> str:
    hour, _, rest = native["clock"].partition(":")
    noon = {"AM": 0, "PM": 12}.get(native.get("half", ""))
    return f"{int(hour) if noon is None else int(hour) % 12 + noon}:{rest}"


def _delivered(event: Event) -> int | None:
    """The container runtime's stamp on what has none of its own."""
    stamp = (event.frame.envelope or {}).get("time")
    return iso(stamp, event.frame.zone) if isinstance(stamp, str) else None


_UNITS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "µs": 1_000, "ns": 1}
_REFUSALS = ("denied", "refused")


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.product"], document["network.protocol"] = native["product"], "dns"
    level = native.get("level") or native.get("channel_level")
    document["log.level"] = level.lower() if level and level not in {"query", "reply"} else None
    document["log.logger"] = native.get("logger") or native.get("channel")
    document["process.pid"] = document.get("process.pid") or network.number(native.get("pid"))
    document["user.name"] = native.get("user")
    _question(native, document)
    _ends(native, document)
    _size(native, document)
    _meaning(native, document)


def _question(native: Native, document: Document) -> None:
    name = (
        native.get("name")
        or native.get("asked")
        or native.get("zone" if "text" not in native or "server" in native else "")
    )
    document["dns.question.name"] = name.rstrip(".") if name and name != "." else name
    document["dns.question.class"] = native.get("class") or (
        native.get("zone_class") if name and "name" not in native else None
    )
    document["dns.question.type"] = native.get("type")
    document["dns.id"], document["dns.op_code"] = native.get("id"), native.get("opcode")
    document["dns.response_code"] = native.get("rcode")
    document["dns.header_flags"] = _flags(native.get("flags", ""))
    if name and "zone" not in native:
        answered = native.get("kind") in {"answer", "response"} or ("rcode" in native and native["product"] != "BIND")
        document["dns.type"] = "answer" if answered else "query"
    answers: list[dict[str, Any]] = [
        {"ttl": int(ttl), "type": type_, "data": data}
        for ttl, type_, data in _ANSWER.findall(native.get("answers", ""))
    ]
    if "address" in native:
        answers.append({"name": native["name"], "data": native["address"]})
    document["dns.answers"] = answers
    document["dns.resolved_ip"] = [address for answer in answers if (address := network.ip(str(answer["data"])))]
    if name and network.is_ip(name.rstrip(".")):
        document["related.ip"] = [name.rstrip(".")]


_QUERY_FLAGS = (("+", "RD"), ("C", "CD"), ("D", "DO"))


def _flags(text: str) -> list[str]:
    """BIND's marks of a query, or the names that CoreDNS writes (but for `qr`, which is no flag of ECS)."""
    if text[:1] in {"+", "-"}:
        bare = text.replace("E(0)", "")
        return [flag for mark, flag in _QUERY_FLAGS if mark in bare]
    return [flag.upper() for flag in text.split(",") if flag not in {"", "qr", "-"}]


def _ends(native: Native, document: Document) -> None:
    client, server = native.get("client", native.get("source")), native.get("server")
    document["source.ip"] = network.ip(client)
    document["source.port"] = network.number(native.get("client_port", native.get("source_port")))
    document["destination.ip"], document["destination.port"] = (
        network.ip(server),
        network.number(native.get("server_port")),
    )
    document["server.ip"], document["server.port"] = document["destination.ip"], document["destination.port"]
    if "client" in native:
        document["client.ip"], document["client.port"] = document["source.ip"], document["source.port"]
    transport = native.get("transport")
    if transport is None and native.get("flags", "")[:1] in {"+", "-"} and native.get("flags"):
        transport = "tcp" if "T" in native["flags"] else "udp"
    document["network.transport"] = {"https": "tcp", "tls": "tcp", "quic": "udp"}.get(transport or "", transport)


def _size(native: Native, document: Document) -> None:
    document["source.bytes"] = network.number(native.get("query_size"))
    document["destination.bytes"] = network.number(native.get("size"))
    for name, unit in (("took", native.get("unit", "s")), ("seconds", "s")):
        if name in native:
            try:
                document["event.duration"] = round(float(native[name]) * _UNITS[unit])
            except ValueError:
                return


def _meaning(native: Native, document: Document) -> None:
    text = native.get("text", "")
    document["event.category"] = ["network"]
    document["event.type"] = ["protocol"] if native["product"] == "CoreDNS" else ["info"]
    document["event.action"] = native["act"].lower() if "act" in native else None
    code = native.get("rcode")
    if code and "failed" not in native:
        document["event.outcome"] = "success" if code == "NOERROR" else "failure"
    elif text == "success":  # resolved, after something was changed
        document["event.outcome"] = "success"
    elif native.get("what") or "user" in native or ("type" in native and "text" in native and "client" not in native):
        document["event.outcome"] = "failure"
    if "what" in native and any(word in text for word in _REFUSALS):
        document["event.type"] = ["denied", "protocol"]
    if "user" in native:
        document["event.category"], document["event.type"] = ["authentication"], ["start"]
    faulty = native.get("level") in {"error", "ERROR", "FATAL", "fatal error", "critical"} or "failed" in native
    faulty = faulty or "invalid" in native
    document["error.message"] = (
        f"rpz {text.partition('rpz ')[2].rpartition(':')[0]}" if "failed" in native else text if faulty else None
    )
    if "kind" not in native and "what" not in native and not faulty:
        document["event.reason"] = text or None


def kind(native: Native) -> Kind:
    return _KINDS.get(native["product"], _KINDS["BIND"]) if "name" in native or "asked" in native else _OTHER


_KINDS: dict[str, Kind] = {
    "BIND": (Logsource(product="bind", category="dns"),), "Unbound": (Logsource(product="unbound", category="dns"),),
    "CoreDNS": (Logsource(product="coredns", category="dns"),), "Technitium": (Logsource(product="technitium", category="dns"),),
    "dnsmasq": (Logsource(product="dnsmasq", category="dns"),), "PowerDNS": (Logsource(product="powerdns", category="dns"),), "Windows DNS": (Logsource(product="windows", category="dns"),),
}  # fmt: skip
_OTHER: Kind = (Logsource(product="dns"),)

FORMAT = Format(
    name="dns",
    title="DNS servers: BIND, Unbound, NSD, CoreDNS, dnsmasq, Windows (debug log), Technitium",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    programs=_PROGRAMS,
    hints=(
        "client @", "client ", "resolving ", "transfer of '", "zone ", "validating ", "List Matched ", " trigger on ", "DnsServerCore.", "nsd[", "plugin/", "] info: ", "] error: ",
        "] notice: ", "] warning: ", "] query: ", "] reply: ", "] debug: ", "[INFO] ", "[ERROR] ", ": info: ", ": error: ", ": warning: ", ": notice: ", "rpz", " PACKET ",
    ),
)  # fmt: skip
