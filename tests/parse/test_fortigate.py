"""FortiGate: whose clock counts, and one vocabulary for both forms."""

from __future__ import annotations

import pytest

from soc import instant
from soc.event import Logsource
from tests.parse.texts import ecs_of, event_of

TRAFFIC = (
    'devid="FG1" logid="0000000013" type="traffic" subtype="forward" srcip=192.0.2.1 dstip=192.0.2.2 action="close"'
)


@pytest.mark.parametrize("eventtime", ["1772295242", "1772295242000", "1772295242000000", "1772295242000000000"])
def test_eventtime_counts_in_any_unit(eventtime: str) -> None:
    assert instant.iso(event_of(f"{TRAFFIC} eventtime={eventtime}").time) == "2026-02-28T16:14:02.000Z"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f'<189>date=2026-02-28 time=23:14:05 tz="+0200" eventtime=1772295242 {TRAFFIC}', "2026-02-28T21:14:05.000Z"),
        (f"<189>date=2026-02-28 time=23:14:05 eventtime=1772295242 {TRAFFIC}", "2026-02-28T16:14:05.000Z"),
        (f"date=2026-02-28 time=23:14:05 eventtime=1772295242 {TRAFFIC}", "2026-02-28T16:14:02.000Z"),
        (f"date=2026-02-28 time=23:14:05 {TRAFFIC}", "2026-02-28T16:14:05.000Z"),
        (f'<189>date=2026-02-28 time=23:14:05 tz="nowhere" {TRAFFIC}', "2026-02-28T16:14:05.000Z"),
        (f"<189>Feb 28 23:14:09 fw1 {TRAFFIC}", "2026-02-28T16:14:09.000Z"),
        (f"eventtime=99999999999999999999 {TRAFFIC}", "2026-03-01T05:00:00.000Z"),
    ],
)
def test_a_device_s_own_clock_counts_and_behind_a_relay_eventtime(line: str, expected: str) -> None:
    assert instant.iso(event_of(line).time) == expected


def test_both_forms_have_the_same_names() -> None:
    plain = event_of(f'{TRAFFIC} srcport=1 dstport=443 service="HTTPS" sentbyte=5 policyid=7')
    cef = event_of(
        "CEF:0|Fortinet|Fortigate|v7.4.9|00013|traffic:forward close|3|deviceExternalId=FG1 FTNTFGTlogid=0000000013 cat=traffic:forward "
        "src=192.0.2.1 spt=1 dst=192.0.2.2 dpt=443 act=close app=HTTPS out=5 FTNTFGTpolicyid=7"
    )
    names = set(plain.native) - {"message"}
    assert {name: cef.native[name] for name in names} == {name: plain.native[name] for name in names}
    assert (plain.format.name, cef.format.name) == ("fortigate", "fortigate")


def test_rules_reach_it_by_product_category_and_service() -> None:
    event = event_of('logid="0100044546" type="event" subtype="system" action="Edit" cfgpath="system.global"')
    assert Logsource(product="fortigate", category="firewall", service="event") in event.format.kind(event.native)
    action = event.format.field("cfgpath")
    assert action is not None
    assert action(event.native) == "system.global"


def test_a_session_that_goes_on_counts_what_was_added() -> None:
    line = TRAFFIC.replace("close", "accept") + " sentbyte=9000 rcvdbyte=8000 sentdelta=90 rcvddelta=80"
    assert ecs_of(line, "source.bytes", "destination.bytes", "network.bytes") == {
        "source.bytes": 90, "destination.bytes": 80, "network.bytes": 170,
    }  # fmt: skip


def test_another_vendor_s_cef_is_not_fortigate_s() -> None:
    assert event_of("CEF:0|Fortinet|FortiMail|7|1|n|3|src=192.0.2.1").format.name == "cef"


def test_a_key_of_cef_s_header_makes_no_cef_of_a_line() -> None:
    assert ecs_of(f"{TRAFFIC} DeviceVersion=7", "event.code", "observer.version", "event.severity") == {
        "event.code": "0000000013", "observer.version": "7",
    }  # fmt: skip
