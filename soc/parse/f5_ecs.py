"""What BIG-IP's fields and messages are in ECS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.parse import f5_asm, fieldmap, network, url

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native

_CEF_TABLE = fieldmap.table(
    (None, {
        "acl_rule_name": "rule.name", "Name": "event.action rule.name", "DeviceEventClassID": "event.code", "DeviceProduct": "observer.product", "DeviceVersion": "observer.version",
        "dvchost": "host.name host.hostname observer.hostname", "externalId": "event.id",
        "policy_name": "rule.ruleset", "drop_reason": "event.reason", "violation_details": "event.reason", "violations": "event.reason",
        "suid": "source.user.id", "suser": "source.user.name user.name", "requestMethod": "http.request.method",
        "requestClientApplication": "user_agent.original", "uri": "url.original",
    }),
    (str.lower, {"app": "network.protocol", "proto": "network.transport"}),
    (network.ip, {
        "src": "source.ip", "dst": "destination.ip", "source_address": "source.ip", "destination_address": "destination.ip",
        "c6a2": "source.ip", "c6a3": "destination.ip",
    }),
    (network.number, {
        "spt": "source.port", "dpt": "destination.port", "response_code": "http.response.status_code", "Severity": "event.severity",
    }),
)  # fmt: skip
_CEF_KNOWN = _CEF_TABLE.names | {
    "raw",
    "body",
    "Version",
    "DeviceVendor",
    "request",
    "full_request",
    "dvc",
    "rt",
    "msg",
}
_HEADERS = (("http.request.referrer", re.compile(r"[\r\n]Referer: ([^\r\n]{1,4096})")), ("user_agent.original", re.compile(r"[\r\n]User-Agent: ([^\r\n]{1,1024})")),
            ("url.domain", re.compile(r"[\r\n]Host: ([^\r\n:]{1,255})")))  # fmt: skip
_DENIED = frozenset({"drop", "reject", "blocked", "deny"})
_LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")

# apmd and tmm about an access session.
_SAID = (
    ("rule.name", re.compile(r"Following rule '([^']{1,255})'")),
    ("user.name", re.compile(r"^(?:Retry )?Username '([^']{1,255})'|authenticat(?:e|ion) with '([^'@]{1,255})(?:@[^']{1,255})?'|user '([^'@]{1,255})(?:@[^']{1,255})?'")),
    ("user.domain", re.compile(r"authenticat(?:e|ion) with '[^'@]{1,255}@([^']{1,255})'")),
    ("user_agent.original", re.compile(r"session\.user\.agent is (.{1,1024})|Received User-Agent header: (.{1,1024})")),
    ("source.ip", re.compile(r"client IP:? ([0-9A-Fa-f.:]{2,45})|Client IP: ([0-9A-Fa-f.:]{2,45})")),
    ("destination.ip", re.compile(r"at VIP ([0-9A-Fa-f.:]{2,45})")),
    ("source.nat.ip", re.compile(r"Assigned PPP Dynamic IPv[46]: ([0-9A-Fa-f.:]{2,45})")),
)  # fmt: skip
_BYTES = re.compile(r"bytes in: (\d{1,18}), bytes out: (\d{1,18})")
_AUDIT = re.compile(
    r"pid=(?P<pid>\d{1,10}) user=(?P<user>\S{0,128}) folder=(?P<folder>\S{0,255}) module=(?P<module>\S{0,128}) status=\[(?P<status>[^\]]{0,128})\] cmd_data=(?P<command>.*)",
    re.DOTALL,
)
_PAM = re.compile(r"user(?:=| )(?P<user>[\w.@-]{1,128})(?:.{0,512}?host=(?P<address>[0-9A-Fa-f.:]{2,45}))?")
_PAIR = re.compile(r"(\w{1,32})=(?:\"([^\"]*)\"|(https?://\S{1,2048}+|[^\"\s][^=]*?|))(?= \w{1,32}=|$| /)")
_CONNECTION = re.compile(
    r"(?P<to>[0-9A-Fa-f.:]{2,45}):(?P<to_port>\d{1,5}): HTTP: (?P<status>\d{3}) response to from (?P<from>[0-9A-Fa-f.:]{2,45}):(?P<from_port>\d{1,5})"
    r" URL: (?P<url>\S{1,4096})(?: in (?P<version>\S{1,16}))?"
)
_REQUEST = re.compile(r"(?:Request: )?(GET|POST|PUT|DELETE|HEAD|OPTIONS|PATCH|CONNECT|TRACE) (\S{1,4096})")
_REFERER = re.compile(r"Referer: (\S{1,4096})")
_VIOLATION = re.compile(
    r"(?P<name>Request violations): (?P<what>.{1,2048}?)(?:\. Support id: (?P<id>\d{1,24}))?, source ip: (?P<src>[0-9A-Fa-f.:]{2,45}), xff ip: (?P<xff>[^,]{0,64}), "
    r"source port: (?P<sport>\d{1,5}), destination ip: (?P<dst>[0-9A-Fa-f.:]{2,45}), destination port: (?P<dport>\d{1,5})",
    re.DOTALL,
)
_HANDSHAKE = re.compile(
    r"(?P<what>SSL Handshake failed) for (?P<transport>TCP|UDP) (?P<from>[0-9A-Fa-f.:]{2,45}?)(?:%\d{1,5})?:(?P<from_port>\d{1,5}) -> "
    r"(?P<to>[0-9A-Fa-f.:]{2,45}?)(?:%\d{1,5})?:(?P<to_port>\d{1,5})"
)
_CHANGED = re.compile(
    r"(?:client \S{1,64}, )?user (?P<user>\S{1,128}) - transaction #?\S{1,64} - object \d{1,9} - (?P<act>\w{1,32}) "
)
_VIOLATING = re.compile(r"request: <?(GET|POST|PUT|DELETE|HEAD|OPTIONS|PATCH) (\S{1,4096})")


def ecs(event: Event, document: Document) -> None:
    native, header = event.native, event.frame.syslog
    document["observer.vendor"], document["observer.product"] = "F5", "BIG-IP"
    document["event.kind"], document["event.category"], document["event.type"] = "event", ["network"], ["info"]
    if "DeviceVendor" in native:
        _module(native, document)
        return
    if header:
        document["observer.hostname"] = header.hostname
        document["process.name"] = document["log.syslog.appname"] = native["program"]
    document["event.code"] = native.get("number")
    level = native.get("level", "")
    document["log.level"] = _LEVELS[int(level)] if level in {*"01234567"} else level
    document["rule.name"] = native.get("rule") or native.get("profile")
    document["f5.bigip.session_id"], document["f5.bigip.partition"] = native.get("session"), native.get("partition")
    document["f5.bigip.irule_event"] = native.get("irule_event")
    _KINDS.get(native.get("kind", ""), _plain)(native, document)


def _plain(native: Native, document: Document) -> None:
    document["message"] = native["body"]
    if ends := _HANDSHAKE.match(native["body"]):
        document["source.ip"], document["source.port"] = network.ip(ends["from"]), int(ends["from_port"])
        document["destination.ip"], document["destination.port"] = network.ip(ends["to"]), int(ends["to_port"])
        document["event.reason"], document["event.outcome"] = ends["what"], "failure"
        document["network.transport"], document["event.type"] = ends["transport"].lower(), ["connection"]


def _module(native: Native, document: Document) -> None:
    """What a security module says in CEF."""
    document["observer.product"] = None
    fieldmap.fill(document, native, _CEF_TABLE)
    fieldmap.keep(document, native, "f5.bigip.", _CEF_KNOWN)
    document["observer.type"] = "firewall"
    if network.is_ip(native.get("dvc")):
        document["observer.ip"] = [native["dvc"]]
        document["related.ip"] = [native["dvc"]]
    url.fill(document, native.get("request", ""))
    full = native.get("full_request", "")
    for name, pattern in _HEADERS:
        if found := pattern.search(full, 0, 16384):
            document[name] = document.get(name) or found[1]
    act = native.get("act", "").lower()
    document["event.outcome"] = "success"
    if act in _DENIED:
        document["event.type"] = ["info", "denied"]
    if native.get("DeviceProduct") in {"ASM", "PSM"} and act not in {"passed", ""}:
        document["event.kind"] = "alert"


def _session(native: Native, document: Document) -> None:
    said = native["said"]
    document["event.category"] = ["authentication"]
    document["event.reason"] = said
    for name, pattern in _SAID:
        if found := pattern.search(said, 0, 2048):
            value = next(part for part in found.groups() if part)
            document[name] = network.ip(value) if name.endswith(".ip") else value
    failed = any(word in said for word in ("failed", "Logon_Deny", "denied", "'Deny'"))
    document["event.outcome"] = "failure" if failed else "success"
    if "authenticate with" in said or "New session" in said:
        document["event.type"] = ["start"]
    elif "Session deleted" in said:
        document["event.type"] = ["end"]
    if counted := _BYTES.search(said, 0, 2048):
        document["source.bytes"], document["destination.bytes"] = int(counted[1]), int(counted[2])


def _audit(native: Native, document: Document) -> None:
    said = native["said"]
    document["event.category"] = ["process"]
    if found := _AUDIT.match(said):
        document["process.pid"], document["user.name"] = int(found["pid"]), found["user"]
        document["process.working_directory"], document["process.command_line"] = found["folder"], found["command"]
        document["event.outcome"] = "success" if found["status"] == "Command OK" else "failure"
    elif found := _CHANGED.match(said):
        document["user.name"], document["event.action"] = found["user"], found["act"]
        document["event.category"], document["event.type"] = ["configuration"], ["change"]
        document["event.outcome"] = "success" if "[Status=Command OK]" in said else "failure"
    elif found := _PAM.search(said, 0, 2048):
        document["user.name"], document["source.ip"] = found["user"], network.ip(found["address"])
        document["event.category"], document["event.type"] = ["authentication"], ["start"]
        document["event.outcome"] = "failure" if "failed to login" in said else None


def _irule(native: Native, document: Document) -> None:
    """Whatever an iRule logs: pairs as the vendor's examples have them, a request, a response."""
    said = native["said"]
    if connection := _CONNECTION.match(said):
        document["source.ip"], document["source.port"] = network.ip(connection["from"]), int(connection["from_port"])
        document["destination.ip"], document["destination.port"] = (
            network.ip(connection["to"]),
            int(connection["to_port"]),
        )
        document["http.response.status_code"] = int(connection["status"])
        _target(connection["url"], document)
        _tls(connection["version"] or "", document)
    elif "client_ip=" in said[:1024]:
        _pairs({name: quoted or bare for name, quoted, bare in _PAIR.findall(said[:8192])}, document)
    else:
        document["event.reason"] = said
        if request := _REQUEST.match(said):
            document["http.request.method"] = request[1]
            _target(request[2], document)
        if referer := _REFERER.match(said):
            document["http.request.referrer"] = referer[1]


