"""Cisco Meraki: security appliances (MX), access points (MR) and switches (MS).

Meraki, Syslog Event Types and Log Samples: `<134>1 1647478534.671579931 MX84 flows allow src=... dst=...`, the time in seconds since 1970, then device,
kind of record, and words or `name=value` pairs.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse.cisco_meraki_ecs import ecs
from soc.parse.format import Format, Native

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.frame import Frame

_HEAD = re.compile(
    r"(?:1 )?(?P<time>\d{9,11}\.\d{1,9}) (?P<device>\S{0,255}) (?P<kind>events|flows|urls|airmarshal_events|security_event|ids-alerts|ip_flow_start|ip_flow_end|"
    r"(?:\w{1,40}_)?firewall|urls_filtered)(?: |$)"
)
_PAIR = re.compile(r"(?:^|(?<=\s))(\w{1,64})= ?(?:'((?:[^'\\]|\\.|'(?!\s|$)){0,1024}+)'|(\S*))")
_PATTERN = re.compile(r"\bpattern: (.{0,1024})$")
_REQUEST = re.compile(r"\brequest: ?(\S{1,32}) (\S{1,8192})")
_MESSAGE = re.compile(r"\bmessage: ?(.{0,2048})$")
_MAC = r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}"
_IP = r"[0-9A-Fa-f.:]{2,45}"
# What events say in words.
_SAID: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("dhcp_lease", re.compile(
        rf"dhcp lease of ip (?P<lease_ip>{_IP}) from (?:mx |server )?mac (?P<server_mac>{_MAC}) for client mac (?P<client_mac>{_MAC})(?: with hostname (?P<client_name>\S{{1,255}}))?"
        rf"(?: from router (?P<router>{_IP}))?(?: on subnet (?P<subnet>{_IP}))?(?: with dns (?P<dns>[^\s]{{1,256}}))?")),
    ("dhcp_no_offers", re.compile(rf"dhcp no offers for mac (?P<client_mac>{_MAC})(?: host ?= ?(?P<server_ip>{_IP}))?")),
    ("blocked_dhcp_server", re.compile(rf"Blocked DHCP server response from (?P<server_mac>{_MAC}) on VLAN (?P<vlan_id>\d{{1,4}})")),
    ("anyconnect", re.compile(
        rf"(?P<type>anyconnect_vpn_\w{{1,32}}): Peer IP=(?P<peer_ip>{_IP})(?: Peer port=(?P<peer_port>\d{{1,5}}):?)?(?P<text>.{{0,1024}}?(?:for user |User\[)(?P<user>[^\s\]:]{{1,256}}))?")),
    ("stp_bpdu", re.compile(rf"Port (?P<port>\S{{1,32}}) received an STP BPDU from (?P<client_mac>{_MAC})")),
    ("site_to_site_vpn", re.compile(rf"Site-to-[Ss]ite VPN: (?P<text>.{{0,512}}? (?P<local_end>{_IP})\[(?P<local_port>\d{{1,5}})\]-(?P<peer_ip>{_IP})\[(?P<peer_port>\d{{1,5}})\].{{0,512}})")),
    ("site_to_site_vpn", re.compile(r"Site-to-[Ss]ite VPN: (?P<text>.{0,2048})")),
    ("client_vpn", re.compile(rf"(?P<type>\w{{1,64}}) user id '(?P<user>[^']{{1,256}})' (?:local ip (?P<local_ip>{_IP}) )?(?P<step>\w{{1,32}})(?: from (?P<peer_ip>{_IP}))?")),
    ("port_status", re.compile(r"[Pp]ort (?P<port>\S{1,32}) (?:status )?changed (?:STP role )?from (?P<from_state>\S{1,32}) to (?P<state>\S{1,32})")),
    ("authentication", re.compile(rf"(?P<type>cli_\w{{1,32}}|auth\w{{0,32}}|login)\b.{{0,128}}?(?: (?P<peer_ip>{_IP}))?$")),
)  # fmt: skip
_VPN = (
    re.compile(
        r"Server IP=(?P<server_ip>[0-9A-Fa-f.:]{2,45}) Server port=(?P<server_port>\d{1,5})(?: Prot\[(?P<protocol>\w{1,16})\])?"
    ),
    re.compile(r"Peer IP=(?P<peer_ip>[0-9A-Fa-f.:]{2,45})(?: Peer port=(?P<peer_port>\d{1,5}))?"),
    re.compile(r"User(?:=|\[)(?P<user>[^\]:\s]{1,256})"),
)


def decode(frame: Frame) -> Native | None:
    """Device, kind and time, the pairs by Meraki's names, and what events say in words."""
    head = _HEAD.match(frame.text)
    if head is None:
        return None
    body = frame.text[head.end() : head.end() + 16384]
    found: dict[str, Any] = {"message": frame.text, **head.groupdict()}
    for name, quoted, bare in _PAIR.findall(body):
        found.setdefault(name, quoted or bare)
    for name, pattern in (("pattern", _PATTERN), ("message_text", _MESSAGE)):
        if said := pattern.search(body):
            found[name] = said[1].strip()
    if request := _REQUEST.search(body):
        found["method"], found["request_url"] = request[1], request[2]
    word = body.partition(" ")[0]
    if word and "=" not in word and head["kind"] != "events":
        found["verdict"] = word
    if head["kind"] == "events":
        found |= _event(body, found)
    return found


def _event(body: str, pairs: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "type" not in pairs:
        for name, pattern in _SAID:
            if said := pattern.search(body):
                found |= {"type": name, **{key: value for key, value in said.groupdict().items() if value}}
                break
    if "anyconnect" in found.get("type", "") and "peer_ip" in found:
        found |= {"IP": "", "port": ""}  # halves of `Peer IP=` and `Peer port=`
    for pattern in _VPN if "msg" in pairs else ():
        if said := pattern.search(pairs["msg"]):
            found |= {key: value for key, value in said.groupdict().items() if value}
    return found


def time(event: Event) -> int | None:
    """Seconds since 1970 with a fraction."""
    seconds, _, fraction = event.native["time"].partition(".")
    return int(seconds) * 1_000_000 + int(fraction[:6].ljust(6, "0"))


@cache
def _kind(name: str) -> Kind:
    category = {"flows": "firewall", "urls": "proxy", "ip_flow_start": "firewall", "ip_flow_end": "firewall"}.get(
        name, "firewall" if "firewall" in name else ""
    )
    return (
        Logsource(product="meraki", category=category, service=name),
        Logsource(product="cisco", category=category, service="meraki"),
    )


def kind(native: Native) -> Kind:
    return _kind(native["kind"])


FORMAT = Format(
    name="cisco_meraki",
    title="Cisco Meraki MX, MR and MS",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    hints=(
        " events ",
        " flows ",
        " urls ",
        " airmarshal_events ",
        " security_event ",
        " ids-alerts ",
        " ip_flow_",
        "firewall ",
    ),
)
