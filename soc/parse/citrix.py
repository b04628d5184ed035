"""Citrix ADC (NetScaler) 9 to 14: native audit log, web application firewall in CEF, shell and access log of its management.

A native line is `[time] [host] 0-PPE-0 : [partition] MODULE EVENT number 0 : Name value - Name value`, with the modules and
events of the NetScaler Syslog Message Reference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.event import Kind, Logsource
from soc.parse import cef, fieldmap, network, plain, url
from soc.parse.format import Format, Native
from soc.parse.when import iso, zone_or

if TYPE_CHECKING:
    from datetime import tzinfo

    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_HEAD = re.compile(
    r"(?:(?P<time>\d{2,4}/\d\d/\d{2,4}:\d\d:\d\d:\d\d) {1,4}(?:(?P<zone>GMT|UTC) )?)? {0,3}(?:(?P<host>[\w.:-]{1,255}) )? {0,3}(?P<engine>\d{1,2}-PPE-\d{1,2}) : "
    r"(?:(?P<partition>[a-z][\w-]{0,63}) )?(?P<module>[A-Z][A-Z_]{1,31}) (?P<event>\w{1,64}) (?P<number>\d{1,19}) (?P<zero>\d{1,9}) : {0,3}"
)
_STAMP = re.compile(r"(\d{2,4})/(\d\d)/(\d{2,4}):(\d\d:\d\d:\d\d)")
_FACILITY = re.compile(r"<\w{2,8}\.(?P<level>[a-z]{2,8})> (?P<host>\S{1,64}) ")
_PART = re.compile(
    r"(?P<name>(?:Start|End|Delink) Time|Group\(s\)|username:domainname|[A-Za-z][\w/]{0,47}):? {1,3}(?P<value>.*)",
    re.DOTALL,
)
_SHELL = re.compile(r"(?P<User>\S{1,64}) on (?P<tty>\S{1,64}) shell_command=\"(?P<Command>.*)\"$", re.DOTALL)
_ACCESS = re.compile(
    r"(?P<Source>[0-9A-Fa-f.:]{2,45}) -> (?P<Destination>[0-9A-Fa-f.:]{2,45}) (?:\S{1,64} ){0,3}?\"(?P<request>[^\"]*)\" (?P<status>\d{3}) (?P<bytes>\d{1,18}|-)"
    r" \"(?P<referer>[^\"]*)\" \"(?P<Browser>[^\"]*)\""
)
_FIREWALL = re.compile(
    r"(?P<Source>[0-9A-Fa-f.:]{2,45}) {1,4}(?P<transaction>\d{1,12}-PPE\d{1,2}) (?:\S{1,64} )?- (?P<profile>\S{1,128}) (?:(?P<request>https?://\S{1,4096}) )?(?P<Reason>[^\n]{0,2048}?) {0,2}<(?P<act>[a-z ]{1,32})>$"
)
_REQUESTED = re.compile(
    r"SessionId: (?P<SessionId>\d{1,12}) {0,2}- (?P<site>\S{1,255}) User (?P<User>\S{1,128}) : Group\(s\) .{0,256}? : Vserver (?P<Vserver>\S{1,64}) - [^ ]{1,32}(?: GMT|:GMT)? (?P<method>[A-Z]{3,10}) (?P<request>\S{1,4096})"
)
_DURATION = re.compile(r"(\d{1,6}):(\d\d):(\d\d)")
# What free messages name: what it is called and the words before it.
_PHRASES = (
    ("User", re.compile(r"\b(?:for|[Uu]ser) <?([\w.@\\-]{1,128})>?(?=[ ,:])")),
    ("Source", re.compile(r"(?:client ip ?: ?|Srcip: |Client_ip:? |from )([0-9A-Fa-f.:]{2,45}?)(?=[\s,:)]|$)")),
    ("Destination", re.compile(r"(?:vserver ip ?: ?|Dstip: )([0-9A-Fa-f.:]{2,45}?)(?=[\s,)]|$)")),
    ("Denied_by_policy", re.compile(r"denied_by_policy: ([\w.-]{1,128})")),
)  # fmt: skip
_TABLE = fieldmap.table(
    (None, {
        "event": "event.code", "number": "event.id", "host": "observer.name", "User": "user.name", "Username": "user.name",
        "Failure_reason": "event.reason", "Reason": "event.reason", "Browser": "user_agent.original", "Browser_type": "user_agent.original",
        "Command": "process.command_line", "Denied_by_policy": "rule.name", "CipherSuite": "tls.cipher",
        "Group": "user.group.name", "level": "log.level", "Domain": "user.domain", "method": "http.request.method", "profile": "rule.name",
        "act": "event.action", "site": "url.domain",
    }),
    (lambda text: network.ip(network.endpoint(text)[0]), {
        "Client_ip": "client.ip", "ClientIP": "client.ip", "Nat_ip": "source.nat.ip", "NatIP": "source.nat.ip", "Remote_ip": "source.ip",
        "Source": "source.ip", "Destination": "destination.ip", "VserverServiceIP": "destination.ip", "Vserver": "destination.ip",
    }),
    (network.number, {"ClientPort": "source.port", "VserverServicePort": "destination.port"}),
)  # fmt: skip
_KNOWN = _TABLE.names | {"raw", "time", "zone", "body", "zero", "kind", "request", "status", "bytes", "referer"}
_CEF_TABLE = fieldmap.table(
    (None, {
        "act": "event.action", "msg": "event.reason", "method": "http.request.method", "cn1": "event.id",
        "cn2": "http.request.id", "cs1": "rule.name", "DeviceVersion": "observer.version", "DeviceEventClassID": "event.code",
    }),
    (network.ip, {"src": "source.ip", "dst": "destination.ip"}),
    (network.number, {"spt": "source.port", "dpt": "destination.port", "Severity": "event.severity"}),
)  # fmt: skip
_CEF_KNOWN = _CEF_TABLE.names | {"raw", "Version", "DeviceVendor", "DeviceProduct", "request", "kind", "host_ip"}


def decode(frame: Frame) -> Native | None:
    """The parts of a line by the names that it gives them; of CEF by CEF's."""
    text = frame.text
    if "|Citrix|NetScaler|" in text[:512]:
        found = cef.fields(text)
        carrier = _FACILITY.search(text, 0, 128)
        return found and {**found, "kind": "cef", "raw": text, "host_ip": carrier["host"] if carrier else ""}
    if "-PPE-" in text[:256]:
        return _audit(text)
    if "shell_command=" in text[:192] and (shell := _SHELL.match(text.strip())):
        return {**shell.groupdict(), "kind": "shell", "raw": text}
    if " -> " in text[:160] and (access := _ACCESS.match(text)):
        return {**access.groupdict(), "kind": "access", "raw": text}
    return None


