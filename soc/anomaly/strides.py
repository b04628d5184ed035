"""What `detect` gathers for windows: aggregates cut at fixed slices of each raw partition (DESIGN 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from soc import instant, parse
from soc.anomaly import aggregate
from soc.hit import Partial

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from soc.anomaly.detector import Detector
    from soc.event import Event

LATENESS = instant.MINUTE
EARLY = 5 * instant.MINUTE

_Key = tuple[str, str, int]  # detector name, entity, window start


class _Slice(NamedTuple):
    stride: int
    open: dict[_Key, tuple[aggregate.Aggregate, int, int]]


class Strides:
    """The current slice of every raw partition; made anew whenever partitions are assigned anew."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        """`detectors` are those that count: the ones with a model live, the one to be trained in training."""
        self._slices: dict[str, _Slice] = {}
        self._changed: dict[tuple[str, _Key], Partial] = {}
        self.late = 0
        """Events that came too late for their window."""
        self.use(detectors)

    def use(self, detectors: Sequence[Detector]) -> None:
        """Go on with other detectors; what was counted for those that stay is kept, for it began with the slice."""
        self._detectors = [each for each in detectors if each.state != "off" and each.unit == "window"]
        self._topics = {topic for detector in self._detectors for topic in detector.source.topics}

    def add(self, event: Event) -> None:
        """Count an event in the windows of every detector that wants it."""
        record = event.record
        if record.source.topic not in self._topics:
            return
        wanted = [detector for detector in self._detectors if record.source.topic in detector.source.topics]
        time = event.time
        if not record.source.whole and not -EARLY <= record.arrived - time <= LATENESS:
            self.late += 1
            return
        fields = parse.EcsFields(event)
        for detector in wanted:
            self._count(detector, event, fields, time)

    def partials(self) -> list[Partial]:
        """What has changed since the last call."""
        changed, self._changed = list(self._changed.values()), {}
        return changed

    def _count(self, detector: Detector, event: Event, fields: parse.EcsFields, time: int) -> None:
        entity = fields.get(detector.entity)
        if not isinstance(entity, str):
            return
        record = event.record
        here = self._slices.get(record.partition)
        if here is None or here.stride != record.stride:
            here = self._slices[record.partition] = _Slice(record.stride, {})
        start = instant.floor(time, detector.width)
        key = (detector.name, entity, start)
        counted, arrived, _ = here.open.get(key) or (aggregate.empty(), 0, 0)
        kind = kind_of(fields, detector.kind)
        aggregate.add(counted, kind, time - start, record.ref, sample=record.source.sample)
        here.open[key] = counted, max(arrived, record.arrived), record.offset
        self._changed[record.partition + ":" + str(record.stride), key] = Partial(
            detector=detector.name,
            entity=((detector.entity, entity),),
            start=start,
            end=start + detector.width,
            partition=record.partition,
            stride=record.stride,
            through=record.offset,
            arrived=max(arrived, record.arrived),
            aggregate=counted,
            scope=record.partition if record.source.whole else "",
        )


def kind_of(fields: parse.EcsFields | parse.Document, names: Iterable[str]) -> str:
    """The kind of an event: the first of the named fields that it has, as text of at most 120 characters."""
    for name in names:
        value = fields.get(name)
        if value not in (None, "", []):
            return str(value[0] if isinstance(value, list) else value)[:120]
    return "-"
