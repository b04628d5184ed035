"""CyberArk's audit records in ECS; what ECS has no name for stays under `cyberark.vault` and `cyberark.audit`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.parse import leef, network
from soc.parse.fieldmap import UNSET, fill, table

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native

_FIELDS = table(
    (
        None,
        {
            "Action": "event.action", "EventMessage": "event.action", "reason": "event.reason", "Reason": "event.reason",
            "usrName": "user.name", "SourceUser": "source.user.name", "TargetUser": "user.target.name", "duser": "destination.user.name user.target.name",
            "File": "file.name", "shost": "source.address", "dhost": "destination.address", "externalId": "event.id", "msg": "message",
        },
    ),
    (str.lower, {"app": "network.protocol"}),
    (network.ip, {"src": "source.ip", "GatewayStation": "source.nat.ip"}),
    (network.number, {"sev": "event.severity log.syslog.severity.code"}),
)  # fmt: skip
_MAPPED = _FIELDS.names | {*leef.HEADER, "message", "Severity"}
# Verbs of the vault's actions, the more telling before the more general, and what they do to what.
_VERBS = (
    (re.compile(r"\blog ?on\b|\blogin\b|oauthtoken\.create|authenticat", re.IGNORECASE), ["authentication"], ["start"]),
    (re.compile(r"\blog ?off\b|\blogout\b", re.IGNORECASE), ["authentication"], ["end"]),
    (re.compile(r"^(?:PSM|PSMP) (?:secure )?connect|session start", re.IGNORECASE), ["session", "iam"], ["start", "info"]),
    (re.compile(r"^(?:PSM|PSMP) (?:secure )?disconnect|session end", re.IGNORECASE), ["session", "iam"], ["end", "info"]),
    (re.compile(r"gateway connection", re.IGNORECASE), ["network"], ["connection"]),
    (re.compile(r"keystroke|sql command|window title", re.IGNORECASE), ["iam"], ["info"]),
    (re.compile(r"file category", re.IGNORECASE), ["configuration", "file"], ["change"]),
    (re.compile(r"\b(?:change|reset|reconcile) password|\b(?:update|edit|change|rename|move|set|modif)", re.IGNORECASE), ["configuration"], ["change"]),
    (re.compile(r"\b(?:add|create|store|import|register)|\.create|-add\b", re.IGNORECASE), ["configuration"], ["creation"]),
    (re.compile(r"\b(?:remove|delete|clear|purge)|delete$|\.remove", re.IGNORECASE), ["configuration"], ["deletion"]),
    (re.compile(r"\b(?:retrieve|use|show|copy|get|list|view) ?(?:password|file|account|credential)?", re.IGNORECASE), ["iam"], ["info"]),
)  # fmt: skip
_TYPES = {"Create": ["creation"], "Delete": ["deletion"], "Edit": ["change"], "Update": ["change"], "Password": ["access"],
          "Read": ["access"], "Login": ["start"]}  # fmt: skip
_OPENS = re.compile(r"\b(?:open|retrieve|use|show|copy|view)\b", re.IGNORECASE)
_FAILED = re.compile(r"\b(?:fail|denied|error|invalid|unauthori[sz]ed|suspended)", re.IGNORECASE)
_AUDIT = {
    "auditCode": "event.code", "action": "event.action", "component": "event.provider", "serviceName": "observer.product", "message": "event.reason",
    "userId": "user.id", "tenantId": "organization.id", "sessionId": "event.id", "command": "process.command_line", "uuid": "event.id",
    "accountName": "user.target.name", "cloudProvider": "cloud.provider",
}  # fmt: skip
_ELSEWHERE = frozenset({*_AUDIT, "timestamp", "username", "source", "target", "customData"})


def ecs(event: Event, document: Document) -> None:
    native = event.native
    whole = document.get("message")
    leef.common(event, document)
    fill(document, native, _FIELDS)
    document["message"] = native.get("msg") or whole
    for name, value in native.items():
        if name not in _MAPPED and value not in UNSET:
            document[f"cyberark.vault.{name}"] = value
    level = document.get("log.syslog.severity.code")
    document["log.syslog.severity.name"] = {6: "Info", 5: "Notice", 4: "Warning", 3: "Error"}.get(level or 0)
    details = dict(part.strip().partition("=")[::2] for part in native.get("ExtraDetails", "").split(";"))
    document["client.user.name"] = details.get("username", "").strip() or None
    document["process.command_line"] = details.get("Command")
    for side in ("destination", "client"):
        _, at, realm = (document.get(f"{side}.user.name") or "").rpartition("@")
        document[f"{side}.user.domain"] = realm if at else None
    named = [document.get(f"{side}.user.name") for side in ("client", "destination")]
    document["related.user"] = [name for name in named if name]
    action = document.get("event.action") or ""
    document["event.category"], document["event.type"] = _meaning(action)
    if "full gateway" in action.lower():
        document["event.type"] = ["connection", "start"]
    failed = _FAILED.search(action) or native["EventID"] in {"4", "5"}
    document["event.outcome"] = "failure" if failed else "success"
    document["event.kind"] = "event"


def _meaning(action: str) -> tuple[list[str], list[str]]:
    text = action[:256]
    return next(((categories, types) for verb, categories, types in _VERBS if verb.search(text)), (["iam"], ["info"]))


def ecs_json(event: Event, document: Document) -> None:
    native = event.native
    for name, target in _AUDIT.items():
        value = native.get(name)
        document[target] = document.get(target) or (value if isinstance(value, str) else None)
    for name, value in native.items():
        if name not in _ELSEWHERE and value not in (None, "", [], {}):
            document[f"cyberark.audit.{name}"] = value
    document["observer.vendor"] = "CyberArk"
    document["message"] = document.get("event.reason")
    username, source = _text(native, "username"), _text(native, "source")
    document["user.email" if "@" in username else "user.name"] = username
    document["source.ip"] = network.ip(source)
    document["observer.name"] = source if document["source.ip"] is None else None
    document["destination.address"] = _text(native, "target")
    _custom(native, document)
    action, kind = _text(native, "action"), _text(native, "actionType")
    categories, types = _meaning(action)
    if categories != ["authentication"]:
        opens = _OPENS.search(action[:256])
        categories = ["configuration"]
        types = ["access"] if opens else types if types != ["info"] else _TYPES.get(kind, ["info"])
    document["event.category"], document["event.type"] = categories, types
    document["event.outcome"] = (
        "failure" if _FAILED.search(f"{action[:256]} {_text(native, 'auditType')[:64]}") else "success"
    )
    if document.get("user.target.name"):
        document["related.user"] = [document["user.target.name"]]


def _text(source: Native, name: str) -> str:
    value = source.get(name)
    return value if isinstance(value, str) else ""


def _custom(native: Native, document: Document) -> None:
    """What one service adds: Identity about users, Privilege Cloud about what an action was on."""
    custom: Any = native.get("customData")
    custom = custom if isinstance(custom, dict) else {}
    for name, value in custom.items():
        if name != "PAM" and value not in (None, "", [], {}):
            document[f"cyberark.audit.customData.{name}"] = value
    document["host.os.platform"] = _text(custom, "request_device_os")
    document["user.target.id"] = _text(custom, "user_id")
    target = _text(custom, "user_name")
    document["user.target.email" if "@" in target else "user.target.name"] = target or document.get("user.target.name")
    pam = custom.get("PAM")
    path = _text(pam, "target") if isinstance(pam, dict) else ""
    folder, backslash, last = path.rpartition("\\")
    if backslash and last == native.get("accountName"):
        document["user.target.domain"] = folder
    elif backslash:
        document["file.path"], document["file.name"] = path, last
