"""What an exception hides: alerts of which every finding falls under it, whoever looks and whenever."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

from soc import alerting, instant, pipeline
from soc.alerting import exceptions
from soc.alerting.exceptions import Condition, Suppression, Suppressions
from soc.errors import ConfigurationError
from soc.health import finding as health_finding
from tests.stores.invented import NOON, SCAN, SSH, alerts_of, finding

if TYPE_CHECKING:
    from random import Random

DAY = instant.DAY
MINUTE = instant.MINUTE


def exception(
    *where: str, rule: str = "", begins: int = NOON, until: int = NOON + DAY, id_: str = "x-1"
) -> Suppression:
    conditions = tuple(map(exceptions.condition_of, where))
    return Suppression(id_, "exception", "ann", "known scanner", begins, until, rule, conditions)


def hides(one: Suppression, *findings) -> bool:
    documents = [told.document for told in findings]
    alert = alerting.roll_up(alerts_of(findings)[0].document, documents)
    return exceptions.marks(alert, documents, Suppressions((one,))) == [one]


@pytest.mark.parametrize(
    ("where", "rule", "hidden"),
    [
        ((), "ssh-guessing", True),
        ((), "port-scan", False),
        (("source.ip=203.0.113.7",), "", True),
        (("source.ip=203.0.113.0/24",), "ssh-guessing", True),
        (("source.ip=203.0.113.7/24",), "", True),
        (("source.ip=198.51.100.0/24",), "ssh-guessing", False),
        (("source.ip=::/0",), "", False),
        (("user.name=backup", "host.name=host-203.0.113.7"), "", True),
        (("user.name=backup", "host.name=db-1"), "", False),
        (("user.name=Backup",), "", False),
        (("process.name=rsync",), "", True),
        (("process.exit_code=0",), "", True),
        (("process.parent.name=",), "", True),
        (("user.name=",), "", False),
        (("rule.name=SSH guessing",), "", True),
        (("soc.layer=host",), "", True),
        (("soc.source.zone=dmz",), "", True),
    ],
)
def test_the_rule_and_all_conditions_must_hold(where, rule, hidden):
    one = finding(user__name="backup", process__name="rsync", process__exit_code=0, soc__source__zone="dmz")
    assert hides(exception(*where, rule=rule), one) is hidden


@pytest.mark.parametrize(
    ("value", "condition", "hidden"),
    [
        ("2001:db8::7", "source.ip=2001:DB8:0::7", True),
        ("2001:db8::7", "source.ip=2001:db8::/32", True),
        ("::ffff:10.1.2.3", "source.ip=10.0.0.0/8", True),
        ("no address", "source.ip=10.0.0.0/8", False),
        ("/a/b", "url.path=/a/b", False),
    ],
)
def test_addresses_are_compared_as_addresses(value, condition, hidden):
    assert hides(exception(condition), finding(source=value)) is hidden


def test_every_value_of_every_finding_must_hold():
    both = finding(user__name=["svc-a", "svc-b"])
    assert not hides(exception("user.name=svc-a"), both)
    under, other, lacking = (finding(number=n, user__name=name) for n, name in enumerate(("svc-a", "root", None)))
    assert hides(exception("user.name=svc-a"), under)
    assert not hides(exception("user.name=svc-a"), under, other)
    assert not hides(exception("user.name=svc-a"), under, lacking)


def test_a_field_of_the_group_key_has_the_groups_value():
    assert hides(exception("source.ip=203.0.113.7"), finding(source=["203.0.113.7", "192.0.2.1"]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("begins", "until", "hidden"),
    [
        (0, 2, True),
        (1, 2, False),
        (0, 1, False),
        (-60, 1.001, True),
        (-60, 1, False),
    ],
)
def test_all_of_it_must_have_happened_while_the_exception_held(begins, until, hidden):
    one = exception(rule="ssh-guessing", begins=NOON + int(begins * MINUTE), until=NOON + int(until * MINUTE))
    assert hides(one, finding(), finding(number=1, time=NOON + MINUTE)) is hidden


def test_a_record_cannot_date_itself_into_an_exception_that_is_over():
    over = exception(rule="ssh-guessing", begins=NOON - 40 * DAY, until=NOON - 30 * DAY)
    assert hides(over, finding(time=NOON - 35 * DAY))
    assert not hides(over, finding(time=NOON - 35 * DAY, arrived=NOON))


def test_what_the_platform_says_of_itself_is_never_hidden():
    told = health_finding("soc-health-disk-full", "log", "no space", NOON)
    for one in (exception(rule="soc-health-disk-full"), exception("service.name=log"), exception("soc.layer=platform")):
        assert not hides(one, told)


def test_a_hidden_alert_says_by_what_and_why():
    snooze = Suppression("s-1", "snooze", "bob", "known", NOON - 1, NOON + DAY, "ssh-guessing")
    told = Suppressions((exception("source.ip=203.0.113.7"), snooze))
    (alert,) = alerts_of([finding()])
    after = exceptions.marked(alert.document, exceptions.marks(alert.document, [finding().document], told))
    assert after["soc"]["suppressed_by"] == ["s-1", "x-1"]
    assert after["soc"]["suppressions"] == [
        {"id": "s-1", "kind": "snooze", "reason": "known", "owner": "bob", "until": "2026-03-16T12:00:00.000Z"},
        {
            "id": "x-1",
            "kind": "exception",
            "reason": "known scanner",
            "owner": "ann",
            "until": "2026-03-16T12:00:00.000Z",
        },
    ]
    assert exceptions.marked(after, []) == alert.document


def test_an_alert_is_opened_marked_if_all_of_its_findings_so_far_are_hidden():
    told = Suppressions((exception("user.name=svc"),))
    quiet = [finding(number=n, user__name="svc") for n in range(3)]
    loud = [finding(SCAN, user__name="svc"), finding(SCAN, 1, user__name="root")]
    findings, alerts = pipeline.index([*quiet, *loud, *quiet], told)
    assert findings == [*quiet, *loud]
    assert [(alert.document["rule"]["id"], alert.document["soc"]["suppressed_by"]) for alert in alerts] == [
        ("ssh-guessing", ["x-1"]),
        ("port-scan", []),
    ]
    assert alerts[1] == alerts_of(loud)[0]
    assert pipeline.index([*quiet, *loud])[1] == alerts_of([*quiet, *loud])


USERS = st.sampled_from(["svc", "root", None])
FINDINGS = st.lists(st.tuples(USERS, st.integers(-3, 3), st.sampled_from([SSH, SCAN])), min_size=1, max_size=12)
EXCEPTIONS = st.lists(
    st.tuples(st.sampled_from(["", "ssh-guessing"]), st.sampled_from(["svc", "root", ""]), st.integers(-4, 3)),
    max_size=4,
)


@given(FINDINGS, EXCEPTIONS, st.randoms(use_true_random=False))
def test_neither_the_order_of_findings_nor_that_of_exceptions_matters(told, written, random):
    findings = [
        finding(rule, n, time=NOON + hours * MINUTE, user__name=user) for n, (user, hours, rule) in enumerate(told)
    ]
    given_ = [
        exception(f"user.name={user}", rule=rule, begins=NOON + begins * MINUTE, id_=f"x-{n}")
        for n, (rule, user, begins) in enumerate(written)
    ]
    plain = {id_: _plainly(of_one, given_) for id_, of_one in _by_alert(findings).items()}
    for order in (findings, _shuffled(findings, random)):
        _, alerts = pipeline.index(order, Suppressions(tuple(_shuffled(given_, random))))
        assert {alert.id: set(alert.document["soc"]["suppressed_by"]) for alert in alerts} == plain


def _by_alert(findings):
    found: dict = {}
    for one in findings:
        found.setdefault(one.alert_id, []).append(one)
    return found


def _plainly(findings, given_) -> set[str]:
    return {one.id for one in given_ if all(_falls_under(told.document, one) for told in findings)}


def _falls_under(document, one) -> bool:
    (condition,) = one.where
    time, bucket = instant.parse_iso(document["@timestamp"]), instant.parse_iso(document["soc"]["bucket"])
    return (
        one.rule in {"", document["rule"]["id"]}
        and document.get("user", {}).get("name", "") == condition.value
        and one.begins <= time < one.until
        and bucket < one.until
    )


def _shuffled(items, random: Random):
    return random.sample(items, len(items))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("source.ip=10.1.2.3/8", Condition("source.ip", "10.0.0.0/8")),
        (" user.name = svc=a ", Condition("user.name", "svc=a")),
        ("user.name=", Condition("user.name", "")),
        ("labels.a-b=x", Condition("labels.a-b", "x")),
    ],
)
def test_a_condition_is_written_as_field_and_value(text, told):
    assert exceptions.condition_of(text) == told


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("source.ip", "write FIELD=VALUE"),
        ("=x", "write FIELD=VALUE"),
        ("a..b=x", "write FIELD=VALUE"),
        ("source.ip=10.0.0.300", "neither an address nor a network"),
        ("user.name=svc-*", "without \\*"),
        ("triage.status=new", "cannot be a condition"),
        ("soc.last_seen=x", "cannot be a condition"),
    ],
)
def test_what_could_never_hide_anything_is_no_condition(text, why):
    with pytest.raises(ConfigurationError, match=why):
        exceptions.condition_of(text)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"rule": "", "where": ()}, "say what it is about"),
        ({"owner": " "}, "the owner is missing"),
        ({"reason": ""}, "the reason is missing"),
        ({"until": NOON}, "would end before it begins"),
        ({"where": (Condition("a", "1"), Condition("a", "2"))}, "two conditions on a are never both true"),
        ({"reason": "x" * 1001}, "at most 1000 characters"),
    ],
)
def test_an_exception_says_what_why_who_and_how_long(change, why):
    exceptions.check(exception(rule="a"))
    with pytest.raises(ConfigurationError, match=why):
        exceptions.check(replace(exception(rule="a"), **change))
