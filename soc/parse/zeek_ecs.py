"""What the fields of Zeek's logs are in ECS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.parse import json_values as values, network, sensor, url, x509, zeek_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from soc.event import Event
    from soc.parse.format import Document, Native


_PROTOCOLS = {
    "dns": "dns", "http": "http", "ssl": "tls", "dhcp": "dhcp", "kerberos": "kerberos", "ntlm": "ntlm", "radius": "radius", "ftp": "ftp", "irc": "irc",
    "smtp": "smtp", "ssh": "ssh", "smb_cmd": "smb", "smb_files": "smb", "smb_mapping": "smb", "dce_rpc": "dce_rpc", "rdp": "rdp", "rfb": "rfb",
    "sip": "sip", "modbus": "modbus", "dnp3": "dnp3", "mysql": "mysql", "postgresql": "postgresql", "redis": "redis", "socks": "socks",
    "snmp": "snmp", "syslog": "syslog", "ntp": "ntp", "ldap": "ldap", "ldap_search": "ldap", "mqtt_connect": "mqtt", "mqtt_publish": "mqtt",
    "quic": "quic", "websocket": "websocket",
}  # fmt: skip
_TRANSPORTS = {
    **dict.fromkeys(
        ("http", "ssl", "ntlm", "ftp", "irc", "smtp", "ssh", "smb_cmd", "smb_files", "smb_mapping", "dce_rpc", "rdp", "rfb", "modbus",
         "dnp3", "mysql", "postgresql", "redis", "socks", "websocket", "mqtt_connect", "mqtt_publish"), "tcp"),
    **dict.fromkeys(("dhcp", "radius", "sip", "snmp", "syslog", "ntp", "quic"), "udp"),
}  # fmt: skip
_CATEGORIES = {
    "http": ["network", "web"], "notice": ["intrusion_detection"], "signatures": ["network"], "intel": None, "files": ["file"], "pe": ["file"],
    "x509": ["file"], "ocsp": ["file"], "stats": None, "capture_loss": None, "known_hosts": ["network", "host"],
    "known_devices": ["network", "host"], "known_services": ["network", "host"], "known_certs": ["network", "file"],
    "software": ["network", "file"], "kerberos": ["network", "authentication"], "ntlm": ["network", "authentication"],
    "radius": ["network", "authentication"], "smtp": ["network", "email"], "mysql": ["network", "database"], "postgresql": ["network", "database"],
    "redis": ["network", "database"], "smb_files": ["network", "file"], "smb_mapping": ["network", "file"], "reporter": None, "cluster": None,
    "broker": None, "packet_filter": None,
}  # fmt: skip
_ALERTS = frozenset({"notice", "signatures", "intel", "weird"})
_METRICS = frozenset({"stats", "capture_loss"})
_INFORMED = frozenset({
    "notice", "intel", "files", "pe", "x509", "ocsp", "capture_loss", "known_hosts", "known_devices", "known_services", "known_certs",
    "software", "traceroute", "weird",
})  # fmt: skip
_SESSIONS = frozenset({"ssl", "sip", "modbus", "socks", "ssh", "mysql"})
_STATES = {
    "S1": ["connection", "start"], "SF": ["connection", "start", "end"], "REJ": ["connection", "start", "denied"],
}  # fmt: skip
_SIP_DEFAULTS = {"sip": 5060, "sips": 5061}


def ecs(event: Event, document: Document) -> None:
    native, log = event.native, event.native["_log"]
    own = zeek_fields.LOGS.get(log, {})
    for name, value in native.items():
        row = own.get(name) or zeek_fields.COMMON.get(name)
        if row is not None:
            told = row[1](value)
            if told is not None:
                document[row[0]] = told
        elif name not in {"_log", "_path", "_write_ts", "ts"}:
            document[f"zeek.{log or 'log'}.{name}"] = value
    document["observer.vendor"], document["observer.product"], document["observer.type"] = "Zeek", "Zeek", "ids"
    document["network.protocol"] = document.get("network.protocol") or _PROTOCOLS.get(log)
    document["network.transport"] = document.get("network.transport") or _TRANSPORTS.get(log)
    _meaning(log, native, document)
    if fill := _FILLS.get(log):
        fill(native, document)
    document["network.direction"] = _direction(native, document)


def _direction(native: Native, document: Document) -> str | None:
    """By Zeek's own networks where it says so."""
    here, there = native.get("local_orig"), native.get("local_resp")
    if isinstance(here, bool) and isinstance(there, bool):
        return {(True, True): "internal", (True, False): "outbound", (False, True): "inbound"}.get(
            (here, there), "external"
        )
    return sensor.direction(document)