def _audit(text: str) -> Native | None:
    if text[:1] == '"' and text[-1:] == '"':
        text = text[1:-1].replace('""', '"')
    head = _HEAD.search(text, 0, 512)
    if head is None:
        return None
    body = text[head.end() :]
    found: dict[str, Any] = {name: value for name, value in head.groupdict().items() if value}
    carrier = _FACILITY.match(text)
    return {
        **_told(found, body),
        "kind": "audit",
        "body": body.strip().strip('"'),
        "raw": text,
        **({"level": carrier["level"]} if carrier else {}),
    }


def _told(found: dict[str, Any], body: str) -> dict[str, Any]:
    """The head's parts and those of the body, which has them as `Name value - Name value` but for a few modules' events."""
    if found["module"] == "APPFW" and (blocked := _FIREWALL.match(body, 0, 8192)):
        return found | {name: value for name, value in blocked.groupdict().items() if value}
    for part in body.split(" - ")[:128]:
        if named := _PART.match(part.strip()):
            found.setdefault(named["name"].removesuffix("(s)").replace(" ", "_"), named["value"].strip().strip('"'))
    if found["event"] in {"Message", "EVENT"} or '"' in body[:2]:
        for name, phrase in _PHRASES:
            if told := phrase.search(body, 0, 2048):
                found[name] = told[1]
    if found["event"] == "HTTPREQUEST" and (asked := _REQUESTED.search(body, 0, 8192)):
        found |= asked.groupdict()
    if named := found.pop("username:domainname", None):
        found["User"], _, found["Domain"] = named.partition(":")
    return found


def time(event: Event) -> int | None:
    """The line's own: `mm/dd/yyyy`, `yyyy/mm/dd`, or `dd/mm/yyyy` where only that is a date."""
    told = _moment(event.native.get("time", ""), zone_or(event.native.get("zone", ""), event.frame.zone))
    return plain.time(event) if told is None else told


