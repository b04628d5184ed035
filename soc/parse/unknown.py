"""What was not understood: documents that only tell where a record came from, and the shapes of such records."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soc.parse.format import Document

# Fields that headers, envelopes and a format's constants give, whatever the body says.
_ORIGINS = (
    "@",
    "host.",
    "log.",
    "observer.",
    "agent.",
    "input.",
    "ecs.",
    "container.",
    "systemd.",
    "cloud.",
    "service.",
)
_COMMON = frozenset({
    "message", "process.name", "process.pid", "event.kind", "event.module", "event.dataset", "event.provider", "event.timezone",
    "event.category", "event.type", "event.severity", "event.outcome", "related.hosts", "tags", "labels",
})  # fmt: skip
_LONGEST = 160
_VARYING = re.compile(
    r"(?P<quoted>\"(?:[^\"\\]++|\\.)*+\"|(?<!\w)'[^'\n]{0,256}'(?!\w))"
    r"|(?P<ip>(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])|(?<![\w:.])(?=[0-9A-Fa-f:]{0,39}::|(?:[0-9A-Fa-f]{1,4}:){7})[0-9A-Fa-f:]{2,40}(?![\w:]))"
    r"|(?P<hex>0x[0-9A-Fa-f]++|(?<![^\W_])(?=[A-Fa-f-]{0,35}\d)[0-9A-Fa-f]{6,}+(?:-[0-9A-Fa-f]{4,12}){0,4}(?![^\W_]))"
    r"|(?P<n>\d++)"
)


def is_understood(document: Document) -> bool:
    """Whether an ECS document tells more than where the record came from and what kind of thing sends such."""
    return any(name not in _COMMON and not name.startswith(_ORIGINS) for name in document)


def shape(text: str) -> str:
    """The beginning of a text with what varies from record to record masked: addresses, quoted text, hex and decimal numbers."""
    masked = _VARYING.sub(lambda found: f"<{found.lastgroup}>", " ".join(text[: 4 * _LONGEST].split()))
    return masked[:_LONGEST]
