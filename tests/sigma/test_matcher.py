"""The fast matcher says what the plain evaluator says, on rules and events drawn from the whole grammar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from soc import instant, literals as scanning, parse, sigma
from soc.errors import Fault
from soc.record import LogSource, Record
from soc.sigma import fields as remembering, matcher as matching
from soc.sigma.detection import compiled
from soc.sigma.logsources import Logsources
from soc.sigma.metadata import info_of, logsource_of
from soc.sigma.modifiers import Site
from soc.sigma.needles import needles
from soc.sigma.rule import Rule
from soc.sigma.ruleset import RuleSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from soc.event import Event

SITE = Site({"list": ["ab", "c*"]}, instant.zone("Asia/Ho_Chi_Minh"))
FIELDS = ("A", "B", "C.d", "EventID")
# Few letters, so that things meet; among them all that has bitten an engine: case that is not ASCII's, wildcards, escapes.
LETTERS = 'abAB k\u212aSs\u017f\u0130i\u0307\u1e9e\u00df-/\u2013\\*?.\n"1\u0111\u0110'
text = st.text(LETTERS, max_size=6)
number = st.sampled_from([0, 1, -1, 2, 1.0, 1.5, 1e3, 10**20])
scalar = st.one_of(text, number, st.booleans(), st.none())
value = st.one_of(scalar, st.lists(scalar, max_size=3), st.just({"x": "a"}))
events = st.dictionaries(st.sampled_from(("A", "B", "C.d", "Z")), value, max_size=4)

plain = st.sampled_from(["", "cased", "neq", "contains", "startswith", "endswith", "contains|all", "contains|cased", "windash|contains",
                         "windash|contains|all", "base64|contains", "base64offset|contains", "wide|base64offset|contains",
                         "expand", "expand|contains|all", "startswith|neq"])  # fmt: skip
regexes = st.sampled_from(
    ["a+b", "^a", "b$", "a.b", "(ab|ba)+", "[^a]b", r"\w\W", r"\Sa", "(?i)ak", "s", "K", "aa|bb", "(?:ab)?1", "."]
)


@st.composite
def items(draw: st.DrawFn) -> tuple[str, Any]:
    name = draw(st.sampled_from(FIELDS))
    kind = draw(st.sampled_from(["text", "text", "text", "scalar", "re", "number", "exists", "fieldref", "cidr"]))
    if kind == "text":
        modifiers = draw(plain)
        words = draw(
            st.lists(
                text.filter(lambda word: "base64" not in modifiers or not set(word) & {"*", "?"}),
                min_size=1,
                max_size=3,
            )
        )
        return f"{name}|{modifiers}" if modifiers else name, words
    if kind == "scalar":
        return name, draw(st.lists(scalar, min_size=1, max_size=3))
    if kind == "re":
        return f"{name}|re{draw(st.sampled_from(['', '|i', '|m', '|s', '|i|s']))}", draw(
            st.lists(regexes, min_size=1, max_size=2)
        )
    if kind == "number":
        return f"{name}|{draw(st.sampled_from(['lt', 'lte', 'gt', 'gte']))}", draw(st.sampled_from([0, 1, 1.5]))
    if kind == "exists":
        return f"{name}|exists", draw(st.booleans())
    if kind == "cidr":
        return f"{name}|cidr", draw(st.sampled_from(["10.0.0.0/8", "::1/128"]))
    return f"{name}|fieldref{draw(st.sampled_from(['', '|startswith', '|contains']))}", draw(st.sampled_from(FIELDS))


maps = st.lists(items(), min_size=1, max_size=3).map(dict)
keywords = st.lists(st.one_of(text.filter(bool), st.integers(0, 1000)), min_size=1, max_size=3)
selections = st.one_of(
    maps, st.lists(maps, min_size=1, max_size=2), keywords, keywords.map(lambda words: {"|all": words})
)
conditions = st.sampled_from(["s1", "not s1", "s1 and s2", "s1 or s2", "s1 and not s2", "not (s1 or s2)", "1 of s*", "all of s*",
                              "s1 or not s2", "not s1 and not s2"])  # fmt: skip
detections = st.builds(
    lambda s1, s2, condition: {"s1": s1, "s2": s2, "condition": condition}, selections, selections, conditions
)


def rule_of(number_: int, detection: Any) -> Rule | None:
    faults: list[Fault] = []

    def report(_path: Any, what: str, _fix: str) -> None:
        faults.append(Fault("test", 1, what))

    node = compiled(detection, SITE, report)
    logsource = logsource_of({"product": "windows"}, report)
    info = info_of({"id": f"{number_:08}", "title": "t"}, logsource, "1", report)
    return Rule(info, logsource, node, "test", 1) if node is not None and not faults else None


def event_of(fields: dict[str, Any]) -> Event:
    raw = orjson.dumps({"EventID": 1, "Channel": "x", **fields}, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
    return parse.parse(Record(raw, "file:test", 0, 0, LogSource("logs.host")))


def usable(fields: dict[str, Any]) -> dict[str, Any]:
    """JSON has no integers of more than 64 bits here."""
    return orjson.loads(orjson.dumps(_clamped(fields)))  # type: ignore[no-any-return]


def _clamped(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _clamped(each) for key, each in found.items()}
    if isinstance(found, list):
        return [_clamped(each) for each in found]
    return float(found) if isinstance(found, int) and abs(found) > 2**62 else found


@pytest.fixture(scope="module", autouse=True, params=["with Hyperscan", "without"])
def engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both ways of finding literals."""
    known = scanning._hyperscan
    if request.param == "without":
        scanning._hyperscan = None
    elif known is None:
        pytest.skip("needs hyperscan: there is no wheel for this machine")
    yield
    scanning._hyperscan = known


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(detections, min_size=1, max_size=6), st.lists(events, min_size=1, max_size=6))
@example([{"s1": ["k"], "s2": {"A": 1}, "condition": "s1"}], [{"A": "\u212a"}])
@example(
    [{"s1": {"A|contains": ["1"]}, "s2": {"A": [1]}, "condition": "s1 and s2"}],
    [{"A": True}, {"A": 1}, {"A": 1.0}, {"A": "1"}],
)
@example([{"s1": ["1000"], "s2": {"B": "a"}, "condition": "s1"}], [{"A": 1e3}])
def test_it_matches_what_the_plain_evaluator_matches(drawn: list[Any], found: list[dict[str, Any]]) -> None:
    rules = [rule for number_, detection in enumerate(drawn) if (rule := rule_of(number_, detection))]
    ruleset = RuleSet(rules, (), Logsources())
    for fields in [*found, *found]:  # the second time from memory
        event = event_of(usable(fields))
        assert ids(ruleset.match(event)) == ids(ruleset.match_plainly(event))
    matching_ = {number_ for number_, fields in enumerate(found) if ruleset.match(event_of(usable(fields)))}
    lines, suspects = ruleset.suspects(b"\n".join(event_of(usable(fields)).record.raw for fields in found))
    assert (len(lines), matching_ - set(suspects)) == (len(found), set())


