"""Documents that are ECS already, nested or with dotted names (Beats, Elastic Agent, Vector, our own exports)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc import instant
from soc.event import Logsource
from soc.parse import plain
from soc.parse.dotted import flat
from soc.parse.ecs_fields import FRAME, NOTHING, in_document
from soc.parse.format import ABSENT, Format

if TYPE_CHECKING:
    from soc.event import Event, Kind
    from soc.parse.format import Accessor, Document, EcsField, Native
    from soc.parse.frame import Frame

# An object is ECS if it has one of these, dotted or nested, besides its time stamp.
_DOTTED = (
    "event.kind", "event.category", "event.dataset", "event.module", "event.code", "event.action", "event.provider",
    "event.outcome", "event.type", "host.name", "source.ip", "ecs.version", "log.level", "user.name", "process.name",
    "url.original", "url.path", "agent.type", "service.name",
)  # fmt: skip
_NESTED = tuple((name.partition(".")[0], name.partition(".")[2]) for name in _DOTTED)


def decode(frame: Frame) -> Native | None:
    native = frame.json
    if native is None or not ("@timestamp" in native or "ecs" in native or "ecs.version" in native):
        return None
    for name in _DOTTED:
        if name in native:
            return native
    for root, leaf in _NESTED:
        value = native.get(root)
        if type(value) is dict and leaf in value:
            return native
    return None


def time(event: Event) -> int | None:
    native = event.native
    for name in ("@timestamp", "event.created"):
        told = instant_of(lookup(native, name), event)
        if told is not None:
            return told
    return plain.time(event)


def instant_of(value: Any, event: Event) -> int | None:
    """A time stamp as text or number; text without a zone is in the record's zone."""
    if type(value) is str:
        return instant.parse_iso(value, event.frame.zone)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return instant.from_epoch(value)
    return None


def lookup(native: Any, name: str) -> Any:
    """The value of a dotted name, whichever of its dots are objects; ABSENT if there is none."""
    value = native.get(name, ABSENT)
    if value is not ABSENT:
        return value
    dot = name.find(".")
    while dot >= 0:
        below = native.get(name[:dot])
        if type(below) is dict:
            value = lookup(below, name[dot + 1 :])
            if value is not ABSENT:
                return value
        elif type(below) is list:
            value = _each(below, name[dot + 1 :])
            if value is not ABSENT:
                return value
        dot = name.find(".", dot + 1)
    return ABSENT


def _each(items: list[Any], name: str) -> Any:
    """The values of a name in a list of objects (`dns.answers.data`)."""
    found = [value for item in items if type(item) is dict and (value := lookup(item, name)) is not ABSENT]
    return found or ABSENT


def field(name: str) -> Accessor:
    if "." not in name:
        return lambda native: native.get(name, ABSENT)

    def get(native: Native) -> Any:
        value = native.get(name, ABSENT)  # flat documents need no more
        return lookup(native, name) if value is ABSENT else value

    return get


def ecs(event: Event, document: Document) -> None:
    own = dict(flat(event.native))
    for name in ("@timestamp", "event.original", "event.ingested"):  # told by the record
        own.pop(name, None)
    document.update(own)
    _later_names(document)


def _later_names(document: Document) -> None:
    """What ECS 8 has under another name, or Beats leave to be put together."""
    if document.get("event.action") == "user_login" and document.get("event.module") == "system":
        address = document.get("source.ip")  # of Auditbeat's log-ins, which tell of the client alone
        if isinstance(address, str):
            document.setdefault("client.ip", address)
    if "process.ppid" in document:
        document.setdefault("process.parent.pid", document["process.ppid"])
    for prefix in ("process", "process.parent"):
        arguments = document.get(f"{prefix}.args")
        if isinstance(arguments, list) and all(isinstance(argument, str) for argument in arguments):
            document.setdefault(f"{prefix}.command_line", " ".join(arguments))


def _own(name: str, elsewhere: EcsField) -> EcsField:
    """A field of the document, the frame's where the document does not speak of it."""
    in_native = in_document(name)

    def get(event: Event) -> Any:
        value = in_native(event.native)
        if value is ABSENT:
            return elsewhere(event)
        return None if value in NOTHING else value

    return get


