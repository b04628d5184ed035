"""What records of Cisco ISE are in ECS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.parse import cisco, fieldmap, network

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native

_MAC = re.compile(r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}$|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}$|[0-9A-Fa-f]{12}$")


def _mac(text: str) -> str | None:
    return network.mac(text) if _MAC.match(text) else None


_FIELDS = fieldmap.table(
    (None, {
        "UserName": "user.name", "User-Name": "user.name", "User": "user.name", "AD-Account-Name": "user.name", "Admin": "user.name client.user.name",
        "AD-User-Resolved-Identities": "user.full_name", "GuestUserName": "user.name", "Device login username": "user.name", "AdminName": "client.user.name user.name",
        "AD-Domain": "user.domain", "Model Name": "device.model.name", "IdentityPolicyMatchedRule": "rule.name", "IdentitySelectionMatchedRule": "rule.name",
        "ISEPolicySetName": "rule.ruleset", "FailureReason": "event.reason", "Server": "source.domain", "Device Name": "source.domain", "EapChainingResult": "event.reason", "Details": "event.reason",
        "TLSCipher": "tls.cipher", "LogFileName": "file.path", "Network Device Profile": "observer.vendor",
    }),
    (network.ip, {
        "AdminIPAddress": "client.ip source.ip", "Device IP Address": "client.ip source.ip", "NAS-IP-Address": "source.ip client.ip", "IpAddress": "source.ip host.ip",
        "DestinationIPAddress": "destination.ip", "AD-IP-Address": "host.ip", "Network device IP": "source.ip", "Device Ip": "source.ip",
    }),
    (network.number, {"Device Port": "client.port", "DestinationPort": "destination.port"}),
    (_mac, {"EndPointMACAddress": "source.mac", "Calling-Station-ID": "source.mac", "Called-Station-ID": "destination.mac", "PeerAddress": "destination.mac"}),
    (str.lower, {"Protocol": "network.protocol"}),
    (lambda told: told.removeprefix("TLSv"), {"TLSVersion": "tls.version"}),
    (lambda name: name.removeprefix("CN="), {"PeerName": "destination.domain"}),
    (fieldmap.one, {"Issuer - Common Name": "tls.client.x509.issuer.common_name"}),
)  # fmt: skip
_HEADER = frozenset({"time", "zone", "level", "class", "text", "message", "host", "sequence", "code", "header_zone"})

_CATEGORIES: dict[str, list[str]] = {
    "AD_Connector": ["authentication"], "Administrative_and_Operational_Audit": ["iam"], "Authentication_Flow_Diagnostics": ["iam"],
    "Failed_Attempts": ["authentication"], "Passed_Authentications": ["authentication"], "Guest": ["configuration"], "Policy_Diagnostics": ["configuration"],
    "Identity_Stores_Diagnostics": ["iam", "authentication"], "Internal_Operations_Diagnostics": ["configuration"], "RADIUS_Diagnostics": ["iam"],
    "Posture_and_Client_Provisioning_Audit": ["malware"], "RADIUS_Accounting": ["network"], "TACACS_Accounting": ["configuration"], "System_Statistics": ["host"],
    "Threat_Centric_NAC": ["configuration"], "MyDevices": ["configuration"], "TACACS_Diagnostics": ["iam"], "Authorization": ["iam"],
}  # fmt: skip
_CLASSES: dict[str, list[str]] = {
    "Administrator-Login": ["iam", "authentication"], "Configuration-Changes": ["iam", "configuration"], "FeedService": ["process"], "EAP-TLS": ["network"],
    "EAP": ["authentication"], "MyDevices": ["iam", "authentication"], "AD-Connector": ["authentication"], "Radius-Accounting": ["network"],
    "Device-Administration": ["authentication"], "Tacacs-Accounting": ["configuration"],
}  # fmt: skip
_CHANGES = {"Added": "creation", "Changed": "change", "Deleted": "deletion", "Configuration": "change"}
_RADIUS_USER = re.compile(r"\bUserName=([^;{}]{1,128})")


def ecs(event: Event, document: Document) -> None:
    native = event.native
    single = {name: value[0] if isinstance(value, list) else value for name, value in native.items()}
    document["observer.vendor"], document["observer.product"] = None, "Cisco ISE"
    document["process.name"] = document["process.pid"] = None
    fieldmap.fill(document, single, _FIELDS)
    document["observer.vendor"] = "Cisco"
    document["observer.type"] = "nac"
    _host(event, document)
    _header(native, document)
    _ends(single, document)
    _meaning(single, document)
    for name, value in native.items():
        if (
            name not in _FIELDS.names
            and name not in _HEADER
            and (isinstance(value, list) or value not in fieldmap.UNSET)
        ):
            document[f"cisco.ise.{name}"] = value


def _host(event: Event, document: Document) -> None:
    native, header = event.native, event.frame.syslog
    host = native.get("host") or (header.hostname if header else None)
    cisco.name_host(document, host)
    if host and network.is_ip(host):
        document["host.ip"] = [host]
        document["host.hostname"] = None
    elif "host.ip" in document:
        document["host.ip"] = [document["host.ip"]]


def _header(native: Native, document: Document) -> None:
    document["message"] = native["message"]
    document["event.sequence"] = network.number(native.get("sequence"))
    document["event.code"] = native.get("code")
    document["event.timezone"] = native.get("zone") or native.get("header_zone") or document.get("event.timezone")
    document["event.action"] = native.get("class", "").lower().replace(" ", "-") or None
    level = native.get("level", "").lower()
    document["log.level"] = level or None
    if "code" in native:
        document["log.syslog.severity.name"] = level
    document["event.reason"] = native.get("text") or document.get("event.reason") or native.get("Response")


def _ends(native: Native, document: Document) -> None:
    if user := _RADIUS_USER.search(native.get("Response", "")[:4096]):
        document["user.name"] = document.get("user.name") or user[1]
        document["source.mac"] = document.get("source.mac") or _mac(user[1])
    document["related.ip"] = [
        told for name in ("Framed-IP-Address", "Remote-Address") if (told := network.ip(native.get(name)))
    ]
    document["related.hosts"] = [native[name] for name in ("AD-Hostname", "PsnHostName") if native.get(name)]


def _meaning(native: Native, document: Document) -> None:
    class_, category, text = native.get("class", ""), native.get("category", ""), native.get("text", "")
    told = ["authentication"] if "AuthenticationStatus" in native or "FailureReason" in native else ["network"]
    document["event.category"] = _CLASSES.get(class_) or _CATEGORIES.get(category) or told
    document["event.type"] = ["info"]
    lowered = text.lower()
    failed = "fail" in lowered or "rejected" in lowered or "unsuccessful" in lowered or category == "Failed_Attempts"
    if class_ == "Configuration-Changes" or text.startswith("Configuration Changed"):
        document["event.category"] = _CLASSES["Configuration-Changes"] if class_ else ["configuration"]
        document["event.type"] = [_CHANGES.get(text.split(" ", 1)[0], "change"), "info"]
    elif class_ == "Administrator-Login":
        document["event.type"] = ["user" if "CLI" in text else "admin", "info"]
    elif "secure connection" in lowered:
        document["event.type"] = ["connection", "end" if "shutdown" in lowered else "start", "info"]
    elif failed and document["event.category"] == ["authentication"]:
        document["event.type"] = ["info", "end"]
    if "authentication" in document["event.category"]:
        passed = (
            category == "Passed_Authentications"
            or "succeeded" in lowered
            or native.get("AuthenticationStatus") == "AuthenticationPassed"
        )
        document["event.outcome"] = "failure" if failed else "success" if passed else None
