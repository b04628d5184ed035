"""What `detect` gathers for windows: aggregates cut at fixed slices of each raw partition (DESIGN 4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from soc import instant, parse
from soc.anomaly import aggregate
from soc.hit import Partial

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from soc.anomaly.detector import Detector
    from soc.event import Event
    from soc.record import Record

LATENESS = instant.MINUTE
EARLY = 5 * instant.MINUTE

_Key = tuple[str, str, int]  # detector name, entity, window start


class Told(NamedTuple):
    """What one detector counts of an event."""

    detector: Detector
    name: str
    width: int
    entity: str
    kind: str


@dataclass(slots=True)
class _Counted:
    """One window of one entity in one slice, as far as it has come."""

    told: Told
    start: int
    record: Record
    """The latest one."""
    arrived: int = 0
    aggregate: aggregate.Aggregate = field(default_factory=aggregate.empty)

    def partial(self) -> Partial:
        told, record = self.told, self.record
        return Partial(
            detector=told.name,
            entity=((told.detector.entity, told.entity),),
            start=self.start,
            end=self.start + told.width,
            partition=record.partition,
            stride=record.stride,
            through=record.offset,
            arrived=self.arrived,
            aggregate=self.aggregate,
            scope=record.partition if record.source.whole else "",
        )


class _Slice(NamedTuple):
    stride: int
    open: dict[_Key, _Counted]


class Strides:
    """The current slice of every raw partition; made anew whenever partitions are assigned anew."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        """`detectors` are those that count: the ones with a model live, the one to be trained in training."""
        self._slices: dict[str, _Slice] = {}
        self._changed: dict[tuple[str, int, _Key], _Counted] = {}
        self.late = 0
        """Events that came too late for their window."""
        self.use(detectors)

    def use(self, detectors: Sequence[Detector]) -> None:
        """Go on with other detectors; what was counted for those that stay is kept, for it began with the slice."""
        self._detectors = [
            (each, each.name, each.width) for each in detectors if each.state != "off" and each.unit == "window"
        ]
        self.topics = {topic for detector, *_ in self._detectors for topic in detector.source.topics}

    def add(self, event: Event) -> None:
        """Count an event in the windows of every detector that wants it."""
        record = event.record
        if record.source.topic not in self.topics:
            return
        time = event.time
        if not record.source.whole and not -EARLY <= record.arrived - time <= LATENESS:
            self.late += 1
            return
        self.count(record, time, self.told(event))

    def told(self, event: Event) -> tuple[Told, ...]:
        """What detectors count of an event, whenever it happened."""
        topic = event.record.source.topic
        fields, found = parse.EcsFields(event), []
        for detector, name, width in self._detectors:
            if topic not in detector.source.topics or not all(fields.get(one) for one in detector.source.fields):
                continue
            entity = fields.get(detector.entity)
            if isinstance(entity, str):
                found.append(Told(detector, name, width, entity, kind_of(fields, detector.kind)))
        return tuple(found)

    def count(self, record: Record, time: int, told: Iterable[Told]) -> None:
        """Count what was told of an event."""
        here = self._slices.get(record.partition)
        if here is None or here.stride != record.stride:
            here = self._slices[record.partition] = _Slice(record.stride, {})
        for each in told:
            start = time - time % each.width
            key = (each.name, each.entity, start)
            counted = here.open.get(key)
            if counted is None:
                counted = here.open[key] = _Counted(each, start, record)
            ref = "" if each.kind in counted.aggregate["kinds"] else record.ref  # only the first of a kind is kept
            aggregate.add(counted.aggregate, each.kind, time - start, ref, sample=record.source.sample)
            counted.record, counted.arrived = record, max(counted.arrived, record.arrived)
            self._changed[record.partition, record.stride, key] = counted

    def partials(self) -> list[Partial]:
        """What has changed since the last call."""
        changed, self._changed = [counted.partial() for counted in self._changed.values()], {}
        return changed


def kind_of(fields: parse.EcsFields | parse.Document, names: Iterable[str]) -> str:
    """The kind of an event: the first of the named fields that it has, as text of at most 120 characters."""
    for name in names:
        value = fields.get(name)
        if value not in (None, "", []):
            return str(value[0] if isinstance(value, list) else value)[:120]
    return "-"
