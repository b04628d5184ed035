"""DHCP servers: ISC dhcpd, Kea and dnsmasq by syslog, and the audit logs of Microsoft's DHCP Server.

Microsoft, DHCP server log file format: `ID,Date,Time,Description,IP Address,Host Name,MAC Address,...`, and the one for IPv6, whose seventh column is an
error code; dates are `mm/dd/yy` in the server's own zone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import csv_fields, dhcp_messages, network, plain
from soc.parse.format import Format, Native
from soc.parse.when import Day, wall

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_AUDIT = re.compile(r"(?P<id>\d{1,5}),(?P<date>\d\d/\d\d/\d\d(?:\d\d)?),(?P<time>\d\d:\d\d:\d\d),")
_V4 = (
    "id", "date", "time", "description", "ip", "hostname", "mac", "user", "transaction_id", "qresult", "probation_time", "correlation_id", "dhcid",
    "vendor_class_hex", "vendor_class", "user_class_hex", "user_class", "relay_agent", "dns_error",
)  # fmt: skip
_V6 = (
    "id",
    "date",
    "time",
    "description",
    "ip",
    "hostname",
    "error_code",
    "duid_length",
    "duid",
    "user",
    "dhcid",
    "subnet_prefix",
)
_V6_FIRST = 11000
_KEPT = (
    "transaction_id",
    "qresult",
    "probation_time",
    "correlation_id",
    "dhcid",
    "vendor_class",
    "user_class",
    "relay_agent",
    "dns_error",
    "error_code",
    "duid",
    "subnet_prefix",
)
_PROGRAMS = frozenset({"dhcpd", "dhcpd6", "dhcpdv6", "dnsmasq-dhcp", "kea-dhcp4", "kea-dhcp6"})
_NETWORK = ["network"]
_PROCESS = ["process"]
# (codes, action, category, types): the server's own table, by what it is about.
_MEANINGS: tuple[tuple[tuple[int, ...], str, list[str], list[str]], ...] = (
    ((0, 11010), "log-start", _PROCESS, ["start"]), ((1, 11011), "log-end", _PROCESS, ["end"]), ((2, 11012), "log-pause", _PROCESS, ["change"]),
    ((10,), "dhcp-new", _NETWORK, ["allowed", "connection"]), ((11,), "dhcp-renew", _NETWORK, ["allowed", "connection"]),
    ((12,), "dhcp-release", _NETWORK, ["connection", "end"]), ((13,), "ip-address-in-use", _NETWORK, ["connection", "denied"]),
    ((14,), "lease-pool-exhausted", _NETWORK, ["connection", "denied"]), ((15,), "lease-denied", _NETWORK, ["connection", "denied"]),
    ((16,), "lease-deleted", _NETWORK, ["connection", "end"]), ((17, 18), "lease-expired", _NETWORK, ["connection", "end"]),
    ((20, 21), "bootp-assign", _NETWORK, ["allowed", "connection"]), ((22,), "bootp-denied", _NETWORK, ["connection", "denied"]),
    ((23,), "bootp-deleted", _NETWORK, ["connection", "end"]), ((24, 25, 11020, 11021), "ip-cleanup", _PROCESS, ["info"]),
    ((30, 31, 32, 34, 11022, 11023, 11024, 11028), "dhcp-dns-update", _NETWORK, ["connection"]),
    ((35, 11029), "dhcp-dns-update", _NETWORK, ["connection", "denied"]),
    ((33, 36), "packet-dropped", _NETWORK, ["connection", "denied"]), ((11000,), "dhcpv6-solicit", _NETWORK, ["connection", "protocol"]),
    ((11001,), "dhcpv6-advertise", _NETWORK, ["connection", "protocol"]), ((11002,), "dhcpv6-request", _NETWORK, ["connection", "protocol"]),
    ((11003,), "dhcpv6-confirm", _NETWORK, ["connection", "protocol"]), ((11004,), "dhcpv6-renew", _NETWORK, ["connection", "protocol"]),
    ((11005,), "dhcpv6-rebind", _NETWORK, ["connection", "protocol"]), ((11006,), "dhcpv6-decline", _NETWORK, ["connection", "protocol"]),
    ((11007,), "dhcpv6-release", _NETWORK, ["connection", "protocol"]), ((11008, 11032), "dhcpv6-information-request", _NETWORK, ["connection", "protocol"]),
    ((11009,), "dhcpv6-scope-full", _NETWORK, ["connection", "denied"]), ((11014, 11015), "dhcpv6-bad-address", _NETWORK, ["connection", "denied"]),
    ((11016, 11018, 11019), "dhcpv6-client-deleted", _NETWORK, ["connection", "end"]),
    ((11030, 11031), "dhcpv6-stateless-clients-purged", _PROCESS, ["change"]),
)  # fmt: skip
_BY_CODE = {code: meaning for codes, *meaning in _MEANINGS for code in codes}
_FAILED = frozenset({13, 14, 15, 22, 31, 33, 34, 35, 36, 54, 56, 59, 11006, 11009, 11014, 11015, 11023, 11028, 11029})


def decode(frame: Frame) -> Native | None:
    """An audit record by column, or what dhcpd says."""
    text = frame.text
    if _AUDIT.match(text):
        values = csv_fields.split(text)
        code = network.number(values[0]) or 0
        names = _V6 if code >= _V6_FIRST else _V4
        return {**dict(zip(names, (value.strip() for value in values), strict=False)), "message": text}
    program = frame.syslog.app.rpartition("/")[2].rpartition(" ")[2].lower() if frame.syslog else ""
    if program and program not in _PROGRAMS:  # a client's own log
        return None
    found = dhcp_messages.fields(text)
    if found is None and not program:
        return None
    return {**(found or {}), "message": text}


def time(event: Event) -> int | None:
    native = event.native
    if "date" not in native:
        return plain.time(event)
    month, day, year = (int(part) for part in native["date"].split("/"))
    return wall(
        Day(month, day, year if year > 99 else 2000 + year), native["time"], event.frame.zone, event.record.arrived
    )


def ecs(event: Event, document: Document) -> None:
    native = event.native
    if "date" in native:
        _audit(native, document)
    elif "message_type" in native:
        dhcp_messages.ecs(native, "isc.dhcpd.", document)
    else:
        document["event.category"] = ["network"]


def _audit(native: Native, document: Document) -> None:
    document["observer.vendor"], document["observer.product"] = "Microsoft", "DHCP Server"
    document["event.code"], document["message"] = native["id"], native.get("description")
    code = network.number(native["id"]) or 0
    action, document["event.category"], document["event.type"] = _BY_CODE.get(code, (None, None, None))
    document["event.action"] = action
    document["event.outcome"] = "failure" if code in _FAILED else "success"
    address = network.ip(native.get("ip"))
    name = native.get("hostname", "").rstrip(".")
    document["host.ip"] = [address] if address else None
    document["host.name"] = name or None
    document["host.hostname"] = name.partition(".")[0] or None
    document["host.domain"] = name.partition(".")[2] or None
    document["host.id"] = native.get("mac")
    document["host.mac"] = [mac] if (mac := network.mac(native.get("mac"))) else None
    document["user.name"] = native.get("user")
    for column in _KEPT:
        document[f"microsoft.dhcp.{column}"] = native.get(column)


_ISC: Kind = (Logsource(product="isc", category="dhcp", service="dhcpd"), Logsource(product="linux", service="syslog"))
_MICROSOFT: Kind = (Logsource(product="windows", category="dhcp", service="dhcp"),)


def kind(native: Native) -> Kind:
    return _MICROSOFT if "date" in native else _ISC


FORMAT = Format(
    name="dhcp",
    title="DHCP servers: ISC dhcpd and Kea, dnsmasq, Microsoft DHCP Server",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    programs=_PROGRAMS,
    hints=("DHCP", "BOOTREQUEST", "BOOTREPLY", ",Assign,", ",Renew,", ",Release,", "DNS Update", "DNS update", "Authorized(", ",Started,", ",Stopped,", ",Packet dropped", ",NACK,", ",BAD_ADDRESS,", ",Scope Full,", ",Database Cleanup ", ",Server found", "rogue server detection", ",Expired,", ",Deleted,"),
)  # fmt: skip
