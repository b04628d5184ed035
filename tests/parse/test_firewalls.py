"""Firewalls of many vendors: whose clock counts, which ends are which, one vocabulary for all forms of one vendor."""

from __future__ import annotations

import pytest

from soc import instant, parse
from soc.event import Logsource
from tests.parse.texts import ecs_of, event_of

SOPHOS = 'device="SFW" log_id=010101600001 log_type="Firewall" log_component="Firewall Rule" log_subtype="Allowed"'
SONICWALL = "id=firewall sn=0017C5EXAMPLE1 fw=203.0.113.1 pri=6 m=98"
FLOW = (
    '<14>1 2026-02-28T23:14:02+07:00 srx RT_FLOW - RT_FLOW_SESSION_CLOSE [junos@2636.1.1.1.2.1 reason="TCP FIN" source-address="10.0.0.1" '
    'source-port="50001" destination-address="192.0.2.1" destination-port="22" service-name="junos-ssh" nat-source-address="198.51.100.1" '
    'nat-source-port="40001" nat-destination-address="192.0.2.1" nat-destination-port="22" protocol-id="6" policy-name="out" '
    'source-zone-name="trust" destination-zone-name="untrust" session-id="7" packets-from-client="2" bytes-from-client="120" '
    'packets-from-server="1" bytes-from-server="60" elapsed-time="9"]'
)
FLOW_IN_WORDS = (
    "<14>Feb 28 23:14:02 srx RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed TCP FIN: 10.0.0.1/50001->192.0.2.1/22 junos-ssh "
    "198.51.100.1/40001->192.0.2.1/22 {rules} 6 out trust untrust 7 2(120) 1(60) 9"
)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("+07", "2026-02-28T16:14:02.000Z"),
        ("-0330", "2026-03-01T02:44:02.000Z"),
        ("GMT", "2026-02-28T23:14:02.000Z"),
        ("CET", "2026-02-28T22:14:02.000Z"),
        ("IST", "2026-02-28T14:14:02.000Z"),  # India's, Ireland's or Israel's: the source's zone counts
        ("", "2026-02-28T14:14:02.000Z"),
    ],
)
def test_sophos_zone_counts_where_it_names_one(zone: str, expected: str) -> None:
    line = f'date=2026-02-28 time=23:14:02 timezone="{zone}" {SOPHOS}'
    assert instant.iso(event_of(line, timezone="Asia/Tokyo").time) == expected


def test_sophos_addresses_without_a_scheme_are_kept_as_they_are() -> None:
    line = (
        f'{SOPHOS.replace("Firewall Rule", "HTTP").replace("Firewall", "Content Filtering")} url="1://www.example.com/"'
    )
    assert ecs_of(line, "url.original", "url.scheme", "network.protocol") == {
        "url.original": "1://www.example.com/", "network.protocol": "http",
    }  # fmt: skip


def test_sophos_utm_writes_months_without_zeros() -> None:
    line = '2026:2:8-23:14:02 utm ulogd[1]: id="2001" severity="info" sys="SecureNet" sub="packetfilter" action="drop"'
    assert instant.iso(event_of(line).time) == "2026-02-08T16:14:02.000Z"


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("192.0.2.1:80:X1:www.example.com", ("192.0.2.1", 80, "X1", "www.example.com")),
        ("192.0.2.1::X1", ("192.0.2.1", None, "X1", None)),
        ("192.0.2.1", ("192.0.2.1", None, None, None)),
        ("[2001:db8::1]:443:X1", ("2001:db8::1", 443, "X1", None)),
        ("2001:db8::1", ("2001:db8::1", None, None, None)),
        ("nowhere:x", (None, None, None, None)),
    ],
)
def test_sonicwall_s_ends_may_lack_what_stands_last(
    end: str, expected: tuple[str | None, int | None, str | None, str | None]
) -> None:
    names = ("destination.ip", "destination.port", "observer.egress.interface.name", "destination.domain")
    told = ecs_of(f'{SONICWALL} src=10.0.0.1 dst={end} proto=tcp/http msg="x"', *names)
    assert tuple(told.get(name) for name in names) == expected


def test_sonicwall_s_message_numbers_say_what_happened() -> None:
    names = ("event.action", "event.category", "event.outcome")
    assert ecs_of(f"{SONICWALL.replace('m=98', 'm=30')} src=10.0.0.1", *names) == {
        "event.action": "login", "event.category": ["authentication"], "event.outcome": "failure",
    }  # fmt: skip
    assert "event.category" not in ecs_of(f"{SONICWALL.replace('m=98', 'm=99999')} src=10.0.0.1", *names)


@pytest.mark.parametrize("rules", ["None None", "source rule snat N/A N/A"])
def test_junos_flows_in_words_have_the_names_of_structured_ones(rules: str) -> None:
    structured, words = event_of(FLOW).native, event_of(FLOW_IN_WORDS.format(rules=rules)).native
    names = set(structured) - {"text", "service-name"}
    assert {name: words.get(name) for name in names} == {name: structured[name] for name in names}


def test_junos_daemons_are_told_from_others_of_the_same_name() -> None:
    assert (
        event_of(
            "Feb 28 23:14:02 srx sshd[1]: SSHD_LOGIN_FAILED: Login failed for user 'a' from host '192.0.2.1'"
        ).format.name
        == "juniper"
    )
    assert (
        event_of("Feb 28 23:14:02 web sshd[1]: Failed password for a from 192.0.2.1 port 22 ssh2").format.name
        == "linux_auth"
    )


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("<30>Feb 28 23:14:02 openvpn[1]: ", "pfsense"),
        ("<30>Feb 28 23:14:02 pfSense.example.net openvpn[1]: ", "pfsense"),
        ("<30>1 2026-02-28T23:14:02+07:00 OPNsense openvpn 1 - - ", "pfsense"),
    ],
)
def test_daemons_without_a_host_name_are_a_bsd_firewall_s(header: str, expected: str) -> None:
    assert event_of(f"{header}192.0.2.1:4711 peer info: IV_VER=2.6").format.name == expected
    assert (
        event_of("<30>Feb 28 23:14:02 vpn1 openvpn[1]: 192.0.2.1:4711 peer info: IV_VER=2.6").format.name != "pfsense"
    )


