"""Faults and warnings for people, for programs and for GitHub's annotations of pull requests."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import orjson

from soc import logs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from soc.errors import Fault

_DATA = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_PROPERTY = (*_DATA, (":", "%3A"), (",", "%2C"))


def text(faults: Sequence[Fault]) -> Iterator[str]:
    """One line each; a warning names its check."""
    for fault in faults:
        told = f" [{fault.severity}{f': {fault.check}' if fault.check else ''}]" if fault.severity != "error" else ""
        yield logs.escape(f"{fault}{told}")


def json(faults: Sequence[Fault], counts: Mapping[str, int]) -> bytes:
    """One object: `faults` (a rule is refused, a test fails), `warnings` (it runs, but look), and what was checked."""
    told = {
        "faults": [asdict(fault) for fault in faults if fault.severity == "error"],
        "warnings": [asdict(fault) for fault in faults if fault.severity != "error"],
    }
    return orjson.dumps({**told, **counts})


def github(faults: Sequence[Fault]) -> Iterator[str]:
    """Workflow commands; what stands in a rule cannot begin another one."""
    for fault in faults:
        place = {"file": fault.file, "line": str(fault.line) if fault.line else "", "title": fault.check or "fault"}
        properties = ",".join(f"{name}={_escaped(value, _PROPERTY)}" for name, value in place.items() if value)
        message = fault.what + (f"; {fault.fix}" if fault.fix else "")
        yield f"::{fault.severity} {properties}::{_escaped(message, _DATA)}"


def _escaped(value: str, signs: tuple[tuple[str, str], ...]) -> str:
    for sign, code in signs:
        value = value.replace(sign, code)
    return logs.escape(value)
