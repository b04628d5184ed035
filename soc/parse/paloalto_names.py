"""PAN-OS fields by the names of their other forms: CEF, LEEF, and the JSON that Strata Logging Service (Cortex Data Lake) forwards.

All are translated to the variable names of PAN-OS' custom log formats, so that rules and mappings see one vocabulary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.parse import leef
from soc.parse.cef import HEADER

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVICE = {
    "LogType": "type", "Subtype": "subtype", "SubType": "subtype", "TimeReceived": "receive_time", "LogTime": "receive_time",
    "TimeGenerated": "time_generated", "EventTime": "time_generated", "DeviceSN": "serial", "LogSourceID": "serial",
    "SourceAddress": "src", "SourceIP": "src", "DestinationAddress": "dst", "DNSResolverIP": "dst", "NATSource": "natsrc",
    "NATDestination": "natdst", "Rule": "rule", "RuleMatched": "rule", "RuleMatchedUUID": "rule_uuid", "SourceUser": "srcuser",
    "SourceUserName": "srcuser", "User": "user", "Users": "users", "DestinationUser": "dstuser", "Application": "app",
    "VirtualLocation": "vsys", "FromZone": "from", "ToZone": "to", "InboundInterface": "inbound_if",
    "OutboundInterface": "outbound_if", "LogSetting": "logset", "SessionID": "sessionid", "RepeatCount": "repeatcnt",
    "CountOfRepeats": "repeatcnt", "SourcePort": "sport", "DestinationPort": "dport", "NATSourcePort": "natsport",
    "NATDestinationPort": "natdport", "Protocol": "proto", "Action": "action", "Bytes": "bytes", "BytesSent": "bytes_sent",
    "BytesReceived": "bytes_received", "PacketsTotal": "packets", "SessionStartTime": "start", "SessionDuration": "elapsed",
    "URLCategory": "category", "SequenceNo": "seqno", "SourceLocation": "srcloc", "DestinationLocation": "dstloc",
    "PacketsSent": "pkts_sent", "PacketsReceived": "pkts_received", "SessionEndReason": "session_end_reason",
    "DGHierarchyLevel1": "dg_hier_level_1", "DGHierarchyLevel2": "dg_hier_level_2", "DGHierarchyLevel3": "dg_hier_level_3",
    "DGHierarchyLevel4": "dg_hier_level_4", "VirtualSystemName": "vsys_name", "VirtualSystemID": "vsys_id", "DeviceName": "device_name",
    "LogSourceName": "device_name", "ActionSource": "action_source", "SourceUUID": "src_uuid", "DestinationUUID": "dst_uuid",
    "IMSI": "imsi", "IMEI": "imei", "ParentSessionID": "parent_session_id", "ParentStartTime": "parent_start_time",
    "ParentStarttime": "parent_start_time", "Tunnel": "tunnel", "EndpointAssociationID": "assoc_id", "ChunksTotal": "chunks",
    "ChunksSent": "chunks_sent", "ChunksReceived": "chunks_received", "RuleUUID": "rule_uuid", "HTTP2Connection": "http2_connection",
    "LinkChangeCount": "link_change_count", "SDWANPolicyName": "policy_id", "LinkSwitches": "link_switches",
    "SDWANCluster": "sdwan_cluster", "SDWANDeviceType": "sdwan_device_type", "SDWANClusterType": "sdwan_cluster_type",
    "SDWANSite": "sdwan_site", "DynamicUserGroup": "dynusergroup_name", "DynamicUserGroupName": "dynusergroup_name",
    "X-Forwarded-ForIP": "xff_ip", "X-Forwarded-For": "xff", "SourceDeviceCategory": "src_category", "SourceDeviceProfile": "src_profile",
    "SourceDeviceModel": "src_model", "SourceDeviceVendor": "src_vendor", "SourceDeviceOSFamily": "src_osfamily",
    "SourceDeviceOSVersion": "src_osversion", "SourceDeviceHost": "src_host", "SourceDeviceMac": "src_mac",
    "DestinationDeviceCategory": "dst_category", "DestinationDeviceProfile": "dst_profile", "DestinationDeviceModel": "dst_model",
    "DestinationDeviceVendor": "dst_vendor", "DestinationDeviceOSFamily": "dst_osfamily", "DestinationDeviceOSVersion": "dst_osversion",
    "DestinationDeviceHost": "dst_host", "DestinationDeviceMac": "dst_mac", "ContainerID": "container_id",
    "ContainerNameSpace": "pod_namespace", "ContainerName": "pod_name", "SourceEDL": "src_edl", "DestinationEDL": "dst_edl",
    "DomainEDL": "domain_edl", "HostID": "hostid", "GPHostID": "hostid", "EndpointSerialNumber": "serialnumber",
    "SourceDynamicAddressGroup": "src_dag", "DestinationDynamicAddressGroup": "dst_dag", "HASessionOwner": "session_owner",
    "TimeGeneratedHighResolution": "high_res_timestamp", "FileName": "misc", "FileURL": "file_url", "URL": "misc", "ThreatID": "threatid",
    "ThreatName": "threatid", "VendorSeverity": "severity", "Severity": "severity", "DirectionOfAttack": "direction",
    "FileHash": "filedigest", "ApplianceOrCloud": "cloud", "URLCounter": "url_idx", "UserAgent": "user_agent",
    "UserAgentString": "user_agent", "FileType": "filetype", "Referer": "referer", "SenderEmail": "sender", "EmailSubject": "subject",
    "RecipientEmail": "recipient", "ReportID": "reportid", "HTTPMethod": "http_method", "ThreatCategory": "thr_category",
    "ContentVersion": "contentver", "SigFlags": "sig_flags", "PacketID": "pcap_id", "ContentType": "contenttype",
    "HTTPHeaders": "http_headers", "URLCategoryList": "url_category_list", "PartialHash": "partial_hash",
    "ReasonForDataFilteringAction": "reason", "Justification": "justification", "ApplicationCategory": "category_of_app",
    "ApplicationSubcategory": "subcategory_of_app", "ApplicationTechnology": "technology_of_app", "ApplicationRisk": "risk_of_app",
    "ApplicationContainer": "container_of_app", "ApplicationCharacteristic": "characteristic_of_app",
    "TunneledApplication": "tunneled_app", "EventName": "eventid", "EventIDValue": "eventid", "EventID": "eventid",
    "EventComponent": "object", "EventDescription": "opaque", "Module": "module", "EndpointDeviceName": "machinename",
    "EndpointOSType": "client_os", "EndpointOSVersion": "client_os_ver", "HipMatchName": "matchname", "HipMatchType": "matchtype",
    "SourceIPv6": "srcipv6", "MacAddress": "mac", "Stage": "stage", "AuthMethod": "auth_method", "TunnelType": "tunnel_type",
    "SourceRegion": "srcregion", "PublicIPv4": "public_ip", "PublicIPv6": "public_ipv6", "PrivateIPv4": "private_ip",
    "PrivateIPv6": "private_ipv6", "GlobalProtectClientVersion": "client_ver", "QuarantineReason": "reason", "ConnectionError": "error",
    "Description": "opaque", "EventStatus": "status", "GlobalProtectGatewayLocation": "location", "LoginDuration": "login_duration",
    "ConnectionMethod": "connect_method", "ConnectionErrorID": "error_code", "Portal": "portal", "GatewaySelectionType": "selection_type",
    "SSLResponseTime": "response_time", "GatewayPriority": "priority", "AttemptedGateways": "attempted_gateways", "Gateway": "gateway",
    "MappingDataSourceName": "datasourcename", "MappingTimeout": "timeout", "MappingDataSource": "datasource",
    "MappingDataSourceType": "datasourcetype", "MappingDataSourceSubType": "datasource_subtype", "MFAFactorType": "factortype",
    "AuthCompletionTime": "factorcompletiontime", "AuthFactorNo": "factorno", "UGFlags": "ugflags",
    "UserIdentifiedBySource": "userbysource", "TagName": "tag_name", "Tag": "tag_name", "NormalizeUser": "normalize_user",
    "AuthenticatedUserName": "user", "AuthenticatedUserDomain": "user_domain", "AuthenticationPolicy": "authpolicy",
    "MFAAuthenticationID": "authid", "MFAVendor": "vendor", "AuthServerProfile": "serverprofile",
    "AuthenticationDescription": "desc", "ClientType": "clienttype", "ClientTypeName": "clienttype", "AuthEvent": "event",
    "AuthenticationProtocol": "authproto", "AuthCacheServiceRegion": "region", "AdminUserName": "admin", "Command": "cmd",
    "EventResult": "result", "Result": "result", "EventPath": "path", "ConfigurationPath": "path", "ManagementClientType": "client",
    "Client": "client", "BeforeChangeDetail": "before_change_detail", "AfterChangeDetail": "after_change_detail", "Template": "template",
    "DeviceGroup": "dg_name", "TLSVersion": "tls_version", "TLSKeyExchange": "tls_keyxchg", "TLSEncryptionAlgorithm": "tls_enc",
    "TLSAuth": "tls_auth", "PolicyName": "policy_name", "EllipticCurve": "ec_curve", "ErrorIndex": "err_index",
    "RootStatus": "root_status", "ChainStatus": "chain_status", "ProxyType": "proxy_type", "CertificateSerial": "cert_serial",
    "Fingerprint": "fingerprint", "TimeNotBefore": "notbefore", "TimeNotAfter": "notafter", "CertificateVersion": "cert_ver",
    "CertificateSize": "cert_size", "CertificateFlags": "cert_flags", "CommonName": "cn", "IssuerCommonName": "issuer_cn",
    "RootCommonName": "root_cn", "ServerNameIndication": "sni", "ErrorMessage": "error", "ClientToFirewall": "hs_stage_c2f",
    "FirewallToClient": "hs_stage_f2s", "CorrelationObject": "objectname", "ObjectName": "objectname", "ObjectID": "object_id",
    "Evidence": "evidence", "ConfigVersion": "config_ver", "CloudHostname": "cloud_hostname",
}  # fmt: skip
_CEF = {
    "rt": "receive_time", "deviceExternalId": "serial", "src": "src", "dst": "dst", "c6a2": "src", "c6a3": "dst",
    "sourceTranslatedAddress": "natsrc", "destinationTranslatedAddress": "natdst", "suser": "srcuser", "duser": "dstuser",
    "suser0": "srcuser", "duser0": "dstuser", "sntdom": "srcuser_domain", "dntdom": "dstuser_domain", "app": "app",
    "deviceInboundInterface": "inbound_if", "deviceOutboundInterface": "outbound_if", "cnt": "repeatcnt", "spt": "sport",
    "dpt": "dport", "sourceTranslatedPort": "natsport", "destinationTranslatedPort": "natdport", "proto": "proto", "act": "action",
    "in": "bytes_sent", "out": "bytes_received", "start": "time_generated", "externalId": "seqno", "dvchost": "device_name",
    "requestMethod": "http_method", "requestClientApplication": "user_agent", "requestContext": "contenttype", "request": "misc",
    "filePath": "misc", "fileHash": "filedigest", "fileType": "filetype", "fileId": "pcap_id", "shost": "machinename",
    "msg": "opaque", "cat": "cat", "reason": "reason", "dtz": "dtz", "smac": "mac",
}  # fmt: skip
# Of PAN-OS' own CEF format; those of the service are its JSON names.
_LABELS = {
    "Virtual System": "vsys", "Source Zone": "from", "Destination Zone": "to", "LogProfile": "logset", "URL Category": "category",
    "Flags": "flags", "Total bytes": "bytes", "Packets": "packets", "Elapsed time in seconds": "elapsed", "Direction": "direction",
    "Source IPv6 Address": "src", "Destination IPv6 Address": "dst", "Threat/Content Type": "subtype", "Session ID": "sessionid",
}  # fmt: skip
_LEEF = {
    "cat": "type", "Subtype": "subtype", "devTime": "time_generated", "ReceiveTime": "receive_time", "SerialNumber": "serial", "srcPort": "sport",
    "dstPort": "dport", "srcPostNAT": "natsrc", "dstPostNAT": "natdst", "srcPostNATPort": "natsport", "dstPostNATPort": "natdport",
    "RuleName": "rule", "usrName": "srcuser", "SourceUser": "srcuser", "DestinationUser": "dstuser", "Application": "app",
    "VirtualSystem": "vsys", "SourceZone": "from", "DestinationZone": "to", "IngressInterface": "inbound_if", "EgressInterface": "outbound_if",
    "LogForwardingProfile": "logset", "Flags": "flags", "totalBytes": "bytes", "srcBytes": "bytes_sent", "dstBytes": "bytes_received",
    "totalPackets": "packets", "srcPackets": "pkts_sent", "dstPackets": "pkts_received", "StartTime": "start", "ElapsedTime": "elapsed",
    "sequence": "seqno", "SequenceNumber": "seqno", "ActionFlags": "actionflags", "SessionEndReason": "session_end_reason",
    "vSrcName": "vsys_name", "DeviceName": "device_name", "Miscellaneous": "misc", "sev": "sev", "Severity": "severity", "Direction": "direction",
    "RequestMethod": "http_method", "EventName": "eventid", "msg": "opaque", "identHostName": "machinename", "identSrc": "src",
    "UserAgent": "user_agent", "FileDigest": "filedigest", "ContentType": "contenttype", "URLCategory": "category", "Module": "module",
}  # fmt: skip
_UNSET = frozenset({"", "null", "unknown", "::ffff:0", "N/A"})


def from_service(document: Mapping[str, Any]) -> dict[str, str]:
    """PAN-OS' names of a JSON object's fields, values as text; what has no such name keeps its own."""
    found: dict[str, str] = {}
    for name, value in document.items():
        if value is not None and value not in ("", []) and not isinstance(value, dict):
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value).rstrip("\0")
            found.setdefault(_SERVICE.get(name, name), text)
    return found


def from_cef(fields: Mapping[str, str]) -> dict[str, str]:
    """PAN-OS' names of a CEF extension; header fields stay, and what has no name keeps its own without `PanOS`."""
    found: dict[str, str] = {}
    for name, value in fields.items():
        if name.endswith("Label") or (value in _UNSET and name not in HEADER):
            continue
        if name in HEADER:
            target = name
        elif label := fields.get(f"{name}Label"):
            target = _LABELS.get(label) or _SERVICE.get(label) or _CEF.get(name, label)
        else:
            bare = name.removeprefix("PanOS")
            target = _CEF.get(name) or _SERVICE.get(bare, bare)
        found.setdefault(target, value)
    return found


def from_leef(fields: Mapping[str, str]) -> dict[str, str]:
    """PAN-OS' names of LEEF attributes; header fields are left out."""
    found: dict[str, str] = {}
    for name, value in fields.items():
        if name not in leef.HEADER and value not in _UNSET:
            found.setdefault(_LEEF.get(name) or _SERVICE.get(name, name), value)
    return found
