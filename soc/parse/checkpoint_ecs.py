"""Check Point's log fields in ECS; what ECS has no name for stays under `checkpoint` by Check Point's own name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc import instant
from soc.parse import network, url
from soc.parse.fieldmap import UNSET, fill, integer, one, table
from soc.parse.when import epoch

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native

_FIELDS = table(
    (
        None,
        {
            "action": "event.action", "loguid": "event.id", "origin": "observer.name", "product": "observer.product", "layer_name": "network.name",
            "inzone": "observer.ingress.zone", "outzone": "observer.egress.zone", "rule_uid": "rule.uuid", "rule_name": "rule.name",
            "rule": "rule.id", "malware_rule_id": "rule.id", "match_id": "rule.id", "malware_rule_name": "rule.name",
            "dlp_rule_name": "rule.name", "https_inspection_rule_name": "rule.name", "objectname": "rule.name", "service_id": "network.application service.id",
            "appi_name": "network.application", "policy": "rule.ruleset", "policy_name": "rule.ruleset", "smartdefense_profile": "rule.ruleset",
            "malware_action": "rule.description", "matched_category": "rule.category", "app_category": "rule.category",
            "protection_name": "rule.name", "subject": "message", "version": "rule.version", "src_user_name": "source.user.name",
            "administrator": "source.user.name", "user": "source.user.name", "user_name": "source.user.name", "from": "source.user.name",
            "uid": "source.user.id", "dst_user_name": "destination.user.name", "usercheck_incident_uid": "destination.user.id",
            "src_user_group": "source.user.group.name", "src_domain": "source.user.domain", "src_machine_name": "source.domain",
            "dst_machine_name": "destination.domain", "dst_domain_name": "destination.domain", "hostname": "observer.hostname",
            "user_agent": "user_agent.original", "method": "http.request.method", "http_host": "url.domain", "referrer": "http.request.referrer",
            "reason": "event.reason message", "sys_message": "message", "description": "message", "action_reason": "event.reason", "drop_reason": "event.reason", "tcp_packet_out_of_state": "event.reason",
            "message_info": "event.reason", "file_name": "file.name", "file_type": "file.extension", "file_md5": "file.hash.md5", "file_sha1": "file.hash.sha1",
            "file_sha256": "file.hash.sha256", "process_name": "process.name", "process_md5": "process.hash.md5", "os_name": "host.os.name",
            "os_version": "host.os.version", "email_subject": "email.subject", "mail_id": "email.message_id", "industry_reference": "vulnerability.id",
            "dns_type": "dns.question.type", "domain": "dns.question.name", "app_protocol": "network.protocol", "vpn_user": "source.user.name",
        },
    ),
    (
        network.ip,
        {
            "src": "source.ip", "proxy_src_ip": "network.forwarded_ip", "client_ip": "source.ip", "dst": "destination.ip",
            "xlatesrc": "source.nat.ip", "xlatedst": "destination.nat.ip", "office_mode_ip": "source.nat.ip",
        },
    ),
    (
        network.number,
        {
            "s_port": "source.port", "sport": "source.port", "service": "destination.port", "d_port": "destination.port",
            "xlatesport": "source.nat.port", "xlatedport": "destination.nat.port", "sequencenum": "event.sequence",
            "file_size": "file.size", "bytes": "network.bytes", "packets": "network.packets", "server_outbound_bytes": "destination.bytes",
            "server_outbound_packets": "destination.packets", "client_outbound_bytes": "source.bytes",
            "client_outbound_packets": "source.packets", "received_bytes": "destination.bytes", "sent_bytes": "source.bytes",
            "http_status": "http.response.status_code",
        },
    ),
    (network.mac, {"mac_source_address": "source.mac", "mac_destination_address": "destination.mac"}),
    (one, {"sender": "email.from.address", "recipient": "email.to.address", "to": "email.to.address"}),
    (integer, {"risk": "event.risk_score"}),
)  # fmt: skip
_MAPPED = _FIELDS.names | {
    "message", "form", "time", "proto", "ifname", "ifdir", "deviceDirection", "conn_direction", "resource", "severity", "start_time", "elapsed", "icmp_type", "icmp_code",
    "lastupdatetime", "DeviceVendor", "DeviceProduct", "DeviceVersion", "DeviceEventClassID", "Name", "Severity", "Version",
}  # fmt: skip
_MIRRORED = tuple(
    (f"{side}.{name}", f"{other}.{name}")
    for side, other in (("source", "client"), ("destination", "server"))
    for name in ("ip", "port", "nat.ip", "nat.port", "user.name", "user.id", "bytes", "packets")
)
_ALLOWED = frozenset({"accept", "allow", "encrypt", "decrypt", "bypass", "detect", "authorize", "inform", "monitor"})
_DENIED = frozenset({"drop", "reject", "block", "deny", "prevent", "quarantine", "ask user", "deauthorize"})
_DIRECTIONS = {"incoming": "inbound", "outgoing": "outbound", "internal": "internal", "external": "external"}
_SEVERITIES = {"low": 1, "medium": 2, "high": 3, "critical": 4, "very-high": 4, "informational": 0}
_HASHES = {32: "md5", 40: "sha1", 64: "sha256"}
_MALWARE = ("malware", "virus", "bot", "emulation", "extraction", "phishing", "ransomware", "forensics")
_ATTACKS = ("smartdefense", "ips", "ddos")
_NOWHERE = "0.0.0.0"  # noqa: S104 (what Check Point writes for none; nothing is bound)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["log.syslog.structured_data"] = None
    whole = document.get("message") or native["message"]
    document["message"] = None
    fill(document, native, _FIELDS)
    document["message"] = document["message"] or whole
    for name, value in native.items():
        if name not in _MAPPED and value not in UNSET:
            document[f"checkpoint.{name}"] = value
    document["observer.vendor"], document["observer.type"] = "Checkpoint", "firewall"
    _flow(native, document)
    _content(native, document)
    if native["form"] == "cef":
        document["event.code"], document["process.name"] = native["DeviceEventClassID"], None
        document["observer.vendor"], document["observer.version"] = native["DeviceVendor"], native["DeviceVersion"]
        document["observer.product"] = document.get("observer.product") or native["DeviceProduct"]
        document["message"] = native.get("msg") or native["Name"]
        document["log.level"] = native["Severity"] if native["Severity"] != "Unknown" else None
    elif native["form"] == "row":
        document["host.name"], document["observer.name"] = native.get("origin"), None
    _meaning(native, document)
    for name, other in _MIRRORED:
        if (value := document.get(name)) is not None:
            document[other] = value


def _flow(native: Native, document: Document) -> None:
    name, number = network.transport(native.get("proto"))
    document["network.transport"], document["network.iana_number"] = name, str(number) if number is not None else None
    document["network.icmp.type"], document["network.icmp.code"] = native.get("icmp_type"), native.get("icmp_code")
    inward = native.get("ifdir", "inbound") == "inbound"
    document["observer.ingress.interface.name" if inward else "observer.egress.interface.name"] = native.get("ifname")
    told = _DIRECTIONS.get(native.get("conn_direction", "").lower())
    document["network.direction"] = native.get("ifdir") or told
    if native["form"] == "cef":
        document["network.direction"] = told or {"0": "inbound", "1": "outbound"}.get(native.get("deviceDirection", ""))
    elif document.get("source.nat.ip") == _NOWHERE:
        document["source.nat.ip"] = None
    if native["form"] != "cef" and document.get("destination.nat.ip") == _NOWHERE:
        document["destination.nat.ip"] = None
        document["destination.nat.port"] = document.get("destination.nat.port") or None
    if document.get("source.ip") is None:
        document["source.ip"] = document.get("network.forwarded_ip")
    document["user.name"] = document.get("source.user.name")


def _content(native: Native, document: Document) -> None:
    host = document.get("url.domain")
    url.fill(document, native.get("resource", ""))
    document["url.domain"] = document.get("url.domain") or host
    for name, target in (("start_time", "event.start"), ("lastupdatetime", "event.end")):
        told = native.get(name, "")
        if (when := epoch(told)) is not None:
            document[target] = instant.iso(when)
    if (lasted := network.number(native.get("elapsed"))) is not None and lasted < 1 << 33:
        document["event.duration"] = lasted * 1_000_000_000
    severity = native.get("severity", "")
    document["event.severity"] = network.number(severity) if severity.isdigit() else _SEVERITIES.get(severity.lower())
    if algorithm := _HASHES.get(len(native.get("file_hash", ""))):
        document[f"file.hash.{algorithm}"] = native["file_hash"]
    if (application := document.get("network.protocol")) is not None:
        document["network.protocol"] = application.lower()


def _meaning(native: Native, document: Document) -> None:
    product, action = native.get("product", "").lower(), native.get("action", "").lower()
    told = f"{native.get('operation', '')} {native.get('subject', '')} {action}".lower()
    denied, allowed = action in _DENIED, action in _ALLOWED
    categories, types = ["network"], ["info"]
    if any(word in product for word in _MALWARE):
        categories = ["network", "malware"]
    elif any(word in product for word in _ATTACKS):
        categories = ["network", "intrusion_detection"]
    elif "log in" in told or "login" in told or "log out" in told or "logout" in told:
        categories = ["authentication"]
        types = ["end" if "out" in told else "start"]
    if (denied or allowed) and categories[0] == "network" and "src" in native:
        types = ["denied" if denied else "allowed", "connection"]
    document["event.category"], document["event.type"] = categories, types
    document["event.kind"] = "alert" if len(categories) > 1 and native.get("protection_name") and denied else "event"
    document["event.outcome"] = (
        "failure" if "fail" in f"{told} {native.get('status', '').lower()}" else "success" if action else None
    )
