"""Juniper's messages in plain words: flows and filters by place, daemons' messages by their usual phrases."""

from __future__ import annotations

import re

from soc.parse.keyvalue import spaced

# Daemons that only Junos has.
DAEMONS = frozenset({
    "alarmd", "appidd", "apsd", "auditd-junos", "bbe-smgd", "bdbrepd", "bfdd", "cfmd", "chassisd", "cosd", "craftd", "dcd",
    "dfcd", "dfwd", "dot1xd", "jddosd", "dfwc", "eswd", "eventd", "fabspoof", "fwauthd", "gkd", "gkd-chassis", "idpd", "ilmid", "irsd", "jdhcpd",
    "jlaunchd", "jpppd", "jsrpd", "kmd", "ksyncd", "l2ald", "l2cpd", "lacpd", "license-check", "lfmd", "lmpd", "mcsnoopd", "mgd",
    "mib2d", "mspd", "mspmand", "mplsoamd", "nsd", "nstraced", "oamd", "pfed", "pgmd", "pkid", "ppmd", "relayd", "rmopd", "rpd",
    "rshd", "sendd", "sfid", "shm-rtsdbd", "smid", "spd", "ssd", "tnetd", "utmd", "vccpd", "vrrpd", "xntpd", "wwand", "cscript",
    "RT_FLOW", "RT_IDP", "RT_IDS", "RT_UTM", "RT_AAMW", "RT_SECINTEL", "RT_NAT", "RT_ALG", "RT_SCREEN", "RT_IPSEC", "RT_SSL",
})  # fmt: skip

_ENDS = re.compile(r"([0-9A-Fa-f.:]{2,45})/(\d{1,5})->([0-9A-Fa-f.:]{2,45})/(\d{1,5})")
_REASON = re.compile(r"session closed ([^:]{1,64}): ")
# Two or four words on address translation, then what the policy was.
_SESSION = re.compile(
    r"(?: \S{1,128}){1,6}? (?P<protocol>\d{1,3}) (?P<policy>\S{1,128}) (?P<from>\S{1,64}) (?P<to>\S{1,64}) (?P<session>\d{1,19})"
    r"(?: (?P<out>\d{1,19})\((?P<out_bytes>\d{1,19})\) (?P<in>\d{1,19})\((?P<in_bytes>\d{1,19})\) (?P<elapsed>\d{1,10}))?"
    r"(?: (?P<application>[\w.-]{1,64}) (?P<nested>[\w.-]{1,64}))?(?: (?P<user>[^\s(]{1,128})\((?P<roles>[^)]{0,128})\) (?P<interface>\S{1,64}))?"
)
_DENIED = re.compile(
    r" (?:\S{1,128} ){1,2}?(?P<protocol>\d{1,3})\((?P<icmp>\d{1,3})\) (?P<policy>\S{1,128}) (?P<from>\S{1,64}) (?P<to>\S{1,64})"
)
_NAMES = {
    "protocol": "protocol-id", "policy": "policy-name", "from": "source-zone-name", "to": "destination-zone-name",
    "session": "session-id", "out": "packets-from-client", "out_bytes": "bytes-from-client", "in": "packets-from-server",
    "in_bytes": "bytes-from-server", "elapsed": "elapsed-time", "application": "application", "nested": "nested-application",
    "user": "username", "roles": "roles", "interface": "packet-incoming-interface", "icmp": "icmp-type",
}  # fmt: skip
_PACKET = re.compile(
    r"FW: (?P<if>\S{1,64})\s{1,16}(?P<verdict>[ADR])\s{1,4}(?:(?P<smac>[0-9a-f:]{17})\s{1,4}(?P<dmac>[0-9a-f:]{17})\s{1,4}(?:\S{1,16}\s{1,4}){0,4}?)?"
    r"(?P<protocol>[A-Za-z0-9-]{1,16})\s{1,4}(?P<src>[0-9A-Fa-f.:]{2,45})\s{1,4}(?P<dst>[0-9A-Fa-f.:]{2,45})\s{1,8}(?P<sport>\d{1,5})\s{1,8}"
    r"(?P<dport>\d{1,5})\s{1,4}\((?P<count>\d{1,18}) packets?\)"
)
_VERDICTS = {"A": "accept", "D": "discard", "R": "reject"}
_PHRASES = (
    ("username", re.compile(r"\b[Uu]ser(?:name)?:? '?(?!N/A|Not-)([\w.@\\$-]{1,128})'?")),
    ("source-address", re.compile(r"\bfrom (?:host |address )?'?([0-9A-Fa-f.:]{2,45})\b|ssh-connection '([0-9A-Fa-f.:]{2,45}) |\b\w+@([0-9A-Fa-f.:]{7,45}) as ")),
    ("command", re.compile(r"(?:command |cmd=)'(.*?)'?$", re.DOTALL)),
    ("class-name", re.compile(r"class '([^']{1,128})'")),
    ("interface-name", re.compile(r"\bifName ([\w/.:-]{1,64})|^([a-z]{2}-\d{1,3}/\d{1,3}/\d{1,3}(?:\.\d{1,5})?): ")),
    ("child", re.compile(r"\bchild '([^']{1,255})'")),
    ("local-address", re.compile(r"\bLocal(?:-ip)?: ([0-9A-Fa-f.:]{2,45})(?:/\d{1,5})?,")),
    ("remote-address", re.compile(r"\bRemote: ([0-9A-Fa-f.:]{2,45})(?:/\d{1,5})?,")),
    ("source-mac", re.compile(r"\b(?:MAC|mac)(?: address)?:? ([0-9a-f]{2}(?::[0-9a-f]{2}){5})|\bsender ip/mac [0-9.]{7,15}/([0-9a-f:]{17})")),
    ("source-address", re.compile(r"\bsender ip/mac ([0-9.]{7,15})/")),
    ("peer", re.compile(r"\b(?:peer|neighbor) ([0-9A-Fa-f.:]{2,45})\b")),
)  # fmt: skip
_RUNS_AS = re.compile(r"([\w.-]{1,64})@\S{1,255} as ([\w.-]{1,64}): cmd=")


