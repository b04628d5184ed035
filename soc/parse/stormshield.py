"""Stormshield Network Security 3 to 4: every log type of the SNS Audit Logs guide, as syslog and as files keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc import instant
from soc.event import Kind, Logsource
from soc.parse import fieldmap, network, plain
from soc.parse.format import Format, Native
from soc.parse.keyvalue import spaced
from soc.parse.when import iso, zone_or

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_TABLE = fieldmap.table(
    (None, {
        "fw": "observer.hostname observer.name observer.serial_number", "user": "user.name",
        "domain": "user.domain", "ruleid": "rule.id", "rulename": "rule.name", "slotlevel": "rule.category", "policyid": "rule.ruleset",
        "srcif": "observer.ingress.interface.name", "srcifname": "observer.ingress.interface.alias",
        "dstif": "observer.egress.interface.name", "dstifname": "observer.egress.interface.alias",
        "virus": "threat.indicator.name", "filename": "file.name", "cat_site": "rule.description",
        "dstname": "destination.domain", "error": "error.code error.message", "alarmid": "event.code",
        "vulnid": "vulnerability.id", "severity": "vulnerability.severity",
    }),
    (str.upper, {
        "srccountry": "source.geo.country_iso_code", "dstcountry": "destination.geo.country_iso_code",
        "srccontinent": "source.geo.continent_code", "dstcontinent": "destination.geo.continent_code",
    }),
    (fieldmap.one, {"family": "vulnerability.category"}),
    (str.lower, {"ipproto": "network.transport", "proto": "network.protocol"}),
    (network.ip, {
        "src": "source.ip", "dst": "destination.ip", "modsrc": "source.nat.ip", "origdst": "destination.nat.ip",
        "remotenet": "client.ip", "address": "source.ip",
    }),
    (network.number, {
        "srcport": "source.port", "dstport": "destination.port", "modsrcport": "source.nat.port", "origdstport": "destination.nat.port",
        "sent": "source.bytes", "rcvd": "destination.bytes", "result": "http.response.status_code", "risk": "event.risk_score",
        "pri": "event.severity event.risk_score",  # which ECS has for the system's own priority too
    }),
    (network.mac, {"srcmac": "source.mac", "dstmac": "destination.mac"}),
)  # fmt: skip
_KNOWN = (_TABLE.names - {"dstname"}) | {
    "id",
    "op",
    "time",
    "startime",
    "raw",
    "msg",
    "duration",
    "arg",
    "ipv",
    "logtype",
    "tz",
}
_LEVELS = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
_FLOWS = frozenset({"filter", "connection", "count", "filterstat"})
_METHODS = frozenset({"GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND"})
_MAILS = frozenset({"smtp", "pop3"})
_LOGINS = frozenset({"auth", "xvpn"})
_DENIED = frozenset({"block", "reset", "deny", "drop", "nolog"})
_SESSIONS = {"ssh": "ssh", "openvpn": "openvpn", "https": "https", "ssl": "https"}


def decode(frame: Frame) -> Native | None:
    text = frame.text
    if "logtype=" not in text or "fw=" not in text:
        return None
    native = spaced(text)
    return {**native, "raw": text} if "fw" in native and "logtype" in native and "time" in native else None


def time(event: Event) -> int | None:
    return _moment(event, "time") or plain.time(event)


def _moment(event: Event, name: str) -> int | None:
    told = event.native.get(name, "")
    return iso(told.replace(" ", "T"), zone_or(event.native.get("tz", ""), event.frame.zone)) if told else None


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.product"] = "Stormshield", "Stormshield Network Security"
    document["observer.type"] = "firewall"
    fieldmap.fill(document, native, _TABLE)
    fieldmap.keep(document, native, "stormshield.", _KNOWN)
    if (name := native.get("dstname", "")) and (name.startswith("host_") or "." not in name):
        document["destination.domain"] = None  # the name of an object in the firewall's own configuration
    document["event.timezone"] = native.get("tz") or document.get("event.timezone")
    document["stormshield.logtype"] = native["logtype"]
    if (level := network.number(native.get("pri"))) is not None and level < len(_LEVELS):
        document["log.level"] = _LEVELS[level]
    document["message"] = native.get("msg") or event.frame.text
    document["event.reason"] = native.get("msg")
    started = _moment(event, "startime")
    document["event.start"] = instant.iso(started) if started is not None else None
    whole, _, part = native.get("duration", "").partition(".")
    if (seconds := network.number(whole)) is not None and seconds < 1 << 33:
        document["event.duration"] = (
            seconds * 1_000_000_000 + (network.number(part[:2].ljust(2, "0")) or 0) * 10_000_000
        )
    if native["logtype"] in {"plugin", "web"}:
        document["url.domain"], document["url.path"] = document.get("destination.domain"), native.get("arg")
    document["http.request.method" if native.get("op") in _METHODS else "stormshield.op"] = native.get("op")
    if native["logtype"] in _MAILS:
        _mail(native, document)
    _meaning(native, document)


def _mail(native: Native, document: Document) -> None:
    """Who wrote to whom stands where other logs have the user and the name of the host."""
    for name, told, target in (("user", "user.name", "email.from"), ("dstname", "destination.domain", "email.to")):
        if "@" in (address := native.get(name, "")):
            document[told], document[f"{target}.address"] = None, [address]


def _meaning(native: Native, document: Document) -> None:
    type_, action, said = native["logtype"], native.get("action", ""), native.get("msg", "").lower()
    failed = action in _DENIED or "fail" in said or "denied" in said
    document["event.action"] = action
    document["event.category"], document["event.type"] = ["network"], ["info"]
    if type_ in _LOGINS:
        document["event.action"] = "authentication" if type_ == "auth" else action
        document["event.category"], document["event.outcome"] = ["authentication"], "failure" if failed else "success"
        document["network.protocol"] = document.get("network.protocol") or _SESSIONS.get(
            (native.get("method") or said).split(" ")[0].lower()
        )
    elif type_ in _FLOWS or type_ == "vpn":
        document["event.type"] = ["connection"]
        if action:
            document["event.outcome"] = "failure" if failed else "success"
            document["event.type"] += ["denied" if failed else "allowed"]
    elif type_ in {"plugin", "web"}:
        document["event.category"], document["event.outcome"] = ["web"], "failure" if failed else "success"
        document["event.type"] = ["info", "denied"] if action in _DENIED else ["info"]
    elif type_ in _MAILS:
        document["event.category"], document["event.outcome"] = ["email"], "failure" if failed else "success"
        document["event.type"] = ["info", "denied"] if action in _DENIED else ["info"]
    elif type_ == "pvm":
        document["event.category"] = ["vulnerability"]
    elif type_ in {"alarm", "sandboxing", "virus"}:
        document["event.kind"] = "alert"
        document["event.category"] = (
            ["process"] if native.get("class") == "system" else ["intrusion_detection", "network"]
        )
        document["event.outcome"] = "failure" if failed else None
        document["event.type"] = ["info", "denied"] if action in _DENIED else ["info"]
    elif type_ in {"system", "monitor", "server", "count", "routerstat"}:
        document["event.category"] = ["host"]


def _kind(category: str, service: str) -> Kind:
    return (
        Logsource(product="stormshield", category=category, service=service),
        Logsource(product="stormshield", category="firewall"),
    )


_KINDS: dict[str, Kind] = {
    name: _kind(category, name)
    for name, category in (("filter", "firewall"), ("connection", "firewall"), ("web", "proxy"), ("plugin", "proxy"), ("alarm", "ids"),
                           ("auth", "authentication"), ("vpn", "vpn"), ("xvpn", "vpn"))
}  # fmt: skip
_OTHER = _kind("firewall", "")


def kind(native: Native) -> Kind:
    return _KINDS.get(native["logtype"], _OTHER)


FORMAT = Format(
    name="stormshield",
    title="Stormshield Network Security",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    hints=("logtype=",),
)
