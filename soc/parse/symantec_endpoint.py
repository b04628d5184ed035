"""Symantec Endpoint Protection Manager 12.1 to 14.3: the logs that it forwards by syslog or dumps to files.

A record is a row of `Label: value` pairs with some values between them that have no label; what those mean depends on the log,
which is told by its labels. Broadcom's external logging guide has the layouts; labels differ a little between versions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc import instant
from soc.event import Kind, Logsource
from soc.parse import plain
from soc.parse.csv_fields import split
from soc.parse.ecs_fields import dataset
from soc.parse.format import ABSENT, Accessor, Format, Native
from soc.parse.symantec_endpoint_ecs import ecs

if TYPE_CHECKING:
    from collections.abc import Callable

    from soc.event import Event
    from soc.parse.frame import Frame

_PAIR = re.compile(r"\s{0,4}([A-Z][A-Za-z0-9()/ -]{1,48}): ?(.*)", re.DOTALL)
_NAMES = (
    "Site", "Server", "Domain", "Admin", "Event Description", "Local Host IP", "Local Host", "Local Host MAC", "Local Port", "Remote Host Name",
    "Remote Host IP", "Remote Host MAC", "Remote Port", "Intrusion ID", "Begin", "End", "Occurrences", "Application", "Location", "User",
    "CIDS Signature ID", "CIDS Signature string", "CIDS Signature SubID", "Intrusion URL", "Intrusion Payload URL", "SHA-256", "MD-5", "Rule",
    "Action", "Action Type", "File size (bytes)", "Device ID", "Category", "Event time", "Group", "Scan ID", "Duration (seconds)", "User1",
    "User2", "Command", "Threats", "Infected", "Total files", "Omitted", "Computer", "IP Address", "Computer name", "Detection type",
    "First Seen", "Application name", "Application type", "Application version", "Hash type", "Application hash", "Company name", "Sensitivity",
    "Detection score", "COH Engine Version", "Permitted application reason", "Disposition", "Download site", "Web domain", "Downloaded by",
    "Prevalence", "Confidence", "URL Tracking Status", "Risk Level", "Detection Source", "Source", "Risk name", "Actual action", "Requested action",
    "Secondary action", "Inserted", "Last update time", "Source computer", "Source IP", "Category set", "Category type", "Intensive Protection Level",
    "Certificate issuer", "Certificate signer", "Certificate thumbprint", "Signing timestamp", "Certificate serial number", "Detection Submissions",
    "Scan Complete", "File path", "Parameter", "Remote Host", "Enforcer", "Severity", "Hash", "Allowed application reason", "Type", "Signature",
)  # fmt: skip
# Labels of other versions.
_ALIASES = {
    "Server Name": "Server", "Domain Name": "Domain", "Group Name": "Group", "User Name": "User", "End Time": "End", "Begin Time": "Begin",
    "Event Insert Time": "Inserted", "Source Computer Name": "Source computer", "Source Computer IP": "Source IP", "Administrator": "Admin",
    "Local": "Local Host IP", "Remote": "Remote Host IP", "Event Time": "Event time", "Computer Name": "Computer name", "Risk Name": "Risk name",
    "SHA256": "SHA-256", "MD5": "MD-5", "Application Name": "Application name", "Company Name": "Company name", "Rule Name": "Rule",
    "Action type": "Action Type", "Source Computer": "Source computer", "Actual Action": "Actual action", "Requested Action": "Requested action",
}  # fmt: skip
_LABELS = {name: name for name in _NAMES} | _ALIASES
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]{2,39}")
_DIRECTIONS = frozenset({"Inbound", "Outbound"})


def _description(found: dict[str, str], values: list[str]) -> None:
    found.setdefault("Event Description", ",".join(values))


def _activity(found: dict[str, str], values: list[str]) -> None:
    found |= zip(("Event Description", "Host", "User", "User domain"), values, strict=False)


def _traffic(found: dict[str, str], values: list[str]) -> None:
    """Host, protocol, direction; of packets no protocol, of attacks the direction first, of old versions the description."""
    found["Host"] = values[0] if values else ""
    rest = values[1:]
    direction = next((at for at, value in enumerate(rest) if value in _DIRECTIONS or value == "Unknown"), None)
    if direction is None:
        return
    found["Direction"] = rest.pop(direction)
    if "Local Host" in found:
        return
    beside = max(direction - 1, 0) if "Intrusion ID" not in found else direction
    if beside < len(rest):
        found["Protocol"] = rest.pop(beside)
    if rest:
        found["Event Description"] = ",".join([found.get("Event Description", ""), *rest]).lstrip(",")


def _behavior(found: dict[str, str], values: list[str]) -> None:
    names = [
        "Host",
        "Action",
        "Event Description",
        "API",
        "Process ID",
        "Process",
        "Return address",
        "Module",
        "Parameter",
    ]
    if len(values) > 1 and _ADDRESS.fullmatch(values[1]):
        names.insert(1, "IP Address")
    action = found.get("Action")
    found |= zip(names, values, strict=False)
    found["Action"] = action or found.get("Action", "")


def _system(found: dict[str, str], values: list[str]) -> None:
    found |= zip(("Host", "Source"), values, strict=False)


def _scan(found: dict[str, str], values: list[str]) -> None:
    found |= zip(("Status", "Event Description"), values, strict=False)


def _risk(found: dict[str, str], values: list[str]) -> None:
    values = [value for value in values if not value.startswith("Detection Submissions")]
    found |= zip(("Event Description", "File path", "Risk description"), values, strict=False)


# What tells a log from the others, in the order in which they are tried, and what its values without labels mean.
_LOGS: tuple[tuple[str, frozenset[str], Callable[[dict[str, str], list[str]], None]], ...] = (
    ("Administrative Log", frozenset({"Site", "Server", "Admin"}), _description),
    ("Agent Activity Log", frozenset({"Site", "Server", "Domain"}), _activity),
    ("System Log", frozenset({"Site", "Server"}), _description),
    ("Agent Scan Log", frozenset({"Scan ID", "Begin"}), _scan),
    ("Agent Proactive Detection Log", frozenset({"Computer name", "Detection type", "Actual action"}), _risk),
    ("Agent Risk Log", frozenset({"Computer name", "Actual action"}), _risk),
    ("Agent Security Log", frozenset({"Local Host IP", "Intrusion ID"}), _traffic),
    ("Agent Traffic Log", frozenset({"Local Host IP", "Remote Host IP", "Begin"}), _traffic),
    ("Agent Packet Log", frozenset({"Local Host", "Remote Host IP"}), _traffic),
    ("Agent Behavior Log", frozenset({"Begin", "Rule", "Domain"}), _behavior),
    ("Agent System Log", frozenset({"Category", "Event Description"}), _system),
)
_KINDS: dict[str, Kind] = {
    "Agent Risk Log": (Logsource(product="symantec", category="antivirus"),),
    "Agent Proactive Detection Log": (Logsource(product="symantec", category="antivirus"),),
    "Agent Traffic Log": (Logsource(product="symantec", category="firewall"),),
    "Agent Packet Log": (Logsource(product="symantec", category="firewall"),),
}
_KIND: Kind = (Logsource(product="symantec", service="endpoint_protection"),)
# As Sigma's antivirus rules call them.
_SIGMA = {"Filename": "File path", "Signature": "Risk name", "Action": "Actual action", "ComputerName": "Computer name"}


def decode(frame: Frame) -> Native | None:
    """The values of a record by their labels; `log` says which log it is of."""
    text = frame.text
    labelled: dict[str, str] = {}
    values: list[str] = []
    for part in split(text):
        pair = _PAIR.match(part)
        label = _LABELS.get(pair[1]) if pair else None
        if pair and label:
            labelled.setdefault(label, pair[2].strip())
        else:
            values.append(part.strip().strip("'"))
    manager = frame.syslog is not None and frame.syslog.app.startswith("SymantecServer")
    for log, labels, arrange in _LOGS:
        if labels <= labelled.keys():
            arrange(labelled, values)
            return {"message": text, "log": log, **labelled}
    return {"message": text, "log": "", **labelled} if manager else None


def time(event: Event) -> int | None:
    for name in ("Event time", "Begin", "End"):
        told = instant.parse_iso(event.native.get(name, ""), event.frame.zone)
        if told is not None:
            return told
    return plain.time(event)


def kind(native: Native) -> Kind:
    return _KINDS.get(native["log"], _KIND)


def field(name: str) -> Accessor | None:
    """A value by its label, or by the name that Sigma's antivirus rules have for it."""
    other = _SIGMA.get(name, name)
    return lambda native: native.get(other, native.get(name, ABSENT))


FORMAT = Format(
    name="symantec_endpoint",
    title="Symantec Endpoint Protection Manager",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={"event.dataset": dataset},
    kind=kind,
    field=field,
    programs=frozenset({"symantecserver"}),
    hints=(
        "Local Host IP: ", "Local Host: ", ",Begin: ", ",Server: ", ",Server Name: ", ",Actual action: ", ",Event Description: ",
    ),
)  # fmt: skip
