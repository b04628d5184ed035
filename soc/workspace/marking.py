"""Which stored alerts an added, shortened or ended exception may concern: they are looked at again by the roll-up.

What has a new finding is decided by every roll-up anyway; this finds what lies still.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

from soc.stores import FIELDS, Query
from soc.stores.walking import documents

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from soc.alerting import Suppression, Suppressions
    from soc.stores import AlertStore

AT_ONCE = 500
"""Alerts looked at again between two roll-ups, so that new ones do not wait for them."""
_OF_ALERTS = ("host.", "source.", "destination.", "user.", "soc.entity.", "soc.layer", "soc.kind", "rule.")
"""Where an alert has the value of its last finding."""
_Effect = dict[str, tuple[int, int]]


class Marking:
    """What has been applied to the alerts in the store, kept over restarts; what is half done is begun anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: deque[str] = deque()
        try:
            self._applied: _Effect = msgspec.json.decode(path.read_bytes(), type=_Effect)
        except (OSError, msgspec.DecodeError):
            self._applied = {}
        self._target = self._applied

    async def due(self, store: AlertStore, current: Suppressions) -> list[str]:
        """Alerts to be looked at again now, AT_ONCE at most; `done` says that they were."""
        if not self._waiting and self._target != current.in_effect:
            self._target = dict(current.in_effect)
            self._waiting.extend([id_ async for id_ in _concerned(store, current, self._applied)])
        return [self._waiting[place] for place in range(min(AT_ONCE, len(self._waiting)))]

    def done(self, alerts: int) -> None:
        """Raises OSError if it cannot be written down; then it is all done again after a restart."""
        for _ in range(alerts):
            self._waiting.popleft()
        if not self._waiting and self._applied != self._target:
            self._applied = self._target
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(self._applied))
            fresh.replace(self._path)


async def _concerned(store: AlertStore, current: Suppressions, applied: _Effect) -> AsyncIterator[str]:
    """The ids of all alerts that what changed hides or may hide."""
    changed = {id_ for id_ in applied.keys() | current.in_effect if applied.get(id_) != current.in_effect.get(id_)}
    seen: set[str] = set()
    for query in _queries(sorted(changed), current):
        async for alert in documents(store, query):
            id_ = alert["soc"]["id"]
            if id_ not in seen:
                seen.add(id_)
                yield id_


def _queries(changed: list[str], current: Suppressions) -> Iterator[Query]:
    now_held = {one.id: one for one in current.all}
    for id_ in changed:
        yield Query(filters={"soc.suppressed_by": [id_]}, only_suppressed=True, sort="soc.id")
        if one := now_held.get(id_):
            yield candidates(one)


def candidates(one: Suppression) -> Query:
    """All alerts that it can hide, and others: an alert has the values of its last finding."""
    asked: dict[str, list[str]] = {"rule.id": [one.rule]} if one.rule else {}
    for condition in one.where:
        name = condition.field
        if FIELDS.get(name) == "keyword" and name.startswith(_OF_ALERTS) and not condition.is_network:
            asked.setdefault(name, []).append(condition.value)
    return Query(filters=asked, suppressed=True, since=one.begins, until=one.until, sort="soc.id")
