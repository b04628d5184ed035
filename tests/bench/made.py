"""Windows events that nobody logged: as they come, and made to be dear. The same seed gives the same events."""

from __future__ import annotations

import string
from random import Random
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

SYSMON = "Microsoft-Windows-Sysmon/Operational"
_LETTERS = string.ascii_letters + string.digits
CATASTROPHES = (
    r"(a+)+$", r"^(a|aa)+$", r"(a|a|a)*b", r"([a-z]+)*\d$", r"^(\w+\s?)*$", r"(.*a){12}", r"(x+x+)+y", r"((a*)*)*c", r"(a?){24}a{24}",
    r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(.*)(.*)(.*)[0-9]z", r"(?i)(aa|ab|ba)*q",
)  # fmt: skip
"""What makes engines that go back take for ever."""
_FIELDS = {
    1: ("RuleName", "Image", "FileVersion", "Description", "Product", "Company", "OriginalFileName", "CommandLine", "CurrentDirectory",
        "User", "LogonGuid", "LogonId", "IntegrityLevel", "Hashes", "ParentProcessGuid", "ParentImage", "ParentCommandLine", "ParentUser"),
    3: ("RuleName", "Image", "User", "Protocol", "SourceIp", "SourceHostname", "DestinationIp", "DestinationHostname", "DestinationPortName"),
    7: ("RuleName", "Image", "ImageLoaded", "FileVersion", "Description", "Product", "Company", "OriginalFileName", "Hashes", "Signature",
        "SignatureStatus", "User"),
    10: ("RuleName", "SourceProcessGUID", "SourceImage", "TargetProcessGUID", "TargetImage", "GrantedAccess", "CallTrace", "SourceUser",
         "TargetUser"),
    11: ("RuleName", "Image", "TargetFilename", "CreationUtcTime", "User"),
    13: ("RuleName", "EventType", "Image", "TargetObject", "Details", "User"),
    22: ("RuleName", "Image", "QueryName", "QueryStatus", "QueryResults", "User"),
}  # fmt: skip
_LENGTHS = {
    "CommandLine": 180, "ParentCommandLine": 120, "CallTrace": 400, "Hashes": 160, "Image": 60, "ParentImage": 60, "SourceImage": 60,
    "TargetImage": 60, "ImageLoaded": 60, "TargetFilename": 80, "CurrentDirectory": 40, "TargetObject": 80, "Description": 30,
}  # fmt: skip


class Maker:
    def __init__(self, seed: int = 1) -> None:
        self.random = Random(seed)

    def word(self, length: int) -> str:
        return "".join(self.random.choices(_LETTERS, k=length))

    def path(self, length: int) -> str:
        depth = max(length // 12, 1)
        return "C:\\" + "\\".join(self.word(11) for _ in range(depth)) + ".exe"

    def unique(self) -> dict[str, Any]:
        """A Sysmon event of which no text was ever seen."""
        event_id = self.random.choice(tuple(_FIELDS))
        number = self.random.randrange
        system = {
            "Provider_Name": "Microsoft-Windows-Sysmon", "Provider_Guid": self.word(38), "EventID": event_id, "Version": 5, "Level": 4,
            "Task": event_id, "Opcode": 0, "Keywords": self.word(18), "SystemTime": f"2026-03-01T08:00:00.{number(10**6):06}Z",
            "EventRecordID": number(1 << 40), "Execution_ProcessID": number(1 << 15), "Execution_ThreadID": number(1 << 15),
            "Channel": SYSMON, "Computer": f"{self.word(8)}.example", "UserID": self.word(8), "ProcessGuid": self.word(36),
            "ProcessId": number(1 << 15), "UtcTime": f"2026-03-01 08:00:00.{number(1000):03}",
        }  # fmt: skip
        return system | {name: self._value(name) for name in _FIELDS[event_id]}

    def _value(self, name: str) -> str:
        length = _LENGTHS.get(name, 20)
        return self.path(length) if name.endswith(("Image", "Directory", "Filename", "Loaded")) else self.word(length)

    def usual(self, count: int) -> Iterator[dict[str, Any]]:
        """Events of which most values come again, as they do in life."""
        some = [self.unique() for _ in range(400)]
        for number in range(count):
            fresh = {"EventRecordID": number, "ProcessGuid": self.word(36)}
            yield self.random.choice(some) | fresh

    def strange(self) -> dict[str, Any]:
        """Of a channel and with an event id that nobody else has."""
        return self.unique() | {"Channel": self.word(30), "EventID": self.random.randrange(1 << 30)}

    def long(self, text: str) -> dict[str, Any]:
        return {"Channel": SYSMON, "EventID": 1, "Provider_Name": "Microsoft-Windows-Sysmon", "CommandLine": text}

    def wide(self, count: int) -> dict[str, Any]:
        """Of so many fields."""
        return self.long("") | {self.word(12): self.word(20) for _ in range(count - 4)}


def lines(events: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> list[bytes]:
    return [orjson.dumps(event) for event in events]
