"""Check Point gateways and management servers, R77 to R82, and Harmony Email and Collaboration.

Log Exporter's formats syslog (`[action:"Accept"; ...]` and RFC 5424 structured data), splunk, CEF and LEEF, the rows that SmartConsole
exports, and the JSON of Harmony's event collector. The fields of all forms but the last have the names of Check Point's log
schema (sk144192), so that rules and mappings see one vocabulary.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import cef, checkpoint_email, leef, plain
from soc.parse.checkpoint_ecs import ecs
from soc.parse.csv_fields import split
from soc.parse.ecs_fields import dataset
from soc.parse.format import Format, Native
from soc.parse.when import MONTHS, epoch, iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.frame import Frame

# name:"value" or name::"value", of structured data name="value"; quotes and closing brackets are escaped inside of a value.
_PAIR = re.compile(r"([A-Za-z_]\w{0,127})(?:::?|=)\"((?:[^\"\\]++|\\.)*+)\"", re.DOTALL)
_ESCAPED = re.compile(r"\\([\"\\\]\[=])")
_BRACKETED = re.compile(r"\[(?:[\w@.]{1,64} )?[A-Za-z_]\w{0,127}(?:::?|=)\"")
_ROW = re.compile(
    r"\"\d{1,12}\" \"(?P<day>\d{1,2})(?P<month>[A-Z][a-z]{2})(?P<year>\d{4})\" \"(?P<clock>[ \d]\d?:\d\d:\d\d)\" "
)
_COLUMNS = (
    "ifname", "origin", "type", "action", "service", "s_port", "src", "dst", "proto", "rule", "rule_name", "current_rule", "user",
    "information", "product",
)  # fmt: skip
# Structured data of R81 and later has some names of its own.
_ALIASES = {
    "ProductName": "product", "svc": "service", "sport_svc": "s_port", "xlatedport_svc": "xlatedport",
    "xlatesport_svc": "xlatesport", "NAT_rulenum": "nat_rulenum", "NAT_addtnl_rulenum": "nat_addtnl_rulenum",
    "ProductFamily": "product_family", "LogId": "logid", "OriginSicName": "originsicname", "origin_sic_name": "originsicname",
    "orig": "origin", "Action": "action", "ifDir": "ifdir", "UUid": "loguid", "dport": "service",
}  # fmt: skip
_CEF = {
    "act": "action", "rt": "time", "spt": "s_port", "dpt": "service", "suser": "src_user_name", "duser": "dst_user_name",
    "shost": "src_machine_name", "dhost": "dst_machine_name", "sourceTranslatedAddress": "xlatesrc",
    "destinationTranslatedAddress": "xlatedst", "sourceTranslatedPort": "xlatesport", "destinationTranslatedPort": "xlatedport",
    "request": "resource", "requestMethod": "method", "requestClientApplication": "web_client_type", "in": "received_bytes",
    "out": "sent_bytes", "cnt": "suppressed_logs", "fname": "file_name", "filePath": "file_name", "fsize": "file_size",
    "fileHash": "file_hash", "app": "app_protocol", "dvc": "origin", "dvchost": "hostname", "sntdom": "src_domain", "cp_severity": "severity",
}  # fmt: skip
_LABELS = {
    "Rule Name": "rule_name", "Application Name": "appi_name", "Matched Category": "matched_category", "Protection ID": "protection_id",
    "Protection Name": "protection_name", "Protection Type": "protection_type", "Application Signature ID": "app_sig_id",
    "Threat Prevention Rule Name": "malware_rule_name", "Threat Prevention Rule ID": "malware_rule_id", "Confidence": "confidence_level",
    "Performance Impact": "performance_impact", "Attack Information": "attack_info", "Malware Action": "malware_action",
    "Malware Family": "malware_family", "Email Subject": "email_subject", "Update Status": "update_status", "Logon Type": "logon_type",
}  # fmt: skip
_LEEF = {
    "devTime": "time", "srcPort": "s_port", "dstPort": "service", "usrName": "src_user_name", "srcPostNAT": "xlatesrc", "dstPostNAT": "xlatedst",
    "srcPostNATPort": "xlatesport", "dstPostNATPort": "xlatedport", "cat": "blade", "sev": "severity", "url": "resource", "identHostName": "src_machine_name",
}  # fmt: skip
_HEADER = frozenset({*cef.HEADER, "deviceDirection"})
_KIND: Kind = (Logsource(product="checkpoint", category="firewall"),)
_MAIL_KIND: Kind = (Logsource(product="checkpoint", category="email", service="harmony"),)
_OFFSET = re.compile(r"-(-\d):(\d\d)$")


def decode(frame: Frame) -> Native | None:
    """The fields of one log by the names of Check Point's schema; of a repeated name the first. `form` says which form it was."""
    text = frame.text
    if "Check Point|" in text[:512]:
        return _from_leef(text) or _from_cef(text)
    if row := _ROW.match(text):
        return _from_row(text, row)
    if "|loguid=" in text and "|product=" in text:
        told = dict(part.partition("=")[::2] for part in reversed(text.split("|")))
        return {"message": text, "form": "splunk", **_named(told)}
    structured = text if "[" in text[:512] else frame.syslog.structured if frame.syslog and not text.strip() else ""
    return _from_pairs(structured)