def flow(text: str) -> dict[str, str]:
    """`session created|closed REASON:|denied`, then both ends, their translations, and what the policy was."""
    ends = list(_ENDS.finditer(text[:512]))[:2]
    found: dict[str, str] = {}
    for pair, prefix in zip(ends, ("", "nat-"), strict=False):
        for name, value in zip(
            ("source-address", "source-port", "destination-address", "destination-port"), pair.groups(), strict=True
        ):
            found[prefix + name] = value
    if reason := _REASON.match(text):
        found["reason"] = reason[1]
    if not ends:
        return found
    rest = _DENIED.match(text, ends[-1].end()) or _SESSION.match(text, ends[-1].end())
    told = rest.groupdict() if rest else {}
    return found | {_NAMES[name]: value for name, value in told.items() if value}


def firewall_filter(text: str) -> dict[str, str] | None:
    """A packet that a filter's term with the action `syslog` or `log` met."""
    found = _PACKET.match(text)
    if found is None:
        return None
    told = {
        "interface-name": found["if"], "verdict": _VERDICTS[found["verdict"]], "source-mac": found["smac"], "destination-mac": found["dmac"],
        "protocol-name": found["protocol"], "source-address": found["src"], "destination-address": found["dst"],
        "source-port": found["sport"], "destination-port": found["dport"], "packets": found["count"],
    }  # fmt: skip
    return {name: value for name, value in told.items() if value}


def phrases(text: str) -> dict[str, str]:
    """Who did what from where, as most messages say it."""
    found: dict[str, str] = {}
    head = text[:2048]
    for name, pattern in _PHRASES:
        if told := pattern.search(head):
            found[name] = next(part for part in told.groups() if part is not None)
    if runs := _RUNS_AS.match(head):
        found |= {"username": runs[1], "run-as": runs[2]}
    return found


_SCREENOS = re.compile(
    r"NetScreen device_id=(\S{0,64})\s{1,4}\[([^\]]{0,64})\]system-([a-z]{1,16})-(\d{1,8})(?:\(([^)]{0,64})\))?: ?"
)
_BLANKS = (("src zone=", "src_zone="), ("dst zone=", "dst_zone="), ("src-xlated ip=", "src_xlated_ip="),
           ("dst-xlated ip=", "dst_xlated_ip="), ("icmp type=", "icmp_type="))  # fmt: skip
_SCREENOS_NAMES = {
    "src": "source-address", "dst": "destination-address", "src_port": "source-port", "dst_port": "destination-port",
    "src_zone": "source-zone-name", "dst_zone": "destination-zone-name", "sent": "bytes-from-client", "rcvd": "bytes-from-server",
    "proto": "protocol-id", "policy_id": "policy-id", "duration": "elapsed-time", "service": "service-name",
    "src_xlated_ip": "nat-source-address", "dst_xlated_ip": "nat-destination-address", "action": "action", "reason": "reason",
    "session_id": "session-id", "start_time": "start_time",
}  # fmt: skip


def screenos(text: str) -> dict[str, str] | None:
    """A NetScreen's message; traffic has pairs, whose names have blanks in them."""
    head = _SCREENOS.search(text, 0, 512)
    if head is None:
        return None
    body = text[head.end() :]
    found = {
        "device_id": head[1],
        "vsys": head[2],
        "level": head[3],
        "tag": head[4],
        "log": head[5] or "",
        "text": body or text,
    }
    if "start_time=" not in body:
        return found | phrases(body)
    for told, name in _BLANKS:
        body = body.replace(told, name, 1)
    return found | {_SCREENOS_NAMES.get(name, name): value for name, value in spaced(body).items()}
