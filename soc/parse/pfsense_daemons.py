"""What the daemons of pfSense and OPNsense say, as ECS fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.parse import network, url

if TYPE_CHECKING:
    from collections.abc import Callable

_IP = r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,41}"
_LOGIN = re.compile(
    r"(?:/[\w./-]{1,128}: )?(?:(?P<good>Successful login)|(?P<bad>webConfigurator authentication error|Web GUI authentication error)"
    r"|(?P<out>User logged out)) for user '(?P<user>[^']{0,255})'(?: from:? (?P<address>[0-9A-Fa-f:.]{2,45}))?"
)
_OPNSENSE_LOGIN = re.compile(
    r"user (?P<user>\S{1,128}) (?:authenticated successfully for (?P<service>[\w -]{1,32}?) \[|(?P<bad>could not authenticate|failed authentication) for (?P<other>[\w -]{1,32}?)(?:\.| \[|$))"
    r"|(?:/[\w./-]{1,128}: )?(?P<error>Web GUI authentication error) for '(?P<intruder>[^']{0,255})' from:? (?P<address>[0-9A-Fa-f:.]{2,45})"
)
_CHANGE = re.compile(
    rf"(?:(?P<page>/[\w./-]{{1,128}}): )?(?:Configuration Change: |user )(?P<user>[^@\s]{{1,128}})@(?P<address>{_IP})(?: \([^()]{{1,128}}\):| changed configuration to) ?(?P<text>.{{0,1024}})"
)
_GUARD = re.compile(
    rf"(?:Attack from \"(?P<attacker>{_IP})\" on service (?P<service>[\w -]{{1,64}}?) with danger \d{{1,6}}|(?P<act>[Bb]lock(?:ing)?|[Uu]nblock(?:ing)?) \"(?P<blocked>{_IP})(?:/\d{{1,3}})?\")"
)
_PORTAL = re.compile(
    rf"(?:Zone: (?P<zone>[\w-]{{1,64}}) - )?(?P<act>[A-Z][A-Z -]{{2,48}}): (?P<user>[^,]{{1,128}}), (?P<mac>[0-9A-Fa-f:]{{17}}|unknown)?, (?P<address>{_IP})(?:, (?P<reason>.{{1,256}}))?"
)
_CHARON = re.compile(r"\d{1,3}\[(?P<subsystem>[A-Z]{3})\] ")
_ENDS = re.compile(
    rf"\b(?:from|between) ({_IP})\[([\w.-]{{1,64}})\](?: to |\.\.\.)({_IP})\[([\w.-]{{1,64}})\](?: \((\d{{1,9}}) bytes\))?"
)
_PEER_USER = re.compile(
    r"(?:XAuth|EAP)\S{0,32} (?:authentication of|method \S{1,32} succeeded for|identity) '([^']{1,255})'"
    r"|EAP method \S{1,32} failed for peer (\S{1,255})|\bauthentication of '([^']{1,255})' with|\bto peer '([^']{1,255})'"
)
_BETWEEN = re.compile(rf"\b(?:for|matching|between) ({_IP})(?:\[[^\[\]]{{1,128}}\])?\.\.\.({_IP})")
_PROVED = re.compile(
    r"\bauthentication of '[^']{1,255}' with \S{1,32}(?: \S{1,32})? (?P<good>successful)|\bEAP method \S{1,32} (?P<well>succeeded)|\b(?P<bad>EAP method \S{1,32} failed)"
    r"|(?P<refused>authentication of '[^']{1,255}' with .{1,64}? failed)"
)
_OPENVPN = re.compile(rf"(?:(?P<name>[^\s/]{{1,128}})/)?(?P<address>{_IP}):(?P<port>\d{{1,5}}) ")
_OPENVPN_USER = re.compile(
    r"\[([^\]]{1,128})\] Peer Connection Initiated|[Uu]ser '([^']{1,128})'|username '([^']{1,128})'"
)
_UNBOUND = re.compile(
    r"\[\d{1,10}:[\da-f]{1,4}\] (?P<level>[a-z]{4,8}): (?:(?P<client>[0-9A-Fa-f:.]{2,45}) (?P<name>\S{1,255}) (?P<type>[A-Z0-9]{1,16}) (?P<class>[A-Z]{2,4})"
    r"(?: (?P<code>[A-Z]{5,12}) (?P<seconds>[\d.]{1,16}) \d (?P<bytes>\d{1,9}))?)?"
)
_HTTP = re.compile(
    rf"(?P<address>{_IP}):(?P<port>\d{{1,5}}) \[[^\]]{{20,32}}\] (?P<frontend>\S{{1,128}}) (?P<backend>\S{{1,128}})/(?P<server>\S{{1,128}}) "
    r"(?:[-+\d]{1,12}/){4}\+?(?P<millis>\d{1,12}) (?P<status>-?\d{1,3}) \+?(?P<bytes>\d{1,18}) \S{1,256} \S{1,256} \S{4} \S{1,64} \S{1,32} "
    r"(?:\{[^}]{0,1024}\} ){0,2}\"(?P<request>[^\"]*)\""
)
_TCP = re.compile(
    rf"(?P<address>{_IP}):(?P<port>\d{{1,5}}) \[[^\]]{{20,32}}\] (?P<frontend>\S{{1,128}}) (?P<backend>\S{{1,128}})/(?P<server>\S{{1,128}}) "
    r"(?:[-+\d]{1,12}/){2}\+?(?P<millis>\d{1,12}) \+?(?P<bytes>\d{1,18}) "
)
_HANDSHAKE = re.compile(
    rf"(?P<address>{_IP}):(?P<port>\d{{1,5}}) \[[^\]]{{20,32}}\] [^\s/]{{1,128}}/(?:(?P<server>{_IP}):(?P<server_port>\d{{1,5}})|\S{{1,128}}): "
)
_SQUID = re.compile(
    rf"(?P<address>{_IP}) (?P<result>[A-Z_]{{3,32}})/(?P<status>\d{{3}}) (?P<bytes>\d{{1,18}}) (?P<method>[A-Z-]{{3,16}}) (?P<url>\S{{1,8192}}) (?P<user>\S{{1,128}}) "
    r"[A-Z_]{3,32}/(?P<server>\S{1,255})"
)
_SQUID_TAG = re.compile(r"\((squid-\d{1,3})\)\[(\d{1,10})\]: ")
_LEASE = re.compile(r"DHCP(?P<kind>DISCOVER|OFFER|REQUEST|ACK|NAK|DECLINE|RELEASE|INFORM|LEASEQUERY)\b")
_MAC = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b")
_ADDRESS = re.compile(rf"(?<![\w:.]){_IP}(?![\w:])")
_PORT = re.compile(r" port (\d{1,5})\b")
_VIA = re.compile(r" (?:via|on) ([a-z][\w.]{1,31})(?::|\s|,|$)")
_BPF = re.compile(r"(?:Sending|Listening) on {1,4}BPF/([\w.]{1,32})/([0-9a-f:]{17})")
_ACT = re.compile(r"([A-Za-z][A-Za-z -]{1,48}?)(?: to | from | for|:| in |/| (?=[0-9A-Fa-f]{0,4}[:.][0-9A-Fa-f]))")


def _connection(*more: str) -> dict[str, Any]:
    return {"event.category": ["network"], "event.type": ["connection", *more]}


def _web_interface(text: str, *, known: bool) -> dict[str, Any] | None:
    login = _LOGIN.search(text, 0, 512)
    if login is None:
        return _audited(text) or ({} if known else None)
    return {
        "event.category": ["authentication"], "event.type": ["end" if login["out"] else "start"],
        "event.outcome": "failure" if login["bad"] else "success", "user.name": login["user"], "source.ip": network.ip(login["address"]),
    }  # fmt: skip


def _audited(text: str) -> dict[str, Any] | None:
    """OPNsense's own words on who logged in, and what either system says of changes."""
    if change := _CHANGE.match(text):
        return {
            "event.category": ["configuration"], "event.type": ["change"], "event.outcome": "success", "user.name": change["user"],
            "source.ip": network.ip(change["address"]), "url.path": change["page"], "event.reason": change["text"] or None,
        }  # fmt: skip
    told = _OPNSENSE_LOGIN.match(text)
    if told is None:
        return None
    failed = told["bad"] or told["error"]
    return {
        "event.category": ["authentication"], "event.type": ["start"], "event.outcome": "failure" if failed else "success",
        "user.name": told["user"] or told["intruder"], "source.ip": network.ip(told["address"]), "service.name": told["service"] or told["other"],
    }  # fmt: skip


