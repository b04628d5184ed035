"""What Meraki's records are in ECS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc import instant
from soc.parse import cisco, fieldmap, network, url
from soc.parse.when import epoch

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native

Meaning = tuple[str | None, list[str], list[str]]
_AUTHENTICATED = ["network", "authentication"]
_SIGNATURE: Meaning = ("ids-signature-matched", ["network", "threat"], ["info", "indicator"])
_FLOW: Meaning = ("ip-session-initiated", ["network"], ["info", "access", "start"])
_MEANINGS: dict[str, Meaning] = {
    "rogue_ssid_detected": ("rogue-ssid-detected", ["network", "threat"], ["info", "indicator"]),
    "ssid_spoofing_detected": ("ssid-spoofing-detected", ["network", "threat"], ["info", "indicator"]),
    "device_packet_flood": ("wireless-packet-flood-detected", ["network", "threat"], ["info", "indicator"]),
    "packet_flood": ("wireless-packet-flood-detected", ["network", "threat"], ["info", "indicator"]),
    "ids_alerted": _SIGNATURE, "ids-alerts": _SIGNATURE,
    "security_filtering_file_scanned": ("malicious-file-actioned", ["network", "threat", "malware"], ["info", "indicator"]),
    "security_filtering_disposition_change": ("issued-retrospective-malicious-disposition", ["network", "threat", "malware"], ["info", "indicator"]),
    "8021x_eap_success": ("wifi-8021x-auth", _AUTHENTICATED, ["info", "start"]),
    "8021x_eap_failure": ("wifi-8021x-failed-auth", _AUTHENTICATED, ["info", "denied"]),
    "8021x_auth": ("wifi-8021x-auth", _AUTHENTICATED, ["info", "start"]),
    "8021x_deauth": ("wifi-8021x-deauth", _AUTHENTICATED, ["info", "end"]),
    "8021x_client_deauth": ("wifi-8021x-deauth", _AUTHENTICATED, ["info", "end"]),
    "association": ("wifi-association-request", ["network"], ["info", "access", "connection"]),
    "disassociation": ("wifi-disassociation-request", ["network", "session"], ["info", "access", "end"]),
    "wpa_auth": ("wifi-wpa-authentication", _AUTHENTICATED, ["info", "start", "access"]),
    "wpa_deauth": ("wifi-wpa-failed-auth-or-deauth", _AUTHENTICATED, ["info", "end", "denied"]),
    "splash_auth": ("splash-authentication", _AUTHENTICATED, ["info", "start", "access"]),
    "vpn_connectivity_change": ("vpn-connectivity-change", ["network", "session"], ["info", "connection"]),
    "vpn_registry_change": ("vpn-registry-change", ["network", "session"], ["info", "connection"]),
    "multiple_dhcp_servers_detected": ("multiple-dhcp-servers-detected", ["network"], ["info", "protocol"]),
    "aps_association_reject": ("association-rejected-for-load-balancing", ["network"], ["info"]),
    "dhcp_lease": ("dhcp-offer", ["network"], ["info", "access", "allowed"]),
    "dhcp_no_offers": ("dhcp-no-offer", ["network"], ["info", "access", "denied"]),
    "blocked_dhcp_server": ("blocked-dhcp-server-response", ["network"], ["info", "denied"]),
    "site_to_site_vpn": ("site-to-site-vpn", ["network"], ["info", "access"]),
    "client_vpn_connect": ("client-vpn-connect", ["network", "session"], ["info", "connection", "start"]),
    "client_vpn_disconnect": ("client-vpn-disconnect", ["network", "session"], ["info", "connection", "end"]),
    "anyconnect_vpn_connect": ("client-vpn-connect", ["network", "session"], ["info", "connection", "start"]),
    "anyconnect_vpn_disconnect": ("client-vpn-disconnect", ["network", "session"], ["info", "connection", "end"]),
    "anyconnect_vpn_auth_success": ("client-vpn-authentication", _AUTHENTICATED, ["allowed"]),
    "anyconnect_vpn_auth_failure": ("client-vpn-authentication", _AUTHENTICATED, ["denied"]),
    "port_status": ("port-status-change", ["network"], ["info", "change"]),
    "content_filtering_block": ("content-filtering-block", ["network", "web"], ["denied"]),
    "urls": ("http-access", ["network", "web"], ["info", "access"]),
    "flows": _FLOW,
    "ip_flow_start": ("ip-session-start", ["network"], ["info", "connection", "start"]),
    "ip_flow_end": ("ip-session-end", ["network"], ["info", "connection", "end"]),
}  # fmt: skip
_OTHER: Meaning = (None, ["network"], ["info"])
_ALLOWED, _DENIED = "allowed", "denied"
_VERDICTS = {
    "allow": _ALLOWED,
    "allowed": _ALLOWED,
    "0": _ALLOWED,
    "deny": _DENIED,
    "denied": _DENIED,
    "blocked": _DENIED,
    "block": _DENIED,
    "1": _DENIED,
}

_FIELDS = fieldmap.table(
    (None, {
        "ssid": "network.name", "vlan_id": "network.vlan.id", "direction": "network.direction", "sha256": "threat.indicator.file.hash.sha256",
        "name": "threat.indicator.file.name", "message_text": "threat.indicator.description", "method": "http.request.method", "agent": "user_agent.original",
        "signature": "rule.id", "client_name": "client.domain",
    }),
    (network.mac, {
        "dhost": "destination.mac", "client_mac": "client.mac", "original_server_mac": "server.mac", "server_mac": "server.mac",
    }),
    (network.ip, {
        "original_server_ip": "server.ip", "peer_ip": "source.ip", "local_ip": "source.nat.ip", "lease_ip": "source.ip", "ip_src": "source.ip", "ip": "source.ip", "local_end": "destination.ip", "router": "server.ip", "client_ip": "client.ip",
        "last_known_client_ip": "client.ip",
    }),
    (network.number, {"sport": "source.port", "dport": "destination.port", "peer_port": "source.port", "local_port": "destination.port", "priority": "event.severity"}),
    (str.lower, {"protocol": "network.protocol"}),
)  # fmt: skip
_ELSEWHERE = frozenset({
    "message", "time", "device", "kind", "type", "src", "dst", "mac", "wired_mac", "pattern", "verdict", "request_url", "url", "user", "identity", "timestamp",
    "translated_src_ip", "translated_dst_ip", "translated_port", "server_ip", "server_port", "step", "text", "msg",
})  # fmt: skip
_MAC = re.compile(r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}$")
_NOWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 (what a client without an address is said to have, nothing is bound to it)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["observer.vendor"], document["observer.product"], document["observer.type"] = "Cisco", "Meraki", "firewall"
    document["process.name"] = None
    cisco.name_host(document, native["device"])
    told = {name: value for name, value in native.items() if value not in _NOWHERE}
    fieldmap.fill(document, told, _FIELDS)
    _ends(told, document)
    _vpn(told, document)
    _threat(told, document)
    _meaning(told, document)
    url.fill(document, told.get("request_url") or told.get("url") or "")
    if told["kind"] == "security_event" and "url" in told:
        document["threat.indicator.reference"] = told["url"]
    fieldmap.keep(document, told, "cisco.meraki.", _FIELDS.names | _ELSEWHERE)


def _ends(native: Native, document: Document) -> None:
    """Addresses with or without a port, MAC addresses where no addresses are; `mac` is the client's."""
    for side, name in (("source", "src"), ("destination", "dst")):
        text = native.get(name, "")
        if _MAC.match(text):
            document[f"{side}.mac"] = network.mac(text)
        elif text:
            _endpoint(
                text,
                side,
                document,
                ported="sport" not in native and native["kind"] in {"urls", "security_event", "ids-alerts"},
            )
    if mac := network.mac(native.get("mac")):
        document["destination.mac" if native.get("direction") == "ingress" else "source.mac"] = mac
    if mac := network.mac(native.get("wired_mac")):
        document["observer.mac"] = [mac]
    if "client_mac" in native:
        document["source.mac"] = document.get("source.mac") or document.get("client.mac")
    port = network.number(native.get("translated_port"))
    for side, name in (("source", "translated_src_ip"), ("destination", "translated_dst_ip")):
        if address := network.ip(native.get(name)):
            document[f"{side}.nat.ip"], document[f"{side}.nat.port"] = address, port
    transport, number = network.transport(
        native.get("protocol", "").partition("/")[0].replace("icmp6", "icmpv6") or None
    )
    document["network.transport"], document["network.iana_number"] = (
        transport,
        str(number) if number is not None else None,
    )
    document["network.icmp.type"] = native.get("type") if number in {1, 58} else None


