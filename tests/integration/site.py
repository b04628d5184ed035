"""A whole service on a real Kafka and a real Elasticsearch, driven through its commands only."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import yaml

from soc.config import Kafka
from soc.log import FINDINGS, HITS, RAW_TOPICS
from soc.log.kafka import KafkaLog
from soc.log.kafka_client import open_admin, open_consumer, stopped
from tests.services import free_port
from tests.waiting import until, until_now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from soc.log import Message

PROGRAM = Path(sys.executable).with_name("soc")
_ID = re.compile(r"\b[0-9a-f]{40}\b")
GROUPS = {"soc-detect": RAW_TOPICS, "soc-correlate": (HITS,), "soc-index": (FINDINGS,)}


@dataclass
class Site:
    """One data folder, one Kafka, one Elasticsearch."""

    folder: Path
    brokers: str
    elasticsearch: str

    def __post_init__(self) -> None:
        self.metrics = f"127.0.0.1:{free_port()}"
        settings = {
            "data_dir": str(self.folder / "var"),
            "samples": False,
            "sources": {"inbox": False, "syslog": []},
            "kafka": {"brokers": self.brokers, "session_timeout_ms": 6000, "partitions": 2},
            "elasticsearch": {"url": self.elasticsearch},
            "console": {"bind": f"127.0.0.1:{free_port()}"},
            "metrics": {"bind": self.metrics},
        }
        (self.folder / "soc.yml").write_text(yaml.safe_dump(settings))
        self.kafka = Kafka(brokers=self.brokers, session_timeout_ms=6000, partitions=2, slot="test")
        self.output = self.folder / "soc.log"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SOC_")}
        return {**inherited, "SOC_CONFIG": str(self.folder / "soc.yml")}

    def soc(self, *arguments: str, seconds: float = 300) -> str:
        """A command's output; it must succeed."""
        done = subprocess.run([PROGRAM, *arguments], env=self.environment, cwd=self.folder, timeout=seconds,
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, f"soc {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """`soc run`, ready; drained at the end unless it was killed."""
        with self.output.open("ab") as output:
            process = subprocess.Popen([PROGRAM, "run"], env=self.environment, cwd=self.folder, stdout=output,
                                       stderr=output, start_new_session=True)  # fmt: skip
        try:
            until_now(lambda: process.poll() is not None or self.ready(), 60, f"ready, see {self.tail()}")
            assert process.poll() is None, self.tail()
            yield process
            if process.poll() is None:
                process.terminate()
                assert process.wait(40) == 0, self.tail()
        finally:
            kill_all(process)

    def ready(self) -> bool:
        try:
            return httpx.get(f"http://{self.metrics}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def tail(self) -> str:
        return self.output.read_text(errors="replace")[-4000:]

    async def produce(self, topic: str, messages: Sequence[Message]) -> None:
        log = await KafkaLog.open(self.kafka, [topic])
        try:
            for start in range(0, len(messages), 1000):
                await log.append(topic, messages[start : start + 1000])
        finally:
            await log.close()

    async def lag(self, group: str) -> int:
        """Messages that a group has not committed yet."""
        admin = await open_admin(self.kafka)
        consumer = await open_consumer(self.kafka, None, patient=False)
        try:
            offsets = await admin.list_consumer_group_offsets(group)
            mine = {at: told.offset for at, told in offsets.items() if at.topic in GROUPS[group]}
            ends = await consumer.end_offsets(list(mine))
        finally:
            await stopped(consumer)
            await stopped(admin)
        assert mine, f"group {group} has no offsets"
        return sum(ends[at] - offset for at, offset in mine.items())

    async def drained(self, *groups: str, seconds: float = 180) -> None:
        """Until each group, in this order, has committed all there is."""
        for group in groups:

            async def done(group: str = group) -> bool:
                return await self.lag(group) == 0

            await until(done, seconds, f"{group} has no lag; {self.tail()}")

    def expected(self) -> set[str]:
        """The ids of findings and alerts by the oracle: one pass over the raw topics."""
        return set(_ID.findall(self.soc("replay", "--log", "--ids")))

    def stored(self) -> set[str]:
        """The ids in Elasticsearch, without those of health."""
        httpx.post(f"{self.elasticsearch}/soc-*/_refresh", timeout=30).raise_for_status()
        found: set[str] = set()
        query: dict[str, Any] = {
            "size": 5000,
            "_source": False,
            "query": {"bool": {"must_not": {"term": {"soc.kind": "health"}}}},
            "sort": [{"soc.id": "asc"}],
        }
        while True:
            answer = httpx.post(f"{self.elasticsearch}/soc-*/_search", json=query, timeout=30).raise_for_status()
            hits = json.loads(answer.content)["hits"]["hits"]
            if not hits:
                return found
            found |= {hit["_id"] for hit in hits}
            query["search_after"] = hits[-1]["sort"]


def children(pid: int) -> list[int]:
    """All processes below one."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        if int(text.rpartition(")")[2].split()[1]) == pid:
            found += [int(stat.parent.name), *children(int(stat.parent.name))]
    return found


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """kill -9 the supervisor and everything below it at once."""
    if process.poll() is None:
        for pid in [process.pid, *children(process.pid)]:
            os.kill(pid, signal.SIGKILL)
    process.wait()
