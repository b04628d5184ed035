"""What a backtest knows of hits, and of two versions of a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc import instant
from soc.backtesting import Backtest, Sample, by_day
from tests.sigma.rules import ID, event_of, load_text, rule_text

if TYPE_CHECKING:
    from pathlib import Path

    from soc.sigma import RuleSet

ZONE = instant.zone("Asia/Ho_Chi_Minh")
OTHER = "00000000-0000-4000-8000-000000000001"


def rules_of(folder: Path, *texts: str) -> RuleSet:
    folder.mkdir()
    return load_text(folder, *texts)


def rule(words: Any, **attributes: Any) -> str:
    return rule_text({"s": {"CommandLine|contains": words}, "condition": "s"}, **attributes)


def run(test: Backtest, *commands: str, time: str = "2026-03-01T17:30:00Z") -> Backtest:
    for command in commands:
        test.take(event_of({"CommandLine": command, "UtcTime": time, "Computer": "ws1", "User": "X\\an"}), "a.log")
    test.settle()
    return test


def test_hits_are_counted_with_values_hours_of_the_site_and_examples(tmp_path: Path) -> None:
    rules = rules_of(tmp_path / "r", rule(["evil", "bad"]), rule("never", id=OTHER))
    test = Backtest(rules, ZONE, most_samples=1)
    run(test, "evil", "good", "so bad", "evil")
    test.skip()
    hits = test.hits[ID]
    assert (test.events, test.unparsed, hits.count, hits.reached) == (5, 1, 3, 4)
    assert hits.hours == {"2026-03-02 00": 3}
    assert hits.values == {
        "CommandLine": {"evil": 2, "so bad": 1},
        "host.name": {"ws1": 3},
        "user.name": {"an": 3},
    }
    ((file, offset, time, text, why),) = hits.samples
    assert (file, offset, instant.iso(time), '"CommandLine":"evil"' in text) == (
        "a.log",
        0,
        "2026-03-01T17:30:00.000Z",
        True,
    )
    assert why == ({"selection": "s", "field": "CommandLine|contains", "asked": "*evil*", "value": "evil"},)
    assert (test.hits[OTHER].count, test.hits[OTHER].reached) == (0, 4)


def test_events_of_other_log_sources_do_not_reach_a_rule(tmp_path: Path) -> None:
    test = Backtest(rules_of(tmp_path / "r", rule("evil")), ZONE)
    test.take(event_of({"CommandLine": "evil"}, EventID=3), "a.log")
    test.settle()
    assert (test.hits[ID].count, test.hits[ID].reached) == (0, 0)


def test_two_versions_are_compared_event_by_event(tmp_path: Path) -> None:
    new, old = (
        rules_of(tmp_path / "n", rule(["evil", "new"])),
        rules_of(tmp_path / "o", rule(["evil", "old"], id=OTHER)),
    )
    test = run(Backtest(new, ZONE, old=old), "evil one", "new one", "old one", "evil new old", "nothing")
    difference = test.differences[ID]
    assert difference.counts == {"both": 2, "only_new": 1, "only_old": 1}
    assert {side: [_command(sample) for sample in samples] for side, samples in difference.samples.items()} == {
        "both": ["evil one", "evil new old"],
        "only_new": ["new one"],
        "only_old": ["old one"],
    }


def test_of_several_rules_those_with_one_id_are_compared(tmp_path: Path) -> None:
    new = rules_of(tmp_path / "n", rule("new"), rule("x", id=OTHER))
    old = rules_of(tmp_path / "o", rule("old"), rule("x", id=OTHER[:-1] + "9"))
    test = run(Backtest(new, ZONE, old=old), "old x")
    assert {name: dict(each.counts) for name, each in test.differences.items()} == {ID: {"only_old": 1}}


def test_days_are_sums_of_hours() -> None:
    assert by_day({"2026-03-01 08": 1, "2026-03-01 23": 2, "2026-03-02 00": 3}) == {"2026-03-01": 3, "2026-03-02": 3}


def _command(sample: Sample) -> str:
    """What the version that matched met."""
    return next(each["value"] for each in sample.why)