def _sshguard(text: str, *, known: bool) -> dict[str, Any] | None:
    if not known:  # it guards other systems too
        return None
    told = _GUARD.match(text)
    if told is None:
        return {}
    if told["attacker"]:
        return {
            "event.category": ["intrusion_detection"], "event.type": ["info"], "event.action": "attack", "service.name": told["service"],
            "source.ip": network.ip(told["attacker"]),
        }  # fmt: skip
    return {
        "event.category": ["network"], "event.type": ["allowed" if told["act"].lower().startswith("un") else "denied"],
        "event.action": told["act"].lower().removesuffix("ing"), "source.ip": network.ip(told["blocked"]),
    }  # fmt: skip


def _portal(text: str, *, known: bool) -> dict[str, Any] | None:
    """Who came in by the captive portal, and who did not."""
    told = _PORTAL.match(text)
    if told is None:
        return {} if known else None
    act = told["act"].strip(" -")
    ended = any(word in act for word in ("LOGOUT", "TIMEOUT", "DISCONNECT"))
    return {
        "event.category": ["authentication"], "event.type": ["end" if ended else "start"], "event.action": act.lower().replace(" ", "-"),
        "event.outcome": "failure" if "FAIL" in act else "success", "user.name": told["user"], "source.mac": network.mac(told["mac"]),
        "source.ip": network.ip(told["address"]), "network.name": told["zone"], "event.reason": told["reason"],
    }  # fmt: skip


