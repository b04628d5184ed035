"""The fields of Zeek's logs by log, where each stands in ECS, and how its value is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.parse import json_values as values

if TYPE_CHECKING:
    from collections.abc import Callable


def _own_addresses(value: Any) -> list[str] | None:
    found = values.ip(value)
    return [found] if found else None


def _own_mac(value: Any) -> list[str] | None:
    found = values.mac(value)
    return [found] if found else None


def _class(value: Any) -> str | None:
    return (
        {"C_INTERNET": "IN", "C_CHAOS": "CH", "C_HESIOD": "HS", "C_ANY": "ANY"}.get(value, values.text(value))
        if isinstance(value, str)
        else None
    )


_CERTIFICATE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "certificate.serial": ("file.x509.serial_number", values.digest), "certificate.version": ("file.x509.version_number", values.identity),
    "certificate.not_valid_before": ("file.x509.not_before", values.moment), "certificate.not_valid_after": ("file.x509.not_after", values.moment),
    "certificate.key_alg": ("file.x509.public_key_algorithm", values.text), "certificate.sig_alg": ("file.x509.signature_algorithm", values.text),
    "certificate.key_length": ("file.x509.public_key_size", values.count), "certificate.exponent": ("file.x509.public_key_exponent", values.count),
    "certificate.curve": ("file.x509.public_key_curve", values.text), "san.dns": ("file.x509.alternative_names", values.words),
    "id": ("event.id", values.text), "fingerprint": ("file.hash.sha256", values.text),
}  # fmt: skip
COMMON: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "uid": ("event.id", values.text), "id.orig_h": ("source.ip", values.ip), "id.orig_p": ("source.port", values.count),
    "id.resp_h": ("destination.ip", values.ip), "id.resp_p": ("destination.port", values.count), "proto": ("network.transport", values.lower),
    "community_id": ("network.community_id", values.text), "vlan": ("network.vlan.id", values.identity), "inner_vlan": ("network.inner.vlan.id", values.identity),
    "orig_l2_addr": ("source.mac", values.mac), "resp_l2_addr": ("destination.mac", values.mac),
    "_system_name": ("observer.hostname", values.text),
}  # fmt: skip
LOGS: dict[str, dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "conn": {
        "service": ("network.protocol", values.lower), "duration": ("event.duration", values.nanoseconds), "orig_ip_bytes": ("source.bytes", values.count),
        "resp_ip_bytes": ("destination.bytes", values.count), "orig_pkts": ("source.packets", values.count), "resp_pkts": ("destination.packets", values.count),
    },
    "dns": {
        "trans_id": ("dns.id", values.identity), "query": ("dns.question.name", values.text), "qtype_name": ("dns.question.type", values.text),
        "qclass_name": ("dns.question.class", _class), "rcode_name": ("dns.response_code", values.text), "rtt": ("event.duration", values.nanoseconds),
    },
    "http": {
        "method": ("http.request.method", values.text), "status_code": ("http.response.status_code", values.count), "version": ("http.version", values.text),
        "referrer": ("http.request.referrer", values.text), "user_agent": ("user_agent.original", values.text),
        "request_body_len": ("http.request.body.bytes", values.count), "response_body_len": ("http.response.body.bytes", values.count),
        "orig_mime_types": ("http.request.mime_type", values.first), "resp_mime_types": ("http.response.mime_type", values.first),
        "username": ("user.name", values.text), "host": ("url.domain", values.text), "client_header_names": ("zeek.http.client_header_names", values.words),
    },
    "ssl": {
        "cipher": ("tls.cipher", values.text), "curve": ("tls.curve", values.text), "server_name": ("tls.client.server_name", values.text),
        "resumed": ("tls.resumed", values.truth), "established": ("tls.established", values.truth), "next_protocol": ("tls.next_protocol", values.text),
        "subject": ("tls.server.subject", values.text), "issuer": ("tls.server.issuer", values.text), "client_subject": ("tls.client.subject", values.text),
        "client_issuer": ("tls.client.issuer", values.text), "ja3": ("tls.client.ja3", values.text), "ja3s": ("tls.server.ja3s", values.text),
        "resp_certificate_sha1": ("tls.server.hash.sha1", values.digest), "not_valid_before": ("tls.server.not_before", values.moment),
        "not_valid_after": ("tls.server.not_after", values.moment),
    },
    "x509": _CERTIFICATE,
    "files": {
        "conn_uids": ("event.id", values.first), "tx_hosts": ("server.ip", values.ip), "rx_hosts": ("client.ip", values.ip),
        "mime_type": ("file.mime_type", values.text), "filename": ("file.name", values.text), "total_bytes": ("file.size", values.count),
        "md5": ("file.hash.md5", values.text), "sha1": ("file.hash.sha1", values.text), "sha256": ("file.hash.sha256", values.text),
        "duration": ("event.duration", values.nanoseconds), "extracted": ("file.path", values.text),
    },
    "pe": {"id": ("event.id", values.text)},
    "ocsp": {"id": ("event.id", values.text)},
    "dhcp": {
        "uids": ("event.id", values.first), "client_addr": ("source.ip", values.ip), "server_addr": ("destination.ip", values.ip),
        "mac": ("source.mac", values.mac), "domain": ("network.name", values.text), "host_name": ("source.domain", values.text),
        "client_fqdn": ("client.domain", values.text), "duration": ("event.duration", values.nanoseconds),
    },
    "kerberos": {"client": ("user.name", values.text), "request_type": ("event.action", values.text), "cipher": ("tls.cipher", values.text)},
    "ntlm": {"username": ("user.name", values.text), "domainname": ("user.domain", values.text), "hostname": ("source.domain", values.text)},
    "radius": {"username": ("user.name", values.text), "mac": ("source.mac", values.mac), "framed_addr": ("source.nat.ip", values.ip)},
    "ftp": {
        "user": ("user.name", values.text), "command": ("event.action", values.text), "arg": ("url.original", values.text),
        "file_size": ("file.size", values.count), "mime_type": ("file.mime_type", values.text),
    },
    "irc": {"user": ("user.name", values.text), "command": ("event.action", values.text), "dcc_file_name": ("file.name", values.text),
            "dcc_file_size": ("file.size", values.count), "dcc_mime_type": ("file.mime_type", values.text)},
    "smtp": {
        "from": ("email.from.address", values.mailboxes), "to": ("email.to.address", values.mailboxes), "cc": ("email.cc.address", values.mailboxes),
        "mailfrom": ("email.sender.address", values.text), "subject": ("email.subject", values.text), "msg_id": ("email.message_id", values.text),
        "reply_to": ("email.reply_to.address", values.mailboxes), "helo": ("source.domain", values.text), "user_agent": ("email.x_mailer", values.text),
        "tls": ("tls.established", values.truth), "in_reply_to": ("zeek.smtp.in_reply_to", values.text),
    },
    "ssh": {"client": ("user_agent.original", values.text)},
    "smb_cmd": {"command": ("event.action", values.text), "username": ("user.name", values.text), "rtt": ("event.duration", values.nanoseconds)},
    "smb_files": {"action": ("event.action", values.text), "name": ("file.name", values.text), "path": ("file.directory", values.text),
                  "size": ("file.size", values.count), "times.modified": ("file.mtime", values.moment), "times.accessed": ("file.accessed", values.moment),
                  "times.created": ("file.created", values.moment), "times.changed": ("file.ctime", values.moment), "fuid": ("zeek.smb_files.fuid", values.text)},
    "smb_mapping": {"path": ("file.path", values.text)},
    "dce_rpc": {"operation": ("event.action", values.text), "rtt": ("event.duration", values.nanoseconds)},
    "rdp": {"cookie": ("user.name", values.text), "ssl": ("tls.established", values.truth)},
    "sip": {"method": ("event.action", values.text), "uri": ("url.full", values.text), "status_code": ("zeek.sip.status_code", values.count)},
    "modbus": {"func": ("event.action", values.text)},
    "dnp3": {"fc_request": ("event.action", values.text), "fc_reply": ("zeek.dnp3.fc_reply", values.text)},
    "mysql": {"cmd": ("event.action", values.text), "arg": ("zeek.mysql.arg", values.text)},
    "socks": {"user": ("user.name", values.text)},
    "snmp": {"duration": ("event.duration", values.nanoseconds)},
    "syslog": {"facility": ("log.syslog.facility.name", values.text), "severity": ("log.syslog.severity.name", values.text), "message": ("message", values.text)},
    "tunnel": {"action": ("event.action", values.text)},
    "ldap": {"opcode": ("event.action", values.text), "object": ("user.name", values.text)},
    "notice": {
        "note": ("rule.name", values.text), "msg": ("rule.description", values.text), "src": ("source.ip", values.ip), "dst": ("destination.ip", values.ip),
        "p": ("destination.port", values.count), "file_mime_type": ("file.mime_type", values.text), "uid": ("event.id", values.text),
    },
    "signatures": {
        "sig_id": ("rule.id", values.text), "event_msg": ("rule.description", values.text), "src_addr": ("source.ip", values.ip),
        "src_port": ("source.port", values.count), "dst_addr": ("destination.ip", values.ip), "dst_port": ("destination.port", values.count),
    },
    "intel": {"seen.indicator": ("threat.indicator.name", values.text), "file_mime_type": ("file.mime_type", values.text)},
    "weird": {"name": ("rule.name", values.text)},
    "traceroute": {"src": ("source.ip", values.ip), "dst": ("destination.ip", values.ip)},
    "software": {"host": ("host.ip", _own_addresses), "name": ("package.name", values.text), "unparsed_version": ("package.version", values.text)},
    "known_hosts": {"host": ("host.ip", _own_addresses)},
    "known_devices": {"mac": ("host.mac", _own_mac), "dhcp_host_name": ("host.hostname", values.text)},
    "known_services": {"host": ("server.ip", values.ip), "port_num": ("server.port", values.count), "port_proto": ("network.transport", values.lower)},
    "known_certs": {
        "host": ("server.ip", values.ip), "port_num": ("server.port", values.count), "serial": ("tls.server.x509.serial_number", values.text),
        "subject": ("tls.server.subject", values.text), "issuer_subject": ("tls.server.issuer", values.text),
    },
    "reporter": {"level": ("log.level", values.text), "message": ("message", values.text)},
}  # fmt: skip
