"""What a message of ASA or FTD is in ECS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc import instant
from soc.parse import cisco, cisco_ftd_events, network, url

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native

_OUR_HOST = re.compile(r"[A-Za-z0-9_][\w.-]{0,254}$")
_PRODUCTS = {"ASA": "asa", "FTD": "ftd", "FDT": "ftd", "PIX": "pix", "FWSM": "fwsm", "NGIPS": "ftd", "FMC": "ftd"}

Meaning = tuple[str, list[str], list[str], str | None]
_DENIED: Meaning = ("firewall-rule", ["network"], ["connection", "denied"], "success")
_ALLOWED: Meaning = ("firewall-rule", ["network"], ["connection", "allowed"], "success")
_INFO: Meaning = ("firewall-rule", ["network"], ["info"], None)
_BUILT: Meaning = ("flow-creation", ["network"], ["connection", "start", "info"], None)
_TORN_DOWN: Meaning = ("flow-expiration", ["network"], ["connection", "end"], None)
_LOGGED_IN: Meaning = ("logged-in", ["authentication", "network"], ["allowed", "info"], "success")
_LOGIN_FAILED: Meaning = ("logon-failed", ["authentication", "network"], ["denied", "info"], "failure")
_VPN_ERROR: Meaning = ("client-vpn-error", ["network"], ["connection", "error", "denied"], None)
_COMMAND: Meaning = ("firewall-rule", ["network", "configuration"], ["info"], None)
_AUDITED: Meaning = ("audit", ["configuration"], ["info"], None)
_VPN_ERRORS = (
    "113029",
    "113030",
    "113031",
    "113032",
    "113033",
    "113034",
    "113035",
    "113036",
    "113037",
    "113038",
    "113040",
)
_MEANINGS: tuple[tuple[Meaning, tuple[str, ...]], ...] = (
    (_DENIED, (
        "106001", "106002", "106006", "106007", "106010", "106011", "106012", "106013", "106014", "106015", "106016", "106017", "106018", "106020", "106021",
        "106022", "106023", "106027", "108003", "201010", "201011", "201012", "201013", "304002", "305013", "313001", "313004", "313008", "313009", "322001", "338003",
        "401004", "402117", "406001", "406002", "407001", "418001", "500004", "733102",
    )),
    (("firewall-rule", ["network"], ["connection", "denied"], "failure"), ("109024", "109025", "109008", "110001", "110002", "110003", "338006", "338007", "338008", "710003", "710005")),
    (_ALLOWED, ("304001", "338001", "338002", "338201", "338202", "710002")),
    (("firewall-rule", ["network", "intrusion_detection"], ["info"], "success"), ("338004", "338005", "338101", "338102", "338103", "338104", "338203", "338204")),
    (_BUILT, ("302003", "302013", "302015", "302017", "302020", "302022", "302024", "302026", "302035", "302303", "302305", "305009", "305011", "609001", "805001")),
    (_TORN_DOWN, ("302014", "302016", "302018", "302021", "302036", "302304", "302306", "305010", "305012", "609002")),
    (_LOGGED_IN, ("109005", "109007", "113004", "113008", "113012", "605005", "611101", "716038", "734001")),
    (_LOGIN_FAILED, ("107001", "109006", "109031", "109033", "109034", "113005", "113006", "113015", "113016", "113017", "113021", "308001", "605004", "611102", "716039", "772004")),
    (("logged-out", ["authentication", "network"], ["end", "info"], None), ("109012", "611103", "315011")),
    (("client-vpn-disconnected", ["network"], ["connection", "end"], None), ("113019",)),
    (("client-vpn-connected", ["network", "session"], ["connection", "start"], None), ("113039",)),
    (_VPN_ERROR, _VPN_ERRORS),
    (("connection-started", ["network"], ["connection", "start"], None), ("750002",)),
    (("error", ["network"], ["error"], None), ("713048", "750003")),
    (("error", ["network"], ["error"], "failure"), ("713901", "713902", "713905")),
    (("bypass", ["network"], ["change", "info"], "unknown"), ("434004",)),
    (("created", ["network"], ["creation", "info"], "success"), ("602303",)),
    (("deleted", ["network"], ["info", "deletion", "user"], "success"), ("602304",)),
    (_COMMAND, ("111001", "111002", "111003", "111004", "111005", "111007", "111008", "111009", "111010", "610101")),
    (("added-user-account", ["iam"], ["user", "creation"], "success"), ("502101",)),
    (("deleted-user-account", ["iam"], ["user", "deletion"], "success"), ("502102",)),
    (("intrusion-detected", ["network", "intrusion_detection"], ["info"], None), tuple(f"4000{number:02}" for number in range(52))),
    (("firewall-rule", ["iam"], ["user", "info"], None), ("109201",)),
)  # fmt: skip
_BY_ID = {number: meaning for meaning, numbers in _MEANINGS for number in numbers}
# The initiator stands second in these, where the connection goes out.
_FLIPPED = frozenset({"302013", "302015", "302017", "302035"})
# What somebody does on the device itself, so that the user is one of the server's.
_TARGETS = frozenset({"111008", "111009", "111010", "502101", "502102", "502103", "611101", "611102", "611103"})
_DURATION = re.compile(r"(?:(\d{1,6})(?:h:|:))?(\d{1,6})(?:m:|:)(\d{1,2})s?")
_SIDES = {"source": "src", "destination": "dst"}
_KEPT = ("connection_id", "acl", "icmp_type", "icmp_code", "spi", "tunnel_type", "session_type", "threat_level", "list", "listed", "class", "policy", "privilege",
         "from_level", "to_level", "flags", "hits", "initiator", "object", "records", "connection_type", "session", "translation", "role", "state", "device", "verdict",
         "aaa_type", "assigned_ip", "signature_id", "signature", "category", "section", "tunnel_group", "shell")  # fmt: skip


def ecs(event: Event, document: Document) -> None:
    native = event.native
    product = _PRODUCTS[native["product"]]
    document["observer.vendor"], document["observer.product"], document["observer.type"] = "Cisco", product, "firewall"
    _host(event, document)
    document["event.code"] = native.get("id")
    zone = native.get("device_zone") or (cisco.zone_of(header.app) if (header := event.frame.syslog) else "")
    document["event.timezone"] = zone or document.get("event.timezone")
    if "severity" in native:
        cisco.severity(document, int(native["severity"]))
    if native.get("id") in cisco_ftd_events.MEANING:
        cisco_ftd_events.ecs(event, document)
        return
    _meaning(native, document)
    _ends(native, document)
    _users(native, document)
    _details(native, document)
    _duration(event, document)
    for name in _KEPT:
        if name in native:
            document[f"cisco.{product}.{name}"] = native[name]


def _host(event: Event, document: Document) -> None:
    """The header's host; where a device puts its name before the colon that ends a tag, the program's name is the host's."""
    native, header = event.native, event.frame.syslog
    host = native.get("device_host") or (header.hostname if header else "")
    if native["product"] == "FMC":
        host = native["host"]
    elif header and header.app and not header.pid and not header.version and _OUR_HOST.match(header.app):
        document["process.name"] = document["log.syslog.appname"] = None
        host = host or ("" if cisco.zone_of(header.app) else header.app)
    cisco.name_host(document, host)


