"""Junos' threat messages in plain words, by the names that the same messages have in structured syslog.

Juniper, System Log Explorer: RT_SCREEN_*, IDP_ATTACK_LOG_EVENT, WEBFILTER_*, AV_*, ANTISPAM_*, CONTENT_FILTERING_*.
"""

from __future__ import annotations

import re

from soc.parse import network

_ADDRESS = r"[0-9A-Fa-f.:]{2,60}"
_SCREEN = re.compile(
    rf"(?P<attack>[^!\n]{{1,128}})! (?:source: (?P<source>{_ADDRESS}), )?(?:destination: (?P<destination>{_ADDRESS}), )?(?:protocol-id: (?P<protocol>\d{{1,3}}), )?"
    r"(?:zone name: (?P<zone>[^,\n]{1,64}), )?(?:interface name: (?P<interface>[^,\n]{1,64}), )?action: (?P<action>[\w-]{1,32})"
)
_ATTACK = re.compile(
    rf"IDP: (?:at (?P<epoch>\d{{1,12}}), )?(?P<kind>\w{{1,16}}) Attack log <(?P<source>{_ADDRESS})/(?P<source_port>\d{{1,5}})->(?P<destination>{_ADDRESS})/(?P<destination_port>\d{{1,5}})> "
    r"for (?P<protocol>\S{1,16}) protocol and service (?P<service>\S{1,64})(?: application (?P<application>\S{1,64}))? by rule (?P<rule>\S{1,128}) of rulebase (?P<base>\S{1,64}) "
    r"in policy (?P<policy>\S{1,128})\. attack: (?P<rest>[^\n]{0,2048})"
)
_ATTACK_PAIR = re.compile(
    r"(?:^|, )(id|repeat|action|threat-severity|name|time-elapsed|inbytes|outbytes|inpackets|outpackets|alert|username|roles)=([^,\n]{0,256}?)(?= and |,|$)"
)
_ATTACK_NAMES = {
    "name": "attack-name", "repeat": "repeat-count", "time-elapsed": "elapsed-time", "inbytes": "inbound-bytes", "outbytes": "outbound-bytes",
    "inpackets": "inbound-packets", "outpackets": "outbound-packets", "id": "export-id",
}  # fmt: skip
_BETWEEN = re.compile(
    r"intf:(?P<from>[^:,\s]{1,64}):(?P<in>[^,\s]{1,64}?)->(?P<to>[^:,\s]{1,64}):(?P<out>[^,\s]{1,64})"
)
_FILTERED = re.compile(
    rf"(?:(?P<source>{_ADDRESS})\((?P<source_port>\d{{1,5}})\)->(?P<destination>{_ADDRESS})\((?P<destination_port>\d{{1,5}})\)"
    rf"|from (?P<from>{_ADDRESS}) to (?P<to>{_ADDRESS}))(?=[\s,]|$)"
)
_WORDS = re.compile(
    r"\b(ACTION|CATEGORY|REASON|PROFILE|URL|OBJ)=(?:\"([^\"\n]{0,512})\"|(\S{0,2048}))|\b(username|roles|virus|file|source-zone) (\S{1,512})"
)
_WORD_NAMES = {"source-zone": "source-zone-name", "virus": "name", "file": "filename"}


def _ends(told: dict[str, str | None], *names: tuple[str, str]) -> dict[str, str]:
    """Addresses with the ports that stand behind their last colon."""
    found = {}
    for name, end in names:
        address, port = network.endpoint(told[name] or "")
        found[f"{end}-address"] = address
        if port is not None:
            found[f"{end}-port"] = str(port)
    return found


def screen(text: str) -> dict[str, str] | None:
    """`TCP port scan! source: 192.0.2.1:5000, destination: ..., zone name: ..., interface name: ..., action: drop`"""
    said = _SCREEN.match(text)
    if said is None:
        return None
    told = said.groupdict()
    found = _ends(told, ("source", "source"), ("destination", "destination"))
    found |= {
        "attack-name": f"{told['attack']}!", "protocol-id": told["protocol"] or "", "source-zone-name": told["zone"] or "",
        "interface-name": told["interface"] or "", "action": told["action"] or "",
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def attack(text: str) -> dict[str, str] | None:
    """What intrusion prevention found: ends, rule, policy, then pairs, then zones and interfaces."""
    said = _ATTACK.match(text)
    if said is None:
        return None
    told = said.groupdict("")
    found = {
        "epoch-time": told["epoch"], "message-type": told["kind"], "source-address": told["source"], "source-port": told["source_port"],
        "destination-address": told["destination"], "destination-port": told["destination_port"], "protocol-name": told["protocol"],
        "service-name": told["service"], "application-name": told["application"], "rule-name": told["rule"], "rulebase-name": told["base"],
        "policy-name": told["policy"],
    }  # fmt: skip
    found |= {_ATTACK_NAMES.get(name, name): value for name, value in _ATTACK_PAIR.findall(told["rest"])}
    if between := _BETWEEN.search(told["rest"]):
        found |= {
            "source-zone-name": between["from"], "source-interface-name": between["in"], "destination-zone-name": between["to"],
            "destination-interface-name": between["out"],
        }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def content(text: str) -> dict[str, str] | None:
    """What the filters of content management say: ends, then words with their values."""
    said = _FILTERED.search(text, 0, 1024)
    if said is None:
        return None
    told = said.groupdict()
    if told["source"] is None:
        found = _ends(told, ("from", "source"), ("to", "destination"))
    else:
        found = {
            f"{end}-{part}": told[end if part == "address" else f"{end}_port"] or ""
            for end in ("source", "destination")
            for part in ("address", "port")
        }
    for capital, quoted, bare, word, value in _WORDS.findall(text[:4096]):
        name = capital.lower() or _WORD_NAMES.get(word, word)
        found.setdefault(name, quoted or bare or value)
    return found


READERS = (
    ("RT_SCREEN_", screen),
    ("IDP_ATTACK_LOG", attack),
    ("WEBFILTER_", content),
    ("AV_", content),
    ("ANTISPAM_", content),
    ("CONTENT_FILTERING_", content),
)
"""By how the tag begins."""
