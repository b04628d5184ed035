"""Postfix 2 and 3, and who works for it: postgrey, policyd-spf, SpamAssassin's spamd. Queue ids short and long.

Postfix' own manual pages and postlogd(8); without a syslog header only what is telling enough is taken for Postfix'.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.event import Logsource
from soc.parse import mail, network, plain
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format

if TYPE_CHECKING:
    from soc.event import Event, Kind
    from soc.parse.format import Document, Native
    from soc.parse.frame import Frame

_PROGRAMS = frozenset({
    "smtpd", "smtp", "qmgr", "oqmgr", "cleanup", "pickup", "local", "virtual", "lmtp", "pipe", "bounce", "error", "anvil", "postscreen",
    "dnsblog", "tlsproxy", "tlsmgr", "trivial-rewrite", "verify", "master", "postfix", "postfix-script", "postsuper", "postqueue",
    "submission", "smtps", "discard", "scache", "showq", "proxymap", "spawn", "postgrey", "policyd-spf", "spamd", "sqlgrey",
})  # fmt: skip
_COMMON = frozenset(
    {"local", "virtual", "pipe", "error", "master", "verify", "discard", "smtp", "spawn", "lmtp", "submission", "smtps"}
)
_QUEUE = re.compile(r"(?P<queue>[0-9A-F]{6,15}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}|NOQUEUE): ")
_QUEUED = re.compile(
    r"(?:to|from|action|client|uid|message-id|resent-message-id|sender|removed|skipped|warning: header|info: header|(?:reject|filter|prepend|hold|discard|"
    r"redirect|replace|bcc|milter-\w{1,16})(?:_warning)?: |host \S{1,255}\[|Used TLS for|conversation with|lost connection with|enabling PIX)"
)
_TELLING = re.compile(
    r"(?:(?:dis)?connect from \S{1,255}\[|(?:lost connection|timeout|too many errors) after \S{1,32}(?: \(\d{1,12} bytes\))? from \S{1,255}\[|improper command pipelining|"
    r"(?:Trusted|Untrusted|Anonymous|Verified) TLS connection |warning: \S{1,255}\[[0-9A-Fa-f.:]{2,45}\]: SASL |"
    r"warning: hostname \S{1,255} does not resolve to address |warning: read TCP map reply from |action=\w{1,16}, reason=|whitelisted: \S{1,255}\[|"
    r"(?:Action: )?prepend:? (?:Text: )?Received-SPF:|(?:None|Pass|Fail|Softfail|Neutral|Permerror|Temperror); identity=|spamd: |"
    r"statistics: max |connect to \S{1,255}\[|SSL_accept error from \S{1,255}\[|warning: (?:non-SMTP command|Illegal address syntax) from \S{1,255}\[|(?:PASS|CONNECT|PREGREET|HANGUP|DNSBL|BARE NEWLINE|COMMAND \w{1,32} LIMIT|ALLOWLISTED|WHITELISTED|DENYLISTED|BLACKLISTED)\b[^\[\n]{0,64}\[)"
)
_PAIR = re.compile(r"(?<![\w<-])([a-z][\w-]{0,31})=(<[^<>\n]{0,512}>|\[[^\]\n]{0,128}\]|[^\s,;]{0,512})")
_CLIENT = re.compile(
    r"(?:(?:from|client=|whitelisted:|warning:) ?|client_name=)(?P<name>[\w.-]{1,255})? ?\[(?P<ip>[0-9A-Fa-f.:]{2,45})(?:/\d{1,3})?\](?::(?P<port>\d{1,5}))?"
)
_SERVER = re.compile(
    r"(?:(?:to|for|host|with) |relay=)(?P<name>[^\s\[,;=<]{1,255})\[(?P<ip>[0-9A-Fa-f.:]{2,45})\](?::(?P<port>\d{1,5}))?"
    r"|relay=(?P<plain>[0-9.]{7,15}):(?P<plain_port>\d{1,5})"
)
_SCREENED = re.compile(
    r"(?:PASS|CONNECT|PREGREET|HANGUP|DNSBL|BARE|COMMAND|ALLOW|WHITE|DENY|BLACK)[^\[\n]{0,64}\[(?P<ip>[0-9A-Fa-f.:]{2,45})\](?::(?P<port>\d{1,5}))?"
)
_LISTED = re.compile(r"addr (?P<ip>[0-9A-Fa-f.:]{2,45}) listed by domain (?P<list>[\w.-]{1,255})")
_TO_US = re.compile(r"\]:\d{1,5} to \[(?P<ip>[0-9A-Fa-f.:]{2,45})\]:(?P<port>\d{1,5})")
_STATUS = re.compile(r"status=(?P<status>\w{1,16})(?: \((?P<answer>[^\n]{0,2048})\))?")
_SAID = re.compile(
    r"\] (?:said|refused to talk to me): (?P<reply>[2-5]\d\d)[ -](?:(?P<dsn>[245]\.\d{1,3}\.\d{1,3}) )?(?P<answer>[^\n]{1,2048})"
)
_REJECTED = re.compile(
    r"(?P<act>reject|reject_warning|filter|hold|discard|redirect|warn|prepend): (?P<stage>[A-Z-]{3,16}|header|body):? (?:from \S{1,255}: )?"
    r"(?:(?P<reply>[45]\d\d) )?(?:(?P<dsn>[45]\.\d{1,3}\.\d{1,3}) )?(?P<answer>[^\n]{0,2048}?)(?:; (?:from|proto)=|$)"
)
_SASL = re.compile(
    r"\]: (?P<answer>SASL (?P<method>[\w-]{1,32}) authentication failed:[^\n]{0,512}?)(?:, sasl_username=(?P<user>\S{1,255}))?$"
)
_UNRESOLVED = re.compile(
    r"hostname (?P<name>\S{1,255}) does not resolve to address (?P<ip>[0-9A-Fa-f.:]{2,45}?)(?:: (?P<answer>[^\n]{1,256}))?$"
)
_MAP = re.compile(
    r"warning: read TCP map reply from (?P<name>[\w.-]{1,255}):(?P<port>\d{1,5}): (?P<answer>[^\n]{1,256})"
)
_TLS = re.compile(
    r"TLS connection established (?:from|to) \S{1,300}: (?P<version>TLSv[\d.]{1,4}|SSLv\d) with cipher (?P<cipher>[\w-]{1,64})"
)
_SPAMD = re.compile(
    r"spamd: connection from (?P<name>[\w.-]{1,255}) \[(?P<ip>[0-9A-Fa-f.:]{2,45})\]:(?P<port>\d{1,5}) to port (?P<own>\d{1,5})"
)
_PROCESSING = re.compile(r"spamd: (?:processing|checking) message <(?P<id>[^<>\s]{1,512})> for (?P<user>[^:\s]{1,64}):")
_ANVIL = re.compile(
    r"statistics: max \w{1,16} [\w ]{1,16} ?\d{1,9}(?:/\d{1,6}s)? for \(\w{1,16}:(?P<ip>[0-9A-Fa-f.:]{2,45})\)"
)
_ATTACHED = re.compile(
    r"header Content-(?:Disposition|Type): [^\"\n]{0,128}(?:file)?name=\"(?P<file>[^\"\n]{1,512})\"(?:;(?:\?\?|\s)?size=(?P<size>\d{1,18}))?"
    r"(?:[^\"\n]{0,8}size=(?P<bytes>\d{1,18}))?(?:[^\"\n]{0,8}creation-date=\"(?P<created>[^\"\n]{1,40})\")?(?:[^\"\n]{0,8}modification-date=\"(?P<modified>[^\"\n]{1,40})\")?"
)
_SUBJECT = re.compile(r"header Subject: (?P<subject>[^\n]{1,1024}?) from \S{1,255}(?:\[|;)")
_SEARCHED = 4096


def decode(frame: Frame) -> Native | None:
    """The pairs of a line by Postfix' names, its queue id, its ends and what it says."""
    app = frame.syslog.app.lower() if frame.syslog else ""
    daemon = app.rpartition("/")[2]
    text = frame.text.lstrip()
    queue = _QUEUE.match(text)
    told = (queue is not None and _QUEUED.match(text, queue.end())) or _TELLING.match(text)
    known = daemon in _PROGRAMS and (daemon not in _COMMON or app.startswith("postfix"))
    if not known and not told:
        return None
    searched = text[:_SEARCHED]
    native: dict[str, Any] = {"message": text, "daemon": daemon}
    if queue and queue["queue"] != "NOQUEUE":
        native["queue_id"] = queue["queue"]
    for name, value in _PAIR.findall(searched):
        native.setdefault(name, value)
    for name, literal, pattern in _SENTENCES:
        if literal in searched and (found := pattern.search(searched)):
            native |= {f"{name}.{key}": value for key, value in found.groupdict().items() if value is not None}
    return native


