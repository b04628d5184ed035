"""Mail servers besides Postfix: Dovecot, Exim, Sendmail, Cyrus, Courier, Perdition; who logs in, who is turned away.

Dovecot's login_log_format_elements, Exim's specification ("Log files"), Sendmail's Installation and Operation Guide.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Logsource
from soc.parse import mail, network, plain
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format
from soc.parse.when import iso

if TYPE_CHECKING:
    from soc.event import Event, Kind
    from soc.parse.format import Document, Native
    from soc.parse.frame import Frame

_DOVECOT = frozenset(
    {
        "dovecot",
        "dovecot-auth",
        "imap-login",
        "pop3-login",
        "managesieve-login",
        "submission-login",
        "auth-worker",
        "doveadm",
        "lda",
    }
)
_EXIM = frozenset({"exim", "exim4"})
_SENDMAIL = frozenset({"sendmail", "sm-mta", "sm-msp-queue", "sm-acceptingconnections", "sm-msp", "sm-client"})
_OTHERS = frozenset({
    "imaps", "imap", "pop3", "pop3s", "imapd", "pop3d", "ipop3d", "imapd-ssl", "pop3d-ssl", "perdition.imaps", "perdition.imap", "perdition.pop3",
    "perdition.pop3s", "perdition", "courierd", "courieresmtpd", "esmtpd", "authdaemond", "lmtpunix", "sieve", "timsieved",
})  # fmt: skip
_SEARCHED = 4096
_IP = r"(?:::ffff:)?(?P<ip>[0-9A-Fa-f.:]{2,45})"
_PAIR = re.compile(
    r"(?<![\w<-])([A-Za-z_]\w{0,31})=(<[^<>\n]{0,512}>|\"[^\"\n]{0,512}\"|\[[^\]\n]{0,64}\]|[^\s,;)]{0,512})"
)
# Dovecot: `imap-login: Info: Login: user=<>, ...`, `auth: Info: pam(user,192.0.2.1,<session>): reason`, `imap(user)<pid><session>: ...`
_LOGIN = re.compile(
    r"(?:(?P<service>[\w-]{1,32}-login): )?(?:(?:Info|Warning|Error): )?(?P<text>(?:Login|Disconnected|Aborted login|Login aborted|Logged out|Maximum )[^\n]{0,2048})"
)
_AUTH = re.compile(
    r"(?:(?:auth(?:-worker)?|dovecot)(?:\([\w, .-]{0,32}\))?: )?(?:(?:Info|Warning|Error|Debug): )?(?:conn unix:[^:\n]{1,64}(?:: auth-worker<\d{1,18}>)?: |(?:auth-worker<\d{1,18}>: ))*"
    rf"(?P<driver>[a-z][\w-]{{1,24}})\((?P<user>[^,()\n]{{0,256}}),{_IP}(?:,(?P<session><[^>\n]{{0,64}}>)?)?\): (?P<text>[^\n]{{0,1024}})"
)
# Dovecot's own log files, and those of multilog.
_STAMPED = re.compile(r"(?:@[0-9a-f]{24} |(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) )?")
_SESSION = re.compile(
    r"(?P<service>imap|pop3|lmtp|lda|managesieve|indexer-worker)\((?P<user>[^()\n]{1,256})\)(?:<\d{1,10}>)?(?:<(?P<session>[^>\n]{1,64})>)?: (?:Info: )?(?P<text>[^\n]{0,2048})"
)
# Exim: a time of its own, a process id, a message id.
_EXIM_LEAD = re.compile(
    r"(?:(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: [+-]\d{4})?) )?(?:\w{1,8} exim\[\d{1,10}\]: )?(?:\[(?P<pid>\d{1,10})(?:\.\d{1,4})?\] )?(?:(?P<id>[0-9A-Za-z]{6}-[0-9A-Za-z]{6}(?:[0-9A-Za-z]{5})?-[0-9A-Za-z]{2,4}) )?"
)
_EXIM_TELLING = re.compile(
    r"(?:<=|=>|->|\*>|>>|\*\*|==|\(=) |Completed$|\w{1,32} authenticator failed for |H=\(?[\w.\[\]:-]{1,255}\)? |no MAIL in SMTP connection |SMTP (?:protocol|call|command|data|connection|syntax) |"
    r"no host name found for IP address |SA: Action: |TLS error on connection |unexpected disconnection |rejected (?:connection|EHLO|HELO|RCPT|MAIL|AUTH) |Connection from \["
)
_EXIM_ENDS = re.compile(
    rf"(?:H=|from |for |host=)(?:(?P<name>[\w.-]{{1,255}}) )?(?:\((?P<helo>[^()\n]{{1,255}})\) )?\[{_IP}\](?::(?P<port>\d{{1,5}}))?"
)
_INTERFACE = re.compile(r" I=\[([0-9A-Fa-f.:]{2,45})\](?::(\d{1,5}))?")
_EXIM_BARE = re.compile(rf"(?:IP address |\[){_IP}\]?(?::(?P<port>\d{{1,5}}))?")
_AUTHENTICATOR = re.compile(
    r"(?P<method>\w{1,32}) authenticator failed for [^\n]{1,600}?: (?P<answer>535 [^(\n]{1,128}?)(?:\(set_id=(?P<user>[^)\n]{0,256})\))?$"
)
_REFUSED = re.compile(
    r"(?P<act>rejected|dropped|temporarily rejected|sender verify fail)(?: (?P<stage>[A-Z]{4,8}))?(?: for)?(?: <(?P<to>[^<>\n]{0,255})>)?[^:\n]{0,64}: (?P<answer>[^\n]{1,512})"
)
_FLAG = re.compile(r"(?P<flag><=|=>|->|\*\*|==) (?P<address><?[^\s<>]{0,255}>?)")
# Sendmail
_QUEUED = re.compile(r"(?:(?P<queue>[0-9A-Za-z]{14}|[0-9A-Za-z]{12}): )?")
_SENDMAIL_TELLING = re.compile(
    r"(?:from=|to=|ruleset=|AUTH failure|\S{0,255} ?\[[0-9A-Fa-f.:]{2,45}\](?: \(may be forged\))?(?:: (?:possible SMTP attack|EXPN|VRFY|expn|vrfy)| did not issue)|lost input channel|rejecting commands)"
)
_HOST = re.compile(rf"(?:relay=|from |^)(?:(?P<name>[\w.-]{{1,255}}) )?\[{_IP}\]")
_HOST_ANYWHERE = re.compile(rf"(?:(?P<name>[\w.-]{{1,255}}) )?\[{_IP}\]")
_REJECT = re.compile(r"reject=(?P<reply>\d\d\d) (?:(?P<dsn>\d\.\d{1,3}\.\d{1,3}) )?(?P<answer>[^\n]{1,512})")
_FAILURE = re.compile(r"(?P<answer>AUTH failure \((?P<method>[\w-]{1,32})\): [^\n]{0,256}?)(?:, user=|, relay=|$)")
# Cyrus, Courier, Perdition
_CYRUS = re.compile(
    rf"(?P<act>badlogin|login): (?P<name>[\w.-]{{0,255}}) ?\[{_IP}\] [\w-]{{1,32}}(?: (?!SASL)(?P<user>[^\s\[]{{1,255}}))?"
)
_PERDITION = re.compile(
    rf"(?:client |Auth: |Connect: ){_IP}:(?P<port>\d{{1,5}})->(?P<there>[0-9A-Fa-f.:]{{2,45}}):(?P<there_port>\d{{1,5}})"
)
_COURIER = re.compile(r"(?P<act>LOGIN FAILED|LOGIN|LOGOUT|DISCONNECTED|TIMEOUT)(?:, method=\w{1,32})?, (?:user=|ip=)")
_FAILED = (
    "auth failed", "assword mismatch", "nknown user", "invalid credentials", "uthentication fail", "disallowed plaintext", "disabled plaintext", "LOGIN FAILED",
    "badlogin", "AUTH failure", "authenticator failed", 'status="failed', "no auth attempts",
)  # fmt: skip


def decode(frame: Frame) -> Native | None:
    """The pairs of a line by its program's names, and what it says: `ip`, `port`, `name`, `user`, `answer`."""
    app = frame.syslog.app.lower().rpartition("/")[2] if frame.syslog else ""
    text = frame.text.strip()
    if "pam_unix(" in text:  # what PAM says
        return None
    searched = text[:_SEARCHED]
    for programs, read in _READERS:
        told = read(searched, app in programs)
        if told is not None:
            given = {name: value.strip('<>"[]') for name, value in _PAIR.findall(searched)}
            return {**given, **told, "message": text, "product": read.__name__.lstrip("_")}
    return None


