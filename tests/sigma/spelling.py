"""One event in the shapes of four collectors, and as JSON spelt in the ways that JSON allows."""

from __future__ import annotations

import json
from random import Random
from typing import Any

_SYSTEM = ("EventID", "Channel", "Computer", "Provider_Name")
_WINLOG = {"EventID": "event_id", "Channel": "channel", "Computer": "computer_name", "Provider_Name": "provider_name"}
_NXLOG = {"Provider_Name": "SourceName", "Computer": "Hostname"}


def document(shape: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The document that a collector makes of an event with these fields."""
    if shape in {"flat", "json"}:
        return fields if shape == "flat" else {name: value for name, value in fields.items() if name != "EventID"}
    fields = {"Provider_Name": "p", **fields}
    system = {name: fields[name] for name in _SYSTEM if name in fields}
    leaves = {name: value for name, value in fields.items() if name not in _SYSTEM}
    if shape == "nested":
        provider = {"#attributes": {"Name": system.pop("Provider_Name")}}
        return {"Event": {"System": {"Provider": provider, **system}, "EventData": leaves}}
    if shape == "winlogbeat":
        return {"winlog": {**{_WINLOG[name]: value for name, value in system.items()}, "event_data": leaves}}
    if shape == "nxlog":
        return {**{_NXLOG.get(name, name): value for name, value in system.items()}, **leaves}
    return fields


def line(shape: str, fields: dict[str, Any], spelling: int = 0) -> bytes:
    """The event as one line; another spelling says the same in other bytes."""
    if shape == "text":
        user = next((value for value in fields.values() if isinstance(value, str)), "x")
        user = "".join(char for char in user if char.isprintable()) or "x"
        return (
            f"<38>Nov 24 08:00:00 web-1 sshd[4711]: Failed password for {user} from 10.1.2.3 port 50122 ssh2".encode()
        )
    text = _spelt(document(shape, fields), spelling)
    if shape == "wrapped":  # by a shipper, which escapes the document once more
        text = _spelt({"host": "h", "message": text}, spelling)
    elif shape == "found":  # by a search in Splunk
        text = _spelt({"EventID": 1, "Channel": "x", "result": {"_raw": text}}, spelling)
    return text.encode()


def _spelt(document: dict[str, Any], spelling: int) -> str:
    return _Speller(spelling).spelt(document) if spelling else json.dumps(document, ensure_ascii=False)


_ESCAPED = {char: json.dumps(char)[1:-1] for char in [*map(chr, range(32)), '"', "\\"]}


_SPELT = 60
"""So many characters of a text are spelt in other ways."""


class _Speller:
    """Escapes where none are needed, numbers written otherwise, keys that stand twice: the last one counts."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def spelt(self, value: Any) -> str:
        if isinstance(value, dict):
            return "{" + self._blank() + ",".join(self._pairs(value)) + "}"
        if isinstance(value, list):
            return "[" + ",".join(map(self.spelt, value)) + self._blank() + "]"
        if isinstance(value, str):
            return '"' + "".join(map(self._char, value[:_SPELT])) + json.dumps(value[_SPELT:], ensure_ascii=False)[1:]
        return self._number(value) if type(value) in {int, float} else json.dumps(value)

    def _pairs(self, value: dict[str, Any]) -> list[str]:
        names = list(value)
        found = []
        for name, each in value.items():
            if self.random.random() < 0.1:
                other = value[self.random.choice(names)]
                found.append(f"{self.spelt(name)}:{self.spelt(other)}")
            found.append(f"{self.spelt(name)}{self._blank()}:{self._blank()}{self.spelt(each)}")
        return found

    def _blank(self) -> str:
        return " " if self.random.random() < 0.2 else ""

    def _char(self, char: str) -> str:
        if self.random.random() < 0.15 and ord(char) < 0x10000:
            code = f"{ord(char):04x}"
            return "\\u" + (code.upper() if self.random.random() < 0.5 else code)
        if char == "/" and self.random.random() < 0.5:
            return "\\/"
        return _ESCAPED.get(char, char)

    def _number(self, value: float) -> str:
        told = json.dumps(value)
        if isinstance(value, float) and self.random.random() < 0.5:
            return f"{value:e}" if float(f"{value:e}") == value else told
        return told