def _endpoint(text: str, side: str, document: Document, *, ported: bool) -> None:
    """`1.2.3.4:80`; IPv6 has its port behind the last colon, without brackets."""
    address, colon, port = text.rpartition(":")
    if ported and colon and network.is_ip(address.strip("[]")) and (number := network.number(port)) is not None:
        document[f"{side}.ip"], document[f"{side}.port"] = network.ip(address), number
    else:
        document[f"{side}.ip"] = network.ip(text)


def _vpn(native: Native, document: Document) -> None:
    user = native.get("user") or native.get("identity")
    if user:
        name, at, domain = user.partition("@")
        document["user.name"], document["user.domain"] = name, domain if at else None
    if server := network.ip(native.get("server_ip")):
        if native["kind"] == "events" and "msg" in native:
            document["destination.ip"], document["destination.port"] = server, network.number(native.get("server_port"))
            document["server.ip"], document["server.port"] = server, document["destination.port"]
        else:
            document["server.ip"] = document.get("server.ip") or server
            document["related.ip"] = [document["server.ip"], server]
    if native.get("type", "").startswith("dhcp") or native.get("type") in {
        "multiple_dhcp_servers_detected",
        "blocked_dhcp_server",
    }:
        document["network.protocol"] = "dhcp"
        document["destination.mac"] = document.get("destination.mac") or document.get("server.mac")