def test_filter_lines_name_the_interface_on_the_side_that_they_pass() -> None:
    line = "<134>Feb 28 23:14:02 filterlog[1]: 5,,,100,igb1.12,match,block,{},4,0x0,,64,1,0,DF,17,udp,60,192.0.2.1,198.51.100.1,1,53,32"
    names = ("observer.ingress.interface.name", "observer.egress.interface.name", "network.direction")
    assert ecs_of(line.format("in"), *names) == {
        "observer.ingress.interface.name": "igb1.12",
        "network.direction": "inbound",
    }
    assert ecs_of(line.format("out"), *names) == {
        "observer.egress.interface.name": "igb1.12",
        "network.direction": "outbound",
    }


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("device_id=FE1 log_id=1 type=statistics pri=information", "fortimail"),
        ("device_id=FE1 log_id=1 type=event subtype=smtp pri=information", "fortimail"),
        ("device_id=FV1 log_id=1 msg_id=1 vd=root type=event subtype=system pri=notice", "fortinet_other"),
        ('devid="FPXVM1" logid="1" type="utm" vd="root"', "fortinet_other"),
        ('devid="FG1" logid="1" type="utm" vd="root" msg="FortiProxy and FPX are only words"', "fortigate"),
        ("device_id=FG1 log_id=1 type=event subtype=admin pri=information vd=root", "fortigate"),
    ],
)
def test_fortinet_s_products_share_names_and_are_told_apart(line: str, expected: str) -> None:
    assert event_of(line).format.name == expected


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("02/28/2026:16:14:02 GMT", "2026-02-28T16:14:02.000Z"),
        ("2026/02/28:23:14:02 ", "2026-02-28T16:14:02.000Z"),
        ("28/02/2026:23:14:02", "2026-02-28T16:14:02.000Z"),
        ("02/03/2026:23:14:02", "2026-02-03T16:14:02.000Z"),
    ],
)
def test_netscaler_s_dates_are_american_unless_they_cannot_be(stamp: str, expected: str) -> None:
    line = f"{stamp} adc 0-PPE-0 : default AAA LOGIN_FAILED 1 0 : User a - Client_ip 192.0.2.1"
    assert instant.iso(event_of(line).time) == expected


def test_big_ip_s_numbered_fields_go_by_their_labels() -> None:
    line = "CEF:0|F5|ASM|15|Illegal URL|Illegal URL|6|cs1=shop cs1Label=policy_name cn1=403 cn1Label=response_code act=blocked src=192.0.2.1"
    names = ("rule.ruleset", "http.response.status_code", "event.type", "event.kind")
    assert ecs_of(line, *names) == {
        "rule.ruleset": "shop", "http.response.status_code": 403, "event.type": ["info", "denied"], "event.kind": "alert",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("nat", "expected"),
    [
        ("NAT (10.0.0.1:5->198.51.100.1:6)->192.0.2.1:53, ", {"source.nat.ip": "198.51.100.1", "source.nat.port": 6}),
        (
            "NAT 10.0.0.1:5->(192.0.2.1:53->10.0.0.9:5353), ",
            {"destination.nat.ip": "10.0.0.9", "destination.nat.port": 5353},
        ),
        ("", {}),
    ],
)
def test_mikrotik_says_which_end_was_translated(nat: str, expected: dict[str, object]) -> None:
    line = f"Feb 28 23:14:02 gw firewall,info forward: in:a out:b, proto UDP, 10.0.0.1:5->192.0.2.1:53, {nat}len 60"
    assert ecs_of(line, "source.nat.ip", "source.nat.port", "destination.nat.ip", "destination.nat.port") == expected


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (f"date=2026-02-28 time=23:14:02 {SOPHOS}", Logsource(product="sophos", category="firewall")),
        (SONICWALL, Logsource(product="sonicwall", category="firewall")),
        (FLOW, Logsource(product="juniper", category="firewall")),
        ("1.0|WatchGuard|XTM|12|1|disp=Deny", Logsource(product="watchguard", category="firewall")),
        ("time=1 fw=a logtype=filter", Logsource(product="stormshield", category="firewall")),
        ("id=600001 event=conn_open ", Logsource(product="clavister", category="firewall")),
        ("Info     box Allow: FWD|TCP|eth0", Logsource(product="barracuda", category="firewall")),
    ],
)
def test_firewall_rules_reach_them_by_product(line: str, wanted: Logsource) -> None:
    event = event_of(line)
    assert wanted in event.format.kind(event.native)


def test_telemetry_is_told_by_what_it_says_it_is_of() -> None:
    assert event_of('{"telemetryEventCategory":"AFM","source_ip":"192.0.2.1"}').format.name == "f5_telemetry"
    assert event_of('{"telemetryEventCategory":7,"source_ip":"192.0.2.1"}').format.name != "f5_telemetry"


@pytest.mark.parametrize("product", ["pfsense", "barracuda_fw", "mikrotik", "sophos", "clavister"])
def test_ordinary_text_is_nobody_s(product: str) -> None:
    for line in (
        "Info: all is well",
        "Security matters",
        "in:out out:in -> there",
        "id=1 event=2",
        "1,2,3,match,pass",
        "log_component=x",
    ):
        assert parse.formats()[product].decode(event_of(line).frame) is None