# What Sigma's log sources are called by the data sets and modules of Beats and Elastic Agent.
_DATASETS: dict[str, Logsource] = {
    "auditd": Logsource("linux", "", "auditd"),
    "auditd_manager": Logsource("linux", "", "auditd"),
    "system.auth": Logsource("linux", "", "auth"),
    "system.syslog": Logsource("linux", "", "syslog"),
    "apache": Logsource("", "webserver", "apache"),
    "nginx": Logsource("", "webserver", "nginx"),
    "iis": Logsource("windows", "webserver", "iis"),
    "web.access": Logsource("", "webserver", ""),
    "traefik": Logsource("", "webserver", "traefik"),
    "tomcat": Logsource("", "webserver", "tomcat"),
    "squid": Logsource("", "proxy", "squid"),
    "bluecoat": Logsource("", "proxy", ""),
    "zscaler": Logsource("", "proxy", ""),
    "fortinet": Logsource("fortigate", "firewall", ""),
    "fortinet_fortigate": Logsource("fortigate", "firewall", ""),
    "cisco_asa": Logsource("cisco", "firewall", ""),
    "cisco": Logsource("cisco", "firewall", ""),
    "panw": Logsource("paloalto", "firewall", ""),
    "checkpoint": Logsource("checkpoint", "firewall", ""),
    "iptables": Logsource("linux", "firewall", ""),
    "pfsense": Logsource("pfsense", "firewall", ""),
    "firewall": Logsource("", "firewall", ""),
    "zeek.dns": Logsource("zeek", "dns", "dns"),
    "zeek.http": Logsource("zeek", "", "http"),
    "zeek": Logsource("zeek", "", ""),
    "suricata": Logsource("suricata", "", ""),
    "aws.cloudtrail": Logsource("aws", "", "cloudtrail"),
    "azure.activitylogs": Logsource("azure", "", "activitylogs"),
    "azure.auditlogs": Logsource("azure", "", "auditlogs"),
    "azure.signinlogs": Logsource("azure", "", "signinlogs"),
    "gcp.audit": Logsource("gcp", "", "gcp.audit"),
    "o365.audit": Logsource("m365", "", "audit"),
    "okta.system": Logsource("okta", "", "okta"),
    "github.audit": Logsource("github", "", "audit"),
    "kubernetes.audit": Logsource("kubernetes", "application", "audit"),
    "mysql": Logsource("mysql", "database", ""),
    "postgresql": Logsource("postgresql", "database", ""),
    "mssql": Logsource("mssql", "database", ""),
    "mongodb": Logsource("mongodb", "database", ""),
    "oracle": Logsource("oracle", "database", ""),
    "redis": Logsource("redis", "database", ""),
}
_CATEGORIES = {
    "web": Logsource("", "webserver", ""),
    "database": Logsource("", "database", ""),
}
_PROCESSES = {
    "sshd": Logsource("linux", "", "sshd"),
    "sudo": Logsource("linux", "", "sudo"),
    "cron": Logsource("linux", "", "cron"),
    "crond": Logsource("linux", "", "cron"),
}
_NAMING = ("event.dataset", "data_stream.dataset", "event.module", "service.type", "observer.type")


def kind(native: Native) -> Kind:
    naming = next((source for name in _NAMING if (source := _named(lookup(native, name)))), None)
    found = [naming] if naming else []
    process = lookup(native, "process.name")
    if isinstance(process, str) and process in _PROCESSES:
        found.append(_PROCESSES[process])
    categories = lookup(native, "event.category")
    for category in categories if isinstance(categories, list) else (categories,):
        if isinstance(category, str) and category in _CATEGORIES and not found:
            found.append(_CATEGORIES[category])
    if isinstance(lookup(native, "dns.question.name"), str):
        found.append(Logsource("", "dns", ""))
    return tuple(dict.fromkeys(found)) or (Logsource(),)


def _named(value: Any) -> Logsource | None:
    """By the whole name of a data set or by its first part."""
    if not isinstance(value, str):
        return None
    return _DATASETS.get(value) or _DATASETS.get(value.partition(".")[0])


FORMAT = Format(
    name="ecs_json",
    title="JSON that is ECS already (Beats, Elastic Agent)",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    ecs_fields={name: _own(name, elsewhere) for name, elsewhere in FRAME.items()},
    field=field,
    json=True,
)