def _moment(text: str, where: tzinfo) -> int | None:
    stamp = _STAMP.match(text)
    if stamp is None:
        return None
    first, second, third, clock = stamp.groups()
    year, month, day = (first, second, third) if len(first) == 4 else (third, first, second)
    if int(month) > 12:
        month, day = day, month
    return iso(f"{year}-{month}-{day}T{clock}", where)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.product"], document["observer.type"] = (
        "Citrix",
        "NetScaler",
        "load balancer",
    )
    if native["kind"] == "cef":
        _application_firewall(native, document)
        return
    fieldmap.fill(document, native, _TABLE)
    fieldmap.keep(document, native, "citrix.adc.", _KNOWN)
    document["event.timezone"] = native.get("zone") or document.get("event.timezone")
    for side, name in (("source", "Source"), ("destination", "Destination")):
        if name in native:
            document[f"{side}.port"] = network.endpoint(native[name])[1]
    document["source.nat.port"] = network.endpoint(native.get("NatIP", ""))[1]
    document["destination.port"] = document.get("destination.port") or network.endpoint(native.get("Vserver", ""))[1]
    document["source.ip"] = (
        document.get("source.ip")
        or document.get("client.ip")
        or network.ip(native.get("Context", "").rpartition("@")[2])
    )
    if native["kind"] == "audit":
        url.fill(document, native.get("request", ""))
        document["url.domain"] = document.get("url.domain") or native.get("site")
    _lasted(event, document)
    if (version := native.get("ClientVersion", "")).startswith(("TLSv", "SSLv")):
        document["tls.version_protocol"], document["tls.version"] = version[:3].lower(), version[4:]
    if native["kind"] == "access":
        _request(native, document)
    _meaning(native, document)


def _lasted(event: Event, document: Document) -> None:
    """`Start_time "02/28/2026:16:00:00 GMT"`, `End_time` and `Duration 00:14:02`."""
    native = event.native
    for names, target in ((("Start_time", "Start_Time"), "event.start"), (("End_time", "End_Time"), "event.end")):
        for name in names:
            if (moment := _moment(native.get(name, ""), zone_or(native.get("zone", ""), event.frame.zone))) is not None:
                document[target] = instant.iso(moment)
    if lasted := _DURATION.fullmatch(native.get("Duration", "")):
        hours, minutes, seconds = (int(part) for part in lasted.groups())
        document["event.duration"] = (hours * 3600 + minutes * 60 + seconds) * 1_000_000_000


def _application_firewall(native: Native, document: Document) -> None:
    fieldmap.fill(document, native, _CEF_TABLE)
    fieldmap.keep(document, native, "citrix.waf.", _CEF_KNOWN)
    url.fill(document, native.get("request", ""))
    action = native.get("act", "")
    document["message"] = native.get("msg") or native["raw"]
    document["event.kind"] = "alert"
    document["event.category"], document["event.type"] = (
        ["network", "intrusion_detection"],
        ["denied" if action == "blocked" else "allowed"],
    )
    if network.is_ip(native["host_ip"]):
        document["observer.ip"] = [native["host_ip"]]


def _request(native: Native, document: Document) -> None:
    method, _, rest = native["request"].partition(" ")
    target, _, version = rest.rpartition(" HTTP/")
    document["http.request.method"], document["http.version"] = method, version
    url.fill(document, target)
    document["http.response.status_code"] = int(native["status"])
    document["http.response.body.bytes"] = network.number(native["bytes"])
    document["http.request.referrer"] = native["referer"] if native["referer"] != "-" else None


def _meaning(native: Native, document: Document) -> None:
    name, module = native.get("event", ""), native.get("module", "")
    category, types, outcome = ["network"], ["connection"], None
    said = native.get("body", "").lower()
    free = name in {"Message", "EVENT"} or module == "AAA"  # elsewhere such words name counters
    denied = "fail" in name.lower() or (
        free and any(word in said for word in ("rejected", "is deny", "denied", "fail"))
    )
    if name == "CMD_EXECUTED" or native["kind"] == "shell":
        category, types = ["configuration"], ["change"]
        outcome = {"success": "success", "error": "failure"}.get(native.get("Status", "").lower().partition(":")[0])
        if native["kind"] == "shell":
            document["event.action"], document["process.name"] = "execute_shell_command", "bash"
    elif module == "AAA" or name in {"LOGIN", "LOGOUT", "LOGIN_FAILED"} or (module == "SSLVPN" and name == "Message"):
        category, types = ["authentication"], ["end" if name == "LOGOUT" else "start"]
        outcome = "failure" if denied else "success"
    elif module == "APPFW" and "act" in native:
        document["event.kind"], category = "alert", ["network", "intrusion_detection"]
        types = ["denied" if native["act"] == "blocked" else "allowed"]
    if name == "Message":
        document["event.reason"] = native["body"]
    document["event.category"], document["event.type"], document["event.outcome"] = category, types, outcome


def _kind(category: str, service: str) -> Kind:
    return tuple(Logsource(product=product, category=category, service=service) for product in ("citrix", "netscaler"))


_KINDS: dict[str, Kind] = {"cef": _kind("webserver", "waf"), "access": _kind("webserver", "")}
_OTHER = _kind("", "ns.log")


def kind(native: Native) -> Kind:
    return _KINDS.get(native["kind"], _OTHER)


FORMAT = Format(
    name="citrix",
    title="Citrix ADC (NetScaler)",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    hints=("-PPE-", "|Citrix|NetScaler|", "shell_command=", " -> "),
)
