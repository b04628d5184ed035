"""How correlate takes partitions over: windows that know what had been closed, panes, and the log read back to where they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from soc import logs
from soc.correlate import panes
from soc.log import PANES, Message, Position
from soc.pipeline import Open
from soc.roles.housekeeping import Trimmed
from soc.roles.partitions import Partition, mark_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from soc.correlate import Pane
    from soc.log import Reader
    from soc.pipeline import Content
    from soc.roles.workshop import Workshop

log = logs.get(__name__)


async def take_over(
    work: Workshop,
    reader: Reader,
    assigned: Iterable[Position],
    content: Content,
    unheard: frozenset[str] = frozenset(),
) -> dict[Position, Partition]:
    """The partitions with nothing but their panes, and the reader back where the hits of the first open window lie.

    The batch that told of the assignment may hold messages (its first one was taken while waiting): all are read again.
    """
    committed = await work.patiently(reader.committed, "asking for positions", reader)
    assigned = sorted(assigned)
    kept = await work.patiently(lambda: _kept(work, assigned, content), f"reading {PANES}", reader)
    partitions: dict[Position, Partition] = {}
    for position in assigned:
        offset, metadata = committed.get(position, (0, ""))
        mark = mark_of(metadata)
        since = max(0, mark.least - content.horizon)
        starts = await work.patiently(lambda since=since: reader.offsets_at(since), "asking for offsets", reader)  # type: ignore[misc]
        start = min(starts.get(position, 0), offset, offset if mark.since is None else mark.since)
        state = Open.since(content, mark.clocks)
        state.correlator.restore(kept.get(position.partition, {}).values())
        partitions[position] = Partition(state, offset, next=offset, unheard=unheard)
        await reader.seek({position: start})
    await work.append(PANES, _over(kept, partitions) if not isinstance(work.log, Trimmed) else [], reader)
    return partitions


async def _kept(work: Workshop, assigned: Collection[Position], content: Content) -> dict[int, dict[bytes, Pane]]:
    """The panes of each partition by their keys; of none if no correlation is longer than an hour."""
    found: dict[int, dict[bytes, Pane]] = {at.partition: {} for at in assigned}
    if not any(each.long for each in content.rules.correlations.all):
        return found
    async for messages in work.log.kept(PANES, found.keys()):
        for message in messages:
            key, here = message.key or b"", found[message.partition]
            try:
                here[key] = panes.decode(message.value)
            except msgspec.DecodeError:
                if here.pop(key, None) is None and message.value:
                    log.error("not a pane", topic=message.topic, offset=message.offset)
    return found


def _over(kept: dict[int, dict[bytes, Pane]], partitions: dict[Position, Partition]) -> list[Message]:
    """Messages that take panes away from a compacted topic that no window needs any more."""
    clocks = {at.partition: min(one.state.correlator.clocks.values()) for at, one in partitions.items()}
    return [
        Message(b"", key, None, number)
        for number, here in kept.items()
        for key, pane in here.items()
        if pane.expires <= clocks[number]
    ]
