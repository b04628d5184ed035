"""What a check says of a rule: which check, where in the document, what is wrong, how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from soc.sigma.yaml_files import Path


class Told(NamedTuple):
    check: str
    path: Path
    """Of the value in the document."""
    what: str
    fix: str = ""
