"""VMware ESXi 5 to 8 (hostd, vpxa, fdm, vobd, vmkernel, ...) and vCenter Server 6 to 8 (vpxd, vmon, SSO, vAPI, envoy, ...).

Broadcom's "Log File Locations" for both products; events follow the classes `vim.event.*` of the vSphere Web Services API.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson

from soc.event import Logsource
from soc.parse import plain
from soc.parse.format import Format
from soc.parse.vmware_ecs import ecs
from soc.parse.vmware_messages import EVENT, OWN_LEVEL, PHRASES, SPOKEN
from soc.parse.when import access_time, iso

if TYPE_CHECKING:
    from soc.event import Event, Kind
    from soc.parse.format import Native
    from soc.parse.frame import Frame

_ESXI = frozenset({
    "hostd", "vpxa", "fdm", "vobd", "vmkernel", "vmkwarning", "vmkeventd", "rhttpproxy", "hostd-probe", "healthd", "esxupdate", "esxcli",
    "vsanmgmtd", "vsand", "vmauthd", "dcui", "esxshell", "esxtokencpl", "configstore", "configstored", "backup.sh", "nfcd", "sdrsinjector",
    "storagerm", "swapobjd", "usbarb", "vsansystem", "vvold", "apiforwarder", "clusterstore", "smad",
    "iofilterd", "vmsyslogd", "dhclient-uw", "watchdog-hostd", "infravisor", "addvob", "entropyd", "loadesx",
})  # fmt: skip
# Programs of VMware's alone; others (envoy, sts, lacp, ...) run elsewhere too, and their lines must be telling.
_VCENTER = frozenset({
    "vpxd", "vmon", "updatemgr", "vmcad", "vmafdd", "vmdird", "vmware-vpxd", "vpxd-svcs", "vpxd-profiler", "applmgmt", "applmgmt-audit",
    "websso", "ssoadminserver", "vsphere-ui", "vapi-endpoint", "eam", "sps", "rbd", "cis-license", "content-library", "perfcharts", "pschealth",
    "vmware-sps", "vmware-eam", "vstatsd", "trustmanagement", "wcp", "vlcm", "lookupsvc", "certificatemanagement",
    "vsan-health", "vmware-vpostgres", "vum", "vmware-sca",
})  # fmt: skip
_AMONG_OTHERS = frozenset({"envoy", "envoy-access", "sso", "sts", "tokenservice", "analytics", "hvc", "certmgr"})
_OF_VCENTER = _VCENTER | _AMONG_OTHERS
_PROGRAMS = _ESXI | _VCENTER
_SHELLS = frozenset({"shell", "esxshell"})
_STAMP = re.compile(
    r"\[?(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.:](?P<fraction>\d{1,9}))?(?P<zone>Z|[+-]\d\d:?\d\d)?(?:\]|:)? {1,4}"
)
_TAG = re.compile(
    r"(?:(?P<tag>[\w.-]{1,32}): {1,4})?(?P<level>[a-z]{4,8}|[A-Z]{4,8}|[A-Z][a-z]\(\d{1,4}\)) (?P<process>[\w.-]{1,48})"
    r"(?:\[(?P<pid>\w{1,16})(?::(?P<thread>[^\]\n]{0,96}))?\]:?|:) {1,4}"
)
_ORIGINATOR = re.compile(
    r"\[(?:Originator|vSAN|\w{1,16})@\d{1,6} (?P<pairs>(?:[^\[\]\n]{1,512}+|\[[^\[\]\n]{0,64}\]){0,8}+)\] ?"
)
_PAIR = re.compile(r"(\w{1,16})=([^=\n]{0,256}?)(?= \w{1,16}=|$)")
# ESXi 5: [FFB8AB90 info 'Vimsvc' opID=1-2] text
_BRACKET = re.compile(
    r"\[(?P<thread>[0-9A-F]{6,16}) (?P<level>info|warning|error|verbose|trivia|panic|quiet) '(?P<sub>[^'\n]{0,128})'(?P<pairs>[^\]\n]{0,256})\] "
)
_SPRING = re.compile(
    r"\[(?P<thread>[^\[\]\n]{1,96}) \[[^\]\n]{0,96}\] (?P<level>[A-Z]{4,8}) {1,3}(?P<logger>[\w.$]{1,200}) opId=(?P<opID>[^\]\n]{0,128})\] "
)
_THREADED = re.compile(
    r"\[(?P<thread>[^\]\n]{1,96})\] (?P<level>[A-Z]{4,8}) {1,4}opId=(?P<opID>\S{0,128}) (?P<logger>[\w.$]{1,200}) - "
)
_CORRELATED = re.compile(r"\[(?:OpId|CorId)=(?P<opID>[^\]\n]{0,128})\] \[(?P<logger>[\w.$]{1,200})\] ")
_LEVELLED = re.compile(
    r"(?:\[(?P<level>[A-Z]{4,8}) ?\]|'(?P<component>[\w.:-]{1,64})' (?P<thread>\d{1,20}) (?P<its>[A-Z]{4,8}) ?|(?P<word>INFO|WARN|WARNING|ERROR|DEBUG)) "
)
_ABBREVIATED = re.compile(
    r"\[(?P<level>[A-Z]{4,8}) ?\] (?=(?P<thread>[\w.:-]{1,96}) {1,8}(?:\d{1,12} {1,8}){0,3}(?P<logger>(?:c\.v|com\.vmware)\.[\w.$]{1,200}) )"
)
# Java's garbage collector counts seconds since it began, which a syslog header takes for a program.
_COLLECTOR = re.compile(
    r"(?:\d{1,12}\.\d{1,6}: )?\[(?P<collector>(?:Full )?GC [^\n]{1,512}|[A-Z]\w{2,32}Reference, [^\n]{1,512})\]"
)
_UPTIME = re.compile(r"\d{1,12}\.\d{1,6}")
# What ESXi's crond, process launcher and DHCP client say where their header is lost: only there are such groups, programs and interfaces.
_BARE = re.compile(
    r"USER \S{1,64} pid \d{1,10} cmd [^\n]{1,1024}\+\+group=|Executing '(?:/[\w./-]{0,256}/)?(?P<process>[\w.-]{1,48})[ ']|DHCP[A-Z]{3,9} (?:on|of|from) [^\n]{0,64}?vmk\d{1,4} |(?:Unl|L)ocked esx\.conf$"
)
_CORRELATOR = re.compile(
    r"\s{0,8}(?:vobd: {1,4})?(?:\[(?P<sub>\w{1,32}Correlator)\] (?P<uptime>\d{1,20})us: {1,2}\[(?P<class>[\w.-]{1,128})\]|\[(?P<itself>(?:vob|esx)\.[\w.-]{1,128})\]) "
)
# cpu3:2097624 opID=1ab2)WARNING: ScsiDeviceIO: 4176: text
_KERNEL = re.compile(
    r"(?:(?P<level>WARNING|ALERT): )?cpu\d{1,4}:(?P<world>\d{1,12})(?: opID=(?P<opID>\w{1,32}))?\)"
    r"(?:(?P<its>WARNING|ALERT): )?(?:(?P<sub>[\w.-]{1,48}): (?:\d{1,6}: )?)?(?P<kernel>[^\n]{0,2048})"
)
_SHELL = re.compile(r"\[(?P<user>[\w.\\@-]{1,128})\]: (?P<typed>[^\n]{1,4096})")
_NUMBERED = re.compile(r"Event (?P<event_id>\d{1,18}) : ")
_TOMCAT = re.compile(
    r"\[(?P<stamp>[^\]\n]{20,32})\] (?P<thread>[\w.-]{1,64}) \[Request\] (?P<client>[0-9A-Fa-f.:\[\]]{2,64}) to local (?P<port>\d{1,5}) - "
    r"HTTP/(?P<version>[\d.]{1,4}) (?P<method>[A-Z]{1,16}) (?P<url>\S{1,2048}) \[Response\] (?P<status>\d{3}) - (?P<bytes>\d{1,18}) bytes"
)
_ENVOY = re.compile(
    r'\[[^\]\n]{20,32}\] "(?P<method>[A-Z]{1,16}) (?P<url>\S{1,2048}) HTTP/(?P<version>[\d.]{1,4})" (?P<status>\d{1,3}) \S{1,32} (?P<received>\d{1,18}) '
    r'(?P<bytes>\d{1,18}) \d{1,18} \S{1,18} "[^"\n]{0,512}" "(?P<agent>[^"\n]{0,512})"'
)
_ENVOY_VCENTER = re.compile(
    r"\S{20,32} (?P<method>[A-Z]{1,16}) (?P<url>\S{1,2048}) HTTP/(?P<version>[\d.]{1,4}) (?P<status>\d{1,3}) \S{1,64} \S{1,64} (?P<received>\d{1,18}) "
    r"(?P<bytes>\d{1,18}) (?:\S{1,18} ){3}(?P<client>[0-9A-Fa-f.:\[\]]{2,64}) (?P<server>[0-9A-Fa-f.:\[\]]{2,64})"
    r"(?: (?P<own>[0-9A-Fa-f.:\[\]]{2,64}))?"
)
_CONNECTION = re.compile(
    r"<TCP '(?P<here>[0-9A-Fa-f.:\[\]]{2,45}) : (?P<here_port>\d{1,5})'>, {1,2}<TCP '(?P<there>[0-9A-Fa-f.:\[\]]{2,45}) : (?P<there_port>\d{1,5})'>"
)


def decode(frame: Frame) -> Native | None:
    """Header fields by VMware's names (`sub`, `opID`, ...), what sentences say, and `message`: the text behind the headers."""
    program = frame.syslog.app.rpartition("/")[2].lower() if frame.syslog else ""
    text = frame.text.lstrip()
    if found := _TOMCAT.match(text):
        return {"message": text, "product": "VCenter", **_present(found.groupdict())}
    native: dict[str, Any] = {}
    if frame.syslog and (own := OWN_LEVEL.fullmatch(frame.syslog.hostname)):  # ESXi's own files name no host
        native["level"] = own[1]
    at = _header(text, native)
    known = program in _PROGRAMS or native.get("process", "").lower() in _PROGRAMS
    if program in _SHELLS and (typed := _SHELL.match(text, at)):
        native |= {**typed.groupdict(), "process": program}
    telling = any(name in native for name in ("class", "pairs", "opID", "collector", "logger", "world", "typed")) or (
        "event_id" in native and known
    )
    if not known and not telling and not _is_bare(text):
        return None
    if "collector" in native and not _UPTIME.fullmatch(program) and not _UPTIME.match(text, at):
        return None
    native["message"] = text[at:]
    name = str(native.get("process") or program).lower()
    native["product"] = (
        "VCenter"
        if name in _OF_VCENTER
        or "collector" in native
        or ("logger" in native and name not in _ESXI)
        or "account" in native
        else "ESXi"
    )
    native.pop("pairs", None)
    return _said(native)


