"""Our own logs: one JSON object a line on stderr; no input can forge a line or reach the terminal's controls."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

# C0, DEL, C1 and the characters that change the direction of text.
_HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


def escape(text: str) -> str:
    r"""Text that is safe on a terminal: control and direction characters as `\u001b`."""
    return _HOSTILE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def setup(role: str, level: str = "info") -> None:
    """Send everything, our libraries' records too, as JSON lines to stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", key="@timestamp"),
        structlog.processors.format_exc_info,
        _safe,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.EventRenamer("message"),
                structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=False),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for noisy in ("aiokafka", "elastic_transport", "elasticsearch", "uvicorn.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(role=role)


def get(name: str) -> Any:
    """A structlog logger: `log.info("what happened", key=value)`."""
    return structlog.stdlib.get_logger(name)


def _safe(_logger: Any, _method: str, entry: Any) -> Any:
    return {key: escape(value) if isinstance(value, str) else value for key, value in entry.items()}
