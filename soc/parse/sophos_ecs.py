"""What the fields of Sophos Firewall are in ECS; those of Sophos UTM are in `sophos_utm`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from soc import instant
from soc.parse import fieldmap, network, sophos_utm, url
from soc.parse.when import zone

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native

_TABLE = fieldmap.table(
    (None, {
        "device_serial_id": "observer.serial_number", "device_id": "observer.serial_number", "device_name": "observer.name",
        "eventid": "event.id", "event_id": "event.id", "reason": "event.reason",
        "signature_id": "rule.id", "fw_rule_id": "rule.id", "rule_id": "rule.id", "signature_msg": "rule.name",
        "fw_rule_name": "rule.name", "rule_name": "rule.name", "classification": "rule.category", "policy_type": "rule.ruleset",
        "in_interface": "observer.ingress.interface.name", "out_interface": "observer.egress.interface.name",
        "srczone": "observer.ingress.zone", "src_zone": "observer.ingress.zone", "dstzone": "observer.egress.zone",
        "dst_zone": "observer.egress.zone", "user_name": "source.user.name user.name",
        "user": "source.user.name user.name",
        "user_gp": "source.user.group.name", "user_group": "source.user.group.name", "usergroupname": "source.user.group.name",
        "from_email_address": "source.user.email", "sender": "source.user.email",
        "to_email_address": "destination.user.email", "recipient": "destination.user.email",
        "email_subject": "email.subject", "subject": "email.subject", "mailid": "email.message_id", "mail_id": "email.message_id",
        "src_domainname": "source.domain", "dst_domainname": "destination.domain", "dstdomain": "destination.domain",
        "sni": "destination.domain", "domain": "destination.domain", "domainname": "destination.domain",
        "filename": "file.name", "file_name": "file.name", "file_path": "file.directory", "filetype": "file.mime_type",
        "file_type": "file.mime_type", "application": "network.application", "application_name": "network.application",
        "app_name": "network.application", "user_agent": "user_agent.original", "useragent": "user_agent.original",
        "referer": "http.request.referrer", "method": "http.request.method", "ws_protocol": "http.version",
        "tls_version": "tls.version", "cipher_suite": "tls.cipher", "log_type": "log.origin.function",
        "threatname": "threat.indicator.name", "threat": "threat.indicator.name", "contenttype": "http.response.mime_type",
        "execution_path": "process.executable", "transactionid": "http.request.id", "transaction_id": "http.request.id",
    }),
    (network.ip, {
        "src_ip": "source.ip", "sourceip": "source.ip", "remoteinterfaceip": "source.ip", "remote_ip": "source.ip",
        "dst_ip": "destination.ip", "destinationip": "destination.ip", "localinterfaceip": "destination.ip",
        "localip": "destination.ip", "tran_src_ip": "source.nat.ip", "src_trans_ip": "source.nat.ip",
        "tran_dst_ip": "destination.nat.ip", "dst_trans_ip": "destination.nat.ip",
    }),
    (network.number, {
        "src_port": "source.port", "dst_port": "destination.port", "tran_src_port": "source.nat.port",
        "src_trans_port": "source.nat.port", "tran_dst_port": "destination.nat.port", "dst_trans_port": "destination.nat.port",
        "sent_bytes": "source.bytes", "bytes_sent": "source.bytes", "bytesrcv": "source.bytes",
        "recv_bytes": "destination.bytes", "bytes_received": "destination.bytes", "bytessent": "destination.bytes",
        "sent_pkts": "source.packets", "packets_sent": "source.packets", "recv_pkts": "destination.packets",
        "packets_received": "destination.packets", "filesize": "file.size", "file_size": "file.size",
        "status_code": "http.response.status_code", "http_status": "http.response.status_code",
        "httpstatus": "http.response.status_code", "httpresponsecode": "http.response.status_code",
    }),
    (network.mac, {"src_mac": "source.mac", "dst_mac": "destination.mac"}),
)  # fmt: skip
_OWN = frozenset({"raw", "body", "message", "date", "time", "timestamp", "protocol", "url", "sha1sum", "duration", "responsetime",
                  "year", "month", "day", "clock", "proto", "timezone"})  # fmt: skip
_KNOWN = _TABLE.names - {"log_type", "fw_rule_id", "device_name"} | _OWN
_SEVERITIES = {
    "emergency": 0, "alert": 1, "critical": 2, "error": 3, "warning": 4, "notice": 5, "notification": 5, "information": 6,
    "informational": 6, "debug": 7,
}  # fmt: skip
_LEVELS = {"information": "informational", "notice": "notification"}
_MAIL = {"smtp": "smtp", "smtps": "smtps", "pop3": "pop3", "pops": "pop3s", "pop3s": "pop3s", "imap": "imap", "imap4": "imap",
         "imaps": "imaps", "http": "http", "https": "https", "ftp": "ftp"}  # fmt: skip
_HASHES = {32: "md5", 40: "sha1", 64: "sha256"}
_INTERNAL = frozenset({"lan", "dmz", "wifi", "local", "vpn"})

# The messages that are attacks, by their numbers: DoS, spoofed and source-routed packets, ICMP errors, missing heartbeats.
_ATTACKS = frozenset({"00003", "00004", "03001", "05001", "05151", "05301", "05401", "13012"})
_CLEAN = frozenset({"Allowed", "Clean", "SPX", "Warned", "Alert", "Pending", "Information"})
_LOWER = frozenset({"Firewall", "ATP", "IDP", "Content Filtering"})


def zone_name(native: Native) -> str:
    """`timezone` where it is an offset or a zone of the tz database; of abbreviations like IST or BST several zones have the same."""
    return _zone_name(native.get("timezone", ""))


@lru_cache(maxsize=256)
def _zone_name(told: str) -> str:
    if told[:1] in {"+", "-"}:
        return told if len(told) > 3 else f"{told}00"
    try:
        zone(told)
    except ValueError:
        return ""
    return told


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.type"] = "Sophos", "firewall"
    if "log_type" not in native:
        sophos_utm.fill(native, document)
        return
    document["observer.product"] = "XG"
    if event.frame.syslog and event.frame.syslog.hostname:
        document["observer.hostname"] = event.frame.syslog.hostname
    fieldmap.fill(document, native, _TABLE)
    fieldmap.keep(document, native, "sophos.xg.", _KNOWN)
    document["message"] = native.get("message") or event.frame.text
    document["event.code"] = native["log_id"][-5:]
    document["event.timezone"] = zone_name(native) or document.get("event.timezone")
    _severity(native, document)
    _traffic(event, document)
    _content(native, document)
    _MEANINGS.get(native["log_type"], _quiet)(native, document)


def _severity(native: Native, document: Document) -> None:
    """`severity` as it is written; `priority`, of older versions, by syslog's usual words."""
    told = native.get("priority") or native.get("severity") or ("Alert" if native.get("log_subtype") == "Alert" else "")
    level = told.lower()
    if level in _SEVERITIES:
        document["event.severity"] = _SEVERITIES[level]
    document["log.level"] = _LEVELS.get(level, level) if "severity" not in native else told