# What is told, a literal that every line with it has, and how it is said.
_SENTENCES = (
    ("client", "[", _CLIENT), ("server", "[", _SERVER), ("server", "relay=", _SERVER), ("client", "from [", _SCREENED), ("client", "CONNECT", _SCREENED),
    ("client", "PASS", _SCREENED), ("client", "LISTED", _SCREENED), ("client", "DNSBL", _SCREENED), ("client", " listed by ", _LISTED), ("server", " to [", _TO_US), ("client", "HANGUP", _SCREENED), ("status", "status=", _STATUS), ("said", "] ", _SAID), ("act", ": ", _REJECTED), ("sasl", "SASL ", _SASL),
    ("client", "does not resolve", _UNRESOLVED), ("map", "TCP map", _MAP), ("tls", "TLS connection", _TLS), ("client", "spamd: conn", _SPAMD),
    ("spamd", "spamd: ", _PROCESSING), ("client", "statistics: max", _ANVIL), ("part", "header Content-", _ATTACHED), ("part", "header Subject", _SUBJECT),
)  # fmt: skip


def time(event: Event) -> int | None:
    return plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["message"] = native["message"]
    document["network.protocol"] = "smtp"
    if event.frame.syslog is None and native["message"].startswith("spamd: "):  # spamd repeats its name
        document["process.name"] = document["log.syslog.appname"] = "spamd"
    document["email.local_id"] = native.get("queue_id")
    sender = native.get("from", native.get("sender", native.get("envelope-from")))
    recipient = native.get("to", native.get("recipient"))
    document["email.from.address"] = _listed(mail.address(sender))
    document["email.to.address"] = _listed(mail.address(recipient))
    document["email.message_id"] = mail.address(native.get("message-id")) or native.get("mid") or native.get("spamd.id")
    document["email.subject"] = native.get("part.subject")
    document["user.name"] = (
        native.get("sasl_username") or native.get("sasl.user") or (native.get("user") if "rhost" in native else None)
    )
    _ends(native, sender, recipient, document)
    _part(native, document)
    _meaning(native, document)
    for name in ("status", "dsn", "relay", "delay", "helo", "orig_to", "size", "nrcpt", "reason", "action"):
        if name in native:
            document[f"postfix.{name}"] = native[name].strip("<>")


