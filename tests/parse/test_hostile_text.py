"""Whatever a line holds, every text format reads or declines it, in linear time."""

from __future__ import annotations

import gc
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given, settings, strategies as st

from soc import parse
from soc.instant import zone
from soc.parse import syslog
from soc.parse.frame import Frame
from soc.record import LogSource, Record

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent.parent / "golden"
TEXT_FORMATS = sorted(name for name, format_ in parse.formats().items() if not format_.json)
LINES = sorted(
    {
        case["raw"]
        for name in TEXT_FORMATS
        for line in (GOLDEN / f"{name}.jsonl").read_bytes().splitlines()
        if "raw" in (case := orjson.loads(line))
    }
)


def understand(name: str, text: str, header: syslog.Syslog | None = None) -> None:
    """All that the pipeline does with a line in one format."""
    format_ = parse.formats()[name]
    frame = Frame(text, None, header, None, zone("Asia/Ho_Chi_Minh"), 0)
    native = format_.decode(frame)
    if native is None:
        return
    event = parse.Event(
        Record(text.encode("utf-8", "surrogatepass"), "p", 0, 0, LogSource("logs.host")), format_, native, frame
    )
    hash(format_.kind(native))
    orjson.dumps(parse.nested(parse.ecs(event)))
    list(format_.values(native))


