"""What the fields of Sophos UTM (Astaro Security Gateway) are in ECS: `id="2001" severity="info" sys="SecureNet" sub="packetfilter" name="Packet dropped" ...`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.parse import fieldmap, network, url

if TYPE_CHECKING:
    from soc.parse.format import Document, Native

_TABLE = fieldmap.table(
    (None, {
        "severity": "log.level", "name": "event.action message", "reason": "event.reason", "error": "error.message",
        "user": "user.name", "username": "user.name", "event": "event.action", "virus": "threat.indicator.name",
        "group": "user.group.name", "caller": "network.application", "app": "network.application",
        "fwrule": "rule.id", "initf": "observer.ingress.interface.name", "outitf": "observer.egress.interface.name",
        "method": "http.request.method", "referer": "http.request.referrer", "ua": "user_agent.original",
        "content-type": "http.response.mime_type", "filename": "file.name", "subject": "email.subject",
        "filteraction": "rule.name", "profile": "rule.ruleset", "categoryname": "rule.category", "exploit": "rule.name",
        "utm_host": "host.name host.hostname observer.hostname", "program": "event.code process.name", "threatname": "threat.indicator.name",
        "message-id": "email.message_id", "srcname": "source.domain", "dstname": "destination.domain",
    }),
    (network.ip, {"srcip": "source.ip", "dstip": "destination.ip"}),
    (network.mac, {"srcmac": "source.mac", "dstmac": "destination.mac"}),
    (network.number, {
        "srcport": "source.port", "dstport": "destination.port", "pid": "process.pid", "length": "source.bytes",
        "statuscode": "http.response.status_code", "size": "http.response.bytes",
    }),
    (fieldmap.one, {"from": "email.from.address", "to": "email.to.address"}),
)  # fmt: skip
_OWN = frozenset({"raw", "body", "message", "date", "time", "timestamp", "protocol", "url", "sha1sum", "duration", "responsetime",
                  "year", "month", "day", "clock", "proto", "timezone"})  # fmt: skip
_KNOWN = _TABLE.names | _OWN
_PID = re.compile(r"\[pid (\d{1,10})(?::[^\]]{0,32})?\]")


def fill(native: Native, document: Document) -> None:
    """Adds the ECS fields of one record."""
    document["observer.product"] = "UTM"
    document["message"] = native["body"]
    if "name" in native:
        document["message"] = None
    document["network.transport"] = network.transport(native.get("proto"))[0]
    fieldmap.fill(document, native, _TABLE)
    fieldmap.keep(document, native, "sophos.utm.", _KNOWN)
    url.fill(document, native.get("url", ""))
    if "pid" not in native and (process := _PID.search(native["body"])):
        document["process.pid"] = int(process[1])
    document["related.ip"] = network.ip(native.get("virtual_ip"))
    _inspected(native, document)
    _meaning(native, document)


def _inspected(native: Native, document: Document) -> None:
    """Of intrusion prevention `group` is one of its rules'; a web application firewall names the server that was asked."""
    if native.get("sub") == "ips":
        document["rule.id"], document["rule.name"] = native.get("sid"), native.get("reason")
        document["rule.category"] = native.get("class")
        document["user.group.name"] = None
    if native.get("program") == "reverseproxy" and "server" in native:
        document["url.domain"], document["url.port"] = native["server"], network.number(native.get("port"))
        document["url.query"] = native.get("query", "").removeprefix("?") or document.get("url.query")
        document["destination.ip"] = network.ip(native.get("localip"))
        document["user.name"] = None if native.get("user") == "-" else document.get("user.name")


_DENIED = frozenset({"drop", "reject", "block"})
_PASSED = frozenset({"accept", "pass", "log"})
# By `sub`: what a record is about, where that is more than network traffic.
_ABOUT = {"ips": "intrusion_detection", "confd": "configuration"}


def _meaning(native: Native, document: Document) -> None:
    told, sub = native.get("action", "").lower(), native.get("sub", "")
    category, types = ["network"], ["info"]
    if sub == "auth" or native.get("program") == "aua":
        failed = "fail" in native.get("name", "").lower()
        category, document["event.outcome"] = ["authentication"], "failure" if failed else "success"
        types = ["start"]
    elif sub == "confd":
        types = ["change"]
    elif sub == "vpn" and "event" in native:
        types = ["connection", "end" if "terminat" in native["event"].lower() else "start"]
    elif told in _DENIED:
        types = ["connection", "denied"]
    elif told in _PASSED:
        types = ["connection", "allowed"]
    if sub in _ABOUT:
        category = [_ABOUT[sub]] if sub == "confd" else [_ABOUT[sub], "network"]
    elif native.get("virus"):
        category, document["event.kind"] = ["malware", "network"], "alert"
    document["event.category"], document["event.type"] = category, types