def _listed(value: str | None) -> list[str] | None:
    return [value] if value else None


def _ends(native: Native, sender: str | None, recipient: str | None, document: Document) -> None:
    """The client by its name, else by what it calls itself, else by its sender; the server by its recipient's domain."""
    ip = (
        native.get("client.ip")
        or native.get("client_address", "").partition("/")[0]
        or native.get("client-ip")
        or native.get("raddr")
    )
    client = mail.named(
        native.get("client.name"), native.get("client_name"), native.get("helo"), native.get("rhost")
    ) or _itself(native)
    mail.end(document, "source", ip, native.get("client.port") or native.get("rport"), client)
    if client is None and (domain := mail.domain(sender)):
        document["source.domain"] = domain
        document["source.address"] = document["source.ip"] or domain
    server, target = mail.named(native.get("server.name"), native.get("map.name")), mail.domain(recipient)
    port = (
        native.get("server.port")
        or native.get("server.plain_port")
        or native.get("map.port")
        or native.get("client.own")
    )
    mail.end(document, "destination", native.get("server.ip") or native.get("server.plain"), port, target or server)
    if target is None and document["destination.ip"]:
        document["destination.address"] = document["destination.ip"]
    if "tls.cipher" in native:
        document["tls.cipher"], document["tls.established"] = native["tls.cipher"], True
        document["tls.version"] = native["tls.version"].partition("v")[2]
        document["tls.version_protocol"] = native["tls.version"].partition("v")[0].lower()