def _meaning(log: str, native: Native, document: Document) -> None:
    if log in _ALERTS:
        document["event.kind"] = "alert"
    elif log in _METRICS:
        document["event.kind"] = "metric"
    categories = _CATEGORIES.get(log, ["network"])
    document["event.category"] = list(categories) if categories else None
    if log in _INFORMED:
        document["event.type"] = ["info"]
    elif log == "conn":
        document["event.type"] = list(_STATES.get(str(native.get("conn_state")), ["connection", "info"]))
    elif log not in _METRICS and document["event.category"]:
        document["event.type"] = ["connection", *(["protocol"] if log in _PROTOCOLS else [])]
        document["event.type"] += [] if log in _SESSIONS else ["info"]


def _connection(native: Native, document: Document) -> None:
    """ICMP has no ports: Zeek writes type and code there."""
    if document["network.transport"] == "icmp":
        document["network.icmp.type"], document["network.icmp.code"] = (
            values.identity(native.get("id.orig_p")),
            values.identity(native.get("id.resp_p")),
        )
        document["network.transport"] = "ipv6-icmp" if ":" in str(document.get("source.ip")) else "icmp"
        document["source.port"] = document["destination.port"] = None


_FLAGS = ("AA", "TC", "RD", "RA")


def _dns(native: Native, document: Document) -> None:
    document["dns.header_flags"] = [name for name in _FLAGS if native.get(name) is True]
    answers = values.words(native.get("answers")) or []
    lives = native.get("TTLs")
    lives = lives if isinstance(lives, list) else []
    document["dns.answers"] = [
        {"data": data} | ({} if (life := _life(lives, place)) is None else {"ttl": life})
        for place, data in enumerate(answers)
    ]
    document["dns.resolved_ip"] = list(dict.fromkeys(address for data in answers if (address := network.ip(data))))
    code = document.get("dns.response_code")
    document["dns.type"] = "answer" if answers or code else "query"
    if code:
        document["event.outcome"] = "success" if code == "NOERROR" else "failure"


def _life(lives: list[Any], place: int) -> int | None:
    told = values.nanoseconds(lives[place]) if place < len(lives) else None
    return None if told is None else told // 1_000_000_000


def _http(native: Native, document: Document) -> None:
    url.fill(document, values.text(native.get("uri")) or "")
    document["url.domain"] = values.text(native.get("host")) or document.get("url.domain")
    document["url.username"], document["url.password"] = (
        document.get("user.name"),
        values.text(native.get("password")),
    )
    document["destination.domain"] = document["url.domain"]
    document["event.action"] = document.get("http.request.method")
    _status(document, document.get("http.response.status_code"))


def _status(document: Document, status: Any) -> None:
    if isinstance(status, int) and status >= 100:
        document["event.outcome"] = "failure" if status >= 400 else "success"


def _sip(native: Native, document: Document) -> None:
    uri = values.text(native.get("uri")) or ""
    scheme, colon, rest = uri.partition(":")
    if colon and scheme.lower() in _SIP_DEFAULTS:
        document["url.scheme"] = scheme.lower()
        user, at, host = rest.partition(";")[0].rpartition("@")
        document["url.domain"], document["url.port"] = network.endpoint(host)
        document["url.username"] = user or None if at else None
    status = document.get("zeek.sip.status_code")
    _status(document, status)
    if isinstance(status, int) and status >= 400:
        document["event.type"] = [*document["event.type"], "error"]


