"""Bytes to events: `parse` recognises and decodes, `ecs` turns an event into an ECS document. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.errors import ConfigurationError
from soc.event import Event
from soc.parse import (
    any_json,
    apache,
    aruba,
    auditd,
    barracuda_fw,
    cef,
    checkpoint,
    cisco_asa_ftd,
    cisco_esa,
    cisco_ios,
    cisco_ise,
    cisco_meraki,
    cisco_nexus,
    citrix,
    clavister,
    cyberark,
    dhcp,
    dns,
    docker,
    ecs_json,
    f5,
    forcepoint_ngfw,
    fortigate,
    fortimail,
    fortinet_other,
    freeradius,
    ftp,
    haproxy,
    ibm_aix,
    iis,
    infoblox,
    iptables,
    juniper,
    keycloak,
    klog,
    leef,
    linux_auth,
    mail_other,
    mikrotik,
    modsecurity,
    mongodb,
    mssql,
    mysql,
    mysql_audit,
    nginx,
    nginx_json,
    openldap,
    openvpn,
    paloalto,
    pfsense,
    plain,
    postfix,
    postgresql,
    redis,
    snort,
    sonicwall,
    sophos,
    squid,
    stormshield,
    suricata,
    symantec_endpoint,
    sysmon_linux,
    tomcat,
    traefik,
    vmware,
    watchguard,
    windows,
    windows_message,
    windows_xml,
    zeek,
)
from soc.parse.ecs import ecs, flat, nested
from soc.parse.ecs_fields import EcsFields
from soc.parse.format import ABSENT, Accessor, Document, Format
from soc.parse.frame import REASONS, Frame, Unparsable, original, unwrap

if TYPE_CHECKING:
    from soc.record import Record

__all__ = [
    "ABSENT", "FORMATS", "REASONS", "Accessor", "Document", "EcsFields", "Format", "Frame", "Unparsable", "ecs", "flat", "named",
    "nested", "original", "parse",
]  # fmt: skip

# In the order in which they are tried: the more telling before the more general. Adding a format is one line.
_ALL: tuple[Format, ...] = (
    windows.FLAT, windows.NXLOG_JSON, windows.EVTX_DUMP, windows.WINLOGBEAT, windows_xml.FORMAT, windows_message.FORMAT,
    suricata.FORMAT, snort.JSON, f5.JSON, zeek.FORMAT, nginx_json.FORMAT, paloalto.JSON, checkpoint.JSON, cyberark.JSON, postgresql.JSON, mysql_audit.JSON, mongodb.JSON, traefik.JSON, keycloak.JSON, modsecurity.JSON, ecs_json.FORMAT, any_json.FORMAT,
    sysmon_linux.FORMAT,
    auditd.FORMAT,
    pfsense.FORMAT,
    f5.FORMAT,
    watchguard.FORMAT,
    stormshield.FORMAT,
    mikrotik.FORMAT,
    postgresql.FORMAT,
    zeek.TSV,
    snort.FORMAT,
    ibm_aix.FORMAT,
    vmware.FORMAT,
    infoblox.FORMAT,
    dns.FORMAT,
    mysql.FORMAT,
    mysql_audit.FORMAT,
    iis.FORMAT,
    mssql.FORMAT,
    mongodb.FORMAT,
    redis.FORMAT,
    squid.FORMAT,
    haproxy.FORMAT,
    traefik.FORMAT,
    keycloak.FORMAT,
    modsecurity.FORMAT,
    openldap.FORMAT,
    docker.FORMAT,
    freeradius.FORMAT,
    ftp.FORMAT,
    openvpn.FORMAT,
    apache.FORMAT,
    nginx.FORMAT,
    klog.FORMAT,
    paloalto.FORMAT,
    fortimail.FORMAT,
    fortinet_other.FORMAT,
    fortigate.FORMAT,
    sonicwall.FORMAT,
    citrix.FORMAT,
    cisco_asa_ftd.FORMAT,
    checkpoint.FORMAT,
    cyberark.FORMAT,
    forcepoint_ngfw.FORMAT,
    cisco_nexus.FORMAT,
    cisco_ios.FORMAT,
    cisco_ise.FORMAT,
    cisco_meraki.FORMAT,
    dhcp.FORMAT,
    cisco_esa.FORMAT,
    aruba.FORMAT,
    cef.FORMAT,
    leef.FORMAT,
    mail_other.FORMAT,
    symantec_endpoint.FORMAT,
    iptables.FORMAT,
    juniper.FORMAT,
    tomcat.FORMAT,
    postfix.FORMAT,
    linux_auth.FORMAT,
    sophos.FORMAT,
    clavister.FORMAT,
    barracuda_fw.FORMAT,
    plain.FORMAT,
)  # fmt: skip

FORMATS: dict[str, Format] = {format_.name: format_ for format_ in _ALL}

_JSON = tuple(format_ for format_ in _ALL if format_.json)
_TEXT = tuple(format_ for format_ in _ALL if not format_.json)
_BY_PROGRAM: dict[str, tuple[Format, ...]] = {
    program: tuple(format_ for format_ in _TEXT if program in format_.programs)
    for program in {name for format_ in _TEXT for name in format_.programs}
}


def parse(record: Record) -> Event:
    """The event of a record, in the format that its source names or else the one that recognises it.

    Raises:
        Unparsable: the record is a dead letter.
    """
    frame = unwrap(record)
    if record.source.format:
        return _as_named(record, frame)
    for format_ in _JSON if frame.json is not None else _candidates(frame):
        native = format_.decode(frame)
        if native is not None and (format_.claims is None or format_.claims(native)):
            return _new(Event, (record, format_, native, frame))
    raise Unparsable("json", "an object of no known shape")


_new = tuple.__new__
"""Makes a named tuple without the Python call that its own constructor is."""


def named(name: str) -> Format:
    """The format of that name; ConfigurationError with the known names if there is none."""
    try:
        return FORMATS[name]
    except KeyError:
        raise ConfigurationError(f"unknown format {name!r}; known: {', '.join(sorted(FORMATS))}") from None


def _as_named(record: Record, frame: Frame) -> Event:
    format_ = named(record.source.format)
    native = format_.decode(frame)
    if native is None:
        raise Unparsable("parser_fault", f"not a record of format {format_.name}")
    return Event(record, format_, native, frame)


def _candidates(frame: Frame) -> list[Format]:
    """The formats of text that may be it."""
    first: tuple[Format, ...] = ()
    if frame.syslog and frame.syslog.app:
        first = _BY_PROGRAM.get(frame.syslog.app.lower().rpartition("/")[2], ())
    text = frame.text
    rest = [f for f in _TEXT if f not in first and (not f.hints or any(hint in text for hint in f.hints))]
    return [*first, *rest]
