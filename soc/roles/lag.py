"""How far behind a role is, as metrics by topic and partition; files count together, since their names are endless."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc import instant
from soc.record import LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.log import Batch
    from soc.metrics import Metrics
    from soc.record import Record
    from soc.sources import RecordBatch

Label = tuple[str, str]


class Lag:
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._epoch = -1
        self._shown: set[Label] = set()

    def of_records(self, batch: RecordBatch, now: int) -> None:
        """Whole files are not behind anything."""
        last: dict[str, Record] = {record.partition: record for record in batch.records if not record.source.whole}
        ages = {label: 0.0 for name in batch.caught_up if (label := _raw_label(name))}
        if not batch.records:
            ages |= dict.fromkeys((label for label in self._shown if not label[1].isdigit()), 0.0)
        for record in last.values():
            label = _raw_label(record.partition) or (record.source.topic, record.partition.partition(":")[0])
            age = 0.0 if record.partition in batch.caught_up else _age(record.arrived, now)
            ages[label] = max(age, ages.get(label, 0.0))
        waiting = {label: count for name, count in batch.behind.items() if (label := _raw_label(name))}
        self._show(batch.epoch, waiting, ages)

    def of_messages(self, batch: Batch, now: int) -> None:
        ages = {(at.topic, str(at.partition)): 0.0 for at in batch.caught_up}
        for message in batch.messages:
            if message.position not in batch.caught_up:
                ages[message.topic, str(message.partition)] = _age(message.timestamp, now)
        waiting = {(at.topic, str(at.partition)): count for at, count in batch.behind.items()}
        self._show(batch.epoch, waiting, ages)

    def _show(self, epoch: int, waiting: Mapping[Label, int], ages: Mapping[Label, float]) -> None:
        if epoch != self._epoch:  # another worker shows what it has taken over
            for label in self._shown:
                self._metrics.lag_messages.remove(*label)
                self._metrics.lag_seconds.remove(*label)
            self._epoch, self._shown = epoch, set()
        for label in waiting.keys() | ages.keys():
            self._shown.add(label)
            messages, seconds = self._metrics.lag_messages.labels(*label), self._metrics.lag_seconds.labels(*label)
            if label in waiting:
                messages.set(waiting[label])
            if label in ages:
                seconds.set(ages[label])


def _age(arrived: int, now: int) -> float:
    return max(0, now - arrived) / instant.SECOND


def _raw_label(name: str) -> Label | None:
    topic, _, number = name.rpartition(":")
    return (topic, number) if topic in LAYERS else None
