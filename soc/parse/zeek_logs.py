"""Which of Zeek's logs a record is from, by the fields that only this log has, and the columns that logs have as delivered.

JSON records name no log, and of a TSV file's header only the names of its fields are kept. Zeek Script Reference, "Log Files".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Each log by sets of fields of which a record has one whole set; the more telling logs first.
_SHAPES: tuple[tuple[str, tuple[frozenset[str], ...]], ...] = tuple(
    (log, tuple(frozenset(names.split()) for names in alternatives))
    for log, *alternatives in (
        ("intel", "seen.indicator", "seen.where"),
        ("notice", "note msg", "note actions"),
        ("signatures", "sig_id event_msg", "note sig_id"),
        ("conn", "conn_state uid", "conn_state id.orig_h"),
        ("smtp", "uid mailfrom", "uid rcptto", "uid helo", "uid trans_depth last_reply", "uid trans_depth path fuids"),
        ("sip", "uid call_id", "uid request_path", "uid request_from"),
        ("http", "uid trans_depth request_body_len", "uid trans_depth method", "uid trans_depth status_code"),
        ("dns", "uid trans_id", "uid rcode_name", "uid query qtype_name"),
        ("ssl", "uid established", "uid cipher server_name", "uid next_protocol", "uid curve version"),
        ("x509", "certificate.serial", "certificate.subject", "certificate.version"),
        ("ocsp", "certStatus", "hashAlgorithm"),
        ("pe", "compile_ts", "section_names is_exe", "machine subsystem"),
        ("files", "fuid source", "fuid seen_bytes", "fuid analyzers"),
        ("kerberos", "uid request_type", "uid till", "uid client service success"),
        ("smb_mapping", "uid share_type", "uid path native_file_system"),
        ("smb_files", "uid action path name", "uid action name size", "uid times.modified"),
        ("smb_cmd", "uid command sub_command", "uid command argument status"),
        ("dce_rpc", "uid endpoint operation", "uid named_pipe"),
        ("ntlm", "uid server_nb_computer_name", "uid domainname username", "uid server_dns_computer_name", "uid username hostname"),
        ("rdp", "uid security_protocol", "uid cookie result", "uid cookie cert_count", "uid client_dig_product_id", "uid cookie"),
        ("rfb", "uid client_major_version", "uid desktop_name", "uid authentication_method share_flag"),
        ("dhcp", "uids msg_types", "uids assigned_addr", "uids client_addr", "uid assigned_ip"),
        ("ssh", "uid auth_attempts", "uid client host_key", "uid kex_alg", "uid hassh", "uid client server version"),
        ("ftp", "uid command reply_code", "uid command arg", "uid command user password", "uid data_channel.passive"),
        ("irc", "uid nick", "uid command addl", "uid dcc_file_name"),
        ("modbus", "uid func"),
        ("dnp3", "uid fc_request", "uid fc_reply", "uid iin"),
        ("mysql", "uid cmd arg", "uid cmd success", "uid cmd rows"),
        ("postgresql", "uid frontend", "uid backend"),
        ("redis", "uid cmd.name", "uid cmd.value"),
        ("ldap_search", "uid base_object", "uid deref_aliases"),
        ("ldap", "uid message_id opcode", "uid message_id object"),
        ("mqtt_connect", "uid proto_name client_id", "uid connect_status"),
        ("mqtt_publish", "uid topic qos", "uid payload topic"),
        ("radius", "uid framed_addr", "uid username result", "uid mac result", "uid tunnel_client"),
        ("snmp", "uid community", "uid get_requests", "uid get_bulk_requests"),
        ("socks", "uid bound.host", "uid bound_p", "uid request_p", "uid request.host"),
        ("syslog", "uid facility severity"),
        ("ntp", "uid stratum", "uid ref_id mode"),
        ("quic", "uid client_initial_dcid", "uid client_scid"),
        ("websocket", "uid client_key", "uid client_protocols subprotocol"),
        ("tunnel", "tunnel_type", "tunnel_type action"),
        ("weird", "name notice", "name peer addl"),
        ("software", "software_type", "unparsed_version host"),
        ("known_services", "port_num port_proto host"),
        ("known_certs", "port_num issuer_subject", "port_num subject host"),
        ("known_devices", "mac dhcp_host_name"),
        ("known_modbus", "host device_type"),
        ("dpd", "uid failure_reason analyzer", "uid failure_reason"),
        ("analyzer", "analyzer_kind", "analyzer_name cause"),
        ("stats", "pkts_proc", "events_proc"),
        ("capture_loss", "percent_lost"),
        ("reporter", "ts level message location"),
        ("packet_filter", "ts node filter"),
        ("cluster", "ts node message"),
        ("broker", "ts ty ev"),
        ("netcontrol", "rule_id target entity"),
    )
)  # fmt: skip
_EXACTLY = {
    frozenset({"ts", "host"}): "known_hosts",
    frozenset({"ts", "src", "dst"}): "traceroute",
    frozenset({"ts", "src", "dst", "proto"}): "traceroute",
}
_ENDS = frozenset({"uid", "id.orig_h", "id.resp_h"})


def log_of(names: Iterable[str]) -> str | None:
    """The log that has such fields; "" if it is one that this table lacks, None if it is none of Zeek's."""
    present = frozenset(names)
    if "ts" not in present:
        return None
    for log, alternatives in _SHAPES:
        if any(alternative <= present for alternative in alternatives):
            return log
    return _EXACTLY.get(present) or ("" if present >= _ENDS else None)


