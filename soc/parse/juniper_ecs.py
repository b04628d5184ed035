"""What Juniper's parameters and tags are in ECS."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from soc import instant
from soc.parse import fieldmap, network

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native


def _risk(text: str) -> float | None:
    whole = text.removeprefix("-")
    return float(text) if network.number(whole) is not None else None


_TABLE = fieldmap.table(
    (None, {
        "reason": "event.reason", "policy-id": "rule.id", "source-zone-name": "observer.ingress.zone",
        "source-zone": "observer.ingress.zone", "destination-zone-name": "observer.egress.zone",
        "destination-zone": "observer.egress.zone", "interface-name": "observer.ingress.interface.name",
        "source-interface-name": "observer.ingress.interface.name", "packet-incoming-interface": "observer.ingress.interface.name",
        "destination-interface-name": "observer.egress.interface.name", "protocol-id": "network.iana_number",
        "username": "source.user.name", "user": "source.user.name", "hostname": "source.domain", "http-host": "url.domain",
        "filename": "file.name", "obj": "url.path", "command": "process.command_line",
        "run-as": "process.user.name", "error-code": "error.code", "error-message": "error.message", "subject": "email.subject",
        "sender": "source.user.email", "recipient": "destination.user.email",
    }),
    (network.ip, {
        "source-address": "source.ip client.ip", "client-ip": "source.ip client.ip", "local-address": "source.ip client.ip",
        "remote-address": "destination.ip server.ip", "peer": "destination.ip server.ip",
        "destination-address": "destination.ip server.ip", "nat-source-address": "source.nat.ip client.nat.ip",
        "nat-destination-address": "destination.nat.ip server.nat.ip",
    }),
    (network.number, {
        "source-port": "source.port client.port", "destination-port": "destination.port server.port",
        "nat-source-port": "source.nat.port client.nat.port", "nat-destination-port": "destination.nat.port server.nat.port",
        "bytes-from-client": "source.bytes client.bytes", "bytes-from-server": "destination.bytes server.bytes",
        "packets-from-client": "source.packets client.packets", "packets-from-server": "destination.packets server.packets",
        "inbound-bytes": "source.bytes client.bytes", "outbound-bytes": "destination.bytes server.bytes",
        "inbound-packets": "source.packets client.packets", "outbound-packets": "destination.packets server.packets",
        "packets": "source.packets client.packets network.packets",
    }),
    (network.mac, {"source-mac": "source.mac", "destination-mac": "destination.mac"}),
    (_risk, {"application-risk": "event.risk_score", "urlcategory-risk": "event.risk_score"}),
    (lambda value: [value], {"class-name": "user.roles"}),
)  # fmt: skip
_KNOWN = _TABLE.names | {"text", "message", "url", "elapsed-time", "start_time", "child"}
_LEVELS = ("emergency", "alert", "critical", "error", "warning", "notification", "informational", "debug")
_UNSET = frozenset({"N/A", "None", "UNKNOWN", "-"})


class _Meaning(NamedTuple):
    action: str
    category: tuple[str, ...]
    types: tuple[str, ...]
    outcome: str = "success"
    kind: str = "event"


_PASSED = _Meaning("", ("network",), ("connection", "allowed"))
_MALWARE = _Meaning("malware_detected", ("malware", "network"), ("info", "denied", "connection"), kind="alert")
_THREAT = _Meaning("", ("intrusion_detection", "network"), ("info", "denied", "connection"), kind="alert")
_LOGIN, _FAILED = ("authentication",), "failure"
_CHANGED = _Meaning("", ("configuration",), ("change",))
_RUN = _Meaning("", ("process",), ("info",), "")
_FLOW = ("network",)
_STARTED = _Meaning("flow_started", _FLOW, ("connection", "allowed", "start"))
_CLOSED = _Meaning("flow_close", _FLOW, ("connection", "allowed", "end"))
_DENIED = _Meaning("flow_deny", _FLOW, ("connection", "denied"))
# By the longest beginning of the tag.
_TAGS: dict[str, _Meaning] = {
    "RT_FLOW_SESSION_CREATE": _STARTED, "RT_FLOW_SESSION_CLOSE": _CLOSED, "RT_FLOW_SESSION_DENY": _DENIED,
    "APPTRACK_SESSION_CREATE": _STARTED, "APPTRACK_SESSION_VOL_UPDATE": _STARTED, "APPTRACK_SESSION_CLOSE": _CLOSED,
    "APPTRACK_SESSION_ROUTE_UPDATE": _STARTED, "RT_SCREEN": _THREAT, "IDP_ATTACK_LOG": _THREAT._replace(action="security_threat"),
    "IDP_APPDDOS": _THREAT._replace(action="application_ddos"), "AV_VIRUS_DETECTED": _MALWARE._replace(action="virus_detected"),
    "AV_FILE_NOT_SCANNED_DROPPED": _PASSED, "AV_": _PASSED, "WEBFILTER_URL_BLOCKED": _MALWARE._replace(action="web_filter"),
    "WEBFILTER_URL_PERMITTED": _PASSED, "WEBFILTER_": _PASSED, "ANTISPAM_SPAM_DETECTED": _MALWARE._replace(action="antispam_filter"),
    "CONTENT_FILTERING_BLOCKED": _MALWARE._replace(action="content_filter"), "AAMW_MALWARE_EVENT": _MALWARE,
    "AAMW_HOST_INFECTED": _MALWARE, "UI_AUTH_EVENT": _Meaning("", _LOGIN, ("start",)), "UI_LOGIN_EVENT": _Meaning("", _LOGIN, ("start",)),
    "UI_LOGOUT_EVENT": _Meaning("", _LOGIN, ("end",)), "LOGIN_INFORMATION": _Meaning("", _LOGIN, ("start",)),
    "LOGIN_ROOT": _Meaning("", _LOGIN, ("start",)), "LOGIN_FAILED": _Meaning("", _LOGIN, ("start",), _FAILED),
    "LOGIN_PAM": _Meaning("", _LOGIN, ("start",), _FAILED), "SSHD_LOGIN_FAILED": _Meaning("", _LOGIN, ("start",), _FAILED),
    "SSHD_LOGIN_ATTEMPTS_THRESHOLD": _Meaning("", _LOGIN, ("start",), _FAILED), "WEB_AUTH_FAIL": _Meaning("", _LOGIN, ("start",), _FAILED),
    "UI_COMMIT": _CHANGED, "UI_CFG_AUDIT": _CHANGED, "UI_LOAD_EVENT": _CHANGED, "UI_CMDLINE": _RUN, "UI_JUNOSCRIPT_CMD": _RUN,
    "UI_NETCONF_CMD": _RUN, "UI_CHILD_START": _Meaning("", ("process",), ("start",)), "UI_CHILD_STATUS": _Meaning("", ("process",), ("end",)),
}  # fmt: skip
_BY_VERDICT = ("AAMW_ACTION", "SRX_AAMW_ACTION", "SECINTEL_ACTION")
_SCREENS = (
    ("flood", "flood_detected"), ("sweep", "sweep_detected"), ("port scan", "scan_detected"), ("fragment", "fragment_detected"),
    ("tunnel", "tunneling_screen"), ("fin ", "illegal_tcp_flag_detected"), ("syn and", "illegal_tcp_flag_detected"),
    ("no tcp flag", "illegal_tcp_flag_detected"), ("spoof", "spoofing_detected"), ("session limit", "session_limit_detected"),
)  # fmt: skip


def ecs(event: Event, document: Document) -> None:
    native, header = event.native, event.frame.syslog
    told = {name: value for name, value in native.items() if value not in _UNSET}
    document["observer.vendor"], document["observer.product"] = "Juniper", "NetScreen" if "vsys" in native else "SRX"
    document["observer.type"] = "firewall"
    tag = native.get("tag", "")
    if header:
        _from_header(event, document)
    elif tag.startswith("RT_FLOW"):
        document["log.syslog.appname"] = "RT_FLOW"
    message = told.get("message") or native["text"].strip()
    document["message"] = message or event.frame.text or None
    fieldmap.fill(document, told, _TABLE)
    for name, value in told.items():
        if name not in _KNOWN:
            document[f"juniper.srx.{name.replace('-', '_')}"] = value
    _names(told, document)
    _flow(event, document)
    _meaning(tag, told, document)


def _from_header(event: Event, document: Document) -> None:
    header = event.frame.syslog
    if header is None:
        return
    document["observer.name"], document["event.provider"] = header.hostname, header.app.rpartition("/")[2]
    if header.priority is not None:
        document["event.severity"], document["log.level"] = header.priority, _LEVELS[header.priority & 7]
    if "verdict" in event.native:
        document["process.name"] = event.native.get("tag")


def _names(told: Native, document: Document) -> None:
    """Rules: of intrusion prevention the rule base and the rule's number, otherwise the policy."""
    document["rule.name"] = told.get("rulebase-name") or told.get("policy-name")
    document["rule.id"] = told.get("rule-name") or document.get("rule.id")
    document["service.name"] = told.get("service-name") if told.get("tag", "").startswith("RT_FLOW") else None
    if url := told.get("url", ""):
        document["url.domain"] = url.partition("/")[0] if "obj" in told else url
    if protocol := told.get("protocol-name", "").lower():
        document["network.transport"] = network.transport(protocol)[0]
        document["network.protocol"] = protocol if "verdict" not in told else None
    document["network.icmp.type"] = told.get("icmp-type")
    if application := told.get("application"):
        document["network.application"] = application.lower()
    if not told.get("tag", "").startswith(("RT_", "APPTRACK", "IDP", "AV_", "WEBFILTER", "AAMW", "SRX_", "SECINTEL")):
        document["user.name"] = document.get("source.user.name")


