"""An Alert is what an analyst works on: the group of findings with one rule, group key and bucket."""

from typing import Any, Literal, NamedTuple, get_args

Status = Literal["new", "acknowledged", "in_progress", "closed"]
Disposition = Literal["true_positive", "benign", "false_positive", "duplicate", "test", "other"]
Severity = Literal["informational", "low", "medium", "high", "critical"]

STATUSES: tuple[Status, ...] = get_args(Status)
DISPOSITIONS: tuple[Disposition, ...] = get_args(Disposition)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""In rising order; `event.severity` is the index + 1, so 1 to 5."""


class Alert(NamedTuple):
    """`document` is the whole of it; `triage.*` in it belongs to people, the rest to the pipeline."""

    id: str
    document: dict[str, Any]