def _meaning(native: Native, document: Document) -> None:
    number = native.get("id") or native.get("like", "")
    meaning = _BY_ID.get(number, _INFO)
    if native["product"] == "FMC":
        meaning = (
            (_LOGGED_IN if "success" in native["message_text"].lower() else _LOGIN_FAILED)
            if native["section"] == "Login"
            else _AUDITED
        )
    if number in {"106100", "106102", "106103"}:
        meaning = _DENIED if " denied " in native["text"][:512] else _ALLOWED
    document["event.action"], document["event.category"], document["event.type"], document["event.outcome"] = meaning
    told = native.get("outcome", "").lower().strip(".")
    if told in {"ok", "permitted", "accept", "succeeded"}:
        document["event.outcome"] = "success"
    elif told in {"failed", "denied", "reject"}:
        document["event.outcome"] = "failure"
    if native.get("verdict", "").lower() in {"drop", "reset"}:
        document["event.action"], document["event.type"], document["event.outcome"] = (
            native["verdict"].lower(),
            ["connection", "denied"],
            "unknown",
        )


def _ends(native: Native, document: Document) -> None:
    sides = dict(_SIDES)
    if native.get("direction", "").lower() == "outbound" and native.get("id") in _FLIPPED:
        sides = {"source": "dst", "destination": "src"}
    icmp = "icmp" in native.get("protocol", "").lower() and native.get("id") in {
        "302020",
        "302021",
        "302026",
        "302027",
        None,
    }
    for side, end in sides.items():
        address = native.get(end)
        if address:
            address = address.rstrip(".")
            document[f"{side}.address"], document[f"{side}.ip"] = address, network.ip(address)
            document[f"{side}.domain"] = None if document[f"{side}.ip"] else address
        port = native.get(f"{end}_port", "")
        document[f"{side}.port"] = None if icmp else network.number(port)
        _translated(native, end, side, document)
        document[f"{side}.mac"] = network.mac(native.get(f"{end}_mac"))
    document["observer.ingress.interface.name"] = native.get(f"{sides['source']}_interface") or native.get(
        "in_interface", ""
    ).rstrip(".")
    document["observer.egress.interface.name"] = native.get(f"{sides['destination']}_interface") or native.get(
        "out_interface", ""
    ).rstrip(".")
    if server := native.get("server", "").rstrip("."):
        document["destination.address"] = server
        document["destination.domain"] = None if network.is_ip(server) else server


