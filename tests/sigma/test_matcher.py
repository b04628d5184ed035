"""The fast matcher says what the plain evaluator says, on rules and events drawn from the whole grammar."""

from __future__ import annotations

import os
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given, settings, strategies as st

from soc import parse
from soc.record import LogSource, Record
from soc.sigma import fields as remembering, index as indexing
from soc.sigma.needles import needles
from soc.sigma.ruleset import RuleSet
from tests.sigma.comparing import ENGINES, LOGSOURCES, difference, engine, event_of, ids, rule_of, rules_of, smallest
from tests.sigma.grammar import Case, drawn
from tests.sigma.vocabulary import COMMON, REGEXES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soc.event import Event
    from soc.sigma.rule import Rule

WINDOWS = {"product": "windows"}
IN_CI = os.environ.get("CI") == "true"
CASES, CHUNKS = (2_000 if IN_CI else 240), 8
"""Each is tried by both engines. CI draws the same cases every time; by hand each run draws new ones."""
BEGIN = 0 if IN_CI else Random().randrange(1 << 40)
SHAPES = ("provider", "nested", "winlogbeat", "nxlog")


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_it_matches_what_the_plain_evaluator_matches(chunk: int) -> None:
    for seed in range(BEGIN + chunk, BEGIN + CASES, CHUNKS):
        case = drawn(seed)
        if found := difference(case):
            left = smallest(case, lambda each: (now := difference(each)) is not None and now.how == found.how)
            pytest.fail(f"seed {seed}, {found.how}: {left}\n{difference(left)}")