def _itself(native: Native) -> str | None:
    return "localhost" if native.get("client.name") == "localhost" else None


# ECS: a change of the content updates `mtime`, and so `ctime`, as `mtime` is an attribute of the file.
_PART_TIMES = (("created", "file.created"), ("modified", "file.mtime"), ("modified", "file.ctime"))


def _part(native: Native, document: Document) -> None:
    document["file.name"] = native.get("part.file")
    document["file.size"] = network.number(native.get("part.size") or native.get("part.bytes"))
    for name, target in _PART_TIMES:
        told = _mail_time(native.get(f"part.{name}", ""))
        document[target] = None if told is None else instant.iso(told)


_DATE = re.compile(r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d) (?:GMT|UTC|([+-]\d{4}))")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _mail_time(text: str) -> int | None:
    """A date as RFC 5322 has it."""
    found = _DATE.match(text)
    if found is None or found[2] not in _MONTHS:
        return None
    return instant.parse_iso(
        f"{found[3]}-{_MONTHS.index(found[2]) + 1:02}-{int(found[1]):02}T{found[4]}{found[5] or 'Z'}"
    )


_OUTCOMES = {
    "sent": "success",
    "deferred": "failure",
    "bounced": "failure",
    "expired": "failure",
    "undeliverable": "failure",
}


def _meaning(native: Native, document: Document) -> None:
    document["event.category"], document["event.type"] = ["email"], ["info"]
    document["event.action"] = native.get("act.act") or native.get("action") or native.get("status.status")
    document["event.outcome"] = _OUTCOMES.get(native.get("status.status", ""))
    if "sasl.answer" in native:
        document["event.category"], document["event.type"] = ["authentication", "email"], ["start"]
        document["event.action"], document["event.outcome"] = "authentication", "failure"
    elif native.get("act.act") == "reject" or native.get("action") in {"greylist", "reject"}:
        document["event.type"], document["event.outcome"] = ["denied"], "failure"
    reason = _first(
        native,
        "sasl.answer",
        "said.answer",
        "act.answer",
        "map.answer",
        "client.answer",
        *(["status.answer"] if document["event.outcome"] == "failure" else []),
    )
    document["event.reason"] = reason or (_reason(native) if "action" in native else None)


_REASON = re.compile(r"reason=([^,\n]{1,256})")


def _reason(native: Native) -> str | None:
    found = _REASON.search(native["message"][:_SEARCHED])
    return found[1] if found else None


def _first(native: Native, *names: str) -> str | None:
    return next((native[name] for name in names if native.get(name)), None)


def kind(_: Native) -> Kind:
    return _KIND


_KIND: Kind = (Logsource(product="linux", service="postfix"), Logsource(category="email"))

FORMAT = Format(
    name="postfix",
    title="Postfix, postgrey, policyd-spf, spamd",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={name: FRAME[name] for name in ("host.name", "event.dataset", "event.code")},
    kind=kind,
    programs=_PROGRAMS,
    hints=(
        "status=", "from=<", "to=<", "client=", "connect from ", " after ", "TLS connection ", ": SASL ", " does not resolve to address ",
        "TCP map", ", reason=", "whitelisted: ", "Received-SPF:", "; identity=", "spamd: ", "Used TLS for", "] said: ", "message-id=<", "to=",
    ),
)  # fmt: skip
