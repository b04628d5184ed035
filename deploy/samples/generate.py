# noqa: INP001 (a script beside the data that it writes)
"""Writes the samples anew: `python deploy/samples/generate.py [FOLDER]`. The same code gives the same lines.

An invented data centre of six Linux and two Windows servers behind a firewall: a day and a half as usual, then four hours in
which the lines of `incidents.py` happen among the usual ones, and app-03 behaves as it never did. All names are invented, all
addresses private or for documentation.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import incidents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ZONE = timezone(timedelta(hours=7))
START = datetime(2026, 3, 1, tzinfo=ZONE)
INCIDENTS = datetime(2026, 3, 2, 12, tzinfo=ZONE)
END = datetime(2026, 3, 2, 16, tzinfo=ZONE)

LINUX = {"web-01": "web", "web-02": "web", "app-01": "app", "app-03": "app", "db-01": "db", "mail-01": "mail"}
WINDOWS = {"dc-01": "directory", "file-01": "files"}
ADMINS = {"lan.pham": "10.90.0.7", "ha.nguyen": "10.90.0.8", "minh.tran": "10.90.0.12"}


class Line(NamedTuple):
    at: datetime
    text: str


class Usual(NamedTuple):
    """What a program says so many times an hour, at night and at noon."""

    program: str
    night: float
    noon: float
    texts: tuple[str, ...]


EVERY_LINUX = (
    Usual("systemd", 2, 3, ("Started Daily apt download activities.", "Finished Rotate log files.", "Started Session c{n} of root.")),
    Usual("CRON", 6, 6, ("(root) CMD (/usr/lib/sysstat/sa1 1 1)", "(root) CMD (test -x /usr/sbin/anacron)")),
    Usual("chronyd", 0.5, 0.5, ("Selected source 10.90.0.123", "System clock wrong by 0.000{n} seconds")),
    Usual("audispd", 3, 4, (
        'type=SERVICE_START msg=audit({epoch}:{n}): pid=1 uid=0 auid=4294967295 ses=4294967295 subj=unconfined msg=\'unit=sysstat-collect comm="systemd" exe="/usr/lib/systemd/systemd" hostname=? addr=? terminal=? res=success\'',
        'type=SYSCALL msg=audit({epoch}:{n}): arch=c000003e syscall=59 success=yes exit=0 a0=55d0 a1=55d1 a2=55d2 a3=8 items=2 ppid=1 pid={n} auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="sa1" exe="/usr/lib/sysstat/sa1" subj=unconfined key="exec"',
        'type=EXECVE msg=audit({epoch}:{n}): argc=3 a0="/usr/lib/sysstat/sadc" a1="1" a2="1"',
    )),
)  # fmt: skip
BY_ROLE = {
    "web": (
        Usual("php-fpm", 6, 22, ("[pool www] child {n} exited with code 0 after {n} seconds from start", "[pool www] child {n} started")),
        Usual("keepalived", 1, 1, ("VRRP_Instance(VI_1) sending gratuitous ARPs",)),
    ),
    "app": (
        Usual("hoso-api", 8, 30, ("request {n} finished in {n} ms", "request {n}: 0 rows")),
        Usual("hoso-worker", 6, 9, ("job {n} done", "queue empty")),
    ),
    "db": (
        Usual("postgres", 14, 30, ("checkpoint complete: wrote {n} buffers", "automatic vacuum of table hoso.ho_so: index scans: 1")),
        Usual("pgbouncer", 6, 14, ("stats: {n} xacts/s", "C-0x{n}: closing because: client close request")),
    ),
    "mail": (
        Usual("postfix/smtpd", 8, 26, ("connect from mx{n}.example.vn[192.0.2.25]", "disconnect from mx{n}.example.vn[192.0.2.25]")),
        Usual("postfix/qmgr", 4, 14, ("{n}A: removed", "{n}A: from=<phongban@example.vn>, size=4{n}, nrcpt=1 (queue active)")),
        Usual("dovecot", 4, 20, ("imap-login: Login: user=<can.bo{n}>, method=PLAIN, rip=10.30.5.{n}, TLS", "imap(can.bo{n}): Logged out")),
    ),
}  # fmt: skip
# Each happens once on a host in a day and a half: what is rare without being wrong.
NOW_AND_THEN = (
    ("unattended-upgrade", "Packages that will be upgraded: tzdata"),
    ("fwupd", "requesting update of metadata"),
    ("needrestart", "no services need to be restarted"),
)
SECURITY = {"Channel": "Security", "Provider_Name": "Microsoft-Windows-Security-Auditing"}
WINDOWS_EVENTS: dict[str, tuple[tuple[float, float, dict[str, object]], ...]] = {
    "every": (
        (4, 12, {**SECURITY, "EventID": 4624, "LogonType": 3, "TargetUserName": "can.bo{n}", "IpAddress": "10.30.5.{n}"}),
        (4, 11, {**SECURITY, "EventID": 4634, "LogonType": 3, "TargetUserName": "can.bo{n}"}),
        (2, 4, {**SECURITY, "EventID": 4672, "SubjectUserName": "SYSTEM", "PrivilegeList": "SeTcbPrivilege"}),
        (2, 4, {**SECURITY, "EventID": 4688, "NewProcessName": "C:\\Windows\\System32\\conhost.exe", "SubjectUserName": "SYSTEM"}),
        (1, 2, {"Channel": "System", "Provider_Name": "Service Control Manager", "EventID": 7036, "param1": "WinHTTP", "param2": "stopped"}),
    ),
    "directory": (
        (6, 16, {**SECURITY, "EventID": 4769, "TargetUserName": "can.bo{n}@EXAMPLE.VN", "ServiceName": "FILE-01$", "Status": "0x0"}),
        (2, 6, {**SECURITY, "EventID": 4768, "TargetUserName": "can.bo{n}", "ServiceName": "krbtgt", "Status": "0x0"}),
    ),
    "files": (
        (3, 20, {**SECURITY, "EventID": 5140, "ShareName": "\\\\*\\TaiLieu", "SubjectUserName": "can.bo{n}", "IpAddress": "10.30.5.{n}"}),
    ),
}  # fmt: skip
PAGES = ("/", "/tin-tuc", "/tra-cuu?mahs=H29.{n}", "/thu-tuc/{n}", "/static/site.css", "/lien-he", "/api/v1/trang-thai")
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0",
    "Mozilla/5.0 (Linux; Android 15) Chrome/142.0 Mobile",
)


class Site:
    """What happens as usual; everything is drawn from one seeded generator, in one order."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)  # noqa: S311 (samples must repeat, not surprise)

    def linux(self, first: datetime, last: datetime) -> Iterator[Line]:
        for host, role in LINUX.items():
            for at in minutes(first, last):
                for usual in (*EVERY_LINUX, *BY_ROLE[role]):
                    if self._happens(at, usual.night, usual.noon):
                        yield self._syslog(at, host, usual.program, self._draw.choice(usual.texts))
                if self._happens(at, 0.03, 0.5):
                    yield from self._session(at, host)

    def rarities(self, first: datetime, last: datetime) -> Iterator[Line]:
        for host in LINUX:
            for program, text in NOW_AND_THEN:
                at = first + (last - first) * self._draw.random()
                yield self._syslog(at.replace(second=0, microsecond=0), host, program, text)

    def windows(self, first: datetime, last: datetime) -> Iterator[Line]:
        for host, role in WINDOWS.items():
            for at in minutes(first, last):
                for night, noon, event in (*WINDOWS_EVENTS["every"], *WINDOWS_EVENTS[role]):
                    if self._happens(at, night, noon):
                        moment = at + timedelta(seconds=self._draw.randrange(60))
                        filled = self._filled(json.dumps(event), moment)
                        yield Line(moment, windows_event(moment, host, json.loads(filled)))

    def web(self, first: datetime, last: datetime) -> Iterator[Line]:
        for at in minutes(first, last):
            if self._happens(at, 4, 26):
                moment = at + timedelta(seconds=self._draw.randrange(60))
                path, agent = self._filled(self._draw.choice(PAGES), moment), self._draw.choice(AGENTS)
                yield Line(moment, web_request(moment, f"203.0.113.{self._draw.randrange(10, 60)}", f"GET {path}", 200, 900 + self._draw.randrange(20_000), agent))  # fmt: skip

    def firewall(self, first: datetime, last: datetime) -> Iterator[Line]:
        flows = (
            ("203.0.113.{n}", "10.20.1.8", 443, "wan1", "dmz", "close"),
            ("10.20.1.8", "10.40.0.11", 5432, "dmz", "db", "close"),
            ("10.30.5.{n}", "192.0.2.80", 443, "users", "wan1", "close"),
            ("10.90.0.7", "10.20.1.8", 22, "mgmt", "dmz", "close"),
            ("198.51.100.{n}", "10.20.1.8", 22, "wan1", "dmz", "deny"),
            ("198.51.100.{n}", "10.20.1.8", 3389, "wan1", "dmz", "deny"),
        )
        for at in minutes(first, last):
            if self._happens(at, 5, 9):
                moment = at + timedelta(seconds=self._draw.randrange(60))
                source, destination, port, into, out, action = self._draw.choice(flows)
                flow = incidents.Flow(self._filled(source, moment), destination, port, into, out, action)
                yield Line(moment, incidents.traffic(moment, flow, 2_000 + self._draw.randrange(40_000)))

    def strange_host(self, host: str, start: datetime, lines: int, length: timedelta) -> Iterator[Line]:
        """Programs that this host never ran, most of them within two bursts."""
        for number in range(lines):
            share = self._draw.random()
            burst = (0.3 if number % 2 else 0.7) + share / 40
            at = start + length * (burst if number % 5 else share)
            program, text = self._draw.choice(incidents.STRANGE)
            yield self._syslog(at, host, program, text, anywhere=False)

    def _happens(self, at: datetime, night: float, noon: float) -> bool:
        """Whether something of so many times an hour happens in this minute; working hours rise to noon's rate."""
        day = max(0.0, 1 - abs(at.hour + at.minute / 60 - 13) / 6)
        return self._draw.random() < (night + (noon - night) * day) / 60

    def _session(self, at: datetime, host: str) -> Iterator[Line]:
        user, address = self._draw.choice(sorted(ADMINS.items()))
        for program, text in (
            ("sshd", f"Accepted publickey for {user} from {address} port 5{{n}}1 ssh2: ED25519 SHA256:DEMO"),
            ("sshd", f"pam_unix(sshd:session): session opened for user {user}(uid=1004) by (uid=0)"),
            ("sudo", f"{user} : TTY=pts/0 ; PWD=/home/{user} ; USER=root ; COMMAND=/usr/bin/systemctl status {{n}}"),
        ):
            yield self._syslog(at, host, program, text)
        closed = f"pam_unix(sshd:session): session closed for user {user}"
        yield self._syslog(at + timedelta(minutes=2), host, "sshd", closed)

    def _syslog(self, at: datetime, host: str, program: str, text: str, *, anywhere: bool = True) -> Line:
        moment = at + timedelta(seconds=self._draw.randrange(60)) if anywhere else at.replace(microsecond=0)
        return Line(moment, syslog(moment, host, program, self._filled(text, moment)))

    def _filled(self, text: str, at: datetime) -> str:
        epoch = f"{int(at.timestamp())}.{self._draw.randrange(1000):03}"
        return text.replace("{epoch}", epoch).replace("{n}", str(self._draw.randrange(10, 250)))


