"""All that topics of a log without Kafka hold at one moment, read once, by nobody's group; the twin of `kafka_history`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.log import Position

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence

    from soc.log import Delivered
    from soc.log.group import Shelf


async def history(
    shelf: Shelf, topics: Sequence[str], limit: int = 500, partitions: Collection[int] | None = None
) -> AsyncIterator[Sequence[Delivered]]:
    """What lies between the first messages kept and the present ends; within a partition in order. None: all partitions.

    Raises:
        Unavailable: the file cannot be read.
    """
    positions = [Position(topic, number) for topic in topics for number in range(await shelf.count(topic))]
    positions = [at for at in positions if partitions is None or at.partition in partitions]
    for at, (first, end) in (await shelf.bounds(positions)).items():
        following = first
        while following < end:
            found = await shelf.fetch(at, following, min(limit, end - following))
            if messages := [each for each in found if each.offset < end]:  # trimmed meanwhile: what comes next is later
                yield messages
            following = found[-1].offset + 1 if found else end