def _target(told: str, document: Document) -> None:
    """An address that begins with a host name or with a path."""
    url.fill(document, told)
    if not told.startswith("/") and "://" not in told:
        document["url.domain"] = told.partition("/")[0]


def _pairs(told: dict[str, str], document: Document) -> None:
    document["source.ip"], document["source.port"] = (
        network.ip(told.get("client_ip")),
        network.number(told.get("client_port")),
    )
    server, port = network.endpoint(told.get("lb_server", ""))
    document["destination.ip"], document["destination.port"] = network.ip(server), port
    method, _, rest = told.get("request", "").partition(" ")
    document["http.request.method"] = method
    url.fill(document, rest.rpartition(" HTTP/")[0])
    document["destination.domain"] = document["destination.address"] = document["url.domain"] = told.get("host")
    document["http.response.status_code"] = network.number(told.get("server_status"))
    document["http.response.mime_type"] = told.get("content_type", "").partition(";")[0]
    document["http.response.bytes"] = network.number(told.get("content_length"))
    document["user_agent.original"], document["http.request.referrer"] = told.get("user_agent"), told.get("referer")
    document["user.name"] = told.get("username", "").strip()


def _tls(version: str, document: Document) -> None:
    """`TLSv1.3`."""
    if version.startswith(("TLSv", "SSLv")):
        document["tls.version_protocol"], document["tls.version"] = version[:3].lower(), version[4:]


