"""The columns of PAN-OS' CSV logs by the variable names of its custom log formats, up to PAN-OS 11.2.

Newer versions only add columns at the end, so that one list serves all; `_` is a column that PAN-OS keeps for later use.
"""

from __future__ import annotations

_HEADER = "_ receive_time serial type subtype _ time_generated"
_LEVELS = "dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4"
_FROM = f"seqno actionflags {_LEVELS} vsys_name device_name"
_FLOW = (
    "src dst natsrc natdst rule srcuser dstuser app vsys from to inbound_if outbound_if logset _ sessionid repeatcnt "
    "sport dport natsport natdport flags proto action"
)
_SOURCE = "src_category src_profile src_model src_vendor src_osfamily src_osversion src_host src_mac"
_DEVICES = f"{_SOURCE} dst_category dst_profile dst_model dst_vendor dst_osfamily dst_osversion dst_host dst_mac"
_CONTAINER = "container_id pod_namespace pod_name src_edl dst_edl"
_APP = "subcategory_of_app category_of_app technology_of_app risk_of_app characteristic_of_app container_of_app"
_PARENT = "imsi imei parent_session_id parent_start_time tunnel"

_TUNNEL = (
    f"{_FLOW} severity seqno actionflags srcloc dstloc {_LEVELS} vsys_name device_name {_PARENT} bytes bytes_sent "
    "bytes_received packets pkts_sent pkts_received max_encap unknown_proto strict_check tunnel_fragment sessions_created "
    "sessions_closed session_end_reason action_source start elapsed tunnel_insp_rule remote_user_ip remote_user_id rule_uuid "
    f"pcap_id dynusergroup_name src_edl dst_edl high_res_timestamp nssai_sd nssai_sst pdu_session_id {_APP} is_saas_of_app "
    "sanctioned_state_of_app"
)
_BODIES = {
    "TRAFFIC": (
        f"{_FLOW} bytes bytes_sent bytes_received packets start elapsed category _ seqno actionflags srcloc dstloc _ "
        f"pkts_sent pkts_received session_end_reason {_LEVELS} vsys_name device_name action_source src_uuid dst_uuid "
        f"{_PARENT} assoc_id chunks chunks_sent chunks_received rule_uuid http2_connection link_change_count "
        "policy_id link_switches sdwan_cluster sdwan_device_type sdwan_cluster_type sdwan_site dynusergroup_name xff_ip "
        f"{_DEVICES} {_CONTAINER} hostid serialnumber src_dag dst_dag session_owner high_res_timestamp nssai_sst nssai_sd "
        f"{_APP} tunneled_app is_saas_of_app sanctioned_state_of_app offloaded flow_type cluster_name"
    ),
    "THREAT": (
        f"{_FLOW} misc threatid category severity direction seqno actionflags srcloc dstloc _ contenttype pcap_id filedigest "
        f"cloud url_idx user_agent filetype xff referer sender subject recipient reportid {_LEVELS} vsys_name device_name "
        f"file_url src_uuid dst_uuid http_method {_PARENT} thr_category contentver sig_flags assoc_id ppid http_headers "
        f"url_category_list rule_uuid http2_connection dynusergroup_name xff_ip {_DEVICES} {_CONTAINER} hostid serialnumber "
        f"domain_edl src_dag dst_dag partial_hash high_res_timestamp reason justification nssai_sst {_APP} tunneled_app "
        "is_saas_of_app sanctioned_state_of_app cloud_reportid cluster_name flow_type"
    ),
    "SYSTEM": f"vsys eventid object _ _ module severity opaque {_FROM} _ _ high_res_timestamp",
    "CONFIG": f"host vsys cmd admin client result path {_FROM} dg_id comment _ high_res_timestamp",
    "CONFIG with details": (
        f"host vsys cmd admin client result path before_change_detail after_change_detail {_FROM} dg_id comment _ "
        "high_res_timestamp"
    ),
    "HIPMATCH": (
        f"srcuser vsys machinename os src matchname repeatcnt matchtype _ _ {_FROM} vsys_id srcipv6 hostid serialnumber mac "
        "high_res_timestamp cluster_name"
    ),
    "GLOBALPROTECT": (
        "vsys eventid stage auth_method tunnel_type srcuser srcregion machinename public_ip public_ipv6 private_ip "
        "private_ipv6 hostid serialnumber client_ver client_os client_os_ver repeatcnt reason error opaque status location "
        "login_duration connect_method error_code portal seqno actionflags high_res_timestamp selection_type response_time "
        f"priority attempted_gateways gateway {_LEVELS} vsys_name device_name vsys_id cluster_name"
    ),
    "USERID": (
        "vsys ip user datasourcename eventid repeatcnt timeout beginport endport datasource datasourcetype "
        f"{_FROM} vsys_id factortype factorcompletiontime factorno ugflags userbysource tag_name high_res_timestamp "
        "origindatasource _ cluster_name"
    ),
    "IPTAG": (
        f"vsys ip tag_name eventid repeatcnt timeout datasourcename datasource_type datasource_subtype {_FROM} vsys_id "
        "high_res_timestamp cluster_name"
    ),
    "DECRYPTION": (
        f"{_FLOW} tunnel _ _ src_uuid dst_uuid rule_uuid hs_stage_c2f hs_stage_f2s tls_version tls_keyxchg tls_enc tls_auth "
        "policy_name ec_curve err_index root_status chain_status proxy_type cert_serial fingerprint notbefore notafter "
        "cert_ver cert_size cn_len issuer_len rootcn_len sni_len cert_flags cn issuer_cn root_cn sni error "
        f"{_CONTAINER} src_dag dst_dag high_res_timestamp {_DEVICES} {_FROM} vsys_id {_APP} is_saas_of_app "
        "sanctioned_state_of_app cluster_name"
    ),
    "AUTHENTICATION": (
        "vsys ip user normalize_user object authpolicy repeatcnt authid vendor logset serverprofile desc clienttype event "
        f"factorno {_FROM} vsys_id authproto rule_uuid high_res_timestamp {_SOURCE} region _ user_agent sessionid cluster_name"
    ),
    "CORRELATION": f"src srcuser vsys category severity {_LEVELS} vsys_name device_name vsys_id objectname object_id evidence",
    "SCTP": (
        "src dst _ _ rule _ _ _ vsys from to inbound_if outbound_if logset _ sessionid repeatcnt sport dport _ _ _ _ proto "
        f"action {_LEVELS} vsys_name device_name seqno _ assoc_id ppid severity sctp_chunk_type _ verif_tag_1 verif_tag_2 "
        "sctp_cause_code diam_app_id diam_cmd_code diam_avp_code stream_id assoc_end_reason op_code sccp_calling_ssn "
        "sccp_calling_gt sctp_filter chunks chunks_sent chunks_received packets pkts_sent pkts_received rule_uuid "
        "high_res_timestamp"
    ),
    "GTP": (
        "src dst _ _ rule _ _ app vsys from to inbound_if outbound_if logset _ sessionid _ sport dport _ _ _ proto action "
        "event_type msisdn apn rat msg_type end_ip_addr teid1 teid2 gtp_interface cause_code severity mcc mnc area_code "
        "cell_id event_code _ _ srcloc dstloc"
    ),
    "AUDIT": "event_id object cmd severity",
    "START": _TUNNEL,
    "END": _TUNNEL,
    "TUNNEL": _TUNNEL,
}
COLUMNS: dict[str, tuple[str, ...]] = {name: tuple(f"{_HEADER} {body}".split()) for name, body in _BODIES.items()}
COLUMNS["HIP-MATCH"] = COLUMNS["HIPMATCH"]
COLUMNS["AUTH"] = COLUMNS["AUTHENTICATION"]
TYPES = tuple(name for name in COLUMNS if " " not in name)
"""What a record's fourth column says."""


def named(values: list[str]) -> dict[str, str]:
    """The columns of a record by name, of a type in `TYPES`; columns that no version is known to have are left out."""
    kind = values[3]
    # Before-and-after details stand between the path and the sequence number where the site asks for them.
    if kind == "CONFIG" and len(values) > 15 and not (values[14].isdigit() and values[15][:2] == "0x"):
        kind = "CONFIG with details"
    found = dict(zip(COLUMNS[kind], values, strict=False))
    found.pop("_", None)
    return found
