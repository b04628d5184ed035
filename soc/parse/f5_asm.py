"""BIG-IP's application security (ASM, Advanced WAF) in its own storage format: `ASM:unit_hostname="...",support_id="...",...`.

The names are those of "Event Logging" in the ASM implementations guide, "Key-Value Pairs".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.parse import fieldmap, network, url

if TYPE_CHECKING:
    from soc.parse.format import Document, Native

_START = re.compile(r"(?:ASM: ?)?(?=\w{1,48}=\")")
_NEXT = re.compile(r"\",(?=\w{1,48}=\")")
_TELLING = ('support_id="', 'policy_name="')
_LONGEST = 1 << 16
_TABLE = fieldmap.table(
    (None, {
        "unit_hostname": "host.name host.hostname observer.hostname", "policy_name": "rule.ruleset", "violations": "event.reason",
        "support_id": "event.id", "request_status": "event.action", "method": "http.request.method", "sig_names": "rule.name",
        "sig_ids": "rule.id", "attack_type": "rule.category", "geo_location": "source.geo.country_iso_code",
        "username": "user.name source.user.name", "session_id": "f5.bigip.session_id",
    }),
    (str.lower, {"protocol": "network.protocol", "severity": "log.level"}),
    (network.ip, {"ip_client": "source.ip", "dest_ip": "destination.ip", "x_forwarded_for_header_value": "network.forwarded_ip"}),
    (network.number, {"src_port": "source.port", "dest_port": "destination.port"}),
    (lambda text: network.number(text) or None, {"response_code": "http.response.status_code"}),  # 0 of what was not answered
    (lambda text: [text] if network.is_ip(text) else None, {"management_ip_address": "observer.ip"}),
)  # fmt: skip
_KNOWN = _TABLE.names | {"raw", "body", "kind", "program", "uri", "query_string", "request", "date_time", "said"}
_HEADERS = (
    ("http.request.referrer", re.compile(r"\\r\\nReferer: ([^\r\n\\]{1,4096})")),
    ("user_agent.original", re.compile(r"\\r\\nUser-Agent: ([^\r\n\\]{1,1024})")),
    ("url.domain", re.compile(r"\\r\\nHost: ([^\r\n:\\]{1,255})")),
)


def pairs(text: str) -> dict[str, str] | None:
    """The pairs of a record; None if it is none of these."""
    if not all(name in text for name in _TELLING) or (start := _START.match(text)) is None:
        return None
    parts = (part.partition('="') for part in _NEXT.split(text[start.end() : _LONGEST]))
    return {name: value.removesuffix('"') for name, _, value in parts}


def ecs(native: Native, document: Document) -> None:
    fieldmap.fill(document, native, _TABLE)
    fieldmap.keep(document, native, "f5.bigip.", _KNOWN)
    document["observer.type"], document["message"] = "waf", native["body"]
    question = native.get("query_string", "")
    url.fill(document, native.get("uri", "") + (f"?{question}" if question not in fieldmap.UNSET else ""))
    for name, pattern in _HEADERS:
        if found := pattern.search(native.get("request", ""), 0, 16384):
            document[name] = found[1]
    status = native.get("request_status", "")
    document["event.category"] = ["web"]
    if native.get("violations", "") not in fieldmap.UNSET:
        document["event.kind"], document["event.category"] = "alert", ["intrusion_detection", "web"]
    document["event.type"] = {"blocked": ["denied"], "passed": ["allowed"]}.get(status, ["info"])
