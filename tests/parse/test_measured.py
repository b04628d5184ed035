"""The measuring data beside the checkout: what cannot be parsed is said to be so, one line out per line in."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from soc.cli.parse import command

SHARED = Path(__file__).parents[3] / "shared"
MALFORMED = SHARED / "data/parser_cases/malformed/malformed.jsonl"
OPEN = SHARED / "data/parser_cases/open"
# Share of the expected values that were read, in percent, rounded down; one line a group of formats.
RECALL = {
    "postgresql": 99, "mysql": 99, "mssql": 100, "mongodb": 100, "redis": 100, "iis": 99, "apache": 99, "nginx": 98, "tomcat": 96,
    "squid": 98, "haproxy": 100, "traefik": 100, "modsecurity": 99, "keycloak": 99, "openldap": 100, "docker": 100, "freeradius": 98,
    "openvpn": 94, "ftp": 100,
    "sophos": 98, "sonicwall": 99, "juniper": 98, "pfsense": 98, "fortimail": 96, "fortinet_other": 89, "f5": 93, "citrix": 95,
    "stormshield": 91, "clavister": 98, "watchguard": 100, "barracuda_fw": 98, "mikrotik": 100,
    "paloalto": 99, "checkpoint": 98, "cef": 88, "leef": 99, "forcepoint_ngfw": 100, "cyberark": 100, "symantec_endpoint": 100,
    "cisco_asa_ftd": 97, "cisco_ios": 98, "cisco_ise": 98, "cisco_meraki": 99, "cisco_nexus": 97, "cisco_esa": 98, "aruba": 100, "infoblox": 99, "dhcp": 100,
    "suricata": 97, "zeek": 99, "snort": 100, "dns": 96, "postfix": 97, "mail_other": 96, "vmware": 92, "sysmon_linux": 100, "auditbeat_json": 97,
    "journald": 93, "ibm_aix": 56, "windows_nxlog": 98, "windows_security": 99, "windows_sysmon": 99, "windows_xml": 99, "fortigate": 98,
    "linux_auth": 99, "auditd": 99,
}  # fmt: skip


@pytest.mark.shared
def test_malformed_records_cost_no_line() -> None:
    raws = [orjson.loads(line)["raw"] for line in MALFORMED.read_bytes().splitlines()]
    feed = b"".join(orjson.dumps({"message": raw}) + b"\n" for raw in raws)
    done = CliRunner().invoke(command, input=feed, catch_exceptions=False)
    documents = [orjson.loads(line) for line in done.stdout_bytes.splitlines()]
    assert (done.exit_code, len(documents)) == (0, len(raws))
    assert [document["event"]["original"] for document in documents] == raws
    assert not any(
        "parser_fault" in document.get("error", {}).get("message", "") for document in documents if "tags" in document
    )


def test_what_cannot_be_read_is_marked_and_keeps_its_line() -> None:
    deep = b'{"a":' * 80 + b"1" + b"}" * 80
    lines = [b"\xff\xfe", b"a\0b", b"{", deep, b'{"a":' + b'"' + b"x" * (1 << 21) + b'"}', b"[" * 100, b"plain text"]
    done = CliRunner().invoke(command, input=b"\n".join(lines) + b"\n", catch_exceptions=False)
    reasons = [
        orjson.loads(line).get("error", {}).get("message", "").partition(":")[0]
        for line in done.stdout_bytes.splitlines()
    ]
    assert (done.exit_code, reasons) == (0, ["encoding", "nul", "json", "too_deep", "too_large", "", ""])


@cache
def scorer() -> Any:
    """The measuring program itself, so that both judge alike."""
    spec = importlib.util.spec_from_file_location("measure_parsers", SHARED / "measure/parsers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recall(family: str) -> float:
    cases = [orjson.loads(line) for line in (OPEN / f"{family}.jsonl").read_bytes().splitlines()]
    zones = [case.get("context", {}).get("tz", "+00:00") for case in cases]
    feed = b"".join(
        orjson.dumps({"message": case["raw"], "event": {"timezone": zone}}) + b"\n"
        for case, zone in zip(cases, zones, strict=True)
    )
    done = CliRunner().invoke(command, input=feed, catch_exceptions=False)
    documents = [scorer().flatten(orjson.loads(line)) for line in done.stdout_bytes.splitlines()]
    wanted = matched = 0
    for case, document in zip(cases, documents, strict=True):
        for name, want in case["expected"].items():
            if name not in case.get("soft", ()) and name not in case.get("derived", ()):
                wanted += 1
                matched += document.get(name) not in (None, "", []) and scorer().same(name, want, document[name])
    return matched / wanted


@pytest.mark.shared
@pytest.mark.parametrize("family", RECALL)
def test_a_family_is_read_as_well_as_it_was(family: str) -> None:
    assert recall(family) * 100 >= RECALL[family]
