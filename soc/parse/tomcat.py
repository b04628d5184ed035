"""Apache Tomcat 5 to 11: catalina and localhost logs (JULI, one line and two lines), Log4j's usual layouts, stack traces.

Its access logs are Apache's Common and Combined Log Format (see `apache`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native
from soc.parse.when import access_time, ctime, iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_LEVELS = "SEVERE|WARNING|INFO|CONFIG|FINE|FINER|FINEST"
_LOG4J = "TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL"
_NAME = r"[A-Za-z_$][\w$]{0,127}(?:\.[A-Za-z_$][\w$]{0,127}){0,24}"
# 06-Apr-2023 15:09:02.978 INFO [Catalina-utility-1] org.apache.catalina.startup.HostConfig.deployWAR Deploying ...
_CATALINA = re.compile(
    rf"(?P<day>\d\d)-(?P<month>[A-Z][a-z]{{2}})-(?P<year>\d{{4}}) (?P<clock>\d\d:\d\d:\d\d\.\d{{3}}) (?P<level>{_LEVELS}) \[(?P<thread>[^\]]{{1,128}})\] "
    rf"(?=(?P<logger>{_NAME})\.(?P<function>[\w$<>]{{1,128}}) )"
)
# Dec 30, 2020 11:30:40 AM org.apache.catalina.core.ApplicationContext log, and the level with the text on the next line.
_JULI = re.compile(
    rf"(?P<month>[A-Z][a-z]{{2}}) (?P<day>\d{{1,2}}), (?P<year>\d{{4}}),? (?P<clock>\d{{1,2}}:\d\d:\d\d)[ \u202f](?P<half>[AP]M) (?P<logger>{_NAME}) (?P<function>[\w$<>]{{1,128}})(?:\s{{1,4}}(?P<level>{_LEVELS}): |(?=\s|$))"
)
_LAYOUT = re.compile(
    rf"(?:(?P<time>\d{{4}}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{{3,6}})?(?:Z|[+-]\d\d:?\d\d)?)|(?P<millis>\d{{1,12}})) {{1,2}}"
    rf"(?:\[(?P<thread>[^\]]{{1,128}})\] {{1,2}}(?P<level>{_LOG4J}) {{1,2}}|(?P<first_level>{_LOG4J}) {{1,2}}(?:\[(?P<second_thread>[^\]]{{1,128}})\] {{1,2}})?)"
    rf"(?P<logger>{_NAME})(?::(?P<line>\d{{1,9}}))? {{1,2}}(?:- |: ?)"
)
_AT = re.compile(
    rf"\s{{0,16}}at (?P<logger>{_NAME})\.(?P<function>[\w$<>]{{1,128}})\((?P<file>[\w$.<> -]{{1,255}}?)(?::(?P<line>\d{{1,9}}))?\)"
)
_SEVERE = frozenset({"SEVERE", "ERROR", "FATAL"})
_KIND: Kind = (Logsource(product="tomcat", category="application", service="tomcat"),)
_SHAPES = (_CATALINA, _JULI, _LAYOUT, _AT)


def decode(frame: Frame) -> Native | None:
    """The parts of a line by what they are, and the text behind them."""
    text = frame.text
    found = next((found for shape in _SHAPES if (found := shape.match(text))), None)
    if found is None:
        return None
    native: dict[str, Any] = {name: value for name, value in found.groupdict().items() if value}
    for name in ("level", "thread"):
        other = {"level": "first_level", "thread": "second_thread"}[name]
        if other in native:
            native[name] = native.pop(other)
    return {**native, "message": text[found.end() :] or text}


def time(event: Event) -> int | None:
    native = event.native
    zone, arrived = event.frame.zone, event.record.arrived
    if "half" in native:
        hour, _, rest = native["clock"].partition(":")
        hours = int(hour) % 12 + (12 if native["half"] == "PM" else 0)
        return ctime(f"{native['month']} {native['day']} {native['year']} {hours:02}:{rest}", zone, arrived)
    if "clock" in native:
        return access_time(f"{native['day']}/{native['month']}/{native['year']}:{native['clock']}", zone)
    return iso(native["time"], zone) if "time" in native else plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    level = native.get("level", "")
    document["event.category"], document["event.type"] = ["web"], ["error" if level in _SEVERE else "info"]
    document["log.level"] = level.lower()
    document["log.logger"], document["process.thread.name"] = native.get("logger"), native.get("thread")
    document["log.origin.function"], document["log.origin.file.name"] = native.get("function"), native.get("file")
    document["log.origin.file.line"] = network.number(native.get("line"))
    document["message"] = native["message"]


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="tomcat",
    title="Apache Tomcat (catalina, localhost) and Log4j layouts",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields=FRAME,
    kind=kind,
    programs=frozenset({"tomcat", "catalina", "catalina.sh", "tomcat8", "tomcat9", "tomcat10"}),
    hints=(
        " INFO ",
        " WARN",
        " ERROR ",
        " SEVERE ",
        " DEBUG ",
        " AM ",
        " PM ",
        "  at ",
        "\tat ",
        "at ",
        " FATAL ",
        " CONFIG ",
        " FINE",
        " TRACE ",
        "\u202fAM ",
        "\u202fPM ",
    ),
    start=re.compile(
        rb"\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d|[A-Z][a-z]{2} \d{1,2}, \d{4},? \d{1,2}:\d\d:\d\d|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"
    ),
)
