"""The fields of Zeek's logs by log, where each stands in ECS, and how its value is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc import instant
from soc.parse import network

if TYPE_CHECKING:
    from collections.abc import Callable


def _count(value: Any) -> int | None:
    if type(value) is float and value.is_integer() and 0 <= value < 1 << 53:
        return int(value)
    told = network.number(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
    return told if told is not None and 0 <= told < 1 << 63 else None


def text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def identity(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _lower(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) and value else None


def _upper_hex(value: Any) -> str | None:
    return value.replace(":", "").upper() if isinstance(value, str) and value else None


def _first(value: Any) -> str | None:
    found = words(value)
    return found[0] if found else None


def words(value: Any) -> list[str] | None:
    found = [word for word in (value if isinstance(value, list) else [value]) if isinstance(word, str) and word]
    return found or None


def _addresses(value: Any) -> str | None:
    return network.ip(_first(value))


def _own_addresses(value: Any) -> list[str] | None:
    found = _addresses(value)
    return [found] if found else None


def _own_mac(value: Any) -> list[str] | None:
    found = network.mac(_first(value))
    return [found] if found else None


def _mailboxes(value: Any) -> list[str] | None:
    """The addresses of `Name <user@host>` and `<user@host>`."""
    found = [word.rpartition("<")[2].rstrip("> ") for word in words(value) or ()]
    return [address for address in found if address] or None


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def duration(value: Any) -> int | None:
    try:
        seconds = float(value) if isinstance(value, int | float | str) else -1.0
    except (ValueError, OverflowError):
        return None
    return round(seconds * 1_000_000_000) if 0 <= seconds < 1e9 else None


def _moment(value: Any) -> str | None:
    try:
        told = instant.from_epoch(float(value)) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        told = instant.parse_iso(value) if isinstance(value, str) else None
    return None if told is None else instant.iso(told)


def _class(value: Any) -> str | None:
    return (
        {"C_INTERNET": "IN", "C_CHAOS": "CH", "C_HESIOD": "HS", "C_ANY": "ANY"}.get(value, text(value))
        if isinstance(value, str)
        else None
    )


_CERTIFICATE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "certificate.serial": ("file.x509.serial_number", _upper_hex), "certificate.version": ("file.x509.version_number", identity),
    "certificate.not_valid_before": ("file.x509.not_before", _moment), "certificate.not_valid_after": ("file.x509.not_after", _moment),
    "certificate.key_alg": ("file.x509.public_key_algorithm", text), "certificate.sig_alg": ("file.x509.signature_algorithm", text),
    "certificate.key_length": ("file.x509.public_key_size", _count), "certificate.exponent": ("file.x509.public_key_exponent", _count),
    "certificate.curve": ("file.x509.public_key_curve", text), "san.dns": ("file.x509.alternative_names", words),
    "id": ("event.id", text), "fingerprint": ("file.hash.sha256", text),
}  # fmt: skip
COMMON: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "uid": ("event.id", text), "id.orig_h": ("source.ip", network.ip), "id.orig_p": ("source.port", _count),
    "id.resp_h": ("destination.ip", network.ip), "id.resp_p": ("destination.port", _count), "proto": ("network.transport", _lower),
    "community_id": ("network.community_id", text), "vlan": ("network.vlan.id", identity), "inner_vlan": ("network.inner.vlan.id", identity),
    "orig_l2_addr": ("source.mac", network.mac), "resp_l2_addr": ("destination.mac", network.mac),
    "_system_name": ("observer.hostname", text),
}  # fmt: skip
LOGS: dict[str, dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "conn": {
        "service": ("network.protocol", _lower), "duration": ("event.duration", duration), "orig_ip_bytes": ("source.bytes", _count),
        "resp_ip_bytes": ("destination.bytes", _count), "orig_pkts": ("source.packets", _count), "resp_pkts": ("destination.packets", _count),
    },
    "dns": {
        "trans_id": ("dns.id", identity), "query": ("dns.question.name", text), "qtype_name": ("dns.question.type", text),
        "qclass_name": ("dns.question.class", _class), "rcode_name": ("dns.response_code", text), "rtt": ("event.duration", duration),
    },
    "http": {
        "method": ("http.request.method", text), "status_code": ("http.response.status_code", _count), "version": ("http.version", text),
        "referrer": ("http.request.referrer", text), "user_agent": ("user_agent.original", text),
        "request_body_len": ("http.request.body.bytes", _count), "response_body_len": ("http.response.body.bytes", _count),
        "orig_mime_types": ("http.request.mime_type", _first), "resp_mime_types": ("http.response.mime_type", _first),
        "username": ("user.name", text), "host": ("url.domain", text), "client_header_names": ("zeek.http.client_header_names", words),
    },
    "ssl": {
        "cipher": ("tls.cipher", text), "curve": ("tls.curve", text), "server_name": ("tls.client.server_name", text),
        "resumed": ("tls.resumed", _truth), "established": ("tls.established", _truth), "next_protocol": ("tls.next_protocol", text),
        "subject": ("tls.server.subject", text), "issuer": ("tls.server.issuer", text), "client_subject": ("tls.client.subject", text),
        "client_issuer": ("tls.client.issuer", text), "ja3": ("tls.client.ja3", text), "ja3s": ("tls.server.ja3s", text),
        "resp_certificate_sha1": ("tls.server.hash.sha1", _upper_hex), "not_valid_before": ("tls.server.not_before", _moment),
        "not_valid_after": ("tls.server.not_after", _moment),
    },
    "x509": _CERTIFICATE,
    "files": {
        "conn_uids": ("event.id", _first), "tx_hosts": ("server.ip", _addresses), "rx_hosts": ("client.ip", _addresses),
        "mime_type": ("file.mime_type", text), "filename": ("file.name", text), "total_bytes": ("file.size", _count),
        "md5": ("file.hash.md5", text), "sha1": ("file.hash.sha1", text), "sha256": ("file.hash.sha256", text),
        "duration": ("event.duration", duration), "extracted": ("file.path", text),
    },
    "pe": {"id": ("event.id", text)},
    "ocsp": {"id": ("event.id", text)},
    "dhcp": {
        "uids": ("event.id", _first), "client_addr": ("source.ip", network.ip), "server_addr": ("destination.ip", network.ip),
        "mac": ("source.mac", network.mac), "domain": ("network.name", text), "host_name": ("source.domain", text),
        "client_fqdn": ("client.domain", text), "duration": ("event.duration", duration),
    },
    "kerberos": {"client": ("user.name", text), "request_type": ("event.action", text), "cipher": ("tls.cipher", text)},
    "ntlm": {"username": ("user.name", text), "domainname": ("user.domain", text), "hostname": ("source.domain", text)},
    "radius": {"username": ("user.name", text), "mac": ("source.mac", network.mac), "framed_addr": ("source.nat.ip", network.ip)},
    "ftp": {
        "user": ("user.name", text), "command": ("event.action", text), "arg": ("url.original", text),
        "file_size": ("file.size", _count), "mime_type": ("file.mime_type", text),
    },
    "irc": {"user": ("user.name", text), "command": ("event.action", text), "dcc_file_name": ("file.name", text),
            "dcc_file_size": ("file.size", _count), "dcc_mime_type": ("file.mime_type", text)},
    "smtp": {
        "from": ("email.from.address", _mailboxes), "to": ("email.to.address", _mailboxes), "cc": ("email.cc.address", _mailboxes),
        "mailfrom": ("email.sender.address", text), "subject": ("email.subject", text), "msg_id": ("email.message_id", text),
        "reply_to": ("email.reply_to.address", _mailboxes), "helo": ("source.domain", text), "user_agent": ("email.x_mailer", text),
        "tls": ("tls.established", _truth), "in_reply_to": ("zeek.smtp.in_reply_to", text),
    },
    "ssh": {"client": ("user_agent.original", text)},
    "smb_cmd": {"command": ("event.action", text), "username": ("user.name", text), "rtt": ("event.duration", duration)},
    "smb_files": {"action": ("event.action", text), "name": ("file.name", text), "path": ("file.directory", text),
                  "size": ("file.size", _count), "times.modified": ("file.mtime", _moment), "times.accessed": ("file.accessed", _moment),
                  "times.created": ("file.created", _moment), "times.changed": ("file.ctime", _moment), "fuid": ("zeek.smb_files.fuid", text)},
    "smb_mapping": {"path": ("file.path", text)},
    "dce_rpc": {"operation": ("event.action", text), "rtt": ("event.duration", duration)},
    "rdp": {"cookie": ("user.name", text), "ssl": ("tls.established", _truth)},
    "sip": {"method": ("event.action", text), "uri": ("url.full", text), "status_code": ("zeek.sip.status_code", _count)},
    "modbus": {"func": ("event.action", text)},
    "dnp3": {"fc_request": ("event.action", text), "fc_reply": ("zeek.dnp3.fc_reply", text)},
    "mysql": {"cmd": ("event.action", text), "arg": ("zeek.mysql.arg", text)},
    "socks": {"user": ("user.name", text)},
    "snmp": {"duration": ("event.duration", duration)},
    "syslog": {"facility": ("log.syslog.facility.name", text), "severity": ("log.syslog.severity.name", text), "message": ("message", text)},
    "tunnel": {"action": ("event.action", text)},
    "ldap": {"opcode": ("event.action", text), "object": ("user.name", text)},
    "notice": {
        "note": ("rule.name", text), "msg": ("rule.description", text), "src": ("source.ip", network.ip), "dst": ("destination.ip", network.ip),
        "p": ("destination.port", _count), "file_mime_type": ("file.mime_type", text), "uid": ("event.id", text),
    },
    "signatures": {
        "sig_id": ("rule.id", text), "event_msg": ("rule.description", text), "src_addr": ("source.ip", network.ip),
        "src_port": ("source.port", _count), "dst_addr": ("destination.ip", network.ip), "dst_port": ("destination.port", _count),
    },
    "intel": {"seen.indicator": ("threat.indicator.name", text), "file_mime_type": ("file.mime_type", text)},
    "weird": {"name": ("rule.name", text)},
    "traceroute": {"src": ("source.ip", network.ip), "dst": ("destination.ip", network.ip)},
    "software": {"host": ("host.ip", _own_addresses), "name": ("package.name", text), "unparsed_version": ("package.version", text)},
    "known_hosts": {"host": ("host.ip", _own_addresses)},
    "known_devices": {"mac": ("host.mac", _own_mac), "dhcp_host_name": ("host.hostname", text)},
    "known_services": {"host": ("server.ip", network.ip), "port_num": ("server.port", _count), "port_proto": ("network.transport", _lower)},
    "known_certs": {
        "host": ("server.ip", network.ip), "port_num": ("server.port", _count), "serial": ("tls.server.x509.serial_number", text),
        "subject": ("tls.server.subject", text), "issuer_subject": ("tls.server.issuer", text),
    },
    "reporter": {"level": ("log.level", text), "message": ("message", text)},
}  # fmt: skip
