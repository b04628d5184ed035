"""Suricata, Snort and Zeek: one alert in any form, one flow in any version, and who rules ask for."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from soc import parse
from soc.event import Event, Logsource
from soc.parse import sensor
from soc.record import LogSource, Record
from tests.parse.texts import ARRIVED, ecs_of, event_of

FLOW = {
    "flow_id": 1,
    "src_ip": "10.1.0.53",
    "src_port": 53,
    "dest_ip": "10.1.20.15",
    "dest_port": 40000,
    "proto": "UDP",
}
CONNECTION = {
    "ts": 1772295242.5,
    "uid": "C1",
    "id.orig_h": "10.1.20.15",
    "id.orig_p": 1,
    "id.resp_h": "203.0.113.9",
    "id.resp_p": 2,
}


def eve(kind: str, **sections: Any) -> str:
    return orjson.dumps({"timestamp": "2026-02-28T23:14:02.1+0700", "event_type": kind, **FLOW, **sections}).decode()


def zeek(**fields: Any) -> str:
    return orjson.dumps({**CONNECTION, **fields}).decode()


def tsv(line: str, header: str = "") -> Event:
    return parse.parse(Record(line.encode(), "file:x", 0, ARRIVED, LogSource("logs.host"), header))


@pytest.mark.parametrize(
    ("source", "destination", "direction"),
    [
        ("10.1.20.15", "203.0.113.9", "outbound"),
        ("203.0.113.9", "fd00::1", "inbound"),
        ("172.31.0.1", "192.168.7.7", "internal"),
        ("203.0.113.9", "198.51.100.7", "external"),
        ("192.0.2.1", "nobody", None),
        ("192.0.2.1", None, None),
    ],
)
def test_a_flow_s_direction_follows_from_private_networks(source: str, destination: Any, direction: str | None) -> None:
    assert sensor.direction({"source.ip": source, "destination.ip": destination}) == direction


ANSWER = {"rrname": "www.example.vn", "rrtype": "A", "ttl": 30, "rdata": "203.0.113.9"}


@pytest.mark.parametrize(
    "dns",
    [
        {"type": "answer", "id": 7, "rcode": "NOERROR", **ANSWER},
        {"version": 2, "type": "answer", "id": 7, "rcode": "NOERROR", "rrname": "www.example.vn", "rrtype": "A", "answers": [ANSWER]},
        {"version": 3, "type": "response", "id": 7, "rcode": "NOERROR", "queries": [{"rrname": "www.example.vn", "rrtype": "A"}], "answers": [ANSWER]},
    ],
)  # fmt: skip
def test_every_version_of_suricata_s_dns_records_tells_the_same_answer(dns: dict[str, Any]) -> None:
    assert ecs_of(eve("dns", dns=dns), "dns.type", "dns.id", "dns.answers", "dns.resolved_ip", "event.outcome") == {
        "dns.type": "answer",
        "dns.id": "7",
        "dns.answers": [{"data": "203.0.113.9", "name": "www.example.vn", "ttl": 30, "type": "A"}],
        "dns.resolved_ip": ["203.0.113.9"],
        "event.outcome": "success",
    }


def test_what_ecs_has_of_an_eve_record_is_not_told_twice() -> None:
    document = parse.ecs(
        event_of(eve("alert", alert={"signature_id": 5, "signature": "a", "gid": 3, "action": "allowed"}))
    )
    own = {name: value for name, value in document.items() if name.startswith("suricata.")}
    assert own == {
        "suricata.eve.flow_id": 1,
        "suricata.eve.event_type": "alert",
        "suricata.eve.alert.gid": 3,
        "suricata.eve.alert.action": "allowed",
    }
    assert (document["rule.id"], document["rule.name"], document["event.type"]) == ("5", "a", ["allowed"])


def test_an_object_that_only_looks_like_eve_is_none() -> None:
    assert event_of('{"timestamp": "2026-02-28T23:14:02Z", "event_type": "login", "user": "hoa"}').format.name == "json"


ALERT = {
    "rule.id": "9000001", "rule.version": "2", "rule.name": "SITE smb", "source.ip": "192.0.2.7", "source.port": 50123,
    "destination.ip": "10.1.20.15", "destination.port": 445, "network.transport": "tcp", "@timestamp": "2026-02-28T16:14:02.250Z",
}  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "02/28-23:14:02.250000  [**] [1:9000001:2] SITE smb [**] [Priority: 1] {TCP} 192.0.2.7:50123 -> 10.1.20.15:445",
        '02/28/2026-23:14:02.250000  [**] [1:9000001:2] "SITE smb" [**] [Priority: 1] [AppID: SMB] {TCP} 192.0.2.7:50123 -> 10.1.20.15:445',
        "[**] [1:9000001:2] SITE smb [**]\n[Priority: 1] \n02/28-23:14:02.250000 192.0.2.7:50123 -> 10.1.20.15:445\nTCP TTL:64 TOS:0x0 ID:1 IpLen:20 DgmLen:60",
        '02/28-23:14:02.250000 ,1,9000001,2,"SITE smb",TCP,192.0.2.7,50123,10.1.20.15,445,,,,,,,,,,,,,,,,,',
        "<33>Feb 28 23:14:02.250 ids1 snort[1]: [1:9000001:2] SITE smb [Priority: 1] {TCP} 192.0.2.7:50123 -> 10.1.20.15:445",
        '{"timestamp":"02/28-23:14:02.250000","pkt_num":1,"proto":"TCP","src_ap":"192.0.2.7:50123","dst_ap":"10.1.20.15:445","rule":"1:9000001:2","msg":"SITE smb"}',
        '{"timestamp":"26/02/28-23:14:02.250000","proto":"TCP","src_addr":"192.0.2.7","src_port":50123,"dst_addr":"10.1.20.15","dst_port":445,"gid":1,"sid":9000001,"rev":2,"msg":"SITE smb"}',
    ],
)  # fmt: skip
def test_snort_tells_one_alert_in_all_its_forms(line: str) -> None:
    assert ecs_of(line, *ALERT) == ALERT


def test_zeek_s_json_and_tsv_of_one_record_are_one_document() -> None:
    header = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\ttrans_id\tquery\tqtype_name\trcode_name\tRD\tanswers\tTTLs\trejected"
    line = "1772295242.500000\tC1\t10.1.20.15\t1\t203.0.113.9\t2\tudp\t7\twww.example.vn\tA\tNOERROR\tT\ta.example.vn,203.0.113.9\t60.0,30.0\tF"
    told = parse.ecs(tsv(line, header))
    same = parse.ecs(
        event_of(
            zeek(
                proto="udp", trans_id=7, query="www.example.vn", qtype_name="A", rcode_name="NOERROR", RD=True,
                answers=["a.example.vn", "203.0.113.9"], TTLs=[60.0, 30.0], rejected=False,
            )
        )
    )  # fmt: skip
    assert {name: value for name, value in told.items() if not name.startswith(("zeek.", "message"))} == {
        name: value for name, value in same.items() if not name.startswith("zeek.")
    }


@pytest.mark.parametrize(
    ("fields", "log"),
    [
        ({"conn_state": "SF"}, "conn"),
        ({"trans_depth": 1, "method": "GET"}, "http"),
        ({"trans_depth": 1, "helo": "mx", "mailfrom": "a@example.vn"}, "smtp"),
        ({"trans_depth": 0, "call_id": "x", "method": "INVITE"}, "sip"),
        ({"established": True}, "ssl"),
        ({"request_type": "AS", "client": "hoa/EXAMPLE"}, "kerberos"),
        ({"endpoint": "svcctl", "operation": "CreateServiceW"}, "dce_rpc"),
        ({"action": "SMB::FILE_OPEN", "path": "a", "name": "b"}, "smb_files"),
        ({"cookie": "hoa", "security_protocol": "HYBRID"}, "rdp"),
        ({"note": "A::B", "msg": "c"}, "notice"),
        ({"name": "bad", "notice": False}, "weird"),
        ({"facility": "AUTH", "severity": "INFO", "message": "x"}, "syslog"),
        ({"nothing": "known"}, ""),
    ],
)
def test_a_zeek_record_s_log_is_told_by_its_fields(fields: dict[str, Any], log: str) -> None:
    event = event_of(zeek(**fields))
    assert event.native["_log"] == log
    assert event.format.kind(event.native) == (Logsource(product="zeek", service=log),)


def test_rules_for_dns_reach_zeek_s_dns_log() -> None:
    event = event_of(zeek(trans_id=7, query="a"))
    assert event.format.kind(event.native) == (Logsource("zeek", "dns", "dns"),)


def test_columns_that_no_log_has_are_not_guessed() -> None:
    assert tsv("1772295242.500000\tC1\t10.1.20.15\tx").format.name == "plain"
    assert tsv("1772295242.500000\t" + "\t" * 300).format.name == "plain"


def test_a_header_of_another_file_does_not_misname_columns() -> None:
    line = "1772295242.853899\tC1\t10.1.20.15\t43927\t10.1.0.53\t53\tudp\tdns\t0.1\t38\t89\tSF\tT\tF\t0\tDd\t1\t66\t1\t117\t(empty)"
    event = tsv(line, "#fields\tts\thost")
    assert (event.native["_log"], event.native["conn_state"], event.native["tunnel_parents"]) == ("conn", "SF", [])


def test_zeek_s_own_networks_decide_where_it_names_them() -> None:
    assert ecs_of(zeek(conn_state="SF", local_orig=False, local_resp=True), "network.direction") == {
        "network.direction": "inbound"
    }