def ids(rules: Iterable[sigma.Rule]) -> list[str]:
    return [rule.info.id for rule in rules]


@settings(max_examples=150, deadline=None)
@given(regexes, st.text("abksAKS1 .\u212a\u017f", max_size=8), st.booleans())
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
        ("x?yz", ("yz",)),
        ("(?:ab){2,}c*", ("ab",)),
        (r"\bWord\b", ("word",)),
        ("[", ()),
    ],
)
def test_needles_of(pattern: str, needed: tuple[str, ...]) -> None:
    assert needles(pattern) == needed


def test_memory_is_bounded_when_every_value_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "MEMORY", 100_000)
    rule = rule_of(1, {"s1": {"A|contains": ["a", "b"]}, "s2": {"B": "x"}, "condition": "1 of s*"})
    assert rule
    ruleset = RuleSet([rule], (), Logsources())
    for number_ in range(20_000):
        ruleset.match(event_of({"A": f"a{number_}", "B": number_}))
    index = ruleset._matcher.windows
    kept = [len(each) for field in index.fields.values() for each in (field.memo, field.memo._old, field.memo._typed)]
    assert 0 < sum(kept) <= 2 * 100_000 / 128
    assert len(index.classes.sets) < 10


def test_results_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "REMEMBERED", 100)
    words = [f"w{number_:02}" for number_ in range(10)]
    rule = rule_of(1, {"s1": {"A|contains": words}, "s2": {"B": "x"}, "condition": "s1 and s2"})
    assert rule
    ruleset = RuleSet([rule], (), Logsources())
    for number_ in range(1 << 10):
        event = event_of({"A": " ".join(word for bit, word in enumerate(words) if number_ >> bit & 1), "B": "x"})
        assert bool(ruleset.match(event)) is bool(number_)
        assert sum(len(key) for results in ruleset._matcher.windows._results for key in results) <= 102


def test_what_was_learnt_is_forgotten_before_hostile_values_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value here satisfies another set of predicates, and no new kind of event comes."""
    monkeypatch.setattr(matching, "WEIGHT", 200)
    words = [f"w{number_:02}" for number_ in range(12)]
    rule = rule_of(
        1, {"s1": {"A|contains|all": words[:2]}, "s2": {"A|contains": words[2:]}, "condition": "s1 and not s2"}
    )
    assert rule
    ruleset = RuleSet([rule], (), Logsources())
    for number_ in range(1, 1 << 10):
        event = event_of({"A": " ".join(word for bit, word in enumerate(words) if number_ >> bit & 1)})
        assert ids(ruleset.match(event)) == ids(ruleset.match_plainly(event))
        assert ruleset._matcher.windows.classes.weight <= 200 + len(words)


def test_zeros_of_either_sign_are_told_apart() -> None:
    rule = rule_of(1, {"s1": {"A": "-0.0"}, "s2": {"B": "x"}, "condition": "s1"})
    assert rule
    ruleset = RuleSet([rule], (), Logsources())
    assert [bool(ruleset.match(event_of({"A": value_}))) for value_ in (0.0, -0.0, 0.0)] == [False, True, False]