def _from_pairs(text: str) -> Native | None:
    start = _BRACKETED.search(text, 0, 512)
    if start is None:
        return None
    found: dict[str, str] = {}
    for name, value in _PAIR.findall(text, start.start()):
        found.setdefault(name, _ESCAPED.sub(r"\1", value) if "\\" in value else value)
    found = _named(found)
    known = "loguid" in found or "2620" in start[0] or ("product" in found and "origin" in found)
    return {"message": text, "form": "syslog", **found} if known else None


def _named(found: dict[str, str]) -> dict[str, str]:
    return {_ALIASES.get(name, name): value for name, value in found.items()}


def _from_leef(text: str) -> Native | None:
    fields = leef.fields(text)
    if fields is None or fields["Vendor"] != "Check Point":
        return None
    found: dict[str, str] = {"action": fields["EventID"], "product": fields["Product"]}
    found |= {_LEEF.get(name, name): value for name, value in fields.items() if name not in leef.HEADER}
    return {"message": text, "form": "leef", **found}


def _from_cef(text: str) -> Native | None:
    # An exporter that leaves the vendor's field empty has one field too many.
    fields = cef.fields(text.replace("||Check Point|", "|Check Point|", 1))
    if fields is None or fields["DeviceVendor"] != "Check Point":
        return None
    found: dict[str, str] = {}
    for name, value in fields.items():
        if name.endswith("Label"):
            continue
        label = fields.get(f"{name}Label", "")
        found.setdefault(name if name in _HEADER else _LABELS.get(label) or _CEF.get(name, name), value.strip())
    return {"message": text, "form": "cef", **found}


def _from_row(text: str, row: re.Match[str]) -> Native:
    values = split(text[row.end() :].replace('" "', '","'))
    found: dict[str, Any] = dict(zip(_COLUMNS, values, strict=False))
    information = dict(part.partition(": ")[::2] for part in found.get("information", "").split("; ") if ": " in part)
    clock = row["clock"].strip().rjust(8, "0")
    stamp = f"{row['year']}-{MONTHS.get(row['month'].lower(), 0):02}-{int(row['day']):02}T{clock}"
    return {"message": text, "form": "row", **information, **found, "time": stamp}


def time(event: Event) -> int | None:
    """The record's own, in Unix time or in the site's zone, else the header's, of which R81 writes offsets like `--5:00`."""
    told = event.native.get("time", "")
    if told.isascii() and told.isdigit():
        return epoch(told)
    if told:
        return iso(told, event.frame.zone)
    header = event.frame.syslog
    if header and (offset := _OFFSET.search(header.time)):
        return iso(f"{header.time[: offset.start()]}{int(offset[1]):03}:{offset[2]}", event.frame.zone)
    return plain.time(event)


def decode_json(frame: Frame) -> Native | None:
    """An event of Harmony Email and Collaboration."""
    event = (frame.json or {}).get("event")
    security = event.get("security_event") if isinstance(event, dict) else None
    if not isinstance(security, dict) or not isinstance(security.get("entity_info"), dict):
        return None
    return frame.json


def time_json(event: Event) -> int | None:
    told = event.native["event"]["security_event"].get("time")
    return iso(told, event.frame.zone) if isinstance(told, str) else None


def kind(_: Native) -> Kind:
    return _KIND


def kind_json(_: Native) -> Kind:
    return _MAIL_KIND


FORMAT = Format(
    name="checkpoint",
    title="Check Point Quantum gateways, SmartConsole and management",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={"event.dataset": dataset},
    kind=kind,
    programs=frozenset({"checkpoint"}),
    hints=('loguid:"', 'origin:"', "Check Point|", "2620 ", "|loguid=", '" "Log" "', '" "Alert" "', '" "Control" "'),
)
JSON = Format(
    name="checkpoint_email",
    title="Check Point Harmony Email and Collaboration, JSON",
    decode=decode_json,
    time=time_json,
    ecs=checkpoint_email.ecs,
    kind=kind_json,
    json=True,
)
