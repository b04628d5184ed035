"""Which formats there are, in the order in which they are tried; each is imported when the first record needs it.

Compiling what all of them recognise takes a good part of a second, and `soc match` on Windows' JSON needs none of it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from soc.errors import ConfigurationError
from soc.parse import windows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.parse.format import Format

WINDOWS: tuple[Format, ...] = (windows.FLAT, windows.NXLOG_JSON, windows.EVTX_DUMP, windows.WINLOGBEAT)
"""Tried first for JSON objects."""

# Name -> module and constant, the more telling before the more general. Adding a format is one line.
_JSON = {
    "suricata": "suricata.FORMAT",
    "snort_json": "snort.JSON",
    "f5_telemetry": "f5.JSON",
    "zeek": "zeek.FORMAT",
    "nginx_json": "nginx_json.FORMAT",
    "paloalto_json": "paloalto.JSON",
    "checkpoint_email": "checkpoint.JSON",
    "cyberark_audit": "cyberark.JSON",
    "postgresql_json": "postgresql.JSON",
    "mysql_audit_json": "mysql_audit.JSON",
    "mongodb_json": "mongodb.JSON",
    "traefik_json": "traefik.JSON",
    "keycloak_json": "keycloak.JSON",
    "modsecurity_json": "modsecurity.JSON",
    "ecs_json": "ecs_json.FORMAT",
    "json": "any_json.FORMAT",
}
_TEXT = {
    "windows_xml": "windows_xml.FORMAT",
    "windows_message": "windows_message.FORMAT",
    "sysmon_linux": "sysmon_linux.FORMAT",
    "auditd": "auditd.FORMAT",
    "pfsense": "pfsense.FORMAT",
    "f5": "f5.FORMAT",
    "watchguard": "watchguard.FORMAT",
    "stormshield": "stormshield.FORMAT",
    "mikrotik": "mikrotik.FORMAT",
    "postgresql": "postgresql.FORMAT",
    "zeek_tsv": "zeek.TSV",
    "snort": "snort.FORMAT",
    "ibm_aix": "ibm_aix.FORMAT",
    "vmware": "vmware.FORMAT",
    "vmware_nsx": "vmware_nsx.FORMAT",
    "infoblox": "infoblox.FORMAT",
    "dns": "dns.FORMAT",
    "mysql": "mysql.FORMAT",
    "mysql_audit": "mysql_audit.FORMAT",
    "iis": "iis.FORMAT",
    "mssql": "mssql.FORMAT",
    "mongodb": "mongodb.FORMAT",
    "redis": "redis.FORMAT",
    "squid": "squid.FORMAT",
    "haproxy": "haproxy.FORMAT",
    "traefik": "traefik.FORMAT",
    "keycloak": "keycloak.FORMAT",
    "modsecurity": "modsecurity.FORMAT",
    "openldap": "openldap.FORMAT",
    "docker": "docker.FORMAT",
    "freeradius": "freeradius.FORMAT",
    "ftp": "ftp.FORMAT",
    "openvpn": "openvpn.FORMAT",
    "apache": "apache.FORMAT",
    "nginx": "nginx.FORMAT",
    "klog": "klog.FORMAT",
    "paloalto": "paloalto.FORMAT",
    "fortimail": "fortimail.FORMAT",
    "fortinet_other": "fortinet_other.FORMAT",
    "fortigate": "fortigate.FORMAT",
    "sonicwall": "sonicwall.FORMAT",
    "citrix": "citrix.FORMAT",
    "cisco_asa_ftd": "cisco_asa_ftd.FORMAT",
    "checkpoint": "checkpoint.FORMAT",
    "cyberark": "cyberark.FORMAT",
    "forcepoint_ngfw": "forcepoint_ngfw.FORMAT",
    "cisco_nexus": "cisco_nexus.FORMAT",
    "cisco_ios": "cisco_ios.FORMAT",
    "cisco_ise": "cisco_ise.FORMAT",
    "cisco_meraki": "cisco_meraki.FORMAT",
    "dhcp": "dhcp.FORMAT",
    "cisco_esa": "cisco_esa.FORMAT",
    "aruba": "aruba.FORMAT",
    "cef": "cef.FORMAT",
    "leef": "leef.FORMAT",
    "mail_other": "mail_other.FORMAT",
    "symantec_endpoint": "symantec_endpoint.FORMAT",
    "iptables": "iptables.FORMAT",
    "juniper": "juniper.FORMAT",
    "tomcat": "tomcat.FORMAT",
    "postfix": "postfix.FORMAT",
    "linux_auth": "linux_auth.FORMAT",
    "sophos": "sophos.FORMAT",
    "clavister": "clavister.FORMAT",
    "barracuda_fw": "barracuda_fw.FORMAT",
    "plain": "plain.FORMAT",
}
_PLACES = _JSON | _TEXT


@cache
def of_json() -> tuple[Format, ...]:
    """Those of JSON objects that are not Windows'."""
    return tuple(map(named, _JSON))


@cache
def of_text() -> tuple[Format, ...]:
    return tuple(map(named, _TEXT))


@cache
def formats() -> Mapping[str, Format]:
    """All of them by name, in the order of trial."""
    return {format_.name: format_ for format_ in (*WINDOWS, *of_json(), *of_text())}


@cache
def named(name: str) -> Format:
    """The format of that name; ConfigurationError with the known names if there is none."""
    for format_ in WINDOWS:
        if format_.name == name:
            return format_
    place = _PLACES.get(name)
    if place is None:
        known = ", ".join(sorted((*_PLACES, *(format_.name for format_ in WINDOWS))))
        raise ConfigurationError(f"unknown format {name!r}; known: {known}")
    module, _, constant = place.partition(".")
    found: Format = getattr(import_module(f"soc.parse.{module}"), constant)
    return found
