"""Rules that were too dear and are set aside on this machine until somebody brings them back: `<data_dir>/set_aside.yml`."""

from __future__ import annotations

import fcntl
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from soc.sigma import states
from soc.sigma.metadata import QUARANTINED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from soc.config import Config
    from soc.errors import Fault


def file_of(config: Config) -> Path:
    """Beside the caches, not in the site folder: what is too dear here need not be so on another machine."""
    return config.data_dir / "set_aside.yml"


def read(file: Path, faults: list[Fault]) -> dict[str, states.Stated]:
    """Rule id -> why it is set aside."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    return states.read(text, str(file), faults, allowed=(QUARANTINED,))


def put(file: Path, rule_id: str, reason: str) -> None:
    """Set a rule aside from the next look at the files on."""
    with _changing(file) as known:
        known[rule_id] = reason


def take_back(file: Path, rule_id: str) -> bool:
    """Bring a rule back; whether it was set aside."""
    with _changing(file) as known:
        return known.pop(rule_id, None) is not None


@contextmanager
def _changing(file: Path) -> Iterator[dict[str, str]]:
    """Several workers and a person may write at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = {rule_id: stated.reason for rule_id, stated in read(file, []).items()}
        yield known
        lines = [
            f"{json.dumps(rule_id)}: {json.dumps({'state': QUARANTINED, 'reason': reason, 'owner': 'soc'})}\n"
            for rule_id, reason in known.items()
        ]
        fresh = file.with_suffix(".new")
        fresh.write_text("".join(lines), encoding="utf-8")
        fresh.replace(file)
