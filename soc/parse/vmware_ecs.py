"""What the fields of VMware's logs are in ECS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.parse import network, url
from soc.parse.vmware_messages import EVENT, EVENTS, OWN_LEVEL, SPOKEN

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native
    from soc.parse.vmware_messages import Phrase

_LEVELS = {
    "In": "info", "Wa": "warning", "Er": "error", "Db": "debug", "No": "notice", "Cr": "critical", "Al": "alert", "Em": "emergency",
}  # fmt: skip
_URL = re.compile(r"\bhttps?://[^\s'\"<>,;)\]]{3,2048}")
_ERROR = re.compile(r"\bERROR_[A-Z_]{3,64}\b")
_FAULT = re.compile(r"\bvim\.fault\.\w{1,64}")
_ACCOUNT = re.compile(r"(?:(?P<domain>[^\\@\s]{1,128})\\)?(?P<user>[^\\\s]{1,256})")


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.product"] = "VMware", native["product"]
    level = native.get("level", "")
    document["log.level"] = _LEVELS.get(level.partition("(")[0], level) or None
    document["message"] = native["message"]
    if event.frame.syslog and OWN_LEVEL.fullmatch(event.frame.syslog.hostname):
        for name in ("host.name", "host.hostname", "log.syslog.hostname"):
            document[name] = None
    if "collector" in native:  # whose seconds stand where a program stands
        document["process.name"] = document["log.syslog.appname"] = None
    document["log.logger"] = (
        native.get("logger") or (native.get("class") if "account" in native else None) or native.get("sub")
    )
    document["process.name"] = native.get("process") or document.get("process.name")
    document["process.pid"] = network.number(native.get("pid")) or document.get("process.pid")
    document["process.thread.name"] = native.get("thread")
    document["event.id"] = native.get("event_id")
    document["event.code"] = native.get("class") or (
        fault[0] if (fault := _FAULT.search(native["message"][:SPOKEN])) else None
    )
    error = _ERROR.search(native["message"][:SPOKEN]) if "ERROR_" in native["message"] else None
    document["error.code"] = error[0] if error else None
    document["event.action"] = native.get("component") or native.get("class")
    document["trace.id"] = native.get("opID") or None
    for name in ("sub", "sid", "world", "datacenter", "chain"):
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
        if "said.address" in native:
            document["source.user.name"] = document["user.name"]
        return
    document["user.target.name"] = native.get("said.target")
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
    own = network.endpoint(native.get("own", ""))[0] if host is None else host
    document["host.ip"] = [own] if own and network.is_ip(own) else None
    document["process.command_line"] = native.get("said.command") or native.get("typed")
    document["process.pid"] = network.number(native.get("said.pid")) or document.get("process.pid")
    report = native.get("said.report")
    document["file.name"] = native.get("said.file") or (report.rpartition("/")[2] if report else None)
    document["file.directory"] = native.get("said.directory") or (report.rpartition("/")[0] if report else None)
    document["file.size"] = network.number(native.get("said.size"))
    document["user_agent.original"] = native.get("said.agent") or native.get("agent")


def _access(native: Native, document: Document) -> None:
    if path := native.get("url") or native.get("said.path"):
        url.fill(document, path)
    elif "://" in native["message"][:SPOKEN] and (linked := _URL.search(native["message"][:SPOKEN])):
        url.fill(document, linked[0])
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
    elif "typed" in native:
        document["event.category"], document["event.type"] = ["process"], ["start"]
    elif event := EVENTS.get(native.get("class", "").rpartition(".")[2].removesuffix("Event")):
        document["event.category"], document["event.type"] = list(event[0]), list(event[1])
        document["event.outcome"] = event[2]
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
_HEADED = frozenset({"level", "class", "sub", "logger"})


def _reason(native: Native) -> str | None:
    """What happened, in the words of an event or of a daemon, without the place in the code that says it."""
    if "kernel" in native:
        return str(native["kernel"]) or None
    message: str = native["message"]
    if "account" in native:
        told = EVENT.match(message)
        return message[told.end() :].rstrip("]").partition(" (login time")[0] if told else None
    if "method" in native or "collector" in native or not _HEADED.intersection(native):
        return native.get("collector")
    if cause := _CAUSE.search(message[:SPOKEN]):
        return cause[1] or cause[2]
    if told := native.get("said.whole") or native.get("lead"):
        return str(told)
    start = _AREA.match(message) or ("level" not in native and _FUNCTION.match(message))
    return message[start.end() if start else 0 :].partition("; <<")[0]


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
