"""Correlations as they are read: what is taken, what is refused with file, line and reason, and how references resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from soc import instant, sigma
from tests.sigma.rules import load_text, rule_text

if TYPE_CHECKING:
    from pathlib import Path

    from soc.sigma import RuleSet

DETECTION = {"s": {"User": "a"}, "condition": "s"}
FIRST, SECOND = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
RULES = (
    rule_text(DETECTION, id=FIRST, name="first", level="low"),
    rule_text(DETECTION, id=SECOND, name="second", logsource={"category": "firewall"}),
)


def text(kind: str = "event_count", condition: Any = None, **parts: Any) -> str:
    """A document whose parts each stand on a line of their own: `type` on 4, then rules, group-by, timespan, condition."""
    head = parts.pop("head", {})
    body = {
        "type": kind,
        "rules": ["first"],
        "group-by": ["User"],
        "timespan": "5m",
        "condition": {"gte": 3} if condition is None else condition,
        **parts,
    }
    lines = [
        f"  {name}: {yaml.safe_dump(value, default_flow_style=True, width=200).splitlines()[0]}"
        for name, value in body.items()
        if value != "-"
    ]
    top = {"title": "A correlation", "id": "c", **head}
    opening = [
        f"{name}: {yaml.safe_dump(value, default_flow_style=True).splitlines()[0]}" for name, value in top.items()
    ]
    return "\n".join([*opening[:2], "correlation:", *lines, *opening[2:], ""])


def load(folder: Path, *texts: str) -> RuleSet:
    return load_text(folder, *texts, *RULES)


# (text, line, part of what is said)
FAULTY: list[tuple[str, int, str]] = [
    ("title: x\nid: c\ncorrelation: [a]\n", 3, "`correlation` is a mapping"),
    (text("event_cuont"), 4, "'event_cuont' is no type of correlation; one of event_count, value_count"),
    (text(rules="-"), 3, "a correlation needs `rules`"),
    (text(rules=["frist"]), 5, "there is no rule 'frist', or it has a fault; did you mean 'first'?"),
    (text(rules=["first", FIRST]), 5, "names one rule twice, by id and by name"),
    (text(rules=["first", "first"]), 5, "a name occurs twice"),
    (text(rules=[["first"]]), 5, "`rules` is a list of names"),
    (text(rules=["c"]), 5, "counts itself: c -> c"),
    (text(**{"group-by": [3]}), 6, "`group-by` is a list of names"),
    (text(timespan="-"), 3, "no length of time"),
    (text(timespan="5 minutes"), 7, "'5 minutes' is no length of time"),
    (text(timespan="0m"), 7, "'0m' is no length of time"),
    (text(timespan="2y"), 7, "2y is longer than a year"),
    (text(condition="-"), 3, "event_count needs a `condition`"),
    (text(condition={}), 8, "a condition needs a bound"),
    (text(condition={"ge": 3}), 8, "unknown condition 'ge'"),
    (text(condition={"gte": "many"}), 8, "'many' is no number"),
    (text(condition={"gte": True}), 8, "True is no number"),
    (text(condition={"gte": 0}), 8, "holds already for nothing"),
    (text(condition={"gte": 2_000_000}), 8, "asks for more than 1000000"),
    (text(condition={"gte": 3, "field": "User"}), 8, "event_count has no `field`"),
    (text(condition={"gte": 3, "percentile": 5}), 8, "event_count has no `percentile`"),
    (text(condition="first and second"), 8, "only temporal types join rules"),
    (text("value_count"), 8, "value_count needs `field`"),
    (text("value_sum", {"gte": 3, "field": ["a", "b"]}), 8, "value_sum takes one field"),
    (text("value_percentile", {"gte": 3, "field": "a"}), 8, "value_percentile needs `percentile`"),
    (text("value_percentile", {"gte": 3, "field": "a", "percentile": 101}), 8, "value_percentile needs `percentile`"),
    (text("temporal", {"gte": 2}), 8, "asks for 2 of 1 rules"),
    (text("temporal", "first and second"), 8, "there is no rule 'second'"),
    (text("temporal", "first and (first"), 8, "in the middle"),
    (text("temporal", "not first"), 8, "holds already where no rule has matched"),
    (text("temporal", "first", rules=["first", "second"]), 8, "the condition does not say second"),
    (text("temporal_ordered", "-"), 5, "temporal_ordered needs at least 2 rules"),
    (text("temporal_ordered", "first or second", rules=["first", "second"]), 8, "in an order every rule must match"),
    (text("temporal_ordered", {"lt": 2}, rules=["first", "second"]), 8, "an order has no upper bound"),
    (text("first_seen", "-"), 3, "first_seen needs a `condition`; name the field whose values are new"),
    (text("first_seen", {"field": "User", "gte": 1}), 8, "first_seen has no bounds"),
    (text("idle", "-", **{"group-by": []}), 6, "idle needs `group-by`"),
    (text("missing_after", "-"), 5, "missing_after needs at least 2 rules"),
    (text(aliases=["x"]), 9, "aliases are mappings of a rule to its field"),
    (text(rules=["first", "second"], aliases={"User": {"first": "SubjectUserName"}}), 9, "the alias 'User' lacks the rule 'second'"),
    (text(aliases={"who": {"second": "User"}}), 9, "'second' is not among the rules"),
    (text(generate="maybe"), 9, "`generate` is true or false"),
    (text(windows=5), 9, "unknown attribute 'windows'"),
    (text(head={"detektion": 1}), 9, "unknown attribute 'detektion'"),
    (text(head={"level": "severe"}), 9, "'severe' is not allowed"),
    (text(head={"soc": {"lateness": "soon"}}), 9, "'soon' is no length of time"),
    (text(head={"soc": {"lateness": "2d"}}), 9, "records that are more than a day late are not waited for"),
    (text(head={"soc": {"learning": "1m"}}), 9, "`learning` is for first_seen"),
    (text(head={"soc": {"idle": "returning"}}), 9, "`idle: returning` is not known here"),
    (text(head={"soc": {"layr": "host"}}), 9, "unknown setting 'layr'"),
    (text().replace("title: A correlation", "title: ''"), 1, "a correlation needs `title`"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "line", "what"), FAULTY, ids=[case[2] for case in FAULTY])
def test_a_fault_names_its_place_and_leaves_out_only_its_correlation(
    tmp_path: Path, told: str, line: int, what: str
) -> None:
    rules = load(tmp_path, told, text(head={"id": "good"}))
    assert [(fault.file, fault.line) for fault in rules.faults] == [(str(tmp_path / "0.yml"), line)]
    assert what in str(rules.faults[0])
    assert [each.info.id for each in rules.correlations.all] == ["good"]
    assert len(rules.rules) == 2


def test_a_correlation_may_stand_in_one_file_with_its_rules(tmp_path: Path) -> None:
    rules = load_text(tmp_path, "---\n".join([text(), *RULES]))
    assert rules.faults == ()
    (made,) = rules.correlations.all
    assert (made.rules, made.group_by, made.timespan, str(made.condition)) == (
        (FIRST,), ("User",), 5 * instant.MINUTE, ">= 3",
    )  # fmt: skip
    assert (made.file, made.line) == (str(tmp_path / "0.yml"), 1)


def test_what_a_correlation_says_of_itself_is_what_its_findings_say(tmp_path: Path) -> None:
    head = {
        "level": "high", "tags": ["attack.t1110", "attack.credential-access", "tcvn14423.5.6.1"],
        "soc": {"title_vi": "Dò mật khẩu", "state": "shadow"},
    }  # fmt: skip
    (made,) = load(tmp_path, text(rules=["second"], head=head)).correlations.all
    info = made.info
    assert (info.kind, info.name, info.title_vi, info.severity, info.state) == (
        "correlation", "A correlation", "Dò mật khẩu", "high", "shadow",
    )  # fmt: skip
    assert (info.techniques, info.tactics, info.controls) == (("T1110",), ("TA0006",), ("tcvn14423.5.6.1",))
    assert (info.layer, info.group, info.bucket) == ("network", ("User",), 5 * instant.MINUTE)


def test_its_layer_is_that_of_its_first_rule_unless_it_says_another(tmp_path: Path) -> None:
    told = [text(rules=["second"]), text(head={"id": "d", "soc": {"layer": "data"}}, rules=["second"])]
    assert [each.info.layer for each in load(tmp_path, *told).correlations.all] == ["network", "data"]


@pytest.mark.parametrize(
    ("span", "seconds"),
    [
        ("30s", 30),
        ("90m", 5_400),
        ("2h", 7_200),
        ("1d", 86_400),
        ("1w", 604_800),
        ("1M", 2_629_746),
        ("1y", 31_556_952),
    ],
)
def test_spans_are_numbers_with_the_units_of_the_specification(tmp_path: Path, span: str, seconds: int) -> None:
    (made,) = load(tmp_path, text(timespan=span)).correlations.all
    assert made.timespan == seconds * instant.SECOND


def test_a_correlation_without_an_id_goes_by_its_name_or_its_title(tmp_path: Path) -> None:
    named = text(head={"name": "burst"}).replace("id: c\n", "")
    titled = text().replace("id: c\n", "").replace("A correlation", "Another")
    found = load(tmp_path, named, titled)
    assert found.faults == ()
    assert "burst" in [each.info.id for each in found.correlations.all]
    assert len({each.info.id for each in found.correlations.all}) == 2


def test_an_edited_correlation_has_another_key_and_one_that_is_only_moved_has_not(tmp_path: Path) -> None:
    keys = []
    for number, told in enumerate((text(), text(), text(condition={"gte": 4}))):
        folder = tmp_path / str(number)
        folder.mkdir()
        rules = load(folder, told)
        keys.append((rules.correlations.all[0].key, rules.sha256))
    assert keys[0] == keys[1]
    assert keys[0][0] != keys[2][0]
    assert keys[0][1] != keys[2][1]


def test_rules_that_are_only_counted_are_quiet_unless_one_says_generate(tmp_path: Path) -> None:
    assert load(tmp_path, text()).correlations.quiet == {FIRST}
    loud = load(tmp_path, text(), text(head={"id": "d"}, generate=True))
    assert loud.correlations.quiet == frozenset()
    above = load(tmp_path, text(), text(head={"id": "d"}, rules=["c"], generate=False))
    assert above.correlations.quiet == {FIRST, "c"}


def test_the_generate_of_the_document_counts_too(tmp_path: Path) -> None:
    assert load(tmp_path, text(head={"generate": True})).correlations.quiet == frozenset()


def test_fields_are_those_that_each_rule_has_for_an_alias(tmp_path: Path) -> None:
    aliases = {"who": {"first": "SubjectUserName", "second": "user"}}
    told = text(
        "value_count",
        {"gte": 2, "field": "who"},
        rules=["first", "second"],
        aliases=aliases,
        **{"group-by": ["who", "Computer"]},
    )
    feeds = load(tmp_path, told).correlations.feeds
    assert [(feed.number, feed.group, feed.value) for id_ in (FIRST, SECOND) for feed in feeds[id_]] == [
        (0, ("SubjectUserName", "Computer"), ("SubjectUserName",)),
        (1, ("user", "Computer"), ("user",)),
    ]


def test_a_chain_comes_in_levels_and_waits_for_the_slowest_below(tmp_path: Path) -> None:
    fast = text(head={"id": "fast", "soc": {"lateness": "10m"}})
    slow = text(condition={"lt": 3}, head={"id": "slow"})
    above = text("temporal", "-", rules=["fast", "slow", "second"], head={"id": "above", "soc": {"lateness": "1m"}})
    top = text(rules=["above"], head={"id": "top"})
    found = load(tmp_path, above, top, slow, fast)
    assert found.faults == ()
    assert [(each.info.id, each.level, each.delay // instant.MINUTE) for each in found.correlations.all] == [
        ("fast", 0, 10), ("slow", 0, 1), ("above", 1, 10), ("top", 2, 60),
    ]  # fmt: skip


def test_a_chain_carries_the_fields_that_are_asked_for_above(tmp_path: Path) -> None:
    aliases = {"who": {"first": "SubjectUserName"}}
    below = text(aliases=aliases, **{"group-by": ["who"]})
    above = text("value_count", {"gte": 2, "field": "Computer"}, rules=["c"], head={"id": "d"}, **{"group-by": ["who"]})
    feeds = load(tmp_path, below, above).correlations.feeds
    assert feeds[FIRST][0].carried == (("Computer", "Computer"), ("who", "SubjectUserName"))
    assert feeds["c"][0].group == ("who",)


def test_a_circle_is_a_fault_and_whoever_counts_it_falls_with_it(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        text(rules=["d"]), text(rules=["c"], head={"id": "d"}), text(rules=["c"], head={"id": "e"}), text(head={"id": "f"}),
    )  # fmt: skip
    assert sorted(fault.what for fault in found.faults) == [
        "counts a correlation that has a fault",
        "counts a correlation that has a fault",
        "counts itself: c -> d -> c",
    ]
    assert [each.info.id for each in found.correlations.all] == ["f"]


def test_counting_what_is_switched_off_is_a_warning(tmp_path: Path) -> None:
    off = rule_text(DETECTION, id="00000000-0000-4000-8000-000000000003", name="third", soc={"state": "off"})
    found = load(tmp_path, text(rules=["third"]), off, text(head={"id": "d", "soc": {"state": "off"}}))
    assert [(fault.severity, fault.line) for fault in found.faults] == [("warning", 5)]
    assert [each.info.id for each in found.correlations.all] == ["c"]


def test_of_two_rules_with_one_name_the_id_must_be_told(tmp_path: Path) -> None:
    third = rule_text(DETECTION, id="00000000-0000-4000-8000-000000000003", name="first")
    (fault,) = load(tmp_path, text(), third).faults
    assert str(fault).endswith(
        f"2 rules are named 'first'; write the id: {FIRST} or 00000000-0000-4000-8000-000000000003"
    )


def test_a_rule_and_a_correlation_cannot_share_an_id(tmp_path: Path) -> None:
    (tmp_path / "all.yml").write_text("---\n".join([*RULES, text(head={"id": SECOND})]), encoding="utf-8")
    (fault,) = sigma.load([tmp_path]).faults
    assert fault.what.startswith(f"the id {SECOND} is taken by")


def test_of_one_id_in_two_folders_the_later_one_counts_whatever_it_is(tmp_path: Path) -> None:
    for name, told in (("a", text()), ("b", text(condition={"gte": 9}))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "c.yml").write_text(told, encoding="utf-8")
    (tmp_path / "a" / "rules.yml").write_text("---\n".join(RULES), encoding="utf-8")
    found = sigma.load([tmp_path / "a", tmp_path / "b"])
    assert [str(each.condition) for each in found.correlations.all] == [">= 9"]
