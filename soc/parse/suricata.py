"""Suricata's EVE JSON, versions 4 to 8: one object a record, told by `event_type` (Suricata User Guide, "Eve JSON Format")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc import instant
from soc.event import Logsource
from soc.parse.ecs_json import field
from soc.parse.format import Format
from soc.parse.suricata_ecs import ecs

if TYPE_CHECKING:
    from soc.event import Event, Kind
    from soc.parse.format import Native
    from soc.parse.frame import Frame

_FLOW = ("flow_id", "src_ip", "proto")
_SERVICES = frozenset({
    "alert", "anomaly", "dcerpc", "dhcp", "dns", "drop", "fileinfo", "flow", "ftp", "http", "krb5", "ldap", "mqtt", "netflow", "nfs",
    "quic", "rdp", "rfb", "sip", "smb", "smtp", "snmp", "ssh", "stats", "tftp", "tls",
})  # fmt: skip


def decode(frame: Frame) -> Native | None:
    native = frame.json
    if native is None or not isinstance(native.get("timestamp"), str):
        return None
    kind = native.get("event_type")
    if isinstance(kind, str):
        return native if isinstance(native.get(kind), dict) or any(name in native for name in _FLOW) else None
    # Some forwarders cut `event_type` off.
    return native if isinstance(native.get("alert"), dict) and all(name in native for name in _FLOW) else None


def time(event: Event) -> int | None:
    return instant.parse_iso(event.native["timestamp"], event.frame.zone)


def kind(native: Native) -> Kind:
    told = native.get("event_type")
    own = Logsource(product="suricata", service=told if isinstance(told, str) and told in _SERVICES else "")
    return (own, Logsource(category="dns")) if told == "dns" else (own,)


FORMAT = Format(
    name="suricata",
    title="Suricata, EVE JSON",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    field=field,
    json=True,
)
