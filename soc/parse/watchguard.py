"""WatchGuard Firebox, Fireware 11 to 12: traffic, event and alarm logs as LEEF and as the device's own syslog.

The own form places what every traffic log has: `msg_id="3000-0148" Deny 0-External Firebox 52 tcp 20 63 192.0.2.1 198.51.100.2
1025 23 ... (policy)`; which message a number is of is in the Fireware Log Catalog.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import fieldmap, network, plain, url
from soc.parse.format import Format, Native
from soc.parse.keyvalue import pairs

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_LEEF = re.compile(
    r"(?:LEEF:)?(?P<leef>\d\.\d)\|WatchGuard\|(?P<product>[^|]{0,64})\|(?P<version>[^|]{0,64})\|(?P<msg_id>[^|]{0,32})\|(?:(?P<separator>[^|]{1,4})\|)?"
)
_SEPARATOR = re.compile(r"#011|\t")
_NATIVE = re.compile(
    r"(?:\((?P<serial>[0-9A-Za-z]{8,20})\) )?(?:(?P<process>[\w-]{2,32})(?:\[\d{1,10}\])?: )?msg_id=\"(?P<msg_id>[0-9A-F]{4}-[0-9A-F]{4})\" ?"
)
_TRAFFIC = re.compile(
    r"(?P<disp>Allow|Deny|Drop|Reset|Strip|Lock|Quarantine) (?P<in_if>\S{1,64}) (?P<out_if>\S{1,64}) (?:(?P<length>\d{1,6}) )?(?P<proto>[a-z][\w/-]{1,15}) (?:\d{1,5} \d{1,5} )?"
    r"(?P<src>[0-9A-Fa-f.:]{2,45}) (?P<dst>[0-9A-Fa-f.:]{2,45})(?: (?P<srcPort>\d{1,5}) (?P<dstPort>\d{1,5}))?(?: |$)"
)
_POLICY = re.compile(r"\(([^()]{1,128})\)\s{0,4}$")
_USER = re.compile(r"\b[Uu]ser \[?([^\s\]@<>]{1,128})(?:@[^\s\]]{0,255})?\]?")
_LEASE = re.compile(
    r"DHCP(?P<act>[A-Z]{3,9}) (?:on|for|of|from) (?:(?P<address>[0-9A-Fa-f.:]{7,45}) (?:(?:to|from) ))?(?P<mac>[0-9a-f:]{17})?(?: \((?P<name>[^)]{1,255})\))?(?: via (?P<interface>[\w.]{1,32}))?"
)
_FROM = re.compile(r" from ([0-9A-Fa-f.:]{2,45})\b")
_TABLE = fieldmap.table(
    (None, {
        "msg_id": "event.code", "serial": "observer.serial_number", "host_name": "observer.hostname", "product": "observer.product",
        "version": "observer.version", "disp": "event.action", "policy": "rule.ruleset", "proxy_act": "rule.category",
        "in_if": "observer.ingress.interface.name", "out_if": "observer.egress.interface.name", "question": "dns.question.name",
        "query_type": "dns.question.type", "dstname": "destination.domain destination.address", "rule_name": "rule.name", "content_type": "http.response.mime_type", "op": "http.request.method", "app_name": "network.application",
        "app": "network.application", "src_user": "source.user.name", "user": "user.name", "sig_id": "rule.id", "signature_id": "rule.id",
        "signature_name": "rule.name", "sni": "tls.client.server_name", "virus": "threat.indicator.name", "file": "file.name",
    }),
    (str.lower, {"proto": "network.transport"}),
    (network.ip, {
        "src": "source.ip", "dst": "destination.ip", "src_ip_nat": "source.nat.ip", "srcNatIP": "source.nat.ip", "dst_ip_nat": "destination.nat.ip",
        "dstNatIP": "destination.nat.ip",
    }),
    (network.number, {
        "srcPort": "source.port", "dstPort": "destination.port", "src_port": "source.port", "dst_port": "destination.port",
        "sent_bytes": "source.bytes", "rcvd_bytes": "destination.bytes", "sent": "source.bytes", "rcvd": "destination.bytes",
        "srcNatPort": "source.nat.port", "dstNatPort": "destination.nat.port", "pid": "process.pid",
    }),
)  # fmt: skip
_KNOWN = _TABLE.names | {"raw", "msg", "leef", "separator", "arg", "devTime", "devTimeFormat", "process"}


def decode(frame: Frame) -> Native | None:
    text = frame.text
    if "|WatchGuard|" in text[:64] and (leef := _LEEF.search(text, 0, 512)):
        found = {name: value for name, value in leef.groupdict().items() if value}
        for pair in _SEPARATOR.split(text[leef.end() :]):
            name, given, value = pair.partition("=")
            if given:
                found.setdefault(name, value.strip())
        return {**found, "raw": text}
    if "msg_id=" not in text[:160]:
        return None
    head = _NATIVE.match(text)
    if head is None:
        return None
    found = {name: value for name, value in head.groupdict().items() if value}
    body = text[head.end() :]
    if traffic := _TRAFFIC.match(body):
        found |= {name: value for name, value in traffic.groupdict().items() if value}
    policy = _POLICY.search(body)
    if policy:
        found["policy"] = policy[1]
    found = {**pairs(body[: policy.start()] if policy else body), **found}
    if "msg" not in found and "disp" not in found:
        found["msg"] = body
    return {**found, "raw": text}


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.type"] = "WatchGuard", "firewall"
    if event.frame.syslog:
        document["observer.hostname"] = event.frame.syslog.hostname
    fieldmap.fill(document, native, _TABLE)
    document["observer.product"] = document.get("observer.product") or "Firebox"
    fieldmap.keep(document, native, "watchguard.firebox.", _KNOWN)
    document["process.name"] = native.get("process") or document.get("process.name")
    said = native.get("msg")
    document["event.reason"], document["message"] = said, said or event.frame.text
    if said:
        _people(said, document)
    if "question" in native:
        document["network.protocol"] = "dns"
    if "arg" in native and "dstname" in native:
        url.fill(document, native["arg"])
        document["url.domain"] = native["dstname"]
    _meaning(native, said or "", document)


def _people(said: str, document: Document) -> None:
    if lease := _LEASE.match(said):
        document["network.protocol"], document["source.ip"] = "dhcp", network.ip(lease["address"])
        document["source.mac"], document["observer.ingress.interface.name"] = (
            network.mac(lease["mac"]),
            lease["interface"],
        )
        document["source.domain"] = document["source.address"] = lease["name"]
    if user := _USER.search(said, 0, 1024):
        document["user.name"] = document.get("user.name") or user[1]
    if address := _FROM.search(said, 0, 1024):
        document["source.ip"] = document.get("source.ip") or network.ip(address[1])


def _meaning(native: Native, said: str, document: Document) -> None:
    if "Authentication of" in said or "log in attempt" in said or "logged in" in said or "authenticat" in said:
        document["event.category"], document["event.type"] = ["authentication"], ["start"]
        failed = "reject" in said or "fail" in said or "denied" in said
        document["event.outcome"] = "failure" if failed else "success"
    elif "logged out" in said:
        document["event.category"], document["event.type"] = ["session"], ["end"]
    elif disposition := native.get("disp"):
        allowed = disposition in {"Allow", "Strip"}
        document["event.category"], document["event.type"] = (
            ["network"],
            ["connection", "allowed" if allowed else "denied"],
        )
    else:
        document["event.category"], document["event.type"] = ["host"], ["info"]


_KIND: Kind = (Logsource(product="watchguard", category="firewall"), Logsource(product="watchguard", category="proxy"))


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="watchguard",
    title="WatchGuard Firebox",
    decode=decode,
    time=plain.time,
    ecs=ecs,
    kind=kind,
    hints=("|WatchGuard|", "msg_id="),
)
