"""OpenVPN 2.0 to 2.7 (server and client), its log file and the same through syslog; openvpn-auth-ldap's complaint.

A line is `[time] [us=N] [common name/][address:port] message`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native
from soc.parse.when import ctime, iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_STAMP = re.compile(
    r"(?:(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}) )?(?:us=(?P<micros>\d{1,6}) )?"
)
_CLIENT = re.compile(
    r"(?:(?P<user>[^/\[\]=:,]{1,64})/)?(?:(?P<client>\d{1,3}(?:\.\d{1,3}){3})|\[?(?P<client6>[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:.]{2,41}?)\]?):(?P<port>\d{1,5}) "
)
# What OpenVPN's messages begin with: enough to know it where no program is named.
_MESSAGE = re.compile(
    r"VERIFY |TLS[ :_-]|peer info: |\[[^\]]{0,64}\] Peer Connection Initiated |MULTI[ :_]|SENT CONTROL \[|PUSH: |(?:Control|(?:Outgoing |Incoming )?Data|Static) Channel|"
    r"IFCONFIG POOL|Initialization Sequence Completed|OpenVPN \d|library versions: |Diffie-Hellman initialized|Could not determine IPv4/IPv6 protocol|Socket Buffers: |"
    r"(?:UDP|TCP)v[46](?:_SERVER|_CLIENT)? link |TUN/TAP device |ROUTE(?:_GATEWAY|6_GATEWAY|:| )|net_(?:route|addr|iface)_|SIG(?:USR1|USR2|TERM|HUP|INT)\[|AUTH: |AUTH_PENDING|"
    r"Connection reset, restarting|Inactivity timeout \(--ping|Restart pause, |Closing TUN/TAP|(?:read|write) (?:UDP|TCP)v[46]|Bad encapsulated packet length|"
    r"Authenticate/Decrypt packet error|MANAGEMENT: |Preserving previous TUN/TAP|LZO compression|NCP: |Attempting to establish TCP|TCP connection established with|"
    r"TCP/UDP: |do_ifconfig|OPTIONS IMPORT|CRL: |PLUGIN_|Re-using SSL/TLS|Peer tried unsupported|Options error: |client-instance |Timers: |UNDEF,|GDG6?: |Validating certificate|Username/Password"
)
_LDAP = re.compile(r"Unable to bind as (?P<user>\S.{0,255})$")
_AF = re.compile(r"\[AF_INET6?\](\[?[0-9A-Fa-f:.]{2,45}\]?):(\d{1,5})(?![\d:.])")
_INITIATED = re.compile(r"\[(?P<name>[^\]]{1,64})\] Peer Connection Initiated with ")
# A firewall's own script on who connects.
_SESSION = re.compile(
    r"openvpn server '(?P<server>[^']{1,64})' user '(?P<user>[^']{1,128})' address '(?P<address>[^']{2,64})'(?: - (?P<step>\w{1,32}))?"
)
_USERNAME = re.compile(r"[Uu]sername '([^']{1,128})'|^user '([^']{1,128})' ")
_CHANNEL = re.compile(
    r"Control Channel: (?:TLS|SSL)v(?P<version>[\d.]{1,8}), cipher (?:\S{1,32} )?(?P<cipher>[A-Z][\w-]{3,64})"
)
_INTERFACE = re.compile(r" (?:IFACE=|dev )(?P<interface>[\w.-]{1,32})(?: HWADDR=(?P<mac>[0-9A-Fa-f:]{17}))?")
_VERIFY = re.compile(
    r"VERIFY (?P<verdict>OK|ERROR|EKU OK|KU OK|X509NAME OK|SCRIPT OK|SCRIPT ERROR|X509NAME ERROR).{0,512}?CN=(?P<name>[^,/]{1,128})"
)
_FAILED = re.compile(
    r"AUTH_FAILED|TLS Auth Error|authentication failed for|VERIFY [A-Z0-9 ]{0,16}ERROR|could not authenticate|Auth Username/Password verification failed"
)
_SUCCEEDED = re.compile(
    r"Username/Password authentication succeeded|authentication succeeded for|^user '[^']{1,128}' authenticated"
)
_ERRORS = (
    "TLS Error",
    "TLS_ERROR",
    "TLS Auth Error",
    "VERIFY ERROR",
    "AUTH: Received control message: AUTH_FAILED",
    "Bad encapsulated",
    "Options error",
    "Authenticate/Decrypt",
)
_KIND: Kind = (Logsource(product="openvpn", category="vpn", service="openvpn"),)
_PROGRAMS = frozenset({"openvpn", "ovpn-server", "openvpn-server", "ovpn-client", "openvpn-client", "ovpn"})


def decode(frame: Frame) -> Native | None:
    """Time, client and user of the line's head, and the message behind it."""
    text = frame.text
    app = frame.syslog.app.lower() if frame.syslog else ""
    known = app.startswith(("openvpn", "ovpn"))
    if ldap := _LDAP.match(text):
        return {"message": text, "user": ldap["user"], "failed": "bind"} if not app or known else None
    stamp = _STAMP.match(text)
    at = stamp.end() if stamp else 0
    client = _CLIENT.match(text, at)
    at = client.end() if client else at
    if not known and not _MESSAGE.match(text, at):
        return None
    if not known and not client and not (stamp and stamp["time"]):
        return None
    found: dict[str, Any] = {"message": text, "text": text[at:]}
    for part in (stamp, client):
        found |= {name: value for name, value in part.groupdict().items() if value} if part else {}
    if "client6" in found:
        found["client"] = found.pop("client6")
    return found


