"""ECS is a pure function of an event: what the frame told, what the format knows, and what follows from both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc import instant
from soc.parse import journal, network, syslog
from soc.parse.dotted import flat, is_usual
from soc.parse.following import Plan, plan_of

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document


def ecs(event: Event) -> Document:
    """The ECS document of an event, flat with dotted names, without `event.original`.

    Nothing is invented: a field that is neither in the record nor computed from it is absent.
    """
    document: Document = {"@timestamp": instant.iso(event.time)}
    _from_frame(event, document)
    event.format.ecs(event, document)
    if event.frame.envelope and (entry := event.frame.envelope.get(journal.ENTRY)):
        journal.own(entry, document)
    document.setdefault("event.kind", "event")
    told = {name: value for name, value in document.items() if value or value not in _NOTHING}
    names = tuple(told)
    plan = plan_of(names) if is_usual(names) else plan_of.__wrapped__(names)
    if plan.dropped:
        told = {name: value for name, value in told.items() if name not in plan.dropped}
    _follow(told, plan)
    for name in plan.scratch:
        told.pop(name, None)
    return told


def _from_frame(event: Event, document: Document) -> None:
    if header := event.frame.syslog:
        _from_header(header, document)
    if event.frame.envelope:
        if entry := event.frame.envelope.get(journal.ENTRY):
            journal.describe(entry, document)
        for name, value in flat(event.frame.envelope):
            if name.startswith(("host.", "log.file.", "observer.")) or name in _ENVELOPE:
                document[name] = document.get(name) or value
    if event.frame.text:
        document["message"] = ("\ufeff" if header and header.marked else "") + event.frame.text
    if event.record.peer:
        document["observer.ip"] = [event.record.peer]


def _from_header(header: syslog.Syslog, document: Document) -> None:
    if header.priority is not None and header.priority < 192:
        document["log.syslog.priority"] = header.priority
        document["log.syslog.facility.code"] = header.priority >> 3
        document["log.syslog.facility.name"] = syslog.FACILITIES[header.priority >> 3]
        document["log.syslog.severity.code"] = header.priority & 7
        document["log.syslog.severity.name"] = syslog.SEVERITIES[header.priority & 7]
    document["log.syslog.hostname"] = header.hostname
    document["log.syslog.appname"] = header.app
    document["log.syslog.procid"] = header.pid
    document["log.syslog.msgid"] = header.msgid
    document["log.syslog.structured_data"] = syslog.structured_data(header.structured)
    document["log.syslog.version"] = str(header.version) if header.version else None
    document["host.name"] = document["host.hostname"] = header.hostname
    document["process.name"] = header.app
    document["process.pid"] = network.number(header.pid)


_ENVELOPE = frozenset({"event.timezone", "event.dataset", "event.module", "log.offset"})
_NOTHING: tuple[Any, ...] = (None, "", [], {})


def _follow(document: Document, plan: Plan) -> None:
    """What ECS defines as following from other fields: `*.address`, `related.*`."""
    for address, ip, domain in plan.addressed:
        told = document.get(address)
        if told is None:
            told = document.get(ip) or document.get(domain)
            if told:
                document[address] = told
        elif ip not in document and network.is_ip(told):
            document[ip] = told
    if plan.flows:
        network.follow(document)
    for name, sources in plan.related:
        _relate(document, name, sources)
    if plan.hosts:
        _relate(document, "related.hosts", _hosts(document, plan.hosts))


def _hosts(document: Document, sources: tuple[str, ...]) -> tuple[str, ...]:
    """A host's own short name stands for its full one where the event tells both."""
    name, short = document.get("host.name"), document.get("host.hostname")
    both = isinstance(name, str) and isinstance(short, str) and name.startswith(f"{short}.")
    return sources[1:] if both else sources


def _relate(document: Document, name: str, sources: tuple[str, ...]) -> None:
    found = [document[source] for source in sources if source in document]
    told = document.get(name)
    if not found and (told is None or type(told) is list):
        return
    related: list[Any] = list(told) if isinstance(told, list) else [] if told is None else [told]
    for value in found:
        for item in value if isinstance(value, list) else (value,):
            if item and item not in related:
                related.append(item)
    if related:
        document[name] = related
