"""Cisco Secure Email Gateway (Email Security Appliance): consolidated event logs, which are CEF, and mail logs.

Cisco Secure Email Gateway User Guide, "Logging": one consolidated record per message with the names that its field table has; mail logs tell of one step of
a message, connection or delivery each, by the ids MID, ICID, DCID.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.event import Kind, Logsource
from soc.parse import cef, fieldmap, network, plain, url
from soc.parse.format import Format, Native
from soc.parse.when import ctime

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_MAIL = re.compile(
    r"(?:(?P<time>[A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4}) )?(?P<level>Critical|Warning|Info|Debug|Trace): (?P<text>.{1,4096})",
    re.DOTALL,
)
_IDS = re.compile(r"\b(?P<name>MID|ICID|DCID|RID) (?P<id>\d{1,12})\b")
_STEPS = (
    re.compile(r"New SMTP (?:ICID|DCID) \d{1,12} interface (?P<interface>\S{1,64}) \(?(?P<server>[0-9A-Fa-f.:]{2,45})\)? address (?P<client>[0-9A-Fa-f.:]{2,45})(?: reverse dns host (?P<host>\S{1,255}))?"),
    re.compile(r"MID \d{1,12} ICID \d{1,12} From: <(?P<sender>[^<>]{0,320})>"),
    re.compile(r"MID \d{1,12} ICID \d{1,12} RID \d{1,6} To: <(?P<recipient>[^<>]{0,320})>"),
    re.compile(r"MID \d{1,12} Message-ID '?<?(?P<message_id>[^<>']{1,512})>?'?"),
    re.compile(r"MID \d{1,12} Subject:? [\"']?(?P<subject>.{0,1024}?)[\"']?$"),
    re.compile(r"MID \d{1,12} (?:matched all recipients for per-recipient|rewritten to|attachment) (?P<what>.{1,512})"),
)  # fmt: skip
# What becomes of a message or connection: (pattern, action, types, outcome); `info` alone where nothing is decided.
_DECIDED = (
    (re.compile(r"ICID \d{1,12} ACCEPT "), "accept", ["info", "allowed"], "success"),
    (re.compile(r"ICID \d{1,12} (?:TCP)?REJECT "), "reject", ["info", "denied"], "failure"),
    (re.compile(r"Message done DCID "), "delivered", ["info", "allowed"], "success"),
    (re.compile(r"Message finished MID \d{1,12} dropped|\bdropped by "), "dropped", ["info", "denied"], "success"),
    (re.compile(r"Message aborted MID |Message finished MID \d{1,12} aborted"), "aborted", ["info"], "failure"),
    (re.compile(r"(?:Bounced|Delayed): "), "bounced", ["info"], "failure"),
)
_VIRAL = re.compile(r"antivirus positive|\bVIRAL\b|verdict MALICIOUS|Verdict: MALICIOUS|virus positive")
# Who logs in to the gateway itself, and what is asked there: its logs `authentication`, `gui_logs` and `system_logs`.
_OWN_LOGS = frozenset({"authentication", "gui_logs", "cli_logs", "system_logs", "audit_logs", "authentication_logs"})
_OWN = (
    re.compile(r"The user (?P<user>\S{1,128}) (?P<act>successfully logged on|failed authentication) from (?P<client>[0-9A-Fa-f.:]{2,45}\b)(?: using an? (?P<via>\w{1,16}) connection)?"),
    re.compile(r"User (?P<user>\S{1,128}) from (?P<client>[0-9A-Fa-f.:]{2,45}) (?P<act>logged out|was authenticated|failed authentication)"),
    re.compile(r"req:(?P<client>[0-9A-Fa-f.:]{2,45}) user:(?P<user>\S{1,128}) id:\S{1,64} (?P<status>\d{3}) (?P<method>[A-Z]{3,8}) (?P<path>\S{1,2048}) HTTP/(?P<version>[\d.]{1,4})(?: (?P<agent>.{1,512}))?"),
    re.compile(r"(?:PID \d{1,10}: )?User (?P<user>\S{1,128}) (?P<act>commit changes): ?(?P<what>.{0,1024})"),
)  # fmt: skip
_FIELDS = fieldmap.table(
    (None, {
        "ESAMID": "email.local_id", "deviceExternalId": "host.id", "sourceHostName": "host.name host.hostname", "shost": "host.name host.hostname",
        "deviceInboundInterface": "observer.ingress.interface.name", "deviceOutboundInterface": "observer.egress.interface.name", "ESATLSOutCipher": "tls.cipher",
        "ESAFinalActionDetails": "event.reason", "DeviceEventClassID": "rule.id",
    }),
    (network.ip, {"sourceAddress": "source.ip", "src": "source.ip", "dvc": "server.ip"}),
    (str.lower, {"act": "event.action"}),
    ({"0": "inbound", "1": "outbound"}.get, {"deviceDirection": "network.direction"}),
    (fieldmap.one, {"ESATLSInCipher": "tls.client.supported_ciphers"}),
)  # fmt: skip
_ELSEWHERE = frozenset(
    {
        *cef.HEADER,
        "message",
        "suser",
        "duser",
        "msg",
        "startTime",
        "endTime",
        "cs1",
        "cs4",
        "ESAAttachmentDetails",
        "ESATLSOutProtocol",
    }
)
_TOKEN = re.compile(r"'((?:[^'\\]|\\.)*+)'|\"((?:[^\"\\]|\\.)*+)\"|([{}])", re.DOTALL)
_SHA256 = re.compile(r"[0-9a-fA-F]{64}$")
_MOST = 64
_LONGEST = 65_536


def decode(frame: Frame) -> Native | None:
    text = frame.text
    if "|ESA_CONSOLIDATED_LOG_EVENT|" in text[:512]:
        found = cef.fields(text)
        return None if found is None else {**found, "message": text}
    mail = _MAIL.match(text.rstrip())
    if mail is None:
        return None
    ids = {part["name"]: part["id"] for part in _IDS.finditer(mail["text"])}
    if not ids:
        return _own(frame, mail)
    native: dict[str, Any] = {
        **{name: value for name, value in mail.groupdict().items() if value},
        **ids,
        "message": text,
    }
    for step in _STEPS:
        if said := step.search(mail["text"]):
            native |= {name: value for name, value in said.groupdict().items() if value}
    return native


def _own(frame: Frame, mail: re.Match[str]) -> Native | None:
    if frame.syslog is None or frame.syslog.app.lower() not in _OWN_LOGS:
        return None
    said = next((found for pattern in _OWN if (found := pattern.match(mail["text"]))), None)
    told = {name: value for found in (mail, said) if found for name, value in found.groupdict().items() if value}
    return {"log": frame.syslog.app.lower(), **told, "message": frame.text}


def time(event: Event) -> int | None:
    """When the message came, else when it had gone; of mail logs their own stamp."""
    for name in ("startTime", "endTime", "time"):
        if told := ctime(event.native.get(name, ""), event.frame.zone, event.record.arrived):
            return told
    return plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"] = "Cisco"
    document["event.category"], document["event.type"] = ["email"], ["info"]
    if "log" in native:
        _administered(native, document)
        return
    if "DeviceProduct" not in native:
        _mail(native, document)
        _decided(native["text"], document)
        return
    document["observer.type"], document["observer.product"] = native["DeviceProduct"], "Secure Email Gateway"
    document["observer.version"] = native["DeviceVersion"]
    document["event.code"], document["event.severity"] = (
        native["DeviceEventClassID"],
        network.number(native["Severity"]),
    )
    fieldmap.fill(document, native, _FIELDS)
    _addressed(native, document)
    document["rule.name"] = native.get("cs1") if native.get("cs1Label") == "MailPolicy" else None
    for name, target in (("startTime", "event.start"), ("endTime", "event.end")):
        if told := ctime(native.get(name, ""), event.frame.zone, event.record.arrived):
            document[target] = instant.iso(told)
    if protocol := native.get("ESATLSOutProtocol"):
        document["tls.version_protocol"], _, document["tls.version"] = protocol.lower().partition("v")
        document["tls.established"] = native.get("ESATLSOutConnStatus") == "Success"
    document["email.attachments"] = _attachments(native.get("ESAAttachmentDetails", "")[:_LONGEST])
    hashes = [
        attachment["file"]["hash"]["sha256"]
        for attachment in document["email.attachments"]
        if "hash" in attachment["file"]
    ]
    document["related.hash"] = list(dict.fromkeys(hashes))
    fieldmap.keep(document, native, "cisco.esa.", _FIELDS.names | _ELSEWHERE)


def _addressed(native: Native, document: Document) -> None:
    document["email.from.address"] = [native["suser"].strip("'")] if native.get("suser") else None
    document["email.to.address"] = [
        part for word in re.split(r"[;,]", native.get("duser", "")) if (part := word.strip(" '\""))
    ]
    document["email.message_id"] = (
        native.get("cs4", "").strip("'<> ") if native.get("cs4Label") == "ExternalMsgID" else None
    )
    document["email.subject"] = native.get("msg", "").strip().removeprefix("'").removesuffix("'")


def _attachments(text: str) -> list[dict[str, Any]]:
    """Names and hashes out of `{'a.pdf': {'AMP': {'Verdict': ..., 'fileHash': '...'}}, ...}`, one for each hash."""
    found: list[tuple[str, list[str]]] = []
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[3]:
            depth += 1 if token[3] == "{" else -1
        elif depth == 1 and len(found) < _MOST:
            found.append((token[1] or token[2] or "", []))
        elif found and _SHA256.match(token[1] or token[2] or ""):
            found[-1][1].append(token[1] or token[2])
    return [
        {"file": {**({"hash": {"sha256": sha256}} if sha256 else {}), "name": name}}
        for name, hashes in found
        for sha256 in (hashes or [""])[:_MOST]
    ]


def _mail(native: Native, document: Document) -> None:
    document["observer.product"], document["log.level"] = "Secure Email Gateway", native["level"].lower()
    document["email.local_id"], document["event.reason"] = native.get("MID"), native["text"]
    document["email.from.address"] = [native["sender"]] if native.get("sender") else None
    document["email.to.address"] = [native["recipient"]] if native.get("recipient") else None
    document["email.message_id"], document["email.subject"] = native.get("message_id"), native.get("subject")
    document["source.ip"], document["server.ip"] = network.ip(native.get("client")), network.ip(native.get("server"))
    document["source.domain"] = native.get("host")
    document["observer.ingress.interface.name"] = native.get("interface")
    for name in ("ICID", "DCID", "RID"):
        document[f"cisco.esa.{name}"] = native.get(name)


def _decided(text: str, document: Document) -> None:
    for pattern, action, types, outcome in _DECIDED:
        if pattern.search(text, 0, 1024):
            document["event.action"], document["event.type"], document["event.outcome"] = action, list(types), outcome
            break
    if _VIRAL.search(text, 0, 1024):
        document["event.category"], document["event.kind"] = ["email", "malware"], "alert"


def _administered(native: Native, document: Document) -> None:
    """What administrators of the gateway do."""
    document["observer.product"], document["log.level"] = "Secure Email Gateway", native["level"].lower()
    document["event.reason"], document["user.name"] = native["text"], native.get("user")
    document["source.ip"], document["network.protocol"] = (
        network.ip(native.get("client")),
        native.get("via", "").lower() or None,
    )
    act = native.get("act", "")
    if act.startswith("commit"):
        document["event.category"], document["event.type"] = ["configuration"], ["change"]
    elif act:
        document["event.category"] = ["authentication"]
        document["event.type"] = ["end" if act == "logged out" else "start"]
        document["event.outcome"] = "failure" if act.startswith("failed") else "success"
    elif "method" in native:
        document["event.category"], document["event.type"] = ["web"], ["access"]
        document["http.request.method"], document["http.version"] = native["method"], native["version"]
        document["http.response.status_code"] = network.number(native["status"])
        document["user_agent.original"] = native.get("agent")
        url.fill(document, native["path"])
    else:
        document["event.category"], document["event.type"] = ["host"], ["info"]


_KIND: Kind = (Logsource(product="cisco", category="email", service="esa"),)


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="cisco_esa",
    title="Cisco Secure Email Gateway",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    programs=_OWN_LOGS,
    hints=("|ESA_CONSOLIDATED_LOG_EVENT|", " MID ", " ICID ", " DCID "),
)
