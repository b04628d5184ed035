"""Cisco NX-OS: Nexus and MDS switches, whose stamps begin with the year."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import cisco, cisco_switch
from soc.parse.format import Format, Native

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_KIND: Kind = tuple(Logsource(product="cisco", service=service) for service in ("aaa", "bgp", "ldp", "syslog"))
_FILTER: Kind = (Logsource(product="cisco", category="firewall"), *_KIND)
_YEAR_FIRST = re.compile(r"\d{4} [A-Z]")
# Facilities that IOS has not.
_OWN = frozenset({
    "ACLLOG", "ACLMGR", "ASCII-CFG", "AUTHPRIV", "BOOTVAR", "CALLHOME", "CERT_ENROLL", "CFS", "CLIS", "CMPPROXY", "DAEMON", "DEVICE_TEST", "EARL-SW2_DFC1",
    "ETHPORT", "ETH_PORT_CHANNEL", "FEATURE-MGR", "FEX", "FS-DAEMON", "HMM", "INTERFACE_VLAN", "KERN", "LICMGR", "LOCAL7", "MODULE", "MONITOR", "NOHMS", "PFMA",
    "PLATFORM", "PORT", "SECURITYD", "STP", "SYSMGR", "SYSTEM_CONTROLLER", "TACACS", "USER", "VMAN", "VPC", "VSHD", "XBAR", "ZONE",
})  # fmt: skip
_SSHD = frozenset({"sshd", "dcos_sshd"})


def decode(frame: Frame) -> Native | None:
    tag = cisco.tag(frame.text)
    if tag and not (_is_own(tag) or _YEAR_FIRST.search(frame.text, 0, tag.start)):
        return None  # IOS', which is read by itself
    if tag and "/CPU0:" in frame.text[: tag.start]:
        return None  # IOS XR names its node
    native = cisco_switch.decode(frame)
    if native is None:
        return None
    return native if (tag and _is_own(tag)) or _YEAR_FIRST.match(native.get("device_time", "")) else None


def _is_own(tag: cisco.Tag) -> bool:
    return tag.facility in _OWN or tag.mnemonic == "AAA_ACCOUNTING_MESSAGE"


def ecs(event: Event, document: Document) -> None:
    native = event.native
    cisco_switch.ecs(event, document)
    cisco_switch.keep(event.native, "cisco.nxos.", document)
    document["observer.product"], document["observer.type"] = "Nexus", "switches"
    document["related.ip"] = [
        address for address in (*(document.get("observer.ip") or ()), document.get("related.ip")) if address
    ]
    if "severity" not in native:
        document["event.category"] = None
        return
    if native.get("process") in _SSHD and native.get("pid"):
        document["network.protocol"] = "sshd"
    if native["mnemonic"] == "VSHD_SYSLOG_CMD_EXEC" and (command := native.get("command")):
        words = command.split(maxsplit=64)
        document["process.args"], document["process.executable"], document["process.name"] = words, words[0], words[0]


def kind(native: Native) -> Kind:
    return _FILTER if "verdict" in native else _KIND


FORMAT = Format(
    name="cisco_nexus",
    title="Cisco NX-OS",
    decode=decode,
    time=cisco_switch.time,
    ecs=ecs,
    kind=kind,
    hints=("%", "last message repeated"),
)
