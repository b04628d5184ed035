"""The record that kills the process is found by what was written down before, and set aside."""

from __future__ import annotations

import pytest

from soc import sigma
from soc.anomaly import Detectors, Strides
from soc.enrich import Inventory
from soc.pipeline import Content
from soc.record import LogSource, Record
from soc.roles import Suspects

SOURCE = LogSource("logs.host")


class Killed(BaseException):
    """Stands for the end of the process: nothing after it runs, no handler of ours catches it."""


class Deadly(sigma.RuleSet):
    """Rules whose evaluation of some records ends the process."""

    def __init__(self) -> None:
        super().__init__()
        self._usual, self.match = self.match, self._killed

    def _killed(self, event):
        if b"deadly" in event.record.raw:
            raise Killed
        return self._usual(event)


CONTENT = Content(Deadly(), Detectors(), Inventory(), "s")


def records(*deadly: int, count: int = 20, partition: str = "logs.host:0") -> list[Record]:
    return [
        Record(b"deadly" if offset in deadly else b"harmless", partition, offset, 0, SOURCE) for offset in range(count)
    ]


def survive(file, batches, limit: int = 20):
    """Start again and again, from the first batch that is not done."""
    done, ends, results = 0, 0, []
    while done < len(batches):
        suspects = Suspects(file)
        try:
            while done < len(batches):
                results.append(suspects.detect(batches[done], CONTENT, Strides([])))
                done += 1
        except Killed:
            ends += 1
            assert ends <= limit
        finally:
            suspects.close()
    return results, ends


def test_the_killer_is_a_dead_letter_after_four_ends_and_the_others_are_not(tmp_path) -> None:
    results, ends = survive(tmp_path / "mark", [records(), records(7), records()])
    assert ends == 4
    assert [(result.clean, len(result.dead_letters)) for result in results] == [(20, 0), (19, 1), (20, 0)]
    (letter,) = results[1].dead_letters
    assert (letter.record.ref, letter.stage, letter.reason) == ("logs.host:0:7", "detect", "crash")
    assert "ended 2 times while" in letter.detail


def test_several_killers_in_one_batch_are_found_one_after_the_other(tmp_path) -> None:
    results, ends = survive(tmp_path / "mark", [records(3, 11, 12)])
    assert [letter.record.offset for letter in results[0].dead_letters] == [3, 11, 12]
    assert results[0].clean == 17
    assert ends <= 12


def test_a_killer_that_came_alone_is_set_aside_after_two_ends(tmp_path) -> None:
    results, ends = survive(tmp_path / "mark", [records(0, count=1)])
    assert ends == 2
    assert len(results[0].dead_letters) == 1


def test_other_batch_boundaries_after_a_restart_change_nothing(tmp_path) -> None:
    whole = records(7)
    suspects = Suspects(tmp_path / "mark")
    with pytest.raises(Killed):
        suspects.detect(whole, CONTENT, Strides([]))
    suspects.close()
    results, _ = survive(tmp_path / "mark", [whole[:5], whole[5:9], whole[9:]])
    assert [len(result.dead_letters) for result in results] == [0, 1, 0]


def test_starting_and_stopping_is_no_reason_for_suspicion(tmp_path) -> None:
    suspects = Suspects(tmp_path / "mark")
    with pytest.raises(Killed):
        suspects.detect(records(0, count=1), CONTENT, Strides([]))
    suspects.close()
    for _ in range(5):
        Suspects(tmp_path / "mark").close()
    again = Suspects(tmp_path / "mark")
    harmless = replace_raw(records(0, count=1))
    assert again.detect(harmless, CONTENT, Strides([])).clean == 1
    again.close()


def replace_raw(told):
    return [record._replace(raw=b"harmless") for record in told]


def test_a_record_at_which_the_process_was_killed_twice_by_chance_elsewhere_is_kept(tmp_path) -> None:
    """Two ends during one batch only make its records be worked on one by one."""
    for _ in range(2):
        suspects = Suspects(tmp_path / "mark")
        with pytest.raises(Killed):
            suspects.detect(records(5), CONTENT, Strides([]))
        suspects.close()
    suspects = Suspects(tmp_path / "mark")
    assert suspects.detect(replace_raw(records()), CONTENT, Strides([])).clean == 20
    suspects.close()


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x00\x09{", b"\xff" * 64, b"\x00\x00\x00\x02[]"])
def test_a_mark_that_cannot_be_read_is_no_suspicion(tmp_path, data) -> None:
    (tmp_path / "mark").write_bytes(data)
    results, ends = survive(tmp_path / "mark", [records()])
    assert (results[0].clean, ends) == (20, 0)


def test_work_in_steps_gives_what_work_at_once_gives(tmp_path) -> None:
    mixed = [record._replace(raw=b"\x00") if record.offset % 5 == 0 else record for record in records()]
    plain = Suspects(None).detect(mixed, CONTENT, Strides([]))
    for _ in range(2):
        suspects = Suspects(tmp_path / "mark")
        with pytest.raises(Killed):
            suspects.detect(records(4), CONTENT, Strides([]))
        suspects.close()
    stepped = Suspects(tmp_path / "mark")
    assert stepped.detect(mixed, CONTENT, Strides([])) == plain
    stepped.close()
