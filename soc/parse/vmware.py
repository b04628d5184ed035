"""VMware ESXi 5 to 8 (hostd, vpxa, fdm, vobd, vmkernel, ...) and vCenter Server 6 to 8 (vpxd, vmon, SSO, vAPI, envoy, ...).

Broadcom's "Log File Locations" for both products; events follow the classes `vim.event.*` of the vSphere Web Services API.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson

from soc.event import Logsource
from soc.parse import network, plain, url
from soc.parse.format import Format
from soc.parse.vmware_messages import PHRASES, Phrase
from soc.parse.when import access_time, iso

if TYPE_CHECKING:
    from soc.event import Event, Kind
    from soc.parse.format import Document, Native
    from soc.parse.frame import Frame

_ESXI = frozenset({
    "hostd", "vpxa", "fdm", "vobd", "vmkernel", "vmkwarning", "vmkeventd", "rhttpproxy", "hostd-probe", "healthd", "esxupdate", "esxcli",
    "vsanmgmtd", "vsand", "vmauthd", "dcui", "esxshell", "esxtokencpl", "configstore", "configstored", "backup.sh", "lacp", "nfcd", "sdrsinjector",
    "storagerm", "swapobjd", "usbarb", "vsansystem", "vvold", "apiforwarder", "clusterstore", "smad", "settingsd", "jumpstart", "ntpclient",
    "sensord", "cdp", "iofilterd", "vmsyslogd", "dhclient-uw", "watchdog-hostd", "crx", "infravisor", "addvob", "entropyd", "loadesx",
})  # fmt: skip
_VCENTER = frozenset({
    "vpxd", "vmon", "updatemgr", "vmcad", "vmafdd", "vmdird", "vmware-vpxd", "vpxd-svcs", "vpxd-profiler", "applmgmt", "applmgmt-audit", "sso",
    "websso", "ssoadminserver", "vsphere-ui", "vapi-endpoint", "eam", "sps", "rbd", "cis-license", "content-library", "perfcharts", "pschealth",
    "vmware-sps", "vmware-eam", "vstatsd", "trustmanagement", "wcp", "vlcm", "hvc", "lookupsvc", "certificatemanagement", "analytics",
    "envoy", "envoy-access", "vsan-health", "vmware-vpostgres", "vum", "tokenservice", "sts", "vmware-sca", "certmgr",
})  # fmt: skip
_LEVELS = {
    "In": "info", "Wa": "warning", "Er": "error", "Db": "debug", "No": "notice", "Cr": "critical", "Al": "alert", "Em": "emergency",
}  # fmt: skip
_OWN_LEVEL = re.compile(r"([A-Z][a-z])\(\d{1,4}\)")
_STAMP = re.compile(
    r"\[?(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.:](?P<fraction>\d{1,9}))?(?P<zone>Z|[+-]\d\d:?\d\d)?(?:\]|:)? {1,4}"
)
_TAG = re.compile(
    r"(?:(?P<tag>[\w.-]{1,32}): {1,4})?(?P<level>[a-z]{4,8}|[A-Z]{4,8}|[A-Z][a-z]\(\d{1,4}\)) (?P<process>[\w.-]{1,48})"
    r"(?:\[(?P<pid>\w{1,16})(?::(?P<thread>[^\]\n]{0,96}))?\]:?|:) {1,4}"
)
_ORIGINATOR = re.compile(r"\[(?:Originator|vSAN|\w{1,16})@\d{1,6} (?P<pairs>[^\]\n]{0,512})\] ?")
_PAIR = re.compile(r"(\w{1,16})=([^\s\]]{0,256})")
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
_COLLECTOR = re.compile(r"\d{1,12}\.\d{1,6}: \[(?P<collector>[^\n]{1,512})\]")
_CORRELATOR = re.compile(
    r"\s{0,8}(?:vobd: {1,4})?\[(?P<sub>\w{1,32}Correlator)\] (?P<uptime>\d{1,20})us: {1,2}\[(?P<class>[\w.-]{1,128})\] "
)
_EVENT = re.compile(
    r"Event \[(?P<event_id>\d{1,18})\] \[\d{1,4}-\d{1,4}\] \[(?P<created>[^\]\n]{0,40})\] \[(?P<class>[\w.-]{0,128})\] \[(?P<level>\w{0,16})\] "
    r"\[(?P<account>[^\]\n]{0,256})\] \[(?P<datacenter>[^\]\n]{0,256})\] \[(?P<chain>\d{0,18})\] \["
)
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
)
_CONNECTION = re.compile(
    r"<TCP '(?P<here>[0-9A-Fa-f.:\[\]]{2,45}) : (?P<here_port>\d{1,5})'>, {1,2}<TCP '(?P<there>[0-9A-Fa-f.:\[\]]{2,45}) : (?P<there_port>\d{1,5})'>"
)
_FAULT = re.compile(r"\bvim\.fault\.\w{1,64}")
_SPOKEN = 4096
_ACCOUNT = re.compile(r"(?:(?P<domain>[^\\@\s]{1,128})\\)?(?P<user>[^\\\s]{1,256})")


def decode(frame: Frame) -> Native | None:
    """Header fields by VMware's names (`sub`, `opID`, ...), what sentences say, and `message`: the text behind the headers."""
    program = frame.syslog.app.rpartition("/")[2].lower() if frame.syslog else ""
    text = frame.text.lstrip()
    if found := _TOMCAT.match(text):
        return {"message": text, "product": "VCenter", **_present(found.groupdict())}
    native: dict[str, Any] = {}
    if frame.syslog and (own := _OWN_LEVEL.fullmatch(frame.syslog.hostname)):  # ESXi's own files name no host
        native["level"] = own[1]
    at = _header(text, native)
    known = program in _ESXI or program in _VCENTER or native.get("process", "").lower() in _ESXI | _VCENTER
    telling = any(name in native for name in ("class", "pairs", "opID", "collector")) or (
        "event_id" in native and known
    )
    if not known and not telling:
        return None
    native["message"] = text[at:]
    name = str(native.get("process") or program).lower()
    native["product"] = (
        "VCenter"
        if name in _VCENTER
        or "collector" in native
        or ("logger" in native and name not in _ESXI)
        or "account" in native
        else "ESXi"
    )
    native.pop("pairs", None)
    return _said(native)