def _ssl(native: Native, document: Document) -> None:
    """The management interface's own web server."""
    document["source.ip"] = network.ip(native.get("client") or native.get("address"))
    _tls(native.get("version", ""), document)
    document["tls.cipher"] = native.get("cipher")
    words = native["request"].split(" ")
    document["http.request.method"] = words[0] if len(words) == 3 else None
    url.fill(document, words[1] if len(words) == 3 else native["request"])
    document["http.response.status_code"] = network.number(native.get("status"))
    document["user.name"] = (
        native.get("user", "-").replace("-", "", 1) if native.get("user") == "-" else native.get("user")
    )


def _security(native: Native, document: Document) -> None:
    found = _VIOLATION.search(native["said"], 0, 8192)
    document["rule.ruleset"] = native["log"]
    if found is None:
        document["event.reason"] = native["said"]
        return
    document["rule.name"], document["event.reason"], document["event.id"] = found["name"], found["what"], found["id"]
    document["source.ip"], document["source.port"] = network.ip(found["src"]), int(found["sport"])
    document["destination.ip"], document["destination.port"] = network.ip(found["dst"]), int(found["dport"])
    document["network.forwarded_ip"] = network.ip(found["xff"])
    if request := _VIOLATING.search(native["said"], 0, 16384):
        document["http.request.method"] = request[1]
        url.fill(document, request[2])


