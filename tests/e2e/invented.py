"""A shift's worth of invented alerts over all layers, made by the pipeline's own functions from invented records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from soc import alerting, instant
from soc.finding import RuleInfo
from soc.stores import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.finding import Finding
    from soc.stores.memory import MemoryStore

NOW = 1_767_206_520_000_000
"""2026-01-01 01:42 in Hanoi."""


def rule(id_: str, en: str, vi: str, severity: str, layer: str, **more: Any) -> RuleInfo:
    given = {"kind": "rule", "controls": ("tcvn14423.5.8.2.1", "tcvn11930.7.2.2.3"), "national_category": 4, **more}
    return RuleInfo(id_, en, vi, "3f9c2ab81d40", severity=severity, layer=layer, **given)


BRUTE = rule(
    "9d1f7c52-1c7e-4a53-9c0e-6a2f0a1f0b01",
    "SSH login succeeded after repeated failures",
    "Đăng nhập SSH thành công sau nhiều lần thất bại",
    "critical",
    "host",
    description="A password was accepted for an account that had just failed many times from the same address.",
    tactics=("TA0006", "TA0001"),
    techniques=("T1110.001", "T1078"),
    national_severity=3,
    runbook_en=(
        "Check with the account's owner whether the login at this time is theirs.",
        "If not: lock the account, end its sessions, block the source address on the border firewall.",
        "Read the commands run since the login; keep the raw logs as evidence.",
        "Tell the shift lead within 15 minutes and open an incident.",
    ),
    runbook_vi=(
        "Hỏi chủ tài khoản xem lần đăng nhập vào giờ này có phải của họ không.",
        "Nếu không: khóa tài khoản, ngắt phiên, chặn địa chỉ nguồn trên tường lửa biên.",
        "Đọc các lệnh đã chạy sau khi đăng nhập; giữ log gốc làm bằng chứng.",
        "Báo trưởng ca trong 15 phút và mở hồ sơ sự cố.",
    ),
    falsepositives=("An administrator who mistyped the password several times.",),
)
SCAN = rule(
    "net-scan", "Port scan from outside", "Quét cổng từ bên ngoài", "medium", "network",
    tactics=("TA0043",), techniques=("T1595",),
)  # fmt: skip
BEACON = rule(
    "net-beacon", "Outbound connection to a blocked country", "Kết nối ra quốc gia bị chặn", "high", "network",
    tactics=("TA0011",), techniques=("T1071",),
)  # fmt: skip
DENIED = rule(
    "net-policy", "Firewall policy changed outside the change window", "Đổi chính sách tường lửa ngoài khung giờ", "high",
    "network",
)  # fmt: skip
SUDO = rule(
    "host-sudo", "Root shell through sudo", "Mở shell root qua sudo", "medium", "host",
    tactics=("TA0004",), techniques=("T1548.003",),
)  # fmt: skip
LOGCLEAR = rule(
    "host-clear", "Windows event log cleared", "Xóa nhật ký sự kiện Windows", "high", "host",
    tactics=("TA0005",), techniques=("T1070.001",),
)  # fmt: skip
ENCODED = rule(
    "host-encoded", "PowerShell with an encoded command", "PowerShell chạy lệnh mã hóa", "high", "host",
    tactics=("TA0002",), techniques=("T1059.001",),
)  # fmt: skip
SQLI = rule(
    "web-sqli", "SQL injection attempt in a web request", "Thử chèn mã SQL trong yêu cầu web", "high", "application",
    tactics=("TA0001",), techniques=("T1190",),
)  # fmt: skip
TRAVERSAL = rule(
    "web-path", "Path traversal in a web request", "Dò đường dẫn trong yêu cầu web", "medium", "application"
)
SCANNER = rule("web-scanner", "Web vulnerability scanner", "Công cụ quét lỗ hổng web", "low", "application")
DUMP = rule(
    "data-dump", "Whole table read by a service account", "Tài khoản dịch vụ đọc toàn bộ bảng", "high", "data",
    tactics=("TA0009",), techniques=("T1213",),
)  # fmt: skip
GRANT = rule("data-grant", "Database privilege granted at night", "Cấp quyền CSDL ngoài giờ", "medium", "data")
SILENT = rule(
    "soc-health-source", "A log source has gone silent", "Một nguồn log ngừng gửi", "medium", "platform", kind="health",
)  # fmt: skip
CHAIN = rule(
    "corr-chain", "Port scan followed by a login", "Quét cổng rồi đăng nhập", "critical", "network", kind="correlation",
)  # fmt: skip
WINDOW = rule(
    "host-window", "Host behaves unlike itself", "Máy chủ hoạt động khác thường so với chính nó", "high", "host",
    kind="anomaly",
    runbook_en=("Read the features from the top; open the raw events of the kinds that are new or rare.",
                "Compare with the host's change window.", "Look for rule alerts of the same host in the hour before."),
    runbook_vi=("Xem các đặc trưng từ trên xuống; mở sự kiện gốc của những loại mới hoặc hiếm.",
                "Đối chiếu với khung thời gian thay đổi của máy chủ.",
                "Tìm cảnh báo theo luật của cùng máy chủ trong một giờ trước đó."),
)  # fmt: skip


class Told(NamedTuple):
    """One alert: its rule, minutes ago, how many findings, the event, its raw text and the clauses that matched."""

    rule: RuleInfo
    ago: float
    count: int
    document: dict[str, Any]
    raw: str
    why: Sequence[str]


_DB = {"soc.asset.name": "db-core-01", "soc.asset.owner": "Phòng Hạ tầng dữ liệu", "soc.asset.criticality": "high"}
_OUTSIDE = {"soc.source.zone": "internet", "soc.destination.zone": "dmz"}


def _ssh(host: str, user: str, source: str) -> dict[str, Any]:
    return {
        "host.name": host,
        "user.name": user,
        "source.ip": source,
        "source.port": 51844,
        "event.action": "ssh_login",
        "event.outcome": "success",
        "event.category": ["authentication"],
        "process.name": "sshd",
        "process.pid": 21744,
    }


def _web(source: str, url: str, status: int) -> dict[str, Any]:
    return {
        "host.name": "portal-web-02",
        "source.ip": source,
        "url.original": url,
        "http.request.method": "GET",
        "http.response.status_code": status,
        "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64)",
        "event.category": ["web"],
    }


def _wall(source: str, destination: str, port: int) -> dict[str, Any]:
    return {
        "source.ip": source,
        "destination.ip": destination,
        "destination.port": port,
        "observer.name": "fw-edge-01",
        "network.transport": "tcp",
        "event.action": "deny",
    }


def _access(source: str, url: str, status: int) -> str:
    return f'{source} - - [01/Jan/2026:01:3{{n}}:12 +0700] "GET {url} HTTP/1.1" {status} 512 "-" "Mozilla/5.0 (X11; Linux x86_64)"'


def _traffic(source: str, destination: str, port: int) -> str:
    return (
        f'date=2026-01-01 time=01:3{{n}}:05 devname="fw-edge-01" type="traffic" subtype="forward" level="notice" '
        f'srcip={source} dstip={destination} dstport={port} proto=6 action="deny" policyid=31'
    )


_UNION = "/tra-cuu?ma=1%27%20UNION%20SELECT%20ten,mat_khau%20FROM%20tai_khoan--"
TOLD: tuple[Told, ...] = (
    Told(
        BRUTE, 2, 27, _ssh("db-core-01", "backup", "203.0.113.77") | _DB | {"soc.source.zone": "internet"},
        "<86>Jan  1 01:3{n}:41 db-core-01 sshd[21744]: Accepted password for backup from 203.0.113.77 port 51844 ssh2",
        ("event.action", "event.outcome", "user.name", "source.ip"),
    ),
    Told(DUMP, 6, 4, {"host.name": "db-core-01", "user.name": "svc_report", "source.ip": "10.20.4.31",
                      "event.action": "select", "soc.source.zone": "application"} | _DB,
         "2026-01-01 01:3{n}:10.114 +07 [4127] svc_report@ho_so LOG:  statement: SELECT * FROM ho_so_ca_nhan",
         ("user.name", "event.action")),
    Told(SQLI, 7, 61, _web("198.51.100.23", _UNION, 200) | _OUTSIDE, _access("198.51.100.23", _UNION, 200),
         ("url.original", "http.response.status_code")),
    Told(ENCODED, 11, 2, {"host.name": "WS-KETOAN-07", "user.name": "ngoc.pham", "process.name": "powershell.exe",
                          "process.command_line": "powershell.exe -NoP -W Hidden -Enc SQBFAFgA...", "event.code": "1"},
         '{{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"WS-KETOAN-07","Image":"C:\\\\Windows\\\\'
         'System32\\\\WindowsPowerShell\\\\v1.0\\\\powershell.exe","CommandLine":"powershell.exe -NoP -W Hidden -Enc SQBFAFgA..."}}',
         ("process.command_line",)),
    Told(BEACON, 14, 9, _wall("10.20.4.31", "203.0.113.140", 8443) | {"soc.source.zone": "application"},
         _traffic("10.20.4.31", "203.0.113.140", 8443), ("destination.ip", "destination.port")),
    Told(LOGCLEAR, 18, 1, {"host.name": "DC-02", "user.name": "admin.tam", "event.code": "1102"},
         '{{"EventID":1102,"Channel":"Security","Computer":"DC-02","SubjectUserName":"admin.tam"}}', ("event.code",)),
    Told(DENIED, 23, 1, {"observer.name": "fw-core-01", "user.name": "van.le", "source.ip": "10.0.8.15",
                         "event.action": "edit"},
         'date=2026-01-01 time=01:1{n}:51 devname="fw-core-01" type="event" logdesc="Object attribute configured" '
         'user="van.le" ui="GUI(10.0.8.15)" action="Edit" cfgpath="firewall.policy"', ("event.action", "user.name")),
    Told(SCAN, 3, 64, _wall("203.0.113.77", "192.0.2.20", 3389) | _OUTSIDE, _traffic("203.0.113.77", "192.0.2.20", 3389),
         ("event.action", "source.ip")),
    Told(SUDO, 9, 3, {"host.name": "app-gw-03", "user.name": "deploy", "process.name": "sudo",
                      "process.command_line": "/bin/bash"},
         "Jan  1 01:3{n}:02 app-gw-03 sudo:   deploy : TTY=pts/0 ; PWD=/srv ; USER=root ; COMMAND=/bin/bash",
         ("process.command_line", "user.name")),
    Told(GRANT, 35, 1, {"host.name": "db-hr-02", "user.name": "dba.quan", "source.ip": "10.0.8.22"},
         "2026-01-01 01:0{n}:33.020 +07 [988] dba.quan@nhan_su LOG:  statement: GRANT ALL ON SCHEMA luong TO tam_thoi",
         ("user.name",)),
    Told(TRAVERSAL, 41, 18, _web("198.51.100.90", "/tai-lieu?f=../../../../etc/passwd", 404) | _OUTSIDE,
         _access("198.51.100.90", "/tai-lieu?f=../../../../etc/passwd", 404), ("url.original",)),
    Told(SILENT, 52, 1, {"service.name": "fw-branch-05", "host.name": "fw-branch-05"}, "", ("service.name",)),
    Told(SCAN, 66, 32, _wall("198.51.100.201", "192.0.2.21", 445) | _OUTSIDE,
         _traffic("198.51.100.201", "192.0.2.21", 445), ("event.action", "source.ip")),
    Told(SUDO, 80, 1, {"host.name": "mail-01", "user.name": "hanh.vu", "process.name": "sudo",
                       "process.command_line": "/usr/bin/su -"},
         "Jan  1 00:2{n}:18 mail-01 sudo:  hanh.vu : TTY=pts/2 ; PWD=/home ; USER=root ; COMMAND=/usr/bin/su -",
         ("process.command_line",)),
    Told(SCANNER, 95, 41, _web("192.0.2.144", "/.git/config", 404) | _OUTSIDE,
         _access("192.0.2.144", "/.git/config", 404), ("url.original",)),
    Told(SCANNER, 128, 18, _web("198.51.100.11", "/wp-login.php", 404) | _OUTSIDE,
         _access("198.51.100.11", "/wp-login.php", 404), ("url.original",)),
)  # fmt: skip

FEATURES = (
    ("number of destination ports", "số cổng đích", 214, 3, 6294, 0.46),
    ("events of kinds never seen here before", "số sự kiện thuộc loại chưa từng thấy ở đây", 38, 0, 2100, 0.31),
    ("most events in 10 s", "số sự kiện nhiều nhất trong 10 giây", 96, 11, 640, 0.17),
    ("mixture of kinds (bits)", "độ trộn lẫn các loại (bit)", 3.72, 1.9, 88, 0.09),
    ("active minutes", "số phút có hoạt động", 7, 8, 2, -0.08),
)


def event_finding(told: Told, number: int) -> Finding:
    time = NOW - round(told.ago * instant.MINUTE) - (told.count - 1 - number) * 7 * instant.SECOND
    document, raw = told.document | {"event.dataset": told.rule.layer}, told.raw.format(n=number % 10).encode()
    clauses = [
        {
            "selection": "selection",
            "field": field,
            "asked": f"equals '{document[field]}'",
            "value": str(document[field]),
        }
        for field in told.why
    ]
    # One alert each, however many buckets the findings would fall into.
    group = alerting.event_group(told.rule, document, NOW - round(told.ago * instant.MINUTE), NOW, "")
    return alerting.finding_of(
        told.rule, group, document, time=time, arrived=time, ref=f"logs.{told.rule.layer}:3:{80_000 + number}", raw=raw,
        step=number, why=clauses, sample=False,
    )  # fmt: skip


def _anomaly() -> Finding:
    why = [
        {"name": en, "name_vi": vi, "value": value, "usual": usual, "one_in": one_in, "contribution": share}
        for en, vi, value, usual, one_in, share in FEATURES
    ]
    document = {
        "host.name": "app-gw-03",
        "event.start": "2025-12-31T18:20:00.000Z",
        "event.end": "2025-12-31T18:30:00.000Z",
        "soc.anomaly.score": 91.4,
        "soc.anomaly.model": "host-window-2025-12-28-a",
        "soc.anomaly.baseline": "2025-12-14 - 2025-12-28, 6294 windows",
        "soc.asset.name": "app-gw-03",
        "soc.asset.owner": "Phòng Ứng dụng",
        "soc.asset.criticality": "high",
    }
    time = NOW - 12 * instant.MINUTE
    group = alerting.Group((("host.name", "app-gw-03"),), time)
    return alerting.finding_of(WINDOW, group, document, time=time, arrived=time, ref="logs.host:1:91221", why=why)


def _chain() -> Finding:
    start = NOW - 4 * instant.MINUTE
    steps = (
        ("Port scan from outside", 0, {"source.ip": "203.0.113.77", "destination.port": "3389"}),
        ("SSH login from the Internet", 90 * instant.SECOND, {"source.ip": "203.0.113.77", "user.name": "backup"}),
    )
    arithmetic = {
        "correlation": "temporal_ordered",
        "count": 2,
        "needed": 2,
        "condition": "gte 2",
        "timespan": 900,
        "by": ["source.ip"],
        "since": instant.iso(start),
        "until": instant.iso(start + steps[-1][1]),
        "refs": [f"logs.network:3:{91_000 + number}" for number in range(len(steps))],
    }
    why = [arithmetic | {"text": alerting.in_words(arithmetic)}] + [
        {"ref": ref, "rule": title, "time": instant.iso(start + after), "event": {"title": title, "fields": fields}}
        for ref, (title, after, fields) in zip(arithmetic["refs"], steps, strict=True)
    ]
    document = {"event.start": instant.iso(start), "event.end": instant.iso(start + 15 * instant.MINUTE)}
    group = alerting.Group((("source.ip", "203.0.113.77"),), start)
    document |= _wall("203.0.113.77", "192.0.2.20", 22) | _OUTSIDE
    return alerting.finding_of(CHAIN, group, document, time=start, arrived=start, ref=arithmetic["refs"][0], why=why)


async def fill(store: MemoryStore) -> None:
    """The alerts, some of them already taken or closed by somebody."""
    findings = [event_finding(told, number) for told in TOLD for number in range(told.count)] + [_chain(), _anomaly()]
    await store.create(findings, [alert for alert in map(alerting.alert_of, findings) if alert], NOW - instant.HOUR)
    await store.roll_up(0)
    for rule_id, minutes, change in (
        (BEACON.id, 9, {"status": "in_progress", "assignee": "minh"}),
        (LOGCLEAR.id, 15, {"status": "acknowledged", "assignee": "lan"}),
        (SUDO.id, 5, {"status": "acknowledged", "assignee": "minh"}),
        (SCANNER.id, 60, {"status": "closed", "disposition": "benign", "assignee": "lan"}),
        (
            BRUTE.id,
            1,
            {"assignee": "lan", "note": "Tài khoản backup không được đăng nhập từ Internet; đang gọi chủ quản."},
        ),
    ):
        alert = await alert_of(store, rule_id)
        decided = Change(change["assignee"], NOW - minutes * instant.MINUTE, **change)
        await store.triage(alert["soc"]["id"], decided, alert["triage"]["revision"])


async def alert_of(store: MemoryStore, rule_id: str) -> dict[str, Any]:
    """The newest alert of a rule."""
    documents = [d for d in store._documents["alert"].values() if d["rule"]["id"] == rule_id]
    return max(documents, key=lambda document: document["soc"]["last_seen"])
