"""Apache httpd: access logs (common, combined, with a virtual host, ssl_request_log) and error logs of 2.0 to 2.4.

A combined access record does not tell which server wrote it: what nothing shows to be nginx's is taken as Apache's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, plain, url, weblog
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native
from soc.parse.when import access_time, ctime

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_ERROR = re.compile(
    r"(?:\[(?P<time>[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:.]{8,18} \d{4}|\d\d/[A-Z][a-z]{2}/\d{4}:[\d:.]{8,18}(?: [+-]\d{4})?)\] )?"
    r"\[(?:(?P<module>[\w-]{0,32}):)?(?P<level>emerg|alert|crit|error|warn|notice|info|debug|trace\d)\] "
)
_PROCESS = re.compile(r"\[pid (\d{1,10})(?::tid (\d{1,20}))?\] ")
_CLIENT = re.compile(r"\[(?:client|remote) ([^\]\s]{1,255})\] ")
_CAUSE = re.compile(r"\((\d{1,10})\)([^:]{1,255}): ")
_CODE = re.compile(r"(AH\d{5}): ")
_REFERER = re.compile(r", referer: (\S+)$")
_DETAIL = re.compile(r"\[([a-z_]{1,32}) \"([^\"]*)\"\]")
_FILE = re.compile(
    r"(?:AH\d{5}: )?(?:File does not exist|script not found or unable to stat|client denied by server configuration): (/[^,]*)"
)
_USER = re.compile(
    r"(?:AH\d{5}: )?(?:Digest: )?(?:user [`']?(?P<user>[^:`']{0,255}?)[`']?(?:: (?:authentication failure|password mismatch)| not found| in realm )"
    r"|Authorization of user (?P<authorised>\S{1,255}) to access)"
)
_ACCESS_KIND: Kind = (Logsource(product="apache", category="webserver", service="apache"),)
_ERROR_KIND: Kind = (Logsource(product="apache", service="apache"),)
_SEVERE = frozenset({"emerg", "alert", "crit", "error", "warn"})


def decode(frame: Frame) -> Native | None:
    """An access record by W3C names, or an error record's parts."""
    text = frame.text
    found = _error(text) if "] [" in text[:96] or text[:1] == "[" else None
    found = found or weblog.decode(text)
    return None if found is None else {"message": text, **found}


def _error(text: str) -> dict[str, Any] | None:
    head = _ERROR.match(text)
    if head is None:
        return None
    found: dict[str, Any] = {name: value for name, value in head.groupdict().items() if value}
    at = head.end()
    if process := _PROCESS.match(text, at):
        found["pid"], at = process[1], process.end()
        found |= {"tid": process[2]} if process[2] else {}
    if cause := _CAUSE.match(text, at):
        found["cause"], at = f"({cause[1]}){cause[2]}", cause.end()
    while client := _CLIENT.match(text, at):
        found.setdefault("client", client[1])
        at = client.end()
    found["error"] = text[at:]
    if code := _CODE.match(text, at):
        found["code"] = code[1]
    if referer := _REFERER.search(text, max(at, len(text) - 8192)):
        found["cs-referer"] = referer[1]
    if "ModSecurity" in text[at : at + 16]:
        found |= {f"modsec_{name}": value for name, value in _DETAIL.findall(text, at)}
    return found


def time(event: Event) -> int | None:
    stamp = event.native.get("time", "")
    if stamp[:1].isalpha():
        return ctime(stamp, event.frame.zone, event.record.arrived)
    return access_time(stamp, event.frame.zone) if stamp else plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    if "level" not in native:
        weblog.ecs(native, document)
        return
    level, text = native["level"], native["error"]
    document["event.category"] = ["web"]
    document["event.type"] = ["error" if level in _SEVERE else "info"]
    document["event.outcome"] = "failure" if level in _SEVERE else "success"
    document["log.level"], document["message"] = level, text
    document["error.code"], document["event.module"] = native.get("code"), native.get("module")
    document["http.request.referrer"] = native.get("cs-referer")
    document["process.pid"] = network.number(native.get("pid"))
    document["process.thread.id"] = network.number(native.get("tid"))
    if client := native.get("client"):
        address, document["source.port"] = network.endpoint(client)
        weblog.source(address, document)
    if file := _FILE.match(text):
        document["file.path"] = file[1]
    if user := _USER.match(text):
        document["user.name"] = user["user"] or user["authorised"]
    document["destination.domain"] = native.get("modsec_hostname")
    document["rule.id"], document["rule.description"] = native.get("modsec_id"), native.get("modsec_msg")
    url.fill(document, native.get("modsec_uri", ""))


def kind(native: Native) -> Kind:
    return _ERROR_KIND if "level" in native else _ACCESS_KIND


def claims(native: Native) -> bool:
    """Fields behind the user agent are in nginx's own default format, not in one of Apache's."""
    return "extra" not in native


FORMAT = Format(
    name="apache",
    title="Apache httpd access and error log",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields=FRAME,
    kind=kind,
    field=weblog.field,
    claims=claims,
    programs=frozenset({"apache", "apache2", "apache_access", "apache_error", "httpd"}),
    hints=('] "', "] [", "[client ", " TLSv"),
)