_KINDS = {"session": _session, "audit": _audit, "irule": _irule, "ssl": _ssl, "security": _security, "asm": f5_asm.ecs}

_JSON_TABLE = fieldmap.table(
    (None, {
        "hostname": "host.name observer.hostname", "action": "event.action", "acl_rule_name": "rule.name", "acl_policy_name": "rule.ruleset",
        "policy_name": "rule.ruleset", "drop_reason": "event.reason", "violations": "event.reason", "errdefs_msgno": "event.code",
        "source_user": "source.user.name", "source_user_group": "source.user.group.name", "username": "user.name",
        "source_fqdn": "source.domain", "dest_fqdn": "destination.domain", "method": "http.request.method", "Method": "http.request.method",
        "User_Agent": "user_agent.original", "UserAgent": "user_agent.original", "device_id": "host.id", "DeviceId": "host.id",
        "OsName": "host.os.name", "support_id": "event.id", "device_version": "observer.version", "uri": "url.original url.path",
        "query_string": "url.query", "acl_rule_uuid": "rule.uuid", "session_id": "f5.bigip.session_id",
        "http_method": "http.request.method", "http_uri": "url.original url.path", "http_host": "url.domain",
    }),
    (str.lower, {
        "ip_protocol": "network.transport", "protocol": "network.protocol", "application": "network.application",
        "app": "network.application",
    }),
    (network.ip, {
        "source_ip": "source.ip", "dest_ip": "destination.ip", "POOLIP": "destination.ip", "Client_IP": "client.ip",
        "ip_client": "client.ip", "ClientIP": "client.ip", "translated_source_ip": "source.nat.ip",
        "translated_dest_ip": "destination.nat.ip", "client_ip": "client.ip source.ip", "server_ip": "destination.ip",
    }),
    (network.number, {
        "source_port": "source.port", "src_port": "source.port", "dest_port": "destination.port", "POOLPort": "destination.port",
        "translated_source_port": "source.nat.port", "translated_dest_port": "destination.nat.port",
        "response_code": "http.response.status_code", "ResponseCode": "http.response.status_code",
        "http_statcode": "http.response.status_code", "client_port": "client.port source.port", "server_port": "destination.port",
    }),
)  # fmt: skip
_ADDRESSES = (
    "bigip_mgmt_ip",
    "management_ip_address",
    "management_ip_address_2",
    "Virtual_IP",
    "SubnetIP",
    "x_forwarded_for_header_value",
)
_HOSTS = ("unit_hostname", "device_id", "DeviceId", "ip_with_route_domain", "route_domain", "POOLIPRouteDomain")


def json_ecs(event: Event, document: Document) -> None:
    native: dict[str, Any] = {name: value for name, value in event.native.items() if isinstance(value, str)}
    document["observer.vendor"], document["observer.product"], document["observer.type"] = (
        "F5",
        "BIG-IP",
        "load balancer",
    )
    document["event.kind"], document["event.category"], document["event.type"] = "event", ["network"], ["info"]
    fieldmap.fill(document, native, _JSON_TABLE)
    fieldmap.keep(document, native, "f5_bigip.log.", _JSON_TABLE.names | {"severity", "URL"})
    severity = native.get("severity", "")
    document["event.severity"] = network.number(severity)
    document["log.level"] = severity.lower() if severity and not severity.isdigit() else None
    url.fill(document, native.get("URL", ""))
    document["related.ip"] = [address for name in _ADDRESSES if network.is_ip(address := native.get(name))]
    document["related.hosts"] = [native[name] for name in _HOSTS if native.get(name)]
    counts = [count for name in ("Bytes_In", "Bytes_Out") if (count := network.number(native.get(name))) is not None]
    if counts:
        document["network.bytes"] = sum(counts)