def _is_bare(text: str) -> bool:
    found = _BARE.match(text)
    return found is not None and (found["process"] is None or found["process"].lower() in _PROGRAMS)


def _present(groups: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in groups.items() if value is not None}


_HEADERS = (
    _TAG,
    _ORIGINATOR,
    _BRACKET,
    _SPRING,
    _THREADED,
    _CORRELATED,
    _COLLECTOR,
    _ABBREVIATED,
    _LEVELLED,
    _CORRELATOR,
    _NUMBERED,
)


def _header(text: str, native: dict[str, Any]) -> int:
    """Fills in what stands in front of a message, part after part, and gives where the message begins."""
    at = 0
    if stamp := _STAMP.match(text):
        native["time"] = f"{stamp['time']}.{stamp['fraction'] or '0'}{stamp['zone'] or ''}"
        at = stamp.end()
    for pattern in _HEADERS:
        if found := pattern.match(text, at):
            native |= {
                name: value for name, value in found.groupdict().items() if value is not None and name not in native
            }
            at = found.end() if pattern is not _COLLECTOR else at
    if kernel := _KERNEL.match(text, at):
        native |= _present(kernel.groupdict())
    for name, own in (("its", "level"), ("word", "level"), ("itself", "class")):
        if name in native:
            native.setdefault(own, native.pop(name))
    native |= {name: value for name, value in _PAIR.findall(native.get("pairs", "")) if name not in native}
    if found := EVENT.match(text, at):
        native |= found.groupdict()
    return at


