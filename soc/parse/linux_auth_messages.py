"""What the programs that log people in say: sshd, PAM, su, login, cron, shadow's tools, systemd-logind, dropbear.

Users choose their names, so that ` from 192.0.2.1 port 22` may stand inside of one: the last such part that the rest of the
message fits is the true one.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Message(NamedTuple):
    """A shape of message: named groups are fields, the rest is what it means."""

    pattern: re.Pattern[str]
    category: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    outcome: str = ""
    action: str = ""
    service: str = ""
    """The Sigma service that it tells by itself, where no program is named."""


_ADDRESS = r"(?P<address>[^\s:()]{1,255}|[0-9A-Fa-f:.]{2,64})"
_PORT = r"(?: port (?P<port>\d{1,5}))?"
_USER = r"(?P<user>.*)"
_IP = r"(?P<address>\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f.]{0,32}:[0-9A-Fa-f:.]{0,64}(?:%\w{1,16})?|UNKNOWN)"
_PEER = rf"(?:(?:authenticating |invalid |illegal )?user (?:(?P<user>.*) )?)?{_IP}(?: port (?P<port>\d{{1,5}}))?"
_KEY = r"(?: ssh\d?)?(?:: (?:ruser .*|(?P<key>(?:RSA|DSA|ECDSA|ED25519|RSA-CERT|ECDSA-CERT|ED25519-CERT|ECDSA-SK|ED25519-SK) .*)))?"
_END = r"(?: \[preauth\])? ?$"
_AUTH, _SESSION, _NETWORK, _IAM = ("authentication",), ("session",), ("network",), ("iam",)
_GOOD, _BAD = "success", "failure"
_INFO, _START, _STOP = ("info",), ("start",), ("end",)


def _rows(service: str, *rows: tuple[str, tuple[str, ...], tuple[str, ...], str, str]) -> tuple[Message, ...]:
    return tuple(Message(re.compile(row[0], re.DOTALL), *row[1:], service=service) for row in rows)


SSHD = _rows(
    "sshd",
    (rf"Accepted (?P<method>\S+) for {_USER} from {_ADDRESS}{_PORT}{_KEY}{_END}",
     ("authentication", "session"), ("start", "info"), _GOOD, "ssh_login"),
    (rf"Accepted (?P<method>\S+) for (?P<user>\S+){_END}", ("authentication", "session"), ("start", "info"), _GOOD, "ssh_login"),
    (r"Accepted key (?P<key>\S+ \S+) found at (?P<file>\S+?)(?::\d+)?$", _AUTH, _START, _GOOD, ""),
    (rf"Failed (?P<method>\S+) for (?:(?:invalid|illegal) user ?)?{_USER} from {_ADDRESS} port (?P<port>\d{{1,5}}){_KEY}{_END}",
     _AUTH, ("info", "end"), _BAD, "ssh_login"),
    (rf"Failed (?P<method>\S+) for (?:(?:invalid|illegal) user ?)?{_USER} from {_ADDRESS}{_PORT}{_KEY}{_END}",
     _AUTH, ("info", "end"), _BAD, "ssh_login"),
    (rf"(?:Invalid|Illegal) user {_USER} from {_ADDRESS}{_PORT}{_END}", _AUTH, _INFO, _BAD, "ssh_login"),
    (rf"PAM: (?P<reason>[\w ]{{1,80}}?) for (?:(?:invalid|illegal) user )?{_USER} from {_ADDRESS}(?: via \S+)? ?$", _AUTH, _INFO, _BAD, "ssh_login"),
    (rf"User {_USER} from {_ADDRESS} not allowed because (?P<reason>.*)$", _AUTH, _INFO, _BAD, "ssh_login"),
    (rf"(?P<user>ROOT) LOGIN REFUSED FROM {_ADDRESS}{_PORT}{_END}", _AUTH, _INFO, _BAD, "ssh_login"),
    (rf"maximum authentication attempts exceeded for (?:(?:invalid|illegal) user )?{_USER} from {_ADDRESS}{_PORT}(?: ssh\d?)?{_END}",
     _SESSION, _STOP, _BAD, "ssh_login"),
    (rf"Postponed (?P<method>\S+) for (?:(?:invalid|illegal) user )?{_USER} from {_ADDRESS}{_PORT}(?: ssh\d?)?{_END}",
     _AUTH, _INFO, "", ""),
    (rf"Authentication tried for {_USER} with correct key but not from a permitted host \(host=(?:[^,]*), ip={_ADDRESS}\)",
     _AUTH, _INFO, _BAD, "ssh_login"),
    (rf"Connection (?:closed|reset) by {_PEER}{_END}", _NETWORK, _STOP, _GOOD, ""),
    (rf"Disconnected from {_PEER}{_END}", _NETWORK, _STOP, _GOOD, ""),
    (rf"Disconnecting {_PEER}: (?P<reason>.*)$", _AUTH, _STOP, _BAD, ""),
    (rf"Received disconnect from {_ADDRESS}{_PORT}: ?(?P<code>\d+): (?P<reason>.*)$", _NETWORK, _STOP, _GOOD, ""),
    (rf"(?:ssh_dispatch_run_fatal: |banner exchange: )?Connection from {_ADDRESS}{_PORT}: (?P<reason>.*)$", _NETWORK, ("protocol", "end"), _BAD, ""),
    (rf"Connection from {_ADDRESS} port (?P<port>\d{{1,5}})$", _NETWORK, ("connection", "start"), _GOOD, ""),
    (rf"Connection from {_ADDRESS}{_PORT} on (?P<to_address>\S+?)(?: port (?P<to_port>\d{{1,5}}))?(?: rdomain .*)?$", _NETWORK, _START, _GOOD, ""),
    (rf"Did not receive identification string from {_ADDRESS}{_PORT}{_END}", _NETWORK, ("protocol", "end"), _BAD, ""),
    (rf"Bad protocol version identification .* from {_ADDRESS}{_PORT}{_END}", _NETWORK, ("protocol", "end"), _BAD, ""),
    (rf"Unable to negotiate with {_ADDRESS}{_PORT}: (?P<reason>.*)$", _NETWORK, ("protocol", "end"), _BAD, ""),
    (rf"Timeout before authentication for (?:connection from )?{_ADDRESS}{_PORT}(?: to .*)?$", _SESSION, _STOP, _BAD, ""),
    (rf"refused connect from .* \({_ADDRESS}\)$", _NETWORK, ("denied", "end"), _BAD, ""),
    (rf"Starting session: (?P<kind>\S{{1,32}})(?: \([\w-]{{1,32}}\))?(?: '[^']{{0,1024}}')?(?: on \S{{1,64}})? for {_USER} from {_ADDRESS}{_PORT}(?: id \d+)?$",
     _SESSION, _START, _GOOD, ""),
    (r"subsystem request for (?P<kind>\S+)(?: by user (?P<user>.*))?$", _SESSION, _START, _GOOD, ""),
    (r"User (?P<user>child) is on pid (?P<child>\d{1,10})$", _SESSION, _START, _GOOD, ""),
    (rf"reverse mapping checking getaddrinfo for (?P<domain>\S+) \[{_ADDRESS}\] failed", _NETWORK, _INFO, _BAD, ""),
    (rf"Address {_ADDRESS} maps to (?P<domain>\S+), but this does not map back", _NETWORK, _INFO, _BAD, ""),
    (r"Server listening on (?P<to_address>\S+) port (?P<to_port>\d{1,5})\.", _NETWORK, _START, _GOOD, ""),
    (r"PAM service\((?P<pam_service>[\w.-]+)\) ignoring max retries", _SESSION, _START, _BAD, ""),
    (r"PAM adding faulty module: (?P<module>\S+)$", ("library",), _START, _BAD, ""),
    (r"User (?P<user>.*) not allowed because (?P<reason>.*)$", _AUTH, _INFO, _BAD, "ssh_login"),
    (r"(?:Certificate invalid|Authentication refused): (?P<reason>.*)$", _AUTH, _INFO, _BAD, "ssh_login"),
    (r"kex_(?:exchange_identification|protocol_error): (?P<reason>.*?)(?: \[preauth\])?$", _NETWORK, ("protocol", "end"), _BAD, ""),
    (r"Session opened for '(?P<user>[^']{1,256})' on (?P<tty>\S{1,64})$", _SESSION, _START, _GOOD, "logged-on"),
    (r"Session closed for '(?P<user>[^']{1,256})' on (?P<tty>\S{1,64})", _SESSION, _STOP, _GOOD, "logged-off"),
    (r"userauth_finish: send failure packet: (?P<reason>.*)$", _SESSION, _STOP, _BAD, ""),
    (r"Read from socket failed: (?P<reason>.*)$", _AUTH, _INFO, _BAD, "ssh_login"),
)  # fmt: skip

_FAILURE = (
    r"authentication failure; logname=(?P<logname>\S*) uid=(?P<uid>\d*) euid=(?P<euid>\d*) tty=(?P<tty>\S*) "
    r"ruser=(?P<ruser>.*?) rhost=(?P<rhost>\S*)(?: {1,2}user=(?P<user>.*?))? ?$"
)
PAM = _rows(
    "auth",
    (rf"(?:PAM \d+ more )?{_FAILURE.replace('failure;', 'failures?;')}", ("authentication", "session"), _INFO, _BAD, ""),
    (r"session opened for user (?P<effective>.{0,256}?)(?:\(uid=(?P<effective_id>\d{1,10})\))? by (?P<user>[^()]{0,256})\(uid=(?P<uid>\d{1,10})\)$",
     _SESSION, _START, _GOOD, "logged-on"),
    (r"session (?P<step>opened) for local user (?P<user>\S{1,256}) from \[(?P<address>[^\[\]]{1,255})\]", _SESSION, _START, _GOOD, "logged-on"),
    (r"session (?P<step>closed) for local user (?P<user>\S{1,256}) from \[(?P<address>[^\[\]]{1,255})\]", _SESSION, _STOP, _GOOD, "logged-off"),
    (r"session closed for user (?P<user>.*)$", _SESSION, _STOP, _GOOD, "logged-off"),
    (_FAILURE.replace("failure;", "success;"), ("authentication", "session"), _INFO, _GOOD, ""),
    (r"[Aa]uthentication failure; user=(?P<user>\S{1,256})", _AUTH, _INFO, _BAD, ""),
    (r"[Aa]ccess denied for user [`']?(?P<user>[^\s:`']{1,256})'?(?: from [`']?(?P<rhost>[^\s`']{1,255})'?)?(?:: (?:\d{1,3} )?\((?P<reason>[^()]{1,256})\))?",
     _AUTH, ("info", "denied"), _BAD, ""),
    (r"user (?P<user>\S{1,256}) \((?P<uid>\d{1,10})\) tally \d{1,9}, deny \d{1,9}$", _AUTH, ("info", "denied"), _BAD, "locked-account"),
    (r"Refused user (?P<user>\S{1,256}) for service (?P<program>\S{1,64})", _AUTH, ("info", "denied"), _BAD, ""),
    (r"(?P<reason>conversation failed|auth could not identify password for \[(?P<user>[^\[\]]{0,256})\])$", _AUTH, _INFO, _BAD, ""),
    (r"password changed for (?P<target>.*)$", _IAM, ("user", "change"), _GOOD, "changed-password"),
    (r"user '(?P<user>[^']*)' granted access$", _SESSION, _START, _GOOD, ""),
    (r"user '(?P<user>[^']*)' denied access", _SESSION, _START, _BAD, ""),
    (r"(?:check pass; user unknown|User unknown)$", _AUTH, _STOP, _BAD, ""),
    (r"requirement \"[^\"]*\" (?:not met|was met) by user \"(?P<user>[^\"]*)\"$", _AUTH, _INFO, _BAD, ""),
    (r"Consecutive login failures for user (?P<user>\S+) account temporarily locked", _AUTH, ("info", "denied"), _BAD, "locked-account"),
    (r"account (?P<user>\S+) has (?:expired|password changed in future)", _AUTH, _INFO, _BAD, ""),
    (r"Failed to create session: (?P<reason>.*)$", _SESSION, _STOP, _BAD, ""),
)  # fmt: skip

OTHERS = (
    *_rows(
        "auth",
        # su
        (r"Successful su for (?P<effective>.*) by (?P<user>.*)$", _AUTH, _START, _GOOD, ""),
        (r"FAILED su for (?P<effective>.*) by (?P<user>.*)$", _AUTH, _START, _BAD, ""),
        (r"(?P<sign>[+-]) (?P<tty>\S+) (?P<user>[^:\s]+):(?P<effective>\S+)$", _AUTH, _START, "", ""),
        (r"\(to (?P<effective>\S+)\) (?P<user>\S+) on (?P<tty>\S+)$", _AUTH, _START, _GOOD, ""),
        (r"FAILED SU \(to (?P<effective>\S+)\) (?P<user>\S+) on (?P<tty>\S+)$", _AUTH, _START, _BAD, ""),
        (r"'su (?P<effective>\S+)' failed for (?P<user>.*) on (?P<tty>\S+)$", _AUTH, _START, _BAD, ""),
        # shadow
        (r"new user: name=(?P<user>[^,]*), UID=(?P<uid>\d+), GID=(?P<gid>\d+)(?:, home=(?P<home>[^,]*), shell=(?P<shell>[^,]*))?",
         _IAM, ("user", "creation"), _GOOD, "added-user-account"),
        (r"failed adding user '(?P<user>[^']*)'", _IAM, ("user", "creation"), _BAD, "added-user-account"),
        (r"delete user '(?P<user>[^']*)'$", _IAM, ("user", "deletion"), _GOOD, "deleted-user-account"),
        (r"delete '(?P<user>[^']*)' from (?:shadow )?group '(?P<group>[^']*)'", _IAM, ("group", "change"), _GOOD, "removed-user-from-group"),
        (r"add '(?P<user>[^']*)' to (?:shadow )?group '(?P<group>[^']*)'", _IAM, ("group", "change"), _GOOD, "added-user-to-group"),
        (r"(?:change|changed|lock|unlock) user '(?P<user>[^']*)'", _IAM, ("user", "change"), _GOOD, "modified-user-account"),
        (r"group added to (?P<file>\S+): name=(?P<group>[^,]*)(?:, GID=(?P<gid>\d+))?$", _IAM, ("group", "creation"), _GOOD, "added-group-account"),
        (r"new group: name=(?P<group>[^,]*), GID=(?P<gid>\d+)$", _IAM, ("group", "creation"), _GOOD, "added-group-account"),
        (r"group '(?P<group>[^']*)' removed", _IAM, ("group", "deletion"), _GOOD, "deleted-group-account"),
        (r"removed (?:shadow )?group '(?P<group>[^']*)'", _IAM, ("group", "deletion"), _GOOD, "deleted-group-account"),
        (r"changed password expiry for (?P<target>\S+)$", _IAM, ("user", "change"), _GOOD, "modified-user-account"),
        (r"change user name '(?P<target>[^']*)' to '(?P<changed>[^']*)'", _IAM, ("user", "change"), _GOOD, "renamed-user-account"),
        (r"group changed in (?P<file>\S+) \(group (?P<group>[^/()]{1,64})/(?P<gid>\d{1,10})", _IAM, ("group", "change"), _GOOD, "modified-group-account"),
        (r"user (?P<target>\S{1,64}) added by (?P<user>\S{1,64}) to group (?P<group>\S{1,64})$", _IAM, ("group", "change"), _GOOD, "added-user-to-group"),
        (r"user (?P<target>\S{1,64}) removed by (?P<user>\S{1,64}) from group (?P<group>\S{1,64})$", _IAM, ("group", "change"), _GOOD, "removed-user-from-group"),
        (r"[Pp]assword for '(?P<target>[^']*)' changed by (?:user )?'(?P<user>[^']*)'", _IAM, ("user", "change"), _GOOD, "changed-password"),
        # who becomes whom by other means
        (r"(?P<user>\S{1,64}) ran command (?P<command>.{1,4096}) as (?P<effective>\S{1,64}) from (?P<PWD>\S{1,1024})$", ("process",), _START, _GOOD, ""),
        (r"command not permitted for (?P<user>\S{1,64}): (?P<command>.{1,4096})$", ("process",), ("start", "denied"), _BAD, ""),
        (r"(?P<user>\S{1,64}): (?:(?P<reason>[^\[\]]{1,256}) )?\[USER=(?P<effective>[^\]]{1,64})\] \[TTY=(?P<tty>[^\]]{0,64})\] \[CWD=(?P<PWD>[^\]]{0,1024})\] \[COMMAND=(?P<command>.{1,4096})\]$",
         ("process",), _START, "", ""),
        (r"Operator of (?P<session>\S{1,64}) (?:FAILED to authenticate|authenticated unsuccessfully) .{0,512}?for action (?P<what>\S{1,256}) .{0,1024}?\(owned by unix-user:(?P<user>[^()]{1,64})\)",
         _AUTH, _START, _BAD, ""),
        (r"Operator of (?P<session>\S{1,64}) successfully authenticated as unix-user:(?P<effective>\S{1,64}) .{0,512}?for action (?P<what>\S{1,256}) .{0,1024}?\(owned by unix-user:(?P<user>[^()]{1,64})\)",
         _AUTH, _START, _GOOD, ""),
        # Kerberos
        (r"(?P<step>AS_REQ|TGS_REQ) \([^()]{1,256}\) (?P<address>[0-9A-Fa-f:.]{3,45}): ISSUE: .{1,256}?, (?P<user>\S{1,256}) for (?P<what>\S{1,256})$", _AUTH, _START, _GOOD, ""),
        (r"(?P<step>AS_REQ|TGS_REQ) \([^()]{1,256}\) (?P<address>[0-9A-Fa-f:.]{3,45}): (?P<reason>[A-Z][A-Z_ ]{2,64}): (?:authtime \d{1,12}, {1,2})?(?P<user>\S{1,256}) for (?P<what>[^\s,]{1,256})",
         _AUTH, _START, _BAD, ""),
        # systemd-logind and login
        (r"Started (?:session-\d{1,9}\.scope - )?Session (?P<session>\S{1,32}) of [Uu]ser (?P<user>\S{1,256}?)\.$", _SESSION, _START, _GOOD, ""),
        (r"New session '?(?P<session>\S+?)'? of user '?(?P<user>[^\s']{1,256}?)'?(?: with class .*)?\.$", _SESSION, _START, _GOOD, ""),
        (r"(?:Removed session|Session) (?P<session>\S+?)(?:\.| logged out\.).*$", _SESSION, _STOP, _GOOD, ""),
        (r"(?:ROOT )?LOGIN ON (?P<tty>\S+)(?: BY (?P<user>\S+))?(?: FROM (?P<address>\S+))?$", _AUTH, _START, _GOOD, ""),
        (r"FAILED LOGIN \(?\d+\)? (?:on '(?P<tty>[^']*)' )?(?:FROM (?P<address>\S+) )?FOR '?(?P<user>[^',]*)'?, (?P<reason>.*)$", _AUTH, _START, _BAD, ""),
        # dropbear and other daemons
        (rf"(?:\[\d+\] .{{15}} )?(?:Bad password attempt|Login attempt) for (?:nonexistent user|'(?P<user>[^']*)') from {_ADDRESS}:(?P<port>\d{{1,5}})$",
         _AUTH, _INFO, _BAD, ""),
        (rf"(?:Password|Pubkey) auth succeeded for '(?P<user>[^']*)'.* from {_ADDRESS}:(?P<port>\d{{1,5}})$", ("authentication", "session"), _START, _GOOD, ""),
        (rf"(?:\[\d+\] .{{15}} )?Exit before auth from <{_ADDRESS}:(?P<port>\d{{1,5}})>: \(user '(?P<user>[^']*)', \d+ fails\).*$", _AUTH, _STOP, _BAD, ""),
        (rf"Exit before auth \(user '(?P<user>[^']*)', \d+ fails\).* from {_ADDRESS}:(?P<port>\d{{1,5}})$", _AUTH, _STOP, _BAD, ""),
        (rf"Child connection from {_ADDRESS}:(?P<port>\d{{1,5}})$", _NETWORK, _START, _GOOD, ""),
        (rf"(?:(?:NOTICE|INFO|WARNING) {{1,4}})?\[(?P<what>[\w.-]{{1,64}})\] (?:Restore )?(?P<step>Ban|Unban|Found) {_ADDRESS}(?: - .*)?$", _NETWORK, ("info",), _GOOD, ""),
        # Samba and Asterisk
        (r"check_ntlm_password: {1,2}[Aa]uthentication for user \[(?P<user>[^\[\]]{0,256})\] -> \[[^\[\]]{0,256}\](?: -> \[[^\[\]]{0,256}\])? (?P<step>FAILED) with error (?P<reason>NT_STATUS_\w{1,64})",
         _AUTH, _START, _BAD, ""),
        (r"Auth: \[(?P<service>[^\[\]]{1,64})\] user \[[^\[\]]{0,256}\]\\\[(?P<user>[^\[\]]{0,256})\] .{0,256}?status \[NT_STATUS_OK\].{0,256}?remote host \[ipv[46]:(?P<address>[0-9A-Fa-f.:]{2,45}):(?P<port>\d{1,5})\]",
         _AUTH, _START, _GOOD, ""),
        (r"Auth: \[(?P<service>[^\[\]]{1,64})\] user \[[^\[\]]{0,256}\]\\\[(?P<user>[^\[\]]{0,256})\] .{0,256}?status \[(?P<reason>NT_STATUS_\w{1,64})\].{0,256}?remote host \[ipv[46]:(?P<address>[0-9A-Fa-f.:]{2,45}):(?P<port>\d{1,5})\]",
         _AUTH, _START, _BAD, ""),
        (r"(?:NOTICE\[\d{1,10}\](?:\[[\w-]{1,32}\])?:? )?[\w./]{1,64}:\d{1,6} (?:in )?\w{1,64}: (?:Registration|Call) from '[^']{0,256}' (?:\([\d.]{7,15}:\d{1,5}\) )?(?:failed for|to extension) '(?P<address>[0-9A-Fa-f.:]{2,45}?)(?::(?P<port>\d{1,5}))?' - (?P<reason>.{1,128})$",
         _AUTH, _START, _BAD, ""),
        (rf"Attack from \"{_ADDRESS}\" on service (?P<what>.{{1,64}}?) with danger \d{{1,6}}", ("intrusion_detection",), ("info",), "", "attack"),
        (r"[Bb]lock(?:ing)? \"(?P<address>[0-9A-Fa-f.:]{2,45})(?:/\d{1,3})?\"", _NETWORK, ("denied",), _GOOD, "block"),
        (rf"repeated login failures from {_ADDRESS}(?: \((?P<domain>[^)]*)\))?$", _AUTH, _INFO, _BAD, ""),
        (rf"(?:Non-existent|Invalid) login as (?P<user>.*) from {_ADDRESS} ?$", _AUTH, _INFO, _BAD, ""),
    ),
    *_rows(
        "cron",
        (r"\((?P<user>[^)]{1,64})\) CMD \((?P<command>.*)\)$", ("process",), _START, _GOOD, ""),
        (r"\((?P<user>[^)]{1,64})\) (?P<verb>BEGIN EDIT|END EDIT|LIST|REPLACE|DELETE|RELOAD) \((?P<table>.*)\)$",
         ("configuration",), ("change",), _GOOD, ""),
        (r"\((?P<user>[^)]{1,64})\) (?P<reason>FAILED to authorize user with PAM \(.*\))$", _AUTH, _START, _BAD, ""),
        (r"Job `(?P<job>[^']*)' started$", ("process",), _START, _GOOD, ""),
    ),
)  # fmt: skip

# OpenSSH's file server, by what it says first: what happened to which file.
SFTP = _rows(
    "sshd",
    (r"open \"(?P<file>[^\"]{1,4096})\" flags (?P<flags>\S{1,128})", ("file",), ("access",), _GOOD, "open"),
    (
        r"close \"(?P<file>[^\"]{1,4096})\" bytes read (?P<read>\d{1,18}) written (?P<written>\d{1,18})",
        ("file",),
        ("access",),
        _GOOD,
        "close",
    ),
    (r"remove name \"(?P<file>[^\"]{1,4096})\"", ("file",), ("deletion",), _GOOD, "remove"),
    (
        r"rename old \"(?P<file>[^\"]{1,4096})\" new \"(?P<target_file>[^\"]{1,4096})\"",
        ("file",),
        ("change",),
        _GOOD,
        "rename",
    ),
    (
        r"(?:mkdir name|symlink old|posix-rename old|rmdir name|set) \"(?P<file>[^\"]{1,4096})\"",
        ("file",),
        ("change",),
        _GOOD,
        "",
    ),
    (r"opendir \"(?P<file>[^\"]{1,4096})\"", ("file",), ("access",), _GOOD, "opendir"),
)
