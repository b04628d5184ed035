"""The arithmetic of each type of correlation, in the words of both languages."""

from __future__ import annotations

import pytest

from soc.alerting import in_words

NEEDED = {
    "event_count": ("27 of 10 needed within 5 min by source.ip", "27 lần, cần 10 trong 5 phút theo source.ip"),
    "value_count": (
        "27 different user.name of 10 needed within 5 min by source.ip",
        "27 giá trị user.name khác nhau, cần 10 trong 5 phút theo source.ip",
    ),
    "temporal": (
        "27 different rules of 10 needed within 5 min by source.ip",
        "27 luật khác nhau, cần 10 trong 5 phút theo source.ip",
    ),
    "temporal_ordered": (
        "27 steps in their order, 10 needed within 5 min by source.ip",
        "27 bước đúng thứ tự, cần 10 trong 5 phút theo source.ip",
    ),
}
JUDGED = {
    "event_count": "27 in all, asked: < 30",
    "value_count": "27 different user.name, asked: < 30",
    "value_sum": "user.name adds up to 27, asked: < 30",
    "value_avg": "user.name is 27 on average, asked: < 30",
    "value_median": "the median of user.name is 27, asked: < 30",
    "value_percentile": "percentile 95 of user.name is 27, asked: < 30",
    "temporal": "27 different rules, asked: < 30",
    "first_seen": "user.name had not been root before",
    "missing_after": "what had to follow did not",
    "idle": "nothing more",
}


def told(kind: str, **more):
    return {
        "correlation": kind, "count": 27, "condition": "< 30", "timespan": 300, "by": ["source.ip"], "field": ["user.name"],
        "values": ["root"], "percentile": 95, "since": "a", "until": "a", **more,
    }  # fmt: skip


@pytest.mark.parametrize("kind", NEEDED)
def test_what_is_told_at_once_says_how_many_of_how_many(kind: str) -> None:
    en, vi = NEEDED[kind]
    assert in_words(told(kind, needed=10)) == {"en": en, "vi": vi}


@pytest.mark.parametrize("kind", JUDGED)
def test_what_is_judged_after_its_window_says_what_was_asked(kind: str) -> None:
    words = in_words(told(kind))
    assert words["en"] == f"{JUDGED[kind]} within 5 min by source.ip"
    assert words["vi"].endswith(" trong 5 phút theo source.ip")


def test_who_comes_back_is_told_from_who_stays_away() -> None:
    assert in_words(told("idle", until="b"))["en"].startswith("back after a silence")


def test_a_lower_bound_a_fraction_and_no_group_are_said_as_such() -> None:
    assert (
        in_words(told("event_count", needed=10, approximate=True, by=[]))["en"]
        == "at least 27 of 10 needed within 5 min"
    )
    words = in_words(told("value_avg", count=2.5, timespan=3 * 86_400))
    assert words == {
        "en": "user.name is 2.5 on average, asked: < 30 within 3 d by source.ip",
        "vi": "user.name trung bình là 2.5, luật hỏi: < 30 trong 3 ngày theo source.ip",
    }
