"""Keys go where Kafka's own partitioner sends them."""

from __future__ import annotations

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given, strategies

from soc.log.partitioner import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        # The values that Kafka's own tests of its Java client state (as signed 32-bit numbers).
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_hash_is_that_of_kafka(key: bytes, hashed: int) -> None:
    assert murmur2(key) == hashed % (1 << 32)


@given(strategies.binary(max_size=200), strategies.integers(1, 64))
def test_a_foreign_producer_chooses_the_same_partition(key: bytes, count: int) -> None:
    assert partition_of(key, count) == DefaultPartitioner()(key, list(range(count)), [])