def _threat(native: Native, document: Document) -> None:
    seconds, _, fraction = native.get("timestamp", "").partition(".")
    seen = epoch(seconds)
    if seen is not None and native["kind"] in {"security_event", "ids-alerts"}:
        micros = int(fraction[:6].ljust(6, "0")) if fraction.isascii() and fraction.isdigit() else 0
        document["threat.indicator.last_seen"] = instant.iso(seen + micros)


def _meaning(native: Native, document: Document) -> None:
    kind, verdict = native["kind"], native.get("verdict", "").lower()
    known = (
        native.get("type", "")
        if kind in {"events", "airmarshal_events"}
        else verdict
        if kind == "security_event"
        else kind
    )
    action, category, types = _MEANINGS.get(known) or (_MEANINGS["flows"] if "firewall" in kind else _OTHER)
    document["event.category"], document["event.type"] = list(category), list(types)
    document["event.action"] = action or (known.replace("_", "-") if kind == "events" and known else None)
    pattern = native.get("pattern", "").lower()
    told = (
        _VERDICTS.get(verdict) or _VERDICTS.get(native.get("decision", "")) or _VERDICTS.get(native.get("action", ""))
    )
    told = told or next(
        (_VERDICTS[word] for word in pattern.replace("group policy ", "").split()[:1] if word in _VERDICTS), None
    )
    if kind == "flows" or "firewall" in kind:
        if told and verdict:
            document["event.action"] = f"layer3-firewall-{told}-flow"
            document["event.type"] = ["info", "connection", "start" if told == _ALLOWED else "denied"]
        if told:
            kept = [
                type_ for type_ in document["event.type"] if told == _ALLOWED or type_ not in {"access", "start", told}
            ]
            document["event.type"] = [*kept, told]
            document["event.outcome"] = "success"
    if kind in {"security_event", "ids-alerts"}:
        document["event.kind"] = "alert"
    if native.get("method") == "UNKNOWN":
        document["event.action"], document["event.type"] = "http-access-error", ["info", "error"]
    if "auth_success" in known or "eap_success" in known:
        document["event.outcome"] = "success"
    elif "auth_fail" in known or "eap_failure" in known:
        document["event.outcome"] = "failure"