@pytest.mark.usefixtures("each_engine")
def test_texts_looked_at_together_have_the_classes_that_they_have_alone() -> None:
    """Texts that hold what the rules ask for, in any case and with something around it."""
    for seed in range(BEGIN, BEGIN + CASES // 8):
        told = Random(seed)
        index = RuleSet(rules_of(drawn(seed)), (), LOGSOURCES)._matcher.windows
        for field in index.fields.values():
            table = field.table
            known = [*table.literals, *table.whole, *table.whole_cased, "", "x", "\u0130K\u212a\u03a3", "10.0.0.1"]
            texts = [
                f"{before}{text}{after}" for text in known for before in ("", "A") for after in ("", "\n", "\u03c2")
            ]
            texts = [told.choice((str, str.upper, str.title))(text) for text in texts]
            told.shuffle(texts)
            assert field.classify_all(texts) == list(map(field.classify, texts))


def test_the_shortcut_learns_what_is_new_in_many_events_at_once() -> None:
    """And where little is new, at once: both ways it says of each line what the matcher says of the event."""
    case = detected(
        {"a": {"A|contains": ["evil", "bad"]}, "b": {"B|endswith": "\\\\x.exe"}, "condition": "a or b"},
        *({"A": f"{number}{'Evil' * (number % 3 == 0)}", "B": f"c:\\{number}\\{'xy'[number % 2]}.EXE"} for number in range(60)),
    )  # fmt: skip
    events = [event for told in case["events"] if (event := event_of(told))]
    plain = [ids(RuleSet(rules_of(case), (), LOGSOURCES).match_plainly(event)) for event in events]
    expected = [(number, found) for number, found in enumerate(plain) if found]
    rules = RuleSet(rules_of(case), (), LOGSOURCES)
    lines = [event.record.raw for event in events]
    for _ in range(3):
        assert [(number, ids(found or ())) for number, found in rules.of_lines(b"\n".join(lines), lines)] == expected
    assert len(expected) == 40
    lines = [line for line in lines for _ in range(200)]
    assert len(rules.of_lines(b"\n".join(lines), lines)) == 40 * 200


def detected(detection: Any, *events: dict[str, Any]) -> Case:
    rules = [{"id": "1", "logsource": WINDOWS, "detection": detection}]
    told = [{"shape": "flat", "fields": {"EventID": 1, "Channel": "x", **fields}, "spelling": 0} for fields in events]
    return {"rules": rules, "filters": [], "events": told, "tight": 0}


@pytest.mark.parametrize(
    "case",
    [
        detected({"s1": ["k"], "s2": {"A": 1}, "condition": "s1"}, {"A": "\u212a"}),
        detected(
            {"s1": {"A|contains": ["1"]}, "s2": {"A": [1]}, "condition": "s1 and s2"},
            *({"A": value} for value in (True, 1, 1.0, "1")),
        ),
        detected({"s1": ["1000"], "s2": {"B": "a"}, "condition": "s1"}, {"A": 1e3}),
        detected(
            {"s1": {"A": 1000}, "s2": {"A": 1000.0}, "condition": "not s1 and s2"}, {"A": "1000.0"}, {"A": "1000"}
        ),
        detected({"s1": ["mimi\0katz"], "condition": "s1"}, {"A": "mimi", "B": "katz"}, {"A": "mimi\0katz"}),
        detected({"s1": ["mimikatz"], "condition": "s1"}, {"A": 'mimikatz": x'}, {"A": "x", "mimikatz": "y"}),
    ],
)
def test_it_matches_so_where_engines_have_failed(case: Case) -> None:
    assert difference(case) is None


def test_the_drawn_cases_are_worth_their_time() -> None:
    """Rules are understood, many match, and the shortcut leaves out lines."""
    rules = matches = events = left_out = 0
    for case in map(drawn, range(60)):
        ruleset = RuleSet(rules_of(case), (), LOGSOURCES)
        found = [event for told in case["events"] if (event := event_of(told))]
        events += len(found)
        rules += len(ruleset.rules)
        matches += sum(len(ruleset.match(event)) for event in found)
        lines = [event.record.raw for event in found]
        left_out += len(lines) - len(ruleset.of_lines(b"\n".join(lines), lines))
    assert (rules > 180, matches > events // 4, left_out > 20) == (True, True, True)


def test_the_smallest_case_still_fails_and_has_nothing_to_spare() -> None:
    """What fails here: some event has an `a` in A, and there is a rule."""

    def fails(case: Case) -> bool:
        values = [told["fields"].get("A") for told in case["events"] if told["fields"]]
        return bool(case["rules"]) and any(isinstance(value, str) and "a" in value for value in values)

    (case,) = islice(filter(fails, map(drawn, range(1_000))), 1)
    event = {"shape": "", "fields": {"A": "a"}, "spelling": 0}
    assert smallest(case, fails)["events"] == [event]


@pytest.mark.parametrize("name", ENGINES)
def test_one_event_has_the_same_findings_in_every_shape(name: str) -> None:
    compared = 0
    for case in map(drawn, range(BEGIN, BEGIN + CASES // 8)):
        with engine(ENGINES[name]):
            ruleset = RuleSet([rule for rule in rules_of(case) if _is_common(repr(rule.node))], (), LOGSOURCES)
            for told in case["events"]:
                fields = {key: value for key, value in told["fields"].items() if key in COMMON or key == "Channel"}
                if type(fields["EventID"]) is not int or any(isinstance(value, dict) for value in fields.values()):
                    continue
                events = [event_of({**told, "shape": shape, "fields": fields}) for shape in SHAPES]
                found = [ids(ruleset.match(event)) for event in events if event]
                assert found == [found[0]] * len(SHAPES), (case["rules"], fields)
                compared += bool(found[0])
    assert compared > CASES // 20


def _is_common(node: str) -> bool:
    """ECS names are told by conventions that differ from shape to shape."""
    return not any(name in node for name in ("process.executable", "event.code", "user.name"))


@pytest.fixture(params=ENGINES)
def each_engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both ways of finding literals."""
    if request.param == "with Hyperscan" and ENGINES[request.param] is None:
        pytest.skip("needs hyperscan: there is no wheel for this machine")
    with engine(ENGINES[request.param]):
        yield


def rule(detection: Any) -> Rule:
    found = rule_of("00000001", detection, WINDOWS)
    assert found
    return found


def windows_event(fields: dict[str, Any]) -> Event:
    raw = orjson.dumps({"EventID": 1, "Channel": "x", **fields})
    return parse.parse(Record(raw, "file:test", 0, 0, LogSource("logs.host")))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(REGEXES), st.text("abksAKS1 .\u212a\u017f", max_size=8), st.booleans())
def test_what_a_regular_expression_needs_is_in_every_text_that_it_matches(
    pattern: str, told: str, ignoring: bool
) -> None:
    from soc.sigma.predicates import Regex
    from soc.sigma.values import member

    regex = Regex.of(pattern, "i" if ignoring else "")
    if (needed := needles(regex.pattern)) and regex.holds(member(told), None):  # type: ignore[arg-type]
        assert any(needle in told.lower() for needle in needed)


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("abc", ("abc",)),
        ("^cmd.*/c", ("cmd",)),
        ("(power|cmd)shell", ("shell",)),
        ("(power|cmd)", ("power", "cmd")),
        ("a|b", ()),
        ("(?i)mask", ("ma",)),
        ("x(?i:ask)", ()),
        ("x?yz", ("yz",)),
        ("(?:ab){2,}c*", ("ab",)),
        (r"\bWord\b", ("word",)),
        ("[", ()),
        ("[[:alpha:]]ab", ()),
    ],
)
def test_needles_of(pattern: str, needed: tuple[str, ...]) -> None:
    assert needles(pattern) == needed


@pytest.mark.usefixtures("each_engine")
def test_memory_is_bounded_when_every_value_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "MEMORY", 100_000)
    known = rule({"s1": {"A|contains": ["a", "b"]}, "s2": {"B": "x"}, "condition": "1 of s*"})
    ruleset = RuleSet([known])
    for number_ in range(20_000):
        ruleset.match(windows_event({"A": f"a{number_}", "B": number_}))
    index = ruleset._matcher.windows
    kept = [len(each) for field in index.fields.values() for each in (field.memo, field.memo._old, field.memo._typed)]
    assert 0 < sum(kept) <= 2 * 100_000 / 128
    assert len(index.classes.sets) < 10


@pytest.mark.usefixtures("each_engine")
def test_results_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "REMEMBERED", 100)
    words = [f"w{number_:02}" for number_ in range(10)]
    known = rule({"s1": {"A|contains": words}, "s2": {"B": "x"}, "condition": "s1 and s2"})
    ruleset = RuleSet([known])
    for number_ in range(1 << 10):
        event = windows_event({"A": " ".join(word for bit, word in enumerate(words) if number_ >> bit & 1), "B": "x"})
        assert bool(ruleset.match(event)) is bool(number_)
        assert sum(len(key) for results in ruleset._matcher.windows._results for key in results) <= 102


@pytest.mark.usefixtures("each_engine")
def test_what_was_learnt_is_forgotten_before_hostile_values_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value here satisfies another set of predicates, and no new kind of event comes."""
    monkeypatch.setattr(indexing, "WEIGHT", 200)
    words = [f"w{number_:02}" for number_ in range(12)]
    known = rule({"s1": {"A|contains|all": words[:2]}, "s2": {"A|contains": words[2:]}, "condition": "s1 and not s2"})
    ruleset = RuleSet([known])
    for number_ in range(1, 1 << 10):
        event = windows_event({"A": " ".join(word for bit, word in enumerate(words) if number_ >> bit & 1)})
        assert ids(ruleset.match(event)) == ids(ruleset.match_plainly(event))
        assert ruleset._matcher.windows.classes.weight <= 200 + len(words)


@pytest.mark.usefixtures("each_engine")
def test_zeros_of_either_sign_are_told_apart() -> None:
    known = rule({"s1": {"A": "-0.0"}, "s2": {"B": "x"}, "condition": "s1"})
    ruleset = RuleSet([known])
    assert [bool(ruleset.match(windows_event({"A": value_}))) for value_ in (0.0, -0.0, 0.0)] == [False, True, False]


def test_the_shortcut_leaves_to_the_matcher_what_is_not_a_flat_event() -> None:
    ruleset = RuleSet([rule({"s1": {"A": "a"}, "condition": "s1"})])
    lines = [
        b'{"EventID":1,"Channel":"x","A":"b"}',
        b'{"EventID":1,"Channel":"x","A":"a"}',
        b'{"EventID":2,"Channel":"x","A":"b"}',
        b'{"EventID":1,"Channel":"x","A":["b"]}',
        b'{"EventID":1,"Channel":"x","A":["b","a"]}',
        b'{"EventID":true,"Channel":"x","A":"b"}',
        b'{"EventID":1,"Channel":"x","A":"b"',
        b'{"EventID":1,"Channel":"x","A":"b","message":"m"}',
        b' {"EventID":1,"Channel":"x","A":"b"}',
        b'{"EventID":1,"Channel":"x","A":' + b"[" * 999 + b"]" * 999 + b"}",
        b'{"Event":{"System":{"EventID":1,"Channel":"x"}}}',
        b"[1]",
        b"",
    ]
    assert ruleset.of_lines(b"\n".join(lines), lines) == [
        (1, tuple(ruleset.rules)),
        *((number, None) for number in range(4, 13)),
    ]


@pytest.mark.parametrize(
    ("keywords", "raw"),
    [
        (["mimikatz"], rb'{"EventID":1,"Channel":"x","A":"MIMI\u004BATZ"}'),
        (["mimikatz"], rb'{"EventID":1,"Channel":"x","A":"mimi\u212aatz"}'),
        (["mimikatz"], '{"EventID":1,"Channel":"x","A":"mimi\u212aatz"}'.encode()),
        (["1000"], b'{"EventID":1,"Channel":"x","A":1e3}'),
        (['say "hi"'], rb'{"EventID":1,"Channel":"x","A":"say \"hi\""}'),
        (['say "hi"'], rb'{"host":"h","message":"{\"EventID\":1,\"Channel\":\"x\",\"A\":\"say \\\"hi\\\"\"}"}'),
        ({"|re": ["whoami|mimikatz"]}, b'{"EventID":1,"Channel":"x","A":"mimikatz"}'),
        ({"|re": ["whoami|mimikatz"]}, b'{"EventID":1,"Channel":"x","A":"whoami"}'),
    ],
)
def test_a_keyword_is_found_however_the_raw_bytes_spell_it(keywords: Any, raw: bytes) -> None:
    ruleset = RuleSet([rule({"s1": keywords, "condition": "s1"})])
    event = parse.parse(Record(raw, "file:test", 0, 0, LogSource("logs.host")))
    ruleset.match(windows_event({}))
    assert ruleset.match(event) == ruleset.match_plainly(event) == tuple(ruleset.rules)
    assert ruleset.of_lines(raw, [raw]) in ([(0, None)], [(0, tuple(ruleset.rules))])


def test_the_shortcut_leaves_to_the_matcher_the_very_lines_that_hold_a_keyword_of_all_kinds() -> None:
    everywhere, here = {"s1": ["mimikatz"], "condition": "s1"}, {"s1": ["whoami"], "condition": "s1"}
    security = rule_of("00000002", here, {"product": "windows", "service": "security"})
    assert security
    ruleset = RuleSet([rule(everywhere), security], (), LOGSOURCES)
    lines = [b'{"EventID":1,"Channel":"Security","A":"%d"}' % number for number in range(100)]
    lines[50] = b'{"A":"mimikatz","EventID":1,"Channel":"Security"}'
    lines[70] = b'{"A":"whoami","EventID":1,"Channel":"Security"}'
    ruleset.match(windows_event({"Channel": "Security"}))
    assert ruleset.of_lines(b"\n".join(lines), lines) == [(50, None), (70, (security,))]


def test_the_shortcut_leaves_to_the_matcher_what_has_more_fields_than_an_event_may_have() -> None:
    ruleset = RuleSet([rule({"s1": {"A": "a"}, "condition": "s1"})])
    ruleset.match(windows_event({}))
    wide = windows_event({"A": "a", **{f"f{number}": 1 for number in range(1_900)}}).record.raw
    wider = orjson.dumps(orjson.loads(wide) | {f"g{number}": 1 for number in range(1_900)})
    lines = [wide, wider]
    assert ruleset.of_lines(b"\n".join(lines), lines) == [(0, tuple(ruleset.rules)), (1, None)]
