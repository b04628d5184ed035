"""Windows events as the XML of the event log itself (wevtutil, Windows Event Forwarding, rsyslog agents)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from soc.parse.format import Format
from soc.parse.windows import EVTX_DUMP
from soc.parse.windows_fields import section

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native
    from soc.parse.frame import Frame

_MAX_DEPTH = 32
_IMAGES = ("process.executable", "process.parent.executable")


def decode(frame: Frame) -> Native | None:
    """As `document_of`; Sysmon for Linux has a format of its own."""
    return None if "Linux-Sysmon" in frame.text else document_of(frame.text)


def document_of(text: str) -> Native | None:
    """The document that evtx_dump would make of the XML; None for other XML and for any with a document type."""
    start = text.find("<Event")
    if start < 0 or "<System>" not in text or "<!" in text:
        return None
    end = text.rfind("</Event>")
    if end < start:
        return None
    try:
        root = ET.fromstring(text[start : end + len("</Event>")])  # noqa: S314 (entities need a document type, which is refused)
    except ET.ParseError:
        return None
    return None if _too_deep(root) else _event(root)


def _too_deep(root: ET.Element) -> bool:
    level, depth = [root], 0
    while level and depth <= _MAX_DEPTH:
        level, depth = [child for element in level for child in element], depth + 1
    return bool(level)


def _event(root: ET.Element) -> Native | None:
    parts: dict[str, Any] = {}
    for element in root:
        name = _name(element)
        if name == "EventData":
            parts[name] = _data(element)
        elif name == "RenderingInfo":
            parts[name] = _children(element)
        else:
            parts[name] = _value(element)
    native = {"Event": parts}
    return native if section(native, "Event", "System") else None


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _children(element: ET.Element) -> dict[str, Any]:
    """Elements by name; of a name that repeats, the later ones as `<name>_1` and so on."""
    found: dict[str, Any] = {}
    repeated: dict[str, int] = {}
    for child in element:
        name = key = _name(child)
        while key in found:
            repeated[name] = repeated.get(name, 0) + 1
            key = f"{name}_{repeated[name]}"
        found[key] = _value(child)
    return found


def _value(element: ET.Element) -> Any:
    """Its text, or an object where it has elements or attributes."""
    inside: dict[str, Any] = _children(element) if len(element) else {}
    if element.attrib:
        inside["#attributes"] = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
    if element.text and element.text.strip():
        if not inside:
            return element.text
        inside["#text"] = element.text
    return inside or None


def _data(element: ET.Element) -> dict[str, Any]:
    """Named `<Data>` by name, unnamed ones as the list `Data`."""
    found: dict[str, Any] = {}
    unnamed: list[str | None] = []
    for child in element:
        name = child.get("Name") if _name(child) == "Data" else _name(child)
        if name is None:
            unnamed.append(child.text)
        else:
            found[name] = child.text
    if unnamed:
        found["Data"] = unnamed
    return found


def ecs(event: Event, document: Document) -> None:
    """As evtx_dump's; the XML has one time only, and that is when it happened."""
    document["message"] = section(event.native, "Event", "RenderingInfo").get("Message")
    EVTX_DUMP.ecs(event, document)
    document["event.start"] = document["@timestamp"] if event.timed else None
    for name in _IMAGES:
        if path := document.get(name):
            document[name] = _single(path)


def _single(path: str) -> str:
    """A path whose separators were escaped by an agent that writes XML as if it were JSON (`C:\\\\Windows\\\\a.exe`)."""
    return path.replace("\\\\", "\\") if "\\\\" in path[2:] else path


FORMAT = Format(
    name="windows_xml",
    title="Windows events, XML",
    decode=decode,
    time=EVTX_DUMP.time,
    ecs=ecs,
    ecs_fields=EVTX_DUMP.ecs_fields,
    kind=EVTX_DUMP.kind,
    field=EVTX_DUMP.field,
    values=EVTX_DUMP.values,
    hints=("<Event",),
)