def _ipsec(text: str, *, known: bool) -> dict[str, Any] | None:
    if _CHARON.match(text) is None and not known:
        return None
    found: dict[str, Any] = {"event.category": ["network"], "network.protocol": "ipsec"}
    if ends := _ENDS.search(text, 0, 1024):
        found |= {"source.ip": network.ip(ends[1]), "destination.ip": network.ip(ends[3])}
        found |= {"source.port": network.number(ends[2]), "destination.port": network.number(ends[4])}
        found["network.bytes"] = network.number(ends[5])
    elif between := _BETWEEN.search(text, 0, 1024):
        found |= {"source.ip": network.ip(between[1]), "destination.ip": network.ip(between[2])}
    if user := _PEER_USER.search(text, 0, 1024):
        found["user.name"] = next(name for name in user.groups() if name)
    if proved := _PROVED.search(text, 0, 1024):
        found["event.category"], found["event.type"] = ["authentication", "network"], ["start"]
        found["event.outcome"] = "success" if proved["good"] or proved["well"] else "failure"
    return found


def _openvpn(text: str, *, known: bool) -> dict[str, Any] | None:
    if not known:
        return None
    found: dict[str, Any] = {**_connection(), "network.protocol": "openvpn"}
    peer = _OPENVPN.match(text)
    if peer:
        found |= {"source.ip": network.ip(peer["address"]), "source.port": int(peer["port"]), "user.name": peer["name"]}
    if user := _OPENVPN_USER.search(text, 0, 1024):
        found["user.name"] = next(name for name in user.groups() if name)
    if "Peer Connection Initiated" in text:
        found["event.type"] = ["connection", "start"]
    elif "authenticated" in text or "could not authenticate" in text:
        found["event.category"], found["event.type"] = ["authentication"], ["start"]
        found["event.outcome"] = "failure" if "not auth" in text else "success"
    return found


def _unbound(text: str, *, known: bool) -> dict[str, Any] | None:
    told = _UNBOUND.match(text)
    if told is None or not known:
        return None
    found: dict[str, Any] = {"log.level": told["level"], "event.category": ["network"]}
    if told["client"] is None or (client := network.ip(told["client"])) is None:
        return found
    found |= _connection() | {"network.protocol": "dns", "dns.type": "answer" if told["code"] else "question"}
    found |= {"client.ip": client, "source.ip": client, "dns.question.name": told["name"].removesuffix(".") or "."}
    return found | {
        "dns.question.type": told["type"],
        "dns.question.class": told["class"],
        "dns.response_code": told["code"],
    }


def _haproxy(text: str, *, known: bool) -> dict[str, Any] | None:
    if not known:
        return None
    told = _HTTP.match(text) or _TCP.match(text) or _HANDSHAKE.match(text)
    if told is None:
        return {}
    parts = told.groupdict()
    found: dict[str, Any] = {"source.ip": network.ip(parts["address"]), "source.port": int(parts["port"])}
    if "millis" in parts:
        found["event.duration"] = int(parts["millis"]) * 1_000_000
    else:
        found |= {
            "destination.ip": network.ip(parts["server"]),
            "destination.port": network.number(parts["server_port"]),
        }
        found["event.type"] = ["connection"]
    if "request" in parts:
        found |= _request(parts)
    return found


