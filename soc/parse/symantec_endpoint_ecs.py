"""Symantec Endpoint Protection's logs in ECS; what ECS has no name for stays under `symantec_endpoint.log`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc import instant
from soc.parse import network, url
from soc.parse.fieldmap import UNSET, fill, nanoseconds, table

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native

_FIELDS = table(
    (
        None,
        {
            "Host": "host.name", "Computer name": "host.name", "Computer": "host.name", "Event Description": "message", "User": "user.name",
            "Admin": "user.name", "User1": "user.name", "User domain": "user.domain", "Domain": "user.domain", "Rule": "rule.name",
            "CIDS Signature string": "rule.name", "Risk name": "rule.name", "Intrusion ID": "rule.id", "Application": "process.executable",
            "Process": "process.executable", "Downloaded by": "process.executable", "File path": "file.path", "Application name": "file.pe.product",
            "Application version": "file.pe.file_version", "Company name": "file.pe.company", "Remote Host Name": "destination.domain",
            "Source computer": "source.domain", "Category set": "rule.category", "Web domain": "url.domain",
        },
    ),
    (str.lower, {"SHA-256": "process.hash.sha256", "MD-5": "process.hash.md5", "Status": "event.action", "Action": "event.action"}),
    (network.number, {"File size (bytes)": "file.size", "Process ID": "process.pid"}),
    (nanoseconds, {"Duration (seconds)": "event.duration"}),
)  # fmt: skip
_MAPPED = _FIELDS.names | {
    "message", "log", "Begin", "End", "Actual action", "Local Host IP", "Local Host", "Local Host MAC", "Local Port", "Remote Host IP",
    "Remote Host MAC", "Remote Port", "Direction", "Protocol", "Intrusion URL", "IP Address", "Source IP", "Application hash",
}  # fmt: skip
_CALLER = re.compile(r"Caller MD5=([0-9A-Fa-f]{32})")
_HASHES = {32: "md5", 40: "sha1", 64: "sha256"}
_NAME = re.compile(r"[^a-z0-9]+")
_NOWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 (what the manager writes for none; nothing is bound)
_CATEGORIES: dict[str, list[str]] = {
    "Administrative Log": ["iam"], "Agent Behavior Log": ["intrusion_detection", "process"],
    "Agent Packet Log": ["intrusion_detection", "network", "process"], "Agent Traffic Log": ["intrusion_detection", "network", "process"],
    "Agent Security Log": ["intrusion_detection", "network", "process"], "Agent Risk Log": ["malware"],
    "Agent Proactive Detection Log": ["malware"], "Agent Scan Log": ["host"], "System Log": ["host"], "Agent System Log": ["host"],
}  # fmt: skip
_BLOCKED = re.compile(r"\b(?:blocked|terminated|denied|quarantined|deleted|cleaned)\b", re.IGNORECASE)
_FAILED = re.compile(r"\b(?:fail(?:ed|ure)?|incorrect|denied|rejected)\b", re.IGNORECASE)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    whole, known_host = document.get("message"), document.get("host.name")
    for name in ("message", "host.name", "process.name", "process.pid"):
        document[name] = None
    fill(document, native, _FIELDS)
    document["message"] = document["message"] or whole
    document["host.name"] = document["host.hostname"] = document["host.name"] or known_host
    for name, value in native.items():
        if name not in _MAPPED and value not in UNSET:
            document[f"symantec_endpoint.log.{_NAME.sub('_', name.lower()).strip('_')}"] = value
    document["observer.vendor"], document["observer.product"] = "Symantec", "Endpoint Protection"
    document["event.provider"] = native["log"]
    document["event.action"] = native.get("Actual action") or document.get("event.action")
    for name, target in (("Begin", "event.start"), ("End", "event.end")):
        if (told := instant.parse_iso(native.get(name, ""), event.frame.zone)) is not None:
            document[target] = instant.iso(told)
    _flow(native, document)
    _hashes(native, document)
    if intrusion := native.get("Intrusion URL"):
        url.fill(document, intrusion)
    _meaning(native, document)


def _flow(native: Native, document: Document) -> None:
    """Both ends as the connection goes; the local one is the host itself."""
    local = native.get("Local Host IP") or native.get("Local Host") or native.get("IP Address", "")
    inbound = native.get("Direction") == "Inbound"
    here, there = ("destination", "source") if inbound else ("source", "destination")
    ends = ((here, local, "Local Port"), (there, native.get("Remote Host IP", ""), "Remote Port"))
    for side, address, port in ends:
        if address not in _NOWHERE:
            document[f"{side}.address"], document[f"{side}.ip"] = address, network.ip(address)
        document[f"{side}.port"] = network.number(native.get(port)) or None
    document["host.ip"] = [local] if network.is_ip(local) and local not in _NOWHERE else None
    for side, name in ((here, "Local Host MAC"), (there, "Remote Host MAC")):
        address = network.mac(native.get(name))
        document[f"{side}.mac"] = address if address != "00-00-00-00-00-00" else None
    mac = document[f"{here}.mac"]
    document["host.mac"] = [mac] if mac else None
    if inbound and (remote := document.pop("destination.domain", None)):
        document["source.domain"] = remote
    if (origin := network.ip(native.get("Source IP"))) and origin not in _NOWHERE:
        document["source.ip"] = origin
    document["network.direction"] = {"Inbound": "ingress", "Outbound": "egress"}.get(native.get("Direction", ""))
    protocol, number = network.transport(native.get("Protocol"))
    document["network.transport"] = protocol
    document["network.iana_number"] = str(number) if number is not None else None
    known = document.get("source.ip")
    document["network.type"] = ("ipv6" if ":" in known else "ipv4") if known else None


def _hashes(native: Native, document: Document) -> None:
    if caller := _CALLER.search(native.get("Event Description", "")):
        document["process.hash.md5"] = caller[1].lower()
    digest = native.get("Application hash", "")
    if (algorithm := _HASHES.get(len(digest))) and digest.isalnum():
        document[f"file.hash.{algorithm}"] = digest.lower()
    if path := document.get("file.path"):
        document["file.name"] = path.replace("\\", "/").rpartition("/")[2]
    if executable := document.get("process.executable"):
        document["process.name"] = executable.replace("\\", "/").rpartition("/")[2]


def _meaning(native: Native, document: Document) -> None:
    log, told = native["log"], document.get("message") or ""
    document["event.category"], document["event.type"] = _CATEGORIES.get(log, ["host"]), ["info"]
    document["event.kind"] = "alert" if log == "Agent Risk Log" else "event"
    if log == "Agent Activity Log":
        document["source.domain"] = native.get("Host")
    blocked = _BLOCKED.search(
        f"{document.get('event.action') or ''} {told[:512] if log == 'Agent Security Log' else ''}"
    )
    if "network" in document["event.category"]:
        document["event.type"] = ["connection", "denied"] if blocked else ["connection"]
    elif log == "Agent Behavior Log":
        document["event.type"] = ["denied"] if blocked else ["allowed"]
    elif log == "Administrative Log" and ("log on" in told or "log off" in told or "logon" in told or "logged" in told):
        document["event.category"] = ["authentication"]
        document["event.outcome"] = "failure" if _FAILED.search(told) else "success"
