"""Where the shipped content lies, beside the package in a checkout, inside it in a wheel; and reading a site's lists."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from soc.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGE = Path(__file__).resolve().parent
_PACKED = _PACKAGE / "content"


def _folder(packed: str, checkout: str) -> Path:
    inside = _PACKED / packed
    return inside if inside.is_dir() else _PACKAGE.parent / checkout


def rules_dir() -> Path:
    """The shipped rules."""
    return _folder("rules", "rules")


def detectors_dir() -> Path:
    """The shipped detectors."""
    return _folder("detectors", "detectors")


def samples_dir() -> Path:
    """The shipped sample logs."""
    return _folder("samples", "deploy/samples")


@contextmanager
def uncollected() -> Iterator[None]:
    """Loading makes hundreds of thousands of objects and no garbage; looking for some takes a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def site_lists(folder: Path, faults: list[Fault] | None = None) -> dict[str, list[str]]:
    """`lists/<name>.txt`: one value a line, `#` begins a comment line; what cannot be read is added to `faults`."""
    lists = {}
    for file in sorted(folder.glob("*.txt")):
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            if faults is not None:
                faults.append(
                    Fault(str(file), 0, f"cannot be read: {error.strerror}", "let the service's user read it")
                )
            continue
        lists[file.stem] = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return lists