def _present(found: re.Match[str] | None) -> dict[str, Any]:
    return {f"said.{name}": value for name, value in found.groupdict().items() if value is not None} if found else {}


def _dovecot(text: str, known: bool) -> Native | None:  # noqa: FBT001 (a reader's one question)
    stamp = _STAMPED.match(text)
    text = text[stamp.end() :].removeprefix("dovecot: ") if stamp else text
    if (found := _AUTH.match(text)) or (found := _SESSION.match(text)):
        return _present(found)
    found = _LOGIN.match(text)
    return _present(found) if found and (known or "rip=" in text) else {} if known else None


def _exim(text: str, known: bool) -> Native | None:  # noqa: FBT001
    lead = _EXIM_LEAD.match(text)
    at = lead.end() if lead else 0
    if not known and not (at and _EXIM_TELLING.match(text, at)):
        return None
    native = _present(lead)
    ends = list(_EXIM_ENDS.finditer(text, at))
    native |= _present(ends[-1] if ends else _EXIM_BARE.search(text, at))
    for pattern in (_AUTHENTICATOR, _REFUSED):
        if found := pattern.search(text, at):
            return native | _present(found)
    return native | _present(_FLAG.match(text, at))


def _sendmail(text: str, known: bool) -> Native | None:  # noqa: FBT001
    queue = _QUEUED.match(text)
    at = queue.end() if queue else 0
    if not (known or (_SENDMAIL_TELLING.match(text, at) and (at or text.startswith("ruleset=")) and "[" in text)):
        return None
    native = _present(queue) | _present(_HOST.search(text[at:]) or _HOST_ANYWHERE.search(text, at))
    return native | _present(_FAILURE.search(text, at)) | _present(_REJECT.search(text, at))


