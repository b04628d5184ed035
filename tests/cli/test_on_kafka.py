"""What operators see of a real Kafka: the doctor's lines, and dead letters read by nobody's group."""

from __future__ import annotations

import pytest

from soc import instant, loading
from soc.cli import _letters
from soc.cli._doctor.kafka import kafka as doctor
from soc.config import Config, Kafka
from soc.log import DEAD_LETTERS, FINDINGS, Message
from soc.log.dead_letters import encode
from soc.log.kafka_history import history
from soc.log.opening import open_log
from soc.log.setup import setup
from tests import services
from tests.cli.site import NOON, letter

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def brokers():
    server = services.Kafka()
    with services.running(server):
        yield server.address


async def test_topics_and_groups_before_and_after_setup_and_letters_that_move_nobodys_position(brokers, tmp_path):
    config = Config(data_dir=tmp_path, kafka=Kafka(brokers=brokers))
    before = await doctor(config)
    assert {result.level for result in before if result.what == "Kafka topics"} == {"FAIL"}
    await setup(config.kafka, horizon=20 * instant.MINUTE)
    healthy = [
        f"ok    Kafka: {brokers} answers",
        "ok    Kafka topics: 8 are there, with the settings they need",
        "ok    group soc-detect: 16 partitions, 0 messages behind",
        "ok    group soc-correlate: 4 partitions, 0 messages behind",
        "ok    group soc-index: 4 partitions, 0 messages behind",
        "ok    Kafka clock: unknown: the raw topics are empty",
    ]
    assert [str(result) for result in await doctor(config)] == healthy

    log = await open_log(config)
    letters = [letter(b"plain", 1), letter(b"\xff", 2, reason="encoding")]
    await log.append(DEAD_LETTERS, [Message(encode(each, "5e7", NOON)) for each in letters])
    await log.append("logs.host", [Message(b"one")])
    kept = [each async for each in _letters.letters(config, _letters.Wanted())]
    assert sorted(each.letter.ref for each in kept) == ["logs.host:0:1", "logs.host:0:2"]
    content, _ = loading.load(config)
    outcome = await _letters.replay(_letters.letters(config, _letters.Wanted()), log, content)
    assert (outcome.letters, outcome.clean, dict(outcome.failing)) == (2, 1, {"encoding": 1})
    assert [batch async for batch in history(config.kafka, [FINDINGS])] == []
    await log.close()

    told = [str(result) for result in await doctor(config)]
    assert told[2:5] == ["ok    group soc-detect: 16 partitions, 1 messages behind", *healthy[3:5]]
    assert told[5].startswith("ok    Kafka clock: the last raw record was appended ")