def minutes(first: datetime, last: datetime) -> Iterator[datetime]:
    return (first + timedelta(minutes=number) for number in range(int((last - first).total_seconds()) // 60))


def syslog(at: datetime, host: str, program: str, text: str) -> str:
    return f"<30>1 {at.isoformat()} {host} {program} - - - {text}"


def windows_event(at: datetime, host: str, event: dict[str, object]) -> str:
    return json.dumps(
        {"SystemTime": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "Computer": f"{host}.example.vn", **event},
        ensure_ascii=False,
    )


def web_request(at: datetime, client: str, request: str, status: int, size: int, agent: str) -> str:
    return f'{client} - - [{at:%d/%b/%Y:%H:%M:%S %z}] "{request} HTTP/1.1" {status} {size} "-" "{agent}"'


def incident(file: str) -> list[Line]:
    """The lines of an incident with its own times, as each file writes them."""
    found = []
    for clock, *told in incidents.LINES[file]:
        at = datetime.fromisoformat(f"2026-03-02T{clock}").replace(tzinfo=ZONE)
        found.append(Line(at, _WRITERS[file](at, *told)))
    return found


_WRITERS = {
    "host-linux.log": lambda at, host, program, text: syslog(at, host, program, incidents.dated(at, text)),
    "host-windows.ndjson": windows_event,
    "web.log": web_request,
    "firewall.log": lambda at, told: told(at),
}


def write(file: Path, lines: Iterable[Line]) -> None:
    text = "".join(f"{line.text}\n" for line in sorted(lines)).encode()
    file.write_bytes(gzip.compress(text, 9, mtime=0) if file.suffix == ".gz" else text)


def main(folder: Path) -> None:
    site = Site(3)
    usual = [*site.linux(START, INCIDENTS), *site.rarities(START, INCIDENTS), *site.windows(START, INCIDENTS)]
    write(folder / "host-usual.log.gz", usual)
    strange = site.strange_host("app-03", datetime(2026, 3, 2, 15, 10, tzinfo=ZONE), 260, timedelta(minutes=10))
    write(folder / "host-linux.log", [*site.linux(INCIDENTS, END), *strange, *incident("host-linux.log")])
    write(folder / "host-windows.ndjson", [*site.windows(INCIDENTS, END), *incident("host-windows.ndjson")])
    write(folder / "web.log", [*site.web(INCIDENTS - timedelta(hours=4), END), *incident("web.log")])
    write(folder / "firewall.log", [*site.firewall(INCIDENTS - timedelta(hours=8), END), *incident("firewall.log")])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
