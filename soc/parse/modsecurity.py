"""ModSecurity 2 and 3 (libmodsecurity): the audit log, as sections between boundaries and as JSON.

What it writes into the error logs of Apache and nginx is read by `apache` and `nginx`. Section letters and keys are those of
the reference manual, "ModSecurity 2 Data Formats", and of version 3's JSON.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, plain, url, weblog
from soc.parse.ecs_fields import FRAME
from soc.parse.ecs_json import field, lookup
from soc.parse.format import Format, Native
from soc.parse.when import access_time, ctime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_BOUNDARY = re.compile(r"-{2,3}([0-9A-Za-z]{8,16})-{1,3}([A-KZ])-{2,3}[ \t]*$", re.MULTILINE)
_SECTION_A = re.compile(
    r"\[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[ -]{1,4}[+-]?\d{4})?)\] (?P<id>\S{1,128}) (?P<client>\S{1,64}) (?P<port>\d{1,5}) (?P<server>\S{1,64}) (?P<server_port>\d{1,5})"
)
_HEADER = re.compile(r"([!#$%&'*+.^_`|~\w-]{1,128}):[ \t]*(.{0,8192})")
_DETAIL = re.compile(r"\[([a-z_]{1,32}) \"((?:[^\"\\]++|\\.)*+)\"\]")
_STATUS = re.compile(r"HTTP/(\d(?:\.\d)?) (\d{3})")
_MESSAGE = re.compile(r"(?:Message|Apache-Error|ModSecurity): (.{0,8192})")
_SECTIONS = 32
_KIND: Kind = (
    Logsource(product="modsecurity", category="webserver", service="modsecurity"),
    Logsource(product="modsecurity", category="application"),
)


def decode(frame: Frame) -> Native | None:
    """A transaction as version 2's JSON has it: `transaction`, `request`, `response`, `messages`."""
    text = frame.text
    first = _BOUNDARY.match(text)
    if first is None or first[2] != "A":
        return None
    marks = [mark for mark in _BOUNDARY.finditer(text) if mark[1] == first[1]][:_SECTIONS]
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    sections = {mark[2]: text[mark.end() : end].strip("\r\n") for mark, end in zip(marks, ends, strict=True)}
    head = _SECTION_A.match(sections["A"])
    if head is None:
        return None
    return {
        "message": text,
        "transaction": {"time": head["time"], "transaction_id": head["id"], "remote_address": head["client"], "remote_port": int(head["port"]),
                        "local_address": head["server"], "local_port": int(head["server_port"])},
        "request": {**_lines(sections.get("B", "")), "body": [sections["C"]] if "C" in sections else []},
        "response": _answer(sections.get("F", "")),
        "audit_data": {"messages": _MESSAGE.findall(sections.get("H", ""))},
    }  # fmt: skip


def _lines(section: str) -> dict[str, Any]:
    line, _, headers = section.partition("\n")
    return {"request_line": line.strip(), "headers": dict(_HEADER.findall(headers))}


def _answer(section: str) -> dict[str, Any]:
    status = _STATUS.match(section)
    return {"status": int(status[2]) if status else None, "headers": dict(_HEADER.findall(section.partition("\n")[2]))}


def decode_json(frame: Frame) -> Native | None:
    document = frame.json
    transaction = None if document is None else document.get("transaction")
    if document is None or not isinstance(transaction, dict):
        return None
    known = isinstance(transaction.get("remote_address"), str) or isinstance(transaction.get("client_ip"), str)
    return (
        document if known and ("request" in document or "request" in transaction or "audit_data" in document) else None
    )


def time(event: Event) -> int | None:
    transaction = event.native["transaction"]
    told = transaction.get("time") or transaction.get("time_stamp")
    if not isinstance(told, str):
        return plain.time(event)
    if told[:1].isdigit():
        return access_time(told.replace(" --", " -"), event.frame.zone)
    return ctime(told, event.frame.zone, event.record.arrived)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    transaction = native["transaction"]
    request, response = (
        _object(native, "request") or _object(transaction, "request"),
        _object(native, "response") or _object(transaction, "response"),
    )
    document["event.category"], document["event.type"] = ["web"], ["access"]
    document["observer.product"], document["observer.type"] = "ModSecurity", "waf"
    document["transaction.id"] = _text(transaction, "transaction_id", "unique_id", "id")
    document["source.ip"] = network.ip(_text(transaction, "remote_address", "client_ip"))
    document["source.port"] = network.number(transaction.get("remote_port", transaction.get("client_port")))
    document["destination.ip"] = network.ip(_text(transaction, "local_address", "host_ip"))
    port = network.number(transaction.get("local_port", transaction.get("host_port")))
    document["destination.port"] = port
    _request(request, port, document)
    _response(response, document)
    _rules(native, document)