@pytest.mark.parametrize("name", TEXT_FORMATS)
@settings(max_examples=30, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_is_read_or_declined(name: str, text: str) -> None:
    understand(name, text)


@pytest.mark.parametrize("name", TEXT_FORMATS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_damaged_line_is_read_or_declined(name: str, data: st.DataObject) -> None:
    """Lines of this and of other formats, cut, spliced with each other and with noise."""
    line = data.draw(st.sampled_from(LINES))
    other = data.draw(st.sampled_from(LINES))
    cut = data.draw(st.integers(0, len(line)))
    noise = data.draw(st.text(alphabet="\"\\'=|[](){}:;,# \x1d\n0123456789aZé", max_size=20))
    header, body = syslog.split(line[:cut] + noise + other[cut:])
    understand(name, body, header)


@settings(max_examples=100, deadline=None)
@given(line=st.sampled_from(LINES), digits=st.text(alphabet="0123456789²٣", min_size=1, max_size=40), data=st.data())
def test_numbers_of_any_size_are_stored_or_left_out(line: str, digits: str, data: st.DataObject) -> None:
    at = data.draw(st.sampled_from([index for index, letter in enumerate(line) if letter.isdigit()] or [0]))
    text = line[:at] + digits + line[at + 1 :]
    try:
        event = parse.parse(Record(text.encode(), "p", 0, 0, LogSource("logs.host")))
    except parse.Unparsable:
        return
    orjson.dumps(parse.ecs(event))


BEGINNINGS = {
    "apache": ['192.0.2.1 - - [28/Feb/2026:23:14:02 +0700] "', '192.0.2.1 - - [28/Feb/2026:23:14:02 +0700] "GET / HTTP/1.1" 200 5 ', "[a:error] "],
    "auditd": ["type=EXECVE msg=audit(1.1:1): ", "type=AVC msg=audit(1.1:1): avc:  denied  { ", "type=X msg=audit(1.1:1): msg='"],
    "cef": ["CEF:0|a|b|c|d|e|f|", "CEF:0|a|b|"],
    "checkpoint": ['[action:"a"; loguid:"', '[sd@2620 a="', "CEF:0|Check Point|a|b|c|d|e|", '"1" "28Feb2026" " 9:14:11" "', "time=1|loguid=a|product="],
    "cyberark": ["LEEF:1.0|Cyber-Ark|Vault|1|7|ExtraDetails=", "CEF:0|Cyber-Ark|Vault|1|7|Logon|5|"],
    "forcepoint_ngfw": ["LEEF:1.0|Forcepoint|a|b|c|", "CEF:0|FORCEPOINT|a|b|c|d|0|"],
    "fortigate": ["type=traffic logid=1 ", "CEF:0|Fortinet|Fortigate|v|1|n|3|"],
    "iptables": ["PROTO=TCP SRC=1 IN=", "PROTO=TCP SRC=1 "],
    "klog": ["I0228 23:14:02.816067 8 main.go:236] "],
    "leef": ["LEEF:1.0|a|b|c|d|", "LEEF:2.0|a|b|c|d|^|", "LEEF:1.0|a|b|c|d|a=1 b=2 "],
    "linux_auth": ["Failed password for ", "session opened for user ", "Starting session: shell", "PAM: ", "Exit before auth (user 'a', 1 fails)"],
    "nginx": ["2026/02/28 23:14:08 [error] 1#1: ", '[28/Feb/2026:16:14:06 +0000] a 192.0.2.1 0.1 "'],
    "paloalto": ["1,2026/02/28 23:14:02,0,TRAFFIC,", "1,2026/02/28 23:14:02,0,SYSTEM,auth,1,2026/02/28 23:14:02,,a,b,0,0,general,low,",
                 "1,2026/02/28 23:14:02,0,THREAT,url,1,2026/02/28 23:14:02,,,,,,,,,,,,,,,,,,,,,,,,,,,,", "CEF:0|Palo Alto Networks|LF|2.0|TRAFFIC|end|3|"],
    "plain": ["from "],
    "symantec_endpoint": ["Site: a,Server: b,", "h,Local Host IP: 1,Remote Host IP: 2,Begin: 3,", "Virus found,Computer name: a,Actual action: b,"],
    "postgresql": ["2026-02-28 23:14:02.123 +07 [1] a@b LOG:  duration: 1.0 ms  execute ", "2026-02-28 23:14:02.123 UTC,", "2026-02-28 23:14:02.123 UTC [1] LOG C-0x1: a/b@1:1 ", "2026-02-28 23:14:02 UTC [1] "],
    "mysql": ["2026-02-28 23:14:02 0 [Note] Access denied for user '", "# User@Host: a[a] @ b [1]\n# a: ", "260228 23:14:02 1 Connect\t"],
    "mysql_audit": ["20260228 23:14:02,a,b,c,1,2,QUERY,d,'"],
    "iis": ["2026-02-28 16:14:02 192.0.2.10 GET / - 80 - 198.51.100.7 ", "2026-02-28 16:14:02 "],
    "mssql": ["2026-02-28 23:14:03.00 Logon       Login failed for user '", "2026-02-28 23:14:03.00 Server      "],
    "mongodb": ["2026-02-28T23:14:02.100+0700 I NETWORK  [a] ", "2026-02-28T23:14:02.100+0700 I NETWORK  from client "],
    "redis": ["1:M 28 Feb 2026 23:14:02.119 * ", '1772295242.953466 [0 1:1] "'],
    "squid": ["1772295242.277 1 a TCP_MISS/200 1 GET ", '1.2.3.4 - - [28/Feb/2026:23:14:07 +0700] "GET / HTTP/1.1" 200 1 "', "2026/02/28 23:14:08 kid1| "],
    "haproxy": ["1.2.3.4:1 [28/Feb/2026:23:14:02.655] a b/c 0/0/0/0/0 200 1 - - ---- 1/1/1/1/0 0/0 {", "1.2.3.4:1 [28/Feb/2026:23:14:02.655] a"],
    "traefik": ['1.2.3.4 - - [28/Feb/2026:23:14:02 +0700] "GET / HTTP/2.0" 200 1 "'],
    "tomcat": ["28-Feb-2026 23:14:02.978 INFO [main] a.b.c ", "\tat a.b", "2026-02-28 23:14:06 INFO a.b", "Feb 28, 2026 11:14:04 PM a.b"],
    "keycloak": ["2026-02-28 23:14:02,120 WARN  [a] (b) type=A, ", '2026-02-28 23:14:02,120 WARN  [a] (b) type="'],
    "modsecurity": ["--a1b2c3d4-A--\n[28/Feb/2026:23:14:02 +0700] a 1 1 1 1\n--a1b2c3d4-B--\n", '--a1b2c3d4-A--\n[28/Feb/2026:23:14:02 +0700] a 1 1 1 1\n--a1b2c3d4-H--\nMessage: [a "'],
    "openldap": ['conn=1 op=1 BIND dn="', "conn=1 fd=1 ACCEPT from IP=", "[28-02-2026 23:14:03] slapd debug  "],
    "docker": ['time="2026-02-28T23:14:02Z" level=info msg="', "level=info "],
    "freeradius": ["Sat Feb 28 23:14:02 2026 : Auth: (1) Login incorrect (", "Login OK: ["],
    "ftp": ['[pid 1] [a] OK LOGIN: Client "', "(a@b) [INFO] /", "proftpd[1]: a (b[1]): USER ", "Sat Feb 28 23:14:04 2026 1 1 1 "],
    "openvpn": ["2026-02-28 23:14:02 1.2.3.4:1 VERIFY ", "2026-02-28 23:14:02 TLS ", "2026-02-28 23:14:02 a/1.2.3.4:1 ROUTE "],
    "sophos": ['log_component=a log_type="Firewall" log_id=010101600001 ', '2026:02:28-23:14:00 a b[1]: id="1" ', 'id="2001" severity="info" sys="a" sub="b" '],
    "sonicwall": ["id=firewall sn=1 fw=1.2.3.4 pri=6 msg=", "CEF:0|SonicWall|a|b|1|c|5|", "id=firewall sn=1 fw=1.2.3.4 src="],
    "juniper": ['RT_FLOW_SESSION_CLOSE [junos@1 a="', "SSHD_LOGIN_FAILED: User ", "RT_FLOW_SESSION_CLOSE: session closed a: 1.2.3.4/1->1.2.3.4/2 ",
                "NetScreen device_id=a [a]system-a-1(traffic): start_time=", "FW: a A "],
    "pfsense": ["1,,,2,a,match,pass,in,4,0,,1,1,0,a,6,tcp,60,1.2.3.4,1.2.3.4,", "1,,,2,a,match,pass,in,4,", "(squid-1)[1]: "],
    "fortimail": ['device_id=1 log_id=1 type=statistics msg="', 'device_id=1 log_id=1 type=event subtype=smtp msg="to=<', 'device_id=1 log_id=1 type=spam msg="URL '],
    "fortinet_other": ["msg_id=1 log_id=1 device_id=1 type=attack http_url=", "logid=1 devid=FPX1 type=utm url="],
    "f5": ["CEF:0|F5|ASM|1|a|b|5|", "Rule /Common/a <HTTP_REQUEST>: client_ip=1 ", "/Common/a:Common:123456: Following rule '", "AUDIT - pid=1 user=a ", "[SECEV] Request violations: "],
    "citrix": ["0-PPE-0 : default AAA Message 1 0 : ", "CEF:0|Citrix|NetScaler|a|b|c|6|", 'a on b shell_command="', '1.2.3.4 -> 1.2.3.4 "', "0-PPE-0 : default AAA LOGIN 1 0 : a b - "],
    "stormshield": ["time=1 fw=a logtype=filter "],
    "clavister": ["id=600001 event=a message=", "id=600001 event=a [a "],
    "watchguard": ["1.0|WatchGuard|a|b|c|", 'msg_id="3000-0148" Deny ', 'msg_id="3000-0148" User '],
    "barracuda_fw": ["Info     a ", "Info     a Allow: ", "Info     a event: [1] Send Event (D|2|a|1|b|1|", "Warning  a firewall: [a] Allow:   IPS "],
    "mikrotik": ["firewall,info input: in:a out:b, proto TCP, ", "system,info user ", "system,info a added by ", "firewall,info a: in:a out:b, NAT "],
    "cisco_asa_ftd": ["%ASA-6-302013: Built outbound TCP connection 1 for a:1.1.1.1/1 (", "%ASA-4-106023: Deny tcp src ", "%ASA-5-304001: ", "%FTD-1-430003: SrcIP: 1.1.1.1, A",
                      "Group <a> User <b> IP <", "%ASA-6-113005: AAA user authentication Rejected : reason = ", "%ASA-4-338002: Dynamic Filter ", "%ASA-6-999998: from ", "Built "],
    "cisco_ios": ["%SYS-5-CONFIG_I: Configured from ", "a: %SEC-6-IPACCESSLOGP: list ", "%AAAA-6-ACCTLOCAL: Username: a Privilege level: 1 Command: ", "%", "%A-1-B: interface "],
    "cisco_nexus": ["2026 Feb 28 23:14:02 ICT: %AUTHPRIV-3-SYSTEM_MSG: ", "2026 Feb 28 23:14:02 ICT: %VSHD-5-VSHD_SYSLOG_CMD_EXEC: User:a executed the command:", "2026 Feb 28 23:14:02 "],
    "cisco_ise": ["CISE_A 0000000001 1 0 2026-02-28 23:14:02.728 +07:00 0000000001 5400 NOTICE A: ", "CISE_A 0000000001 1 0 a={", "0000000001 1 0 a=b, ", "WARN: ISE a: A="],
    "cisco_meraki": ["1 1772295242.67 a flows ", "1 1772295242.67 a events type=a b='", "1772295242.67 a events dhcp lease of ip ", "1772295242.67 a urls src="],
    "cisco_esa": ["CEF:0|Cisco|a|b|ESA_CONSOLIDATED_LOG_EVENT|c|5|ESAAttachmentDetails={'", "Info: MID 1 ", "Info: New SMTP ICID 1 interface "],
    "aruba": ["<501093> <NOTI> AP:", "Event|105|LOG_INFO|AMM|1/1|", "mgr:  ST1-CMDR: ", "<501093> User "],
    "infoblox": ["client 1.1.1.1#1: UDP: query: a IN A response: NOERROR + ", 'client 1.1.1.1#1: UDP: query: a IN A response: NOERROR + a. 1 IN TXT "', "Option 82: received a ",
                 "2026-02-28 16:14:09.299Z [a]: Login_Denied - - "],
    "dhcp": ["DHCPACK on ", "DHCPREQUEST for 1.1.1.1 from 00:00:5e:00:53:01 via ", "10,02/28/26,23:14:08,Assign,", "11000,02/28/26,23:14:08,"],
    "dns": ["client @0x1 192.0.2.1#53 (a): query: ", "client 192.0.2.1#5: answer: a IN A (192.0.2.2) -> NOERROR", "zone a/IN: ", "[1:0] info: ", "[INFO] plugin/a: ", "a resolving '"],
    "ibm_aix": ["FILE_Read a b c OK 28 Feb 2026 23:14:02 No associated roles ", "FILE_Read "],
    "mail_other": ["imap-login: Login: user=<", "auth: pam(a,192.0.2.1): ", "2026-02-28 23:14:02 H=", "ruleset=a, relay=[192.0.2.1] ", "badlogin: "],
    "postfix": ["7B3643F820: to=<", "connect from a[192.0.2.1]", '77EFFC0015: warning: header Content-Disposition: a; filename="', "NOQUEUE: reject: RCPT from a[192.0.2.1]: 554 "],
    "snort": ["[**] [1:2:3] ", "02/28-23:14:02.1 ,1,2,3,", "[1:2:3] a [Classification: "],
    "sysmon_linux": ['<Event><System><Provider Name="Linux-Sysmon"/></System>'],
    "vmware_nsx": ["INET match DROP 1 IN 60 TCP 10.0.0.1/1->", "UserName='a', Operation='"],
    "vmware": ["info hostd[1] [Originator@6876 sub=a] ", "Event [1] [1-1] [2026] [vim.a] [info] [a] [b] [1] [", "info hostd[1] [Originator@6876 sub=a] Event 1 : User a@b logged out (", "INFO a[1:b] [OpId=c] [auditlogger] {"],
    "zeek_tsv": ["1772295242.853899\t"],
}  # fmt: skip
UNITS = [
    "a",
    "1",
    '"',
    "\\",
    'a="',
    "a=b ",
    "|",
    "] [",
    " from a port 1",
    " for a from b",
    " by a",
    ", client: a",
    "1:",
    "{ ",
]
KILOBYTE = 1 << 10


def seconds(work: Callable[[str], object], text: str) -> float:
    """The least processor time of three runs; never so little that the clock's grain counts."""
    runs = []
    for _ in range(3):
        begun = time.process_time()
        work(text)
        runs.append(time.process_time() - begun)
    return max(min(runs), 0.0005)


def is_linear(work: Callable[[str], object], make: Callable[[int], str], small: int, large: int) -> bool:
    """Whether sixteen times the text takes less than a quarter of the time that quadratic work would take.

    Tried anew where it seems not to: other processes take their share of caches and memory bandwidth.
    """
    gc.disable()
    try:
        return any(seconds(work, make(large)) < seconds(work, make(small)) * (large / small) ** 2 / 4 for _ in range(3))
    finally:
        gc.enable()


def repeated(beginning: str, unit: str) -> Callable[[int], str]:
    return lambda size: beginning + unit * (size // len(unit))


@pytest.mark.parametrize("name", sorted(BEGINNINGS))
def test_hostile_text_takes_linear_time(name: str) -> None:
    slow = [
        (beginning, unit)
        for beginning in BEGINNINGS[name]
        for unit in UNITS
        if not is_linear(partial(understand, name), repeated(beginning, unit), 4 * KILOBYTE, 64 * KILOBYTE)
    ]
    assert slow == []


@pytest.mark.parametrize("name", sorted(BEGINNINGS))
def test_a_megabyte_of_everything_hostile_takes_linear_time(name: str) -> None:
    make = repeated(BEGINNINGS[name][0], "".join(UNITS))
    assert is_linear(partial(understand, name), make, 64 * KILOBYTE, 1024 * KILOBYTE)


@pytest.mark.parametrize(
    "beginning", ["", "<13>1 - - - - - ", "<13>1 - a b c d [", "Feb 28 23:14:02 ", "<13>Feb 28 23:14:02 a "]
)
def test_hostile_syslog_headers_take_linear_time(beginning: str) -> None:
    slow = [
        unit for unit in UNITS if not is_linear(syslog.split, repeated(beginning, unit), 32 * KILOBYTE, 512 * KILOBYTE)
    ]
    assert slow == []