def _traffic(event: Event, document: Document) -> None:
    native = event.native
    document["network.transport"] = native.get("protocol", "").lower()
    document["network.protocol"] = _MAIL.get(native.get("log_component", "").lower())
    document["network.icmp.type"], document["network.icmp.code"] = native.get("icmp_type"), native.get("icmp_code")
    zones = [
        (native.get(f"{side}zonetype") or native.get(f"{side}_zone_type") or "").lower() for side in ("src", "dst")
    ]
    if all(zones):
        document["network.direction"] = _direction(zones[0] in _INTERNAL, zones[1] in _INTERNAL)
    seconds = network.number(native.get("duration"))
    if native["log_type"] == "Firewall" and seconds is not None and seconds < 1 << 33:
        # Counted from the stamp as other collectors of this format count, though it is rather the end of what was closed.
        document["event.duration"] = seconds * 1_000_000_000
        started = event.time
        document["event.start"] = document["@timestamp"]
        document["event.end"] = instant.iso(started + seconds * instant.SECOND)


def _direction(inner: bool, outer: bool) -> str:  # noqa: FBT001 (both sides, in order)
    return {(True, True): "internal", (True, False): "outbound", (False, True): "inbound"}.get(
        (inner, outer), "external"
    )


def _content(native: Native, document: Document) -> None:
    """Mail, URL and file that were inspected."""
    for side, name in (("source", "from"), ("destination", "to")):
        if address := document.get(f"{side}.user.email"):
            document[f"email.{name}.address"] = [part.strip() for part in address.split(",")]
    told = native.get("url", "")
    url.fill(document, told)
    if "://" in told and document.get("network.protocol") in {None, "http"}:
        document["network.protocol"] = document.get("url.scheme") or document["network.protocol"]
    if domain := native.get("domain") or native.get("domainname"):
        document["url.domain"] = domain
    digest = native.get("sha1sum") or native.get("sha256sum") or ""
    if algorithm := _HASHES.get(len(digest)):
        document[f"file.hash.{algorithm}"] = digest