def _request(parts: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"event.category": ["web"], "http.response.bytes": int(parts["bytes"])}
    status = network.number(parts["status"])
    found |= {
        "http.response.status_code": status,
        "event.outcome": "failure" if not status or status >= 400 else "success",
    }
    words = parts["request"].split(" ")
    if len(words) == 3:
        found |= {"http.request.method": words[0], "http.version": words[2].removeprefix("HTTP/")}
        url.fill(found, words[1])
    return found


def _squid(text: str, *, known: bool) -> dict[str, Any] | None:
    told = _SQUID.search(text, 0, 16384)
    if told is None or not known:
        return None
    status = int(told["status"])
    found: dict[str, Any] = {
        "event.category": ["web"], "event.outcome": "failure" if status >= 400 else "success", "http.response.status_code": status,
        "http.response.bytes": int(told["bytes"]), "http.request.method": told["method"], "source.ip": network.ip(told["address"]),
        "destination.ip": network.ip(told["server"]), "user.name": told["user"] if told["user"] != "-" else None,
    }  # fmt: skip
    url.fill(found, told["url"])
    if tag := _SQUID_TAG.match(text):
        found |= {"process.name": tag[1], "process.pid": int(tag[2]), "message": text[tag.end() :]}
    return found


def _dhcp(text: str, *, known: bool) -> dict[str, Any] | None:
    if not known:
        return None
    found: dict[str, Any] = {**_connection("protocol", "info"), "network.transport": "udp", "network.protocol": "dhcp"}
    lease = _LEASE.match(text)
    if lease:
        found["event.action"] = lease[0]
    elif act := _ACT.match(text):
        found["event.action"] = (
            act[1].strip().removesuffix(" address").lower().replace(" ", "-")
            if "add an" not in act[1]
            else "add-an-address"
        )
    _client(text, found)
    if bpf := _BPF.match(text):
        found |= {
            "destination.mac": network.mac(bpf[2]),
            "server.mac": network.mac(bpf[2]),
            "event.action": text.split("/", maxsplit=1)[0].lower().replace("  ", " ").strip().replace(" ", "-"),
        }
        _interface(bpf[1], found)
    elif via := _VIA.search(text, 0, 512):
        _interface(via[1], found)
    return found


def _client(text: str, found: dict[str, Any]) -> None:
    if text.startswith(("Sending on", "Listening on")):
        return
    address = _ADDRESS.search(text, 0, 512)
    if address and (told := network.ip(address[0])):
        found |= {"client.ip": told, "source.ip": told, "client.address": address[0], "source.address": address[0]}
        if ":" in told:
            found["network.protocol"] = "dhcpv6"
    if port := _PORT.search(text, 0, 512):
        found |= {"client.port": int(port[1]), "source.port": int(port[1])}
    if mac := _MAC.search(text, 0, 512):
        found |= {"client.mac": network.mac(mac[0]), "source.mac": network.mac(mac[0])} if "duid" not in text else {}


def _dhcp6(text: str, *, known: bool) -> dict[str, Any] | None:
    found = _dhcp(text, known=known)
    return found and {**found, "network.protocol": "dhcpv6"}


def _interface(name: str, found: dict[str, Any]) -> None:
    found["observer.ingress.interface.name"] = name
    trunk, dot, vlan = name.rpartition(".")
    if dot and trunk[-1:].isdigit() and vlan.isdigit():
        found["network.vlan.id"] = found["observer.ingress.vlan.id"] = vlan


def _other(_: str, *, known: bool) -> dict[str, Any] | None:
    return {} if known else None


DAEMONS: dict[str, Callable[..., dict[str, Any] | None]] = {
    "php-fpm": _web_interface, "audit": _web_interface, "charon": _ipsec, "sshguard": _sshguard, "logportalauth": _portal, "openvpn": _openvpn, "unbound": _unbound, "haproxy": _haproxy,
    "squid": _squid, "squid-1": _squid, "dhcpd": _dhcp, "dhcp6c": _dhcp6, "dhclient": _dhcp, "check_reload_status": _other,
    "rc.gateway_alarm": _other, "dpinger": _other, "configd.py": _other, "radvd": _other, "miniupnpd": _other, "syslogd": _other,
}  # fmt: skip


def daemon(name: str, text: str, *, known: bool) -> dict[str, Any] | None:
    """ECS fields of a daemon's message and its program; None where the line need not be a firewall's."""
    if tag := _SQUID_TAG.match(text):
        name, known = tag[1], True
    found = DAEMONS[name](text, known=known) if name in DAEMONS else None
    if found is None:
        return None
    program = "squid" if name.startswith("squid") else name
    return {**{field: value for field, value in found.items() if value is not None}, "program": program, "body": text}
