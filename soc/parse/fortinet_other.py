"""Fortinet FortiWeb 5 to 7 and FortiADC (attack, traffic and event logs), and FortiProxy, which writes what FortiGate writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc import instant
from soc.event import Kind, Logsource
from soc.parse import fieldmap, fortigate, fortigate_ecs, network, url
from soc.parse.format import Format, Native
from soc.parse.keyvalue import pairs
from soc.parse.when import epoch, iso, zone

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_WEB_TABLE = fieldmap.table(
    (None, {
        "log_id": "event.code", "pri": "log.level", "device_id": "observer.serial_number", "devname": "observer.name observer.hostname",
        "msg": "message event.reason", "action": "event.action", "policy": "rule.ruleset", "signature_id": "rule.id", "sigid": "rule.id",
        "main_type": "rule.category", "sub_type": "rule.name", "subcat": "rule.name", "http_method": "http.request.method",
        "http_agent": "user_agent.original", "user_agent": "user_agent.original", "http_refer": "http.request.referrer",
        "http_host": "url.domain", "user": "user.name source.user.name",
        "user_name": "user.name source.user.name", "http_referer": "http.request.referrer", "usrgrp": "user.group.name", "http_version": "http.version",
        "signature_cve_id": "vulnerability.id", "srccountry": "source.geo.country_name", "backend_service": "service.name",
        "cipher_suite": "tls.cipher",
    }),
    (network.ip, {
        "src": "source.ip", "dst": "destination.ip", "original_src": "network.forwarded_ip", "trans_src": "source.nat.ip",
        "trans_dst": "destination.nat.ip",
    }),
    (network.number, {
        "src_port": "source.port", "dst_port": "destination.port", "http_retcode": "http.response.status_code",
        "ibytes": "source.bytes", "obytes": "destination.bytes", "trans_src_port": "source.nat.port", "trans_dst_port": "destination.nat.port",
        "http_request_bytes": "http.request.bytes source.bytes", "http_response_bytes": "http.response.bytes destination.bytes",
    }),
)  # fmt: skip
_WEB_KNOWN = _WEB_TABLE.names | {"service", "date", "time", "raw", "http_url", "proto", "timezone"}
_ADC = "FAD"
_UNTOLD = frozenset({"none", "Unknown", "Reserved", "unknown"})
_OUTCOMES = {"success": "success", "failure": "failure", "failed": "failure", "fail": "failure"}
_CHANGES = frozenset({"add", "edit", "delete", "create", "modify", "clone", "move", "rename"})
_INTERFACE = re.compile(r"\(([0-9A-Fa-f.:]{2,45})\)")
_BLOCKED = ("deny", "block", "redirect", "erase", "period")
_PROXY = ("FPX", "fortiproxy", "FortiProxy")


def decode(frame: Frame) -> Native | None:
    text = frame.text
    if "msg_id=" in text and "log_id=" in text:
        native = pairs(text)
        return {**native, "raw": text} if native.keys() & {"device_id", "pri"} and "type" in native else None
    if "logid=" not in text or not (any(name in text for name in _PROXY) or "http-transaction" in text):
        return None
    found = fortigate.decode(frame)
    return {**found, "proxy": ""} if found is not None and _is_proxy(found) else None


def _is_proxy(native: Native) -> bool:
    told = (native.get("devid", ""), native.get("devname", ""), native.get("logdesc", ""))
    return any(name in value for name in _PROXY for value in told) or native.get("subtype") == "http-transaction"


def time(event: Event) -> int | None:
    native = event.native
    if "proxy" in native:
        return fortigate.time(event)
    where, told = event.frame.zone, native.get("timezone", "")
    if told[:4] == "(GMT":
        try:
            where = zone(told[1:].partition(")")[0])
        except ValueError:
            where = event.frame.zone
    return iso(f"{native.get('date', '')}T{native.get('time', '')}", where)


def ecs(event: Event, document: Document) -> None:
    if "proxy" in event.native:
        _proxy(event, document)
        return
    native = event.native
    document["observer.vendor"], document["observer.product"], document["observer.type"] = "Fortinet", "FortiWeb", "waf"
    if native.get("device_id", _ADC).startswith(_ADC):
        document["observer.product"], document["observer.type"] = "FortiADC", "load balancer"
    fieldmap.fill(document, {name: value for name, value in native.items() if value not in _UNTOLD}, _WEB_TABLE)
    _secured(native, document)
    document["message"] = native.get("msg") or event.frame.text
    fieldmap.keep(document, native, "fortinet.fortiweb.", _WEB_KNOWN)
    url.fill(document, native.get("http_url", ""))
    document["url.domain"] = native.get("http_host") or document.get("url.domain")
    name, number = network.transport(native.get("proto"))
    document["network.transport"], document["network.iana_number"] = name, str(number) if number is not None else None
    document["event.outcome"] = _OUTCOMES.get(native.get("status", ""))
    if interface := _INTERFACE.search(native.get("ui", "")):
        document["source.ip"] = document.get("source.ip") or network.ip(interface[1])
    _web_meaning(native, document)


def _secured(native: Native, document: Document) -> None:
    """`https/tls1.2` is HTTP over that version of TLS."""
    protocol, _, secured = native.get("service", "").lower().partition("/")
    document["network.protocol"] = protocol if protocol not in _UNTOLD else None
    if secured[:3] in {"tls", "ssl"}:
        document["tls.version_protocol"], document["tls.version"] = secured[:3], secured[3:].lstrip("v") or None


def _web_meaning(native: Native, document: Document) -> None:
    blocked = any(word in native.get("action", "").lower() for word in _BLOCKED)
    document["event.kind"] = "event"
    if native["type"] == "attack":
        document["event.kind"], document["event.category"] = "alert", ["intrusion_detection", "web"]
        document["event.type"] = ["denied" if blocked else "info"]
    elif native["type"] == "traffic":
        document["event.category"], document["event.type"] = ["web", "network"], ["access", "connection"]
    elif native.get("action", "").lower() in _CHANGES:
        document["event.category"], document["event.type"] = ["configuration"], ["change"]
    else:
        login = "login" in native.get("action", "")
        document["event.category"] = ["authentication"] if login else ["host"]
        document["event.type"] = ["start"] if login else ["info"]


def _proxy(event: Event, document: Document) -> None:
    """FortiGate's fields, and what its proxy adds to them."""
    native = event.native
    fortigate_ecs.ecs(event, document)
    document["observer.product"], document["observer.type"] = "FortiProxy", "proxy"
    document["event.reason"] = native.get("msg") or document.get("event.reason")
    document["destination.address"] = document.get("destination.domain")
    document["http.request.bytes"] = network.number(native.get("reqlength"))
    document["http.response.bytes"] = network.number(native.get("resplength"))
    document["rule.category"] = native.get("catdesc") or document.get("rule.category")
    service = native.get("service", "").lower()
    if "url" in native and service in {"http", "https"} and not document.get("url.scheme"):
        document["url.scheme"], document["url.port"] = service, document.get("destination.port")
        document["url.full"] = (
            f"{service}://{native.get('hostname', '')}{native['url']}" if native.get("hostname") else None
        )
    if (started := epoch(native.get("eventtime"))) is not None:
        document["event.start"] = instant.iso(started)


_WEB: Kind = (
    Logsource(product="fortiweb", category="webserver"),
    Logsource(product="fortinet", category="webserver", service="fortiweb"),
)
_PROXIED: Kind = (Logsource(product="fortiproxy", category="proxy"), Logsource(product="fortinet", category="proxy"))


def kind(native: Native) -> Kind:
    return _PROXIED if "proxy" in native else _WEB


FORMAT = Format(
    name="fortinet_other",
    title="Fortinet FortiWeb, FortiADC and FortiProxy",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    hints=("msg_id=", *_PROXY, "http-transaction"),
)