_CONNECTION = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p"
_FLOW = "proto service duration orig_bytes resp_bytes conn_state local_orig"
_COUNTS = "missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents"
_QUERY = "query qclass qclass_name qtype qtype_name rcode rcode_name AA TC RD RA Z answers TTLs rejected"
_REQUEST = "trans_depth method host uri referrer"
_RESPONSE = "request_body_len response_body_len status_code status_msg info_code info_msg"
_BODIES = "proxied orig_fuids orig_filenames orig_mime_types resp_fuids resp_filenames resp_mime_types"
_FILE = (
    "source depth analyzers mime_type filename duration local_orig is_orig seen_bytes total_bytes missing_bytes overflow_bytes "
    "timedout parent_fuid md5 sha1 sha256 extracted"
)
_LAYOUTS = (
    (_CONNECTION, _FLOW, "local_resp", _COUNTS),
    (_CONNECTION, _FLOW, _COUNTS),
    (_CONNECTION, _FLOW, "local_resp", _COUNTS, "ip_proto"),
    (_CONNECTION, "proto trans_id rtt", _QUERY),
    (_CONNECTION, "proto trans_id", _QUERY),
    (_CONNECTION, _REQUEST, "version user_agent origin", _RESPONSE, "tags username password", _BODIES),
    (_CONNECTION, _REQUEST, "version user_agent", _RESPONSE, "tags username password", _BODIES),
    (
        _CONNECTION, _REQUEST, "user_agent", _RESPONSE, "filename tags username password proxied orig_fuids orig_mime_types",
        "resp_fuids resp_mime_types",
    ),
    ("ts fuid tx_hosts rx_hosts conn_uids", _FILE),
    ("ts fuid tx_hosts rx_hosts conn_uids", _FILE, "extracted_cutoff extracted_size"),
    ("ts fuid uid id.orig_h id.orig_p id.resp_h id.resp_p", _FILE, "extracted_cutoff extracted_size"),
    (
        _CONNECTION, "version cipher curve server_name resumed last_alert next_protocol established ssl_history cert_chain_fps",
        "client_cert_chain_fps sni_matches_cert validation_status",
    ),
    (_CONNECTION, "name addl notice peer source"),
    (
        _CONNECTION, "version auth_success auth_attempts direction client server cipher_alg mac_alg compression_alg kex_alg",
        "host_key_alg host_key",
    ),
)  # fmt: skip
_COLUMNS = tuple(tuple(" ".join(layout).split()) for layout in _LAYOUTS)
# Two logs have 24 columns: what a column holds decides.
_TELLING = {
    "proto": frozenset({"tcp", "udp", "icmp", "unknown_transport"}),
    "direction": frozenset({"INBOUND", "OUTBOUND", "-"}),
}


def columns_of(values: list[str]) -> tuple[str, ...] | None:
    """The names of a TSV record's columns where its file's header is not known: those of a log as delivered."""
    for columns in _COLUMNS:
        if len(columns) == len(values) and _fit(columns, values):
            return columns
    return None


def _fit(columns: tuple[str, ...], values: list[str]) -> bool:
    for name, value in zip(columns, values, strict=True):
        if name.endswith("_p") and not (value.isdigit() or value == "-"):
            return False
        if name in _TELLING and value not in _TELLING[name]:
            return False
        if name == "fuid" and value[:1] != "F":
            return False
    return True