def _cyrus(text: str, known: bool) -> Native | None:  # noqa: FBT001
    if found := _CYRUS.match(text):
        return _present(found)
    if found := _COURIER.match(text):
        return _present(found)
    if found := _PERDITION.search(text):
        return _present(found)
    return {} if known else None


_READERS = ((_DOVECOT, _dovecot), (_SENDMAIL, _sendmail), (_OTHERS, _cyrus), (_EXIM, _exim))


def time(event: Event) -> int | None:
    if (told := plain.time(event)) is not None:
        return told
    stamp = event.native.get("said.time", "")
    return iso(stamp.replace(" ", "T", 1).replace(" ", ""), event.frame.zone) if stamp else None


def ecs(event: Event, document: Document) -> None:
    native = event.native
    ip = native.get("said.ip") or native.get("rip") or native.get("ip", "").removeprefix("::ffff:")
    port = native.get("said.port") or native.get("rport") or native.get("port")
    name = mail.named(native.get("said.name"), native.get("said.helo"))
    mail.end(document, _side(native), ip, port, None if network.is_ip(name) else name and name.rstrip("."))
    _server(native, document)
    user = (
        native.get("said.user")
        or native.get("user")
        or native.get("authentication_id")
        or native.get("set_id")
        or native.get("authid")
    )
    document["user.name"] = user or None
    document["process.pid"] = network.number(native.get("said.pid")) or document.get("process.pid")
    document["email.local_id"] = native.get("said.id") or native.get("said.queue")
    sender, recipient = (
        native.get("from") or native.get("F"),
        native.get("to") or native.get("said.to") or native.get("arg1"),
    )
    if native.get("said.flag") == "<=":
        sender = native.get("said.address")
    elif "said.flag" in native:
        recipient = native.get("said.address")
    for told, target in ((sender, "email.from.address"), (recipient, "email.to.address")):
        if (found := mail.address(told)) and "@" in found:
            document[target] = [found]
    document["email.message_id"] = native.get("msgid") or (native.get("id") if "said.flag" in native else None)
    _meaning(native, document)