def _ssl(native: Native, document: Document) -> None:
    x509.tls_version(document, native.get("version"))
    for side, subject, issuer in (("server", "subject", "issuer"), ("client", "client_subject", "client_issuer")):
        x509.fill(document, f"tls.{side}.x509", "subject", native.get(subject))
        x509.fill(document, f"tls.{side}.x509", "issuer", native.get(issuer))
    document["tls.server.x509.not_before"], document["tls.server.x509.not_after"] = (
        document.get("tls.server.not_before"),
        document.get("tls.server.not_after"),
    )
    document["client.address"], document["server.address"] = document.get("source.ip"), document.get("destination.ip")
    document["destination.domain"] = document.get("tls.client.server_name")
    document["related.hash"] = [told for name in ("tls.client.ja3", "tls.server.ja3s") if (told := document.get(name))]


def _certificate(native: Native, document: Document) -> None:
    x509.fill(document, "file.x509", "subject", native.get("certificate.subject"))
    x509.fill(document, "file.x509", "issuer", native.get("certificate.issuer"))


def _known_certificate(native: Native, document: Document) -> None:
    x509.fill(document, "tls.server.x509", "subject", native.get("subject"))
    x509.fill(document, "tls.server.x509", "issuer", native.get("issuer_subject"))
    document["host.ip"] = [document["server.ip"]] if "server.ip" in document else None


def _known_service(_: Native, document: Document) -> None:
    document["host.ip"] = [document["server.ip"]] if "server.ip" in document else None


def _dhcp(native: Native, document: Document) -> None:
    """The ports are those of the protocol: version 4 is all that this log has."""
    document["client.address"], document["server.address"] = document.get("source.ip"), document.get("destination.ip")
    if document.get("source.ip") and "source.port" not in document:
        document["source.port"], document["destination.port"] = 68, 67
    types = values.words(native.get("msg_types"))
    document["event.action"] = types[-1] if types else None


def _notice(native: Native, document: Document) -> None:
    if "dropped" in native:
        document["event.type"] = ["info", "denied" if native["dropped"] is True else "allowed"]


def _signature(_: Native, document: Document) -> None:
    document["event.type"] = None


def _outcome(native: Native, document: Document) -> None:
    told = native.get("success", native.get("auth_success", native.get("status", native.get("result"))))
    if isinstance(told, bool):
        document["event.outcome"] = "success" if told else "failure"
    elif isinstance(told, str) and told:
        document["event.outcome"] = "success" if told.lower() in {"succeeded", "success"} else "failure"


def _kerberos(native: Native, document: Document) -> None:
    _outcome(native, document)
    name, slash, realm = str(document.get("user.name") or "").partition("/")
    if slash:
        document["user.name"], document["user.domain"] = name, realm
    if not document.get("network.transport"):
        document["network.transport"] = "tcp"


def _modbus(native: Native, document: Document) -> None:
    document["event.outcome"] = "failure" if native.get("exception") else "success"


def _rdp(_: Native, document: Document) -> None:
    document["event.type"] = ["protocol", "info"]


def _syslog(_: Native, document: Document) -> None:
    document["event.category"] = document["event.type"] = None


def _tunnel(_: Native, document: Document) -> None:
    document["event.type"] = ["connection"]


_FILLS: Mapping[str, Callable[[Native, Document], None]] = {
    "conn": _connection, "dns": _dns, "http": _http, "sip": _sip, "ssl": _ssl, "x509": _certificate, "known_certs": _known_certificate,
    "known_services": _known_service, "dhcp": _dhcp, "notice": _notice, "signatures": _signature, "kerberos": _kerberos, "ntlm": _outcome,
    "radius": _outcome, "ssh": _outcome, "socks": _outcome, "mysql": _outcome, "redis": _outcome, "modbus": _modbus, "rdp": _rdp,
    "syslog": _syslog, "tunnel": _tunnel,
}  # fmt: skip