def _flow(event: Event, document: Document) -> None:
    """How long it lasted, counted from the record's stamp as other collectors of this format count.

    Documents agree with theirs then; of a session that was closed the stamp is rather the end.
    """
    seconds = network.number(event.native.get("elapsed-time"))
    if seconds is not None and seconds < 1 << 33:
        document["event.duration"] = seconds * 1_000_000_000
        document["event.start"] = document["@timestamp"]
        document["event.end"] = instant.iso(event.time + seconds * instant.SECOND)


def _meaning(tag: str, told: Native, document: Document) -> None:
    meaning = _meant(tag, told)
    if meaning is None:
        document["event.action"], document["event.category"], document["event.type"] = tag, ["network"], ["info"]
        verdict = told.get("verdict") or told.get("action", "").lower()
        if "verdict" in told or "vsys" in told:
            document["event.action"] = verdict
            document["event.type"] = ["allowed" if verdict in {"accept", "permit"} else "denied"]
        return
    document["event.kind"], document["event.outcome"] = meaning.kind, meaning.outcome
    document["event.action"] = meaning.action or (None if tag.startswith(("AV_", "WEBFILTER")) else tag)
    document["event.category"], document["event.type"] = list(meaning.category), list(meaning.types)
    if tag.startswith("RT_SCREEN"):
        attack = told.get("attack-name", "").lower()
        document["event.action"] = next((action for word, action in _SCREENS if word in attack), "attack_detected")
    elif tag.startswith("UI_CHILD"):
        document["process.name"] = told.get("child")


_LONGEST_TAG = 128


def _meant(tag: str, told: Native) -> _Meaning | None:
    if tag.startswith(_BY_VERDICT):
        return _PASSED if told.get("action", "").upper() in {"PERMIT", "LOG"} else _MALWARE
    parts = tag[:_LONGEST_TAG].split("_")
    for count in range(len(parts), 0, -1):
        beginning = "_".join(parts[:count])
        if meaning := _TAGS.get(beginning) or _TAGS.get(f"{beginning}_"):
            return meaning
    return None
