"""A broker's answers with other error codes in them: what it did is done, what it says is an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

from aiokafka.protocol import commit, coordination, fetch, group, produce
from aiokafka.protocol.api import RequestStruct
from aiokafka.protocol.types import Array, Schema

from tests.faults.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable

PRODUCE, FETCH, COMMIT, COMMITTED, JOIN, HEARTBEAT, SYNC = 0, 1, 8, 9, 11, 12, 14
_MODULES = (commit, coordination, fetch, group, produce)
_ANSWERS: dict[tuple[int, int], Any] = {
    (kind.API_KEY, kind.API_VERSION): kind.RESPONSE_TYPE
    for module in _MODULES
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, RequestStruct) and kind is not RequestStruct
}


@dataclass
class Errors:
    """Which answers are changed next: (API, code) -> how often still."""

    due: dict[tuple[int, int], int] = field(default_factory=dict)
    happened: int = 0

    def changes(self) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
        """For one connection."""
        asked: dict[int, tuple[int, int]] = {}
        requests, answers = _Frames(), _Frames()

        def ask(data: bytes) -> bytes:
            for frame in requests.take(data):
                number = int.from_bytes(frame[4:8], "big", signed=True)
                asked[number] = int.from_bytes(frame[0:2], "big"), int.from_bytes(frame[2:4], "big")
            return data

        def answer(data: bytes) -> bytes:
            out = []
            for frame in answers.take(data):
                api = asked.pop(int.from_bytes(frame[:4], "big", signed=True), (-1, -1))
                changed = frame[:4] + self._changed(api, frame[4:])
                out.append(len(changed).to_bytes(4, "big") + changed)
            return b"".join(out)

        return ask, answer

    def _changed(self, api: tuple[int, int], body: bytes) -> bytes:
        code = next((code for (key, code), left in self.due.items() if key == api[0] and left > 0), None)
        kind = _ANSWERS.get(api)
        if code is None or kind is None:
            return body
        answer = kind.decode(BytesIO(body))
        values = [answer.get_item(name) for name in kind.SCHEMA.names]
        changed = with_code(kind.SCHEMA, values, code)
        if changed == values:
            return body
        self.due[api[0], code] -= 1
        self.happened += 1
        return bytes(kind.SCHEMA.encode(changed))


class ErrorProxy(Proxy):
    """The proxy before a broker whose answers are changed as `errors` says."""

    def __init__(self, port: int, target: int) -> None:
        self.errors = Errors()
        super().__init__(port, target, changes=self.errors.changes)


class _Frames:
    """Whole messages out of a stream of bytes."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, data: bytes) -> list[bytes]:
        found, rest = [], self._rest + data
        while len(rest) >= 4 and len(rest) >= 4 + (size := int.from_bytes(rest[:4], "big")):
            found.append(rest[4 : 4 + size])
            rest = rest[4 + size :]
        self._rest = rest
        return found


def with_code(schema: Schema, values: Any, code: int) -> list[Any]:
    """The same with each `error_code`, however deep, set."""
    return [
        _field(name, kind, value, code) for name, kind, value in zip(schema.names, schema.fields, values, strict=True)
    ]


def _field(name: str, kind: Any, value: Any, code: int) -> Any:
    if name == "error_code":
        return code
    if isinstance(kind, Array) and isinstance(kind.array_of, Schema):
        return [with_code(kind.array_of, each, code) for each in value or ()]
    return value
