"""The arithmetic of a correlation in words: how many of how many, within what time, by what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNITS = (
    (86_400, {"en": "d", "vi": "ngày"}),
    (3_600, {"en": "h", "vi": "giờ"}),
    (60, {"en": "min", "vi": "phút"}),
    (1, {"en": "s", "vi": "giây"}),
)
_WITHIN = {"en": " within {span}", "vi": " trong {span}"}
_BY = {"en": " by {by}", "vi": " theo {by}"}
_LEAST = {"en": "at least ", "vi": "ít nhất "}
# By type; a type that is judged once, after its window, has no number that it needs.
_NEEDED: Mapping[str, Mapping[str, str]] = {
    "event_count": {"en": "{count} of {needed} needed", "vi": "{count} lần, cần {needed}"},
    "value_count": {
        "en": "{count} different {field} of {needed} needed",
        "vi": "{count} giá trị {field} khác nhau, cần {needed}",
    },
    "temporal": {"en": "{count} different rules of {needed} needed", "vi": "{count} luật khác nhau, cần {needed}"},
    "temporal_ordered": {
        "en": "{count} steps in their order, {needed} needed",
        "vi": "{count} bước đúng thứ tự, cần {needed}",
    },
}
_JUDGED: Mapping[str, Mapping[str, str]] = {
    "event_count": {"en": "{count} in all, asked: {condition}", "vi": "tổng cộng {count} lần, luật hỏi: {condition}"},
    "value_count": {
        "en": "{count} different {field}, asked: {condition}",
        "vi": "{count} giá trị {field} khác nhau, luật hỏi: {condition}",
    },
    "value_sum": {"en": "{field} adds up to {count}, asked: {condition}", "vi": "tổng {field} là {count}, luật hỏi: {condition}"},
    "value_avg": {"en": "{field} is {count} on average, asked: {condition}", "vi": "{field} trung bình là {count}, luật hỏi: {condition}"},
    "value_median": {"en": "the median of {field} is {count}, asked: {condition}", "vi": "trung vị của {field} là {count}, luật hỏi: {condition}"},
    "value_percentile": {
        "en": "percentile {percentile} of {field} is {count}, asked: {condition}",
        "vi": "phân vị {percentile} của {field} là {count}, luật hỏi: {condition}",
    },
    "temporal": {"en": "{count} different rules, asked: {condition}", "vi": "{count} luật khác nhau, luật hỏi: {condition}"},
    "first_seen": {"en": "{field} had not been {values} before", "vi": "{field} chưa từng là {values}"},
    "missing_after": {"en": "what had to follow did not", "vi": "việc phải xảy ra tiếp theo đã không xảy ra"},
    "idle": {"en": "nothing more", "vi": "không còn gì nữa"},
    "returning": {"en": "back after a silence of more than that", "vi": "hoạt động trở lại sau thời gian im lặng dài hơn"},
}  # fmt: skip


def in_words(told: Mapping[str, Any]) -> dict[str, str]:
    """One sentence a language, from the first piece of a correlation's `why`."""
    return {language: _sentence(told, language) for language in _WITHIN}


def extent(finding: Mapping[str, Any]) -> tuple[int, str, str]:
    """How many events a finding's document is about, from when to when: a correlation says it in its arithmetic.

    Of numbers, values and sequences those events count that are named.
    """
    soc, at = finding["soc"], finding["@timestamp"]
    if soc["kind"] != "correlation":
        return 1, at, at
    told = soc["why"][0]
    count = told["count"] if told["correlation"] == "event_count" else len(told["refs"])
    return count, told["since"], told["until"]


def _sentence(told: Mapping[str, Any], language: str) -> str:
    by = _BY[language].format(by=", ".join(told["by"])) if told["by"] else ""
    count = f"{told['count']:g}" if isinstance(told["count"], float) else str(told["count"])
    filled = {
        "count": (_LEAST[language] if told.get("approximate") else "") + count,
        "field": " / ".join(told.get("field", ())),
        "values": ", ".join(told.get("values", ())),
    }
    pattern = _pattern(told)[language] + _WITHIN[language] + by
    return pattern.format_map({**told, **filled, "span": _span(told["timespan"], language), "by": by})


def _pattern(told: Mapping[str, Any]) -> Mapping[str, str]:
    kind = told["correlation"]
    if kind == "idle" and told["since"] != told["until"]:
        return _JUDGED["returning"]
    return _NEEDED[kind] if "needed" in told and kind in _NEEDED else _JUDGED[kind]


def _span(seconds: int, language: str) -> str:
    size, names = next((size, names) for size, names in _UNITS if not seconds % size)
    return f"{seconds // size} {names[language]}"