def _said(native: dict[str, Any]) -> Native:
    text = native["message"][:SPOKEN]
    for phrase in PHRASES:
        if phrase.word in text and (found := phrase.pattern.search(text)):
            native |= {f"said.{name}": value for name, value in found.groupdict().items() if value is not None}
            native["phrase"] = phrase
            if found.lastindex and " " in (lead := _lead(text, found)) and not lead.endswith(" to"):
                native["lead"] = lead
            break
    if "<TCP '" in text and (ends := _CONNECTION.search(text)):
        native |= ends.groupdict()
    for access in (_ENVOY, _ENVOY_VCENTER):
        if "HTTP/" in text and (found := access.match(text)):
            native |= _present(found.groupdict())
    if "{" in text[:2] and native.get("logger") == "auditlogger":
        native |= _audited(native["message"])
    return native


def _lead(text: str, found: re.Match[str]) -> str:
    """The words before the first thing that a sentence names."""
    first = min(found.start(group) for group in range(1, (found.re.groups or 0) + 1) if found.start(group) >= 0)
    return text[found.start() : first].removesuffix("for user ").rstrip(": '").removesuffix(" for")


def _audited(text: str) -> dict[str, Any]:
    """The JSON object of vCenter's single sign-on audit, which some forwarders escape."""
    for form in (text, text.replace('\\"', '"')):
        try:
            told = orjson.loads(form)
        except orjson.JSONDecodeError:
            continue
        return (
            {f"audit.{name}": value for name, value in told.items() if isinstance(value, str)}
            if isinstance(told, dict)
            else {}
        )
    return {}


def time(event: Event) -> int | None:
    native = event.native
    if (told := plain.time(event)) is not None:
        return told
    if "stamp" in native:
        return access_time(native["stamp"], event.frame.zone)
    return iso(native.get("time") or native.get("created") or "", event.frame.zone)


def kind(native: Native) -> Kind:
    return (Logsource(product="vmware", service=native["product"].lower()),)


FORMAT = Format(
    name="vmware",
    title="VMware ESXi and vCenter Server",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    programs=_PROGRAMS | _SHELLS,
    hints=(
        "@6876 ",
        "Originator@",
        "vSAN@",
        "Correlator] ",
        "Event [",
        "opId=",
        "opID=",
        " info '",
        " warning '",
        " error '",
        " verbose '",
        "[OpId=",
        "[CorId=",
        " [Request] ",
        "vim.",
        "esx.",
        "com.vmware.",
        "GC (",
        "GC pause ",
        "Reference, ",
        "c.v.v",
        " ++group=",
        "Executing '",
        " vmk",
        *(f"cpu{digit}" for digit in range(10)),
        "[vob.",
    ),
)