def _request(request: Mapping[str, Any], port: int | None, document: Document) -> None:
    told = weblog.request(_text(request, "request_line") or "")
    uri = told.get("c-uri") or _text(request, "uri") or ""
    document["http.request.method"] = told.get("cs-method") or _text(request, "method")
    version = told.get("cs-version") or request.get("http_version")
    document["http.version"] = str(version) if version else None
    headers = _headers(request)
    host, named_port = network.endpoint(headers.get("host", ""))
    if uri.startswith("/"):
        url.fill(document, uri)
        document["url.domain"], document["url.port"] = host or None, named_port or port
        document["url.scheme"] = {443: "https", 80: "http"}.get(port or 0)
        if host and document["url.scheme"]:
            document["url.full"] = f"{document['url.scheme']}://{headers['host']}{uri}"
    else:
        url.fill(document, uri)
    document["user_agent.original"], document["http.request.referrer"] = (
        headers.get("user-agent"),
        headers.get("referer"),
    )
    document["http.request.mime_type"], document["user.name"] = headers.get("content-type"), headers.get("remote_user")
    document["http.request.bytes"] = network.number(headers.get("content-length"))
    body = request.get("body")
    document["http.request.body.content"] = (
        "".join(part for part in body if isinstance(part, str)) if isinstance(body, list) else body
    )


def _response(response: Mapping[str, Any], document: Document) -> None:
    status = network.number(response.get("status", response.get("http_code")))
    document["http.response.status_code"] = status
    document["event.outcome"] = ("success" if status < 400 else "failure") if status else None
    headers = _headers(response)
    document["http.response.mime_type"] = headers.get("content-type")
    document["http.response.bytes"] = network.number(headers.get("content-length"))
    document["http.response.body.content"] = response.get("body") if isinstance(response.get("body"), str) else None


def _rules(native: Native, document: Document) -> None:
    """The rules that matched: of the first its id and text, of all of them what ModSecurity calls them."""
    found: list[dict[str, Any]] = []
    messages = lookup(native, "audit_data.messages") or lookup(native, "transaction.messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, str):
            found.append({"text": message, **dict(_DETAIL.findall(message))})
        elif isinstance(message, dict):
            details = _object(message, "details")
            found.append(
                {
                    "msg": message.get("message"),
                    "id": details.get("ruleId"),
                    "file": details.get("file"),
                    "text": details.get("match"),
                    **details,
                }
            )
    if not found:
        return
    document["rule.id"], document["rule.name"] = found[0].get("id"), found[0].get("msg")
    for name in ("id", "msg", "severity", "data", "file", "ver"):
        told = list(dict.fromkeys(rule[name] for rule in found if isinstance(rule.get(name), str)))
        document[f"modsecurity.audit.{name}"] = told
    if any("Access denied" in str(rule.get("text")) for rule in found):
        document["event.type"] = ["access", "denied"]


def _object(native: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = native.get(name)
    return value if isinstance(value, dict) else {}


def _text(native: Mapping[str, Any], *names: str) -> str | None:
    return next((value for name in names if isinstance(value := native.get(name), str) and value), None)


def _headers(message: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in _object(message, "headers").items() if isinstance(value, str)}


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="modsecurity",
    title="ModSecurity audit log (sections)",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields=FRAME,
    kind=kind,
    field=field,
    hints=("-A--",),
    start=re.compile(rb"-{2,3}[0-9A-Za-z]{8,16}-{1,3}A-{2,3}"),
)
JSON = Format(
    name="modsecurity_json",
    title="ModSecurity audit log (JSON)",
    decode=decode_json,
    time=time,
    ecs=ecs,
    kind=kind,
    field=field,
    json=True,
)