def _inspected(native: Native, document: Document) -> None:
    """Mail, web and files: what is not let through was found to be harmful or unwanted."""
    type_, subtype, code = native["log_type"], native.get("log_subtype", ""), document["event.code"]
    document["event.action"] = subtype.lower() if type_ in _LOWER else subtype
    document["event.outcome"] = "success"
    if subtype in _CLEAN:
        document["event.kind"], document["event.category"] = "event", ["network"]
        document["event.type"] = [
            "connection",
            *(["allowed"] if subtype in {"Allowed", "Clean", "Warned", "SPX"} else []),
        ]
    else:
        document["event.kind"] = "alert"
        document["event.category"] = ["intrusion_detection" if code in _ATTACKS else "malware", "network"]
        document["event.type"] = ["connection", "denied"] + ([] if type_ == "Sandbox" else ["info"])
    if type_ == "Sandbox":
        if native.get("log_component") == "Web":
            name = "destination.ip" if network.is_ip(native.get("source")) else "destination.domain"
            document[name] = document["url.domain"] = native.get("source")
        document["event.type"] += {"Pending": ["start"], "Allowed": ["end"]}.get(subtype, [])


def _firewall(native: Native, document: Document) -> None:
    subtype, code = native.get("log_subtype", ""), document["event.code"]
    attack = code in _ATTACKS
    document["event.action"], document["event.outcome"] = subtype.lower(), "success"
    document["event.reason"] = native.get("message")
    document["network.protocol"] = native.get("application", "").lower()
    document["event.kind"] = "alert" if attack else "event"
    document["event.category"] = ["intrusion_detection", "network"] if attack else ["network"]
    phase = (native.get("connevent") or native.get("con_event") or "").lower()
    document["event.type"] = ["connection", "denied" if subtype == "Denied" else "allowed"]
    document["event.type"] += {"start": ["start"], "interim": ["start"], "stop": ["end"]}.get(phase, [])


def _attack(native: Native, document: Document) -> None:
    document["event.kind"], document["event.outcome"] = "alert", "success"
    document["event.action"] = native.get("log_subtype", "").lower()
    document["event.category"] = ["intrusion_detection", "network"]
    document["event.type"] = ["connection", "denied"]


def _web_application(native: Native, document: Document) -> None:
    """A request to a server behind the firewall; one that it refuses has a reason."""
    _attack(native, document)
    document["event.action"] = "denied"
    if native.get("reason", "-") == "-" and native.get("httpstatus", "").startswith(("2", "3")):
        document["event.kind"], document["event.action"] = "event", "allowed"
        document["event.category"], document["event.type"] = ["web", "network"], ["connection", "allowed"]
    document["url.full"], document["url.domain"] = native.get("url"), native.get("server")
    document["url.query"] = native.get("querystring", "").removeprefix("?")
    if (millis := network.number(native.get("responsetime"))) is not None and millis < 1 << 43:
        document["event.duration"] = millis * 1_000


_TUNNELS = {"Established": "start", "Connected": "start", "Terminated": "end", "Disconnected": "end"}


def _own_event(native: Native, document: Document) -> None:
    """What the firewall says of itself and of who logs in."""
    document["event.kind"] = "event"
    document["event.outcome"] = {"Successful": "success", "Failed": "failure"}.get(native.get("status", ""))
    subtype = native.get("log_subtype", "")
    if subtype == "Authentication":
        document["event.category"] = ["authentication"]
        document["event.type"] = ["start", "user"] if document["event.outcome"] == "success" else ["info"]
    elif subtype == "Admin":
        login = "login" in native.get("message", "") or "logged" in native.get("message", "")
        document["event.category"] = ["authentication"] if login else ["configuration"]
        document["event.type"] = ["start"] if login else ["change"]
    elif native.get("log_component", "").endswith("VPN") and native.get("status") in _TUNNELS:
        document["event.category"], document["event.type"] = ["network"], ["connection", _TUNNELS[native["status"]]]
    if native.get("log_component") == "RED":
        document["event.start"] = document["@timestamp"]
        if (millis := network.number(native.get("duration"))) is not None and millis < 1 << 43:
            document["event.duration"] = millis * 1_000_000


def _quiet(native: Native, document: Document) -> None:
    """Usage of the machine, what access points and endpoints report, and types that newer versions add."""
    document["event.kind"] = "event"
    if native["log_type"] == "Wireless Protection":
        document["event.outcome"] = "success"


_MEANINGS = {
    "Firewall": _firewall, "ATP": _attack, "IDP": _attack, "WAF": _web_application, "Event": _own_event, "Anti-Spam": _inspected,
    "Anti-Virus": _inspected, "Content Filtering": _inspected, "Sandbox": _inspected,
}  # fmt: skip