def _present(groups: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in groups.items() if value is not None}


_HEADERS = (_TAG, _ORIGINATOR, _BRACKET, _SPRING, _THREADED, _CORRELATED, _COLLECTOR, _LEVELLED, _CORRELATOR, _NUMBERED)


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
    for name in ("its", "word"):
        if name in native:
            native.setdefault("level", native.pop(name))
    native |= {name: value for name, value in _PAIR.findall(native.get("pairs", "")) if name not in native}
    if found := _EVENT.match(text, at):
        native |= found.groupdict()
    return at


def _said(native: dict[str, Any]) -> Native:
    text = native["message"][:_SPOKEN]
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


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.product"] = "VMware", native["product"]
    level = native.get("level", "")
    document["log.level"] = _LEVELS.get(level.partition("(")[0], level) or None
    document["message"] = native["message"]
    if event.frame.syslog and _OWN_LEVEL.fullmatch(event.frame.syslog.hostname):
        for name in ("host.name", "host.hostname", "log.syslog.hostname"):
            document[name] = None
    document["log.logger"] = (
        native.get("logger") or (native.get("class") if "account" in native else None) or native.get("sub")
    )
    document["process.name"] = native.get("process") or document.get("process.name")
    document["process.pid"] = network.number(native.get("pid")) or document.get("process.pid")
    document["process.thread.name"] = native.get("thread")
    document["event.id"] = native.get("event_id")
    document["event.code"] = native.get("class") or (
        fault[0] if (fault := _FAULT.search(native["message"][:_SPOKEN])) else None
    )
    document["event.action"] = native.get("component") or native.get("class")
    document["trace.id"] = native.get("opID") or None
    for name in ("sub", "sid", "datacenter", "chain"):
        document[f"vmware.{native['product'].lower()}.{name}"] = native.get(name)
    _account(native, document)
    _ends(native, document)
    _access(native, document)
    _meaning(native, document)
    _audit(native, document)


def _account(native: Native, document: Document) -> None:
    """The header's account, unless a sentence names the one that acts."""
    if "said.user" in native:
        document["user.name"], document["user.domain"] = native["said.user"], native.get("said.domain")
        name, at, domain = native["said.user"].partition("@")
        if at:
            document["user.name"], document["user.domain"] = name, domain
        return
    account = native.get("account") or native.get("user") or ""
    name, colon, alias = account.partition(":")
    if found := _ACCOUNT.fullmatch(name):
        document["user.name"], document["user.domain"] = found["user"], found["domain"] or (alias if colon else None)