def time(event: Event) -> int | None:
    native = event.native
    stamp = native.get("time")
    if stamp is None:
        return plain.time(event)
    zone = event.frame.zone
    told = iso(stamp, zone) if stamp[:1].isdigit() else ctime(stamp, zone, event.record.arrived)
    return told + int(native["micros"]) if told is not None and "micros" in native else told


def ecs(event: Event, document: Document) -> None:
    native = event.native
    text = native.get("text", "")
    document["event.category"], document["event.type"], document["user.name"] = (
        ["network"],
        ["info"],
        native.get("user"),
    )
    if "failed" in native:
        document["event.category"], document["event.type"], document["event.outcome"] = (
            ["authentication"],
            ["start"],
            "failure",
        )
        return
    document["event.reason"] = text
    if text.startswith(_ERRORS):
        document["event.type"] = ["info", "error"]
    if verdict := (
        "failure" if _FAILED.search(text, 0, 1024) else "success" if _SUCCEEDED.search(text, 0, 1024) else None
    ):
        document["event.category"], document["event.outcome"] = ["network", "authentication"], verdict
    if named := _USERNAME.search(text, 0, 2048):
        document["user.name"] = named[1] or named[2]
    _peer(native, text, document)
    _details(text, document)
    if session := _SESSION.match(text):
        document["user.name"], document["event.action"] = session["user"], session["step"]
        address, port = network.endpoint(session["address"])
        document["client.ip"] = document["source.ip"] = network.ip(address)
        document["client.port"] = document["source.port"] = port
        document["event.type"] = ["info", "connection", "end" if session["step"] == "disconnected" else "start"]


def _action(event: Event) -> str | None:
    session = _SESSION.match(event.native.get("text", ""))
    return session["step"] if session else None


def _peer(native: Native, text: str, document: Document) -> None:
    """The client that the head names, else the address that the message does."""
    address, port = native.get("client"), native.get("port")
    if address is None and (told := _AF.search(text, 0, 2048)) and " link " not in text[:64]:
        address, port = told[1], told[2]
    document["client.ip"] = document["source.ip"] = network.ip(address)
    document["client.port"] = document["source.port"] = network.number(port) if address else None
    if initiated := _INITIATED.match(text):
        document["client.domain"] = document["client.address"] = initiated["name"]
        document["related.hosts"] = [initiated["name"]]
        document["event.type"] = ["info", "connection", "start"]


def _details(text: str, document: Document) -> None:
    """The cipher that was agreed on, the interface to the gateway, the certificate that was verified."""
    if channel := _CHANNEL.match(text):
        document["tls.version"], document["tls.cipher"] = channel["version"], channel["cipher"]
        document["tls.version_protocol"] = "tls"
    if text.startswith(("ROUTE", "net_route")) and (found := _INTERFACE.search(text, 0, 512)):
        document["observer.egress.interface.name"] = found["interface"]
        document["observer.mac"] = [mac] if (mac := network.mac(found["mac"])) else None
    if verified := _VERIFY.match(text):
        document["tls.client.x509.subject.common_name"] = [verified["name"]]


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="openvpn",
    title="OpenVPN",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={**FRAME, "event.action": _action},
    kind=kind,
    programs=_PROGRAMS,
    hints=(
        "VERIFY ", "TLS", "peer info: ", "Peer Connection", "MULTI", "CONTROL [", "PUSH", " Channel", "IFCONFIG POOL", "Initialization Sequence",
        "OpenVPN ", "library versions: ", "Diffie-Hellman", "Could not determine IPv4", "Socket Buffers: ", "link ", "TUN/TAP", "ROUTE", "net_route_",
        "net_addr_", "net_iface_", "SIGUSR", "SIGTERM", "SIGHUP", "SIGINT", "AUTH: ", "AUTH_PENDING", "Connection reset, ", "Inactivity timeout",
        "Restart pause", "read UDP", "read TCP", "write UDP", "write TCP", "Bad encapsulated", "Decrypt packet", "MANAGEMENT: ", "LZO ", "NCP: ",
        "Attempting to establish", "TCP connection established", "TCP/UDP: ", "do_ifconfig", "OPTIONS IMPORT", "CRL: ", "PLUGIN_", "Re-using SSL",
        "Options error", "Timers: ", "Validating certificate", "Unable to bind as ", "Username/Password",
    ),
)  # fmt: skip