def _side(native: Native) -> str:
    """Whether the host that a line names was the sender or the next hop."""
    delivered = native.get("said.flag", "<=") != "<=" or ("stat" in native and "to" in native)
    return "destination" if delivered else "source"


def _server(native: Native, document: Document) -> None:
    there = _INTERFACE.search(native["message"][:_SEARCHED])
    if _side(native) == "source":
        ip = native.get("lip") or native.get("said.there") or (there[1] if there else None)
        port = native.get("lport") or native.get("said.there_port") or (there[2] if there else None)
        document["destination.ip"], document["destination.port"] = network.ip(ip), network.number(port)
    service = native.get("said.service", "")
    document["network.protocol"] = service.removesuffix("-login") or (
        "smtp" if native["product"] in {"exim", "sendmail"} else None
    )
    document["tls.established"] = True if ", TLS" in native["message"][:_SEARCHED] else None
    document["observer.product"] = native["product"] if native["product"] != "cyrus" else None


# What Exim's signs mean: delivered, put off, given up.
_DELIVERIES = {
    "=>": ("delivered", "success"),
    "->": ("delivered", "success"),
    "==": ("deferred", "failure"),
    "**": ("bounced", "failure"),
}
_EXIM_REASON = re.compile(
    r" (?:T=\S{1,64}|R=\S{1,64}|H=\S{1,255} \[[0-9A-Fa-f.:]{2,45}\](?::\d{1,5})?)(?: defer \(-?\d{1,4}\))?: (.{1,1024})$"
)


def _meaning(native: Native, document: Document) -> None:
    message = native["message"][:_SEARCHED]
    document["event.category"], document["event.type"] = ["email"], ["info"]
    reason = native.get("said.answer") or native.get("said.text", "").partition(": user=")[0]
    document["event.reason"] = reason.strip() or None
    if any(words in message for words in _FAILED):
        document["event.category"], document["event.type"], document["event.outcome"] = (
            ["authentication"],
            ["start"],
            "failure",
        )
    elif (
        message.startswith(("Login: ", "Info: Login: ", "login: ", "LOGIN, "))
        or "-login: Login: " in message
        or "-login: Info: Login: " in message
        or "AUTH=server, " in message
    ):
        document["event.category"], document["event.type"], document["event.outcome"] = (
            ["authentication"],
            ["start"],
            "success",
        )
    elif "Logged out" in message:
        document["event.category"], document["event.type"] = ["authentication"], ["end"]
    elif "said.act" in native or "reject=" in message:
        document["event.type"], document["event.outcome"] = ["denied"], "failure"
    document["event.action"] = native.get("said.act")
    if native["product"] == "exim" and (flag := native.get("said.flag")) in _DELIVERIES:
        document["event.action"], document["event.outcome"] = _DELIVERIES[flag]
        failed = document["event.outcome"] == "failure" and _EXIM_REASON.search(message)
        document["event.reason"] = failed[1] if failed else document["event.reason"]


def kind(native: Native) -> Kind:
    return _KINDS[native["product"]]


_KINDS: dict[str, Kind] = {
    name: (Logsource(product="linux", service=name), Logsource(category="email"))
    for name in ("dovecot", "exim", "sendmail", "cyrus")
}

FORMAT = Format(
    name="mail_other",
    title="Dovecot, Exim, Sendmail, Cyrus, Courier, Perdition",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={name: FRAME[name] for name in ("host.name", "process.name", "event.dataset", "event.code")},
    kind=kind,
    programs=_DOVECOT | _EXIM | _SENDMAIL | _OTHERS,
    hints=(
        "rip=", "): ", "auth", "badlogin: ", "relay=", "ruleset=", " H=", "SMTP ", "exim", " <= ", " => ", " Completed", "no host name found", "->", "LOGIN", "may be forged",
        "possible SMTP attack", " did not issue ", "-login: ", "rejected", "rejecting commands", "lost input channel", "SA: Action: ",
    ),
)  # fmt: skip