def _ends(native: Native, document: Document) -> None:
    for side, prefix in (("source", "here"), ("destination", "there")):
        document[f"{side}.ip"] = network.ip(native.get(prefix))
        document[f"{side}.port"] = network.number(native.get(f"{prefix}_port"))
    if address := native.get("said.address"):
        document["source.address"] = address
        document["source.domain"] = None if network.is_ip(address) else address
    if server := native.get("said.server"):
        document["destination.address"], document["destination.port"] = (
            server,
            network.number(native.get("said.server_port")),
        )
        document["destination.domain"] = None if network.is_ip(server) else server
    document["network.transport"] = "tcp" if "here" in native else None
    document["observer.egress.interface.name"] = native.get("said.interface")
    host = native.get("said.host")
    document["related.hosts"] = [host] if host and not network.is_ip(host) else None
    document["host.ip"] = [host] if host and network.is_ip(host) else None
    document["process.command_line"] = native.get("said.command")
    document["process.pid"] = network.number(native.get("said.pid")) or document.get("process.pid")
    report = native.get("said.report")
    document["file.name"] = native.get("said.file") or (report.rpartition("/")[2] if report else None)
    document["file.size"] = network.number(native.get("said.size"))
    document["user_agent.original"] = native.get("said.agent") or native.get("agent")


def _access(native: Native, document: Document) -> None:
    if path := native.get("url") or native.get("said.path"):
        url.fill(document, path)
    if "method" not in native:
        return
    document["http.request.method"], document["http.version"] = native["method"], native.get("version")
    status = network.number(native.get("status"))
    document["http.response.status_code"] = status or None
    document["http.request.body.bytes"] = network.number(native.get("received"))
    document["http.response.body.bytes" if "received" in native else "http.response.bytes"] = network.number(
        native.get("bytes")
    )
    for side, name in (("source", "client"), ("destination", "server")):
        if name in native:
            address, document[f"{side}.port"] = network.endpoint(native[name])
            document[f"{side}.ip"] = network.ip(address)
    document["destination.port"] = network.number(native.get("port")) or document.get("destination.port")


def _meaning(native: Native, document: Document) -> None:
    phrase: Phrase | None = native.get("phrase")
    if phrase:
        document["event.category"], document["event.type"] = list(phrase.category), list(phrase.types)
        document["event.outcome"] = phrase.outcome or None
    elif "method" in native:
        document["event.category"], document["event.type"] = ["web"], ["access"]
    elif native["product"] == "ESXi":
        document["event.category"], document["event.type"] = ["process"], ["info"]
    if document["log.level"] == "error" and document.get("event.type"):
        document["event.type"] = [*dict.fromkeys([*document["event.type"], "error"])]
    document["event.reason"] = _reason(native)


_AREA = re.compile(r"\[[\w:]{1,48}\] (?:-- (?=BEGIN|FINISH))?")
_CAUSE = re.compile(r", ((?:last )?e: \d{1,6}\([^)\n]{1,256}\)[^\n]{0,256})| failed with ([A-Z][^\n]{1,256})$")
_FUNCTION = re.compile(r"(?:[A-Z]\w{2,48}: )?")


def _reason(native: Native) -> str | None:
    """What happened, in the words of an event or of a daemon, without the place in the code that says it."""
    message: str = native["message"]
    if "account" in native:
        told = _EVENT.match(message)
        return message[told.end() :].rstrip("]").partition(" (login time")[0] if told else None
    if "method" in native or "collector" in native or not _HEADED.intersection(native):
        return native.get("collector")
    if cause := _CAUSE.search(message[:_SPOKEN]):
        return cause[1] or cause[2]
    if "lead" in native:
        return str(native["lead"])
    start = _AREA.match(message) or ("level" not in native and _FUNCTION.match(message))
    return message[start.end() if start else 0 :].partition("; <<")[0]


_HEADED = frozenset({"level", "class", "sub", "logger"})
_SUCCEEDED = {"LoginSuccess": ("start", "success"), "LoginFailure": ("start", "failure"), "Logout": ("end", "success")}


def _audit(native: Native, document: Document) -> None:
    """Single sign-on's own record of a log-in."""
    if "audit.type" not in native:
        return
    document["event.code"] = native["audit.type"]
    document["event.reason"] = native.get("audit.description")
    user, at, domain = native.get("audit.user", "").rpartition("@")
    document["user.name"], document["user.domain"] = (user, domain) if at else (domain or None, None)
    document["source.ip"] = network.ip(native.get("audit.client"))
    document["source.address"] = document["source.ip"] or native.get("audit.client")
    types, outcome = _SUCCEEDED.get(native["audit.type"].rpartition(".")[2], ("info", None))
    document["event.category"], document["event.type"], document["event.outcome"] = ["authentication"], [types], outcome
    code = native.get("audit.description", "").rpartition("response code ")[2]
    document["http.response.status_code"] = network.number(code) if len(code) == 3 else None


def kind(native: Native) -> Kind:
    return (Logsource(product="vmware", service=native["product"].lower()),)


FORMAT = Format(
    name="vmware",
    title="VMware ESXi and vCenter Server",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    programs=_ESXI | _VCENTER,
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
        ": [GC ",
        "Reference, ",
    ),
)