def _translated(native: Native, end: str, side: str, document: Document) -> None:
    """Address and port of the other side of a translation, where they differ."""
    address, port = native.get(f"{end}_nat"), native.get(f"{end}_nat_port")
    if address and address != native.get(end):
        document[f"{side}.nat.ip"] = network.ip(address)
    if port and port != native.get(f"{end}_port"):
        document[f"{side}.nat.port"] = network.number(port)


def _users(native: Native, document: Document) -> None:
    for side, end in _SIDES.items():
        user = native.get(f"{end}_user") or native.get(f"{end}_name")
        document[f"{side}.user.name"], document[f"{side}.user.domain"] = _split(user)
    user, domain = _split(
        native.get("user") or native.get("identity") or native.get("dst_name") or native.get("src_user")
    )
    document["user.name"], document["user.domain"] = user, domain
    if native.get("id") in _TARGETS:
        document["server.user.name"] = user
    elif (
        user
        and "src_user" not in native
        and "dst_name" not in native
        and native.get("id", "")[:3] not in {"302", "713", "750", "751", "106"}
    ):
        document["source.user.name"], document["source.user.domain"] = user, domain
    # ECS counts domain names among the identifiers of hosts.
    document["related.hosts"] = [named for side in _SIDES if (named := document[f"{side}.user.domain"])]
    document["source.user.group.name"] = native.get("group")
    document["related.ip"] = network.ip(native.get("assigned_ip"))
    if email := native.get("email"):
        document["user.email" if "@" in email else "user.name"] = email


def _split(user: str | None) -> tuple[str | None, str | None]:
    """`LOCAL\\domain\\name`, `LOCAL\\name@domain`, `name`: LOCAL is the device's own realm and counts where no other is told."""
    realm, backslash, name = (user or "").strip(" .").rpartition("\\")
    inner, at, domain = name.partition("@")
    if at and inner:
        return inner, domain
    outer, _, realm = realm.rpartition("\\")
    return name or None, (realm or outer or None) if backslash else None


def _details(native: Native, document: Document) -> None:
    direction, protocol = (
        native.get("direction", "").lower(),
        native.get("protocol", "").lower().removeprefix("protocol "),
    )
    document["network.direction"] = direction if direction in {"inbound", "outbound"} else None
    if protocol and protocol != "ip":
        document["network.transport"] = network.transport(protocol)[0]
    if protocol in {"icmp", "icmp6", "ipv6-icmp"} or native.get("id") in {"110002", "419002", "434002", "434004"}:
        document["network.protocol"] = protocol
    document["network.application"] = native.get("application", "").lower() or None
    service = native.get("service", "").rstrip(".")
    if service.isdigit():
        document["destination.port"] = network.number(service)
    elif service:
        document["network.protocol"] = service.lower()
    if native.get("tunnel_type"):
        document["network.type"] = "ipsec"
    if native.get("id") == "106007":
        document["network.protocol"], document["network.application"] = document["network.application"], None
    document["network.icmp.type"], document["network.icmp.code"] = native.get("icmp_type"), native.get("icmp_code")
    document["event.reason"] = _reason(native)
    document["rule.name"] = native.get("acl")
    document["process.command_line"] = native.get("command")
    document["file.name"] = native.get("file")
    document["tls.version"], document["tls.cipher"] = (
        native.get("tls_version", "").removeprefix("TLSv") or None,
        native.get("cipher"),
    )
    document["destination.domain"] = document.get("destination.domain") or native.get("domain")
    document["server.domain"] = native.get("domain")
    _traffic(native, document)
    url.fill(document, native.get("url", ""))


def _reason(native: Native) -> str | None:
    if native.get("id") == "419002" and "protocol" in native:
        return f"Duplicate {native['protocol']} SYN with different initial sequence number"
    return native.get("reason") or native.get("phrase") or native.get("why")


def _traffic(native: Native, document: Document) -> None:
    document["network.bytes"] = network.number(native.get("bytes"))
    if "bytes_sent" in native:  # by the device to the client whose session ended
        document["source.bytes"], document["destination.bytes"] = (
            network.number(native["bytes_sent"]),
            network.number(native["bytes_received"]),
        )
        document["destination.address"], document["client.address"] = (
            document.get("source.address"),
            document.get("source.address"),
        )
        document["source.address"] = document["source.ip"] = document["source.domain"] = None


def _duration(event: Event, document: Document) -> None:
    found = _DURATION.match(event.native.get("duration", ""))
    if found is None:
        return
    seconds = int(found[1] or 0) * 3600 + int(found[2]) * 60 + int(found[3])
    document["event.duration"] = seconds * 1_000_000_000
    document["event.end"] = document["@timestamp"]
    document["event.start"] = instant.iso(event.time - seconds * instant.SECOND)
