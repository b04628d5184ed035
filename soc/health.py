"""What the platform reports about itself: findings of kind `health`, on the same path as all others."""

from __future__ import annotations

from typing import Any

from soc import alerting, instant
from soc.alert import SEVERITIES
from soc.finding import Finding, RuleInfo

_CONTROLS = ("tcvn14423.5.8.2.1", "tcvn14423.5.13.2.1", "tcvn11930.7.1.5.6")


def _check(id_: str, name: str, title_vi: str, severity: str, *steps: tuple[str, str]) -> RuleInfo:
    return RuleInfo(
        id=id_,
        name=name,
        title_vi=title_vi,
        version="1",
        kind="health",
        severity=severity,
        layer="platform",
        controls=_CONTROLS,
        group=("service.name",),
        runbook_en=tuple(en for en, _ in steps),
        runbook_vi=tuple(vi for _, vi in steps),
    )


CHECKS: dict[str, RuleInfo] = {
    check.id: check
    for check in (
        _check(
            "soc-health-store-unreachable", "Alert store unreachable", "Không kết nối được kho cảnh báo", "high",
            ("Run `soc doctor`; detection goes on, findings wait in the log and are stored when the store answers.",
             "Chạy `soc doctor`; việc phát hiện vẫn tiếp tục, kết quả chờ trong nhật ký và được lưu khi kho trả lời."),
        ),
        _check(
            "soc-health-mapping-refused", "The alert store refused documents", "Kho cảnh báo từ chối tài liệu", "medium",
            ("See `soc deadletter list`; compare the index templates with `soc setup`.",
             "Xem `soc deadletter list`; so sánh mẫu chỉ mục bằng `soc setup`."),
        ),
        _check(
            "soc-health-rules-broken", "Rule files with faults", "Tệp luật có lỗi", "medium",
            ("Run `soc check`: it names file, line and fix. The rules loaded before stay in force.",
             "Chạy `soc check`: lệnh chỉ ra tệp, dòng và cách sửa. Các luật đã nạp trước đó vẫn có hiệu lực."),
        ),
        _check(
            "soc-health-rule-set-aside", "A rule was too dear and is set aside", "Một luật quá tốn kém và bị tạm ngừng", "high",
            ("The rule finds nothing until it is brought back: mend its patterns, then `soc rules resume ID`.",
             "Luật không phát hiện gì cho đến khi được bật lại: sửa mẫu của luật, rồi chạy `soc rules resume ID`."),
        ),
        _check(
            "soc-health-dead-letters", "Many records cannot be understood", "Nhiều bản ghi không đọc được", "medium",
            ("See `soc deadletter list` for sources and reasons.", "Xem `soc deadletter list` để biết nguồn và lý do."),
        ),
        _check(
            "soc-health-role-restarted", "A process of the service was restarted", "Một tiến trình của dịch vụ đã khởi động lại",
            "medium",
            ("Look at the service's log for the reason; nothing was lost, it continues where it stopped.",
             "Xem nhật ký dịch vụ để biết nguyên nhân; không mất dữ liệu, tiến trình chạy tiếp từ chỗ dừng."),
        ),
        _check(
            "soc-health-offset-lost", "A consumer position is missing", "Mất vị trí đọc của bộ tiêu thụ", "high",
            ("Nothing is skipped or rewound in silence: decide with `soc setup` where to continue.",
             "Không bỏ qua hay đọc lại ngầm: dùng `soc setup` để quyết định đọc tiếp từ đâu."),
        ),
        _check(
            "soc-health-source-unreadable", "A source cannot be read", "Không đọc được một nguồn nhật ký", "high",
            ("The message names the file and how to mend it; other sources go on, this one resumes by itself.",
             "Thông báo nêu tệp và cách sửa; các nguồn khác vẫn tiếp tục, nguồn này tự đọc lại khi đã sửa."),
        ),
        _check(
            "soc-health-correlation-evicted", "A correlation has to forget", "Một luật tương quan phải quên bớt", "high",
            ("The message names the correlation: too many groups for its memory, so it may miss what they do. Narrow its rules by a filter, or group by fewer fields.",
             "Thông báo nêu luật tương quan: quá nhiều nhóm so với bộ nhớ nên có thể bỏ sót. Thu hẹp luật bằng bộ lọc, hoặc gộp theo ít trường hơn."),
        ),
        _check(
            "soc-health-disk-full", "Disk full or not writable", "Đĩa đầy hoặc không ghi được", "critical",
            ("Free space under the data folder; reading resumes by itself.",
             "Giải phóng dung lượng ở thư mục dữ liệu; việc đọc tự tiếp tục."),
        ),
    )
}  # fmt: skip


def finding(check: str, subject: str, detail: str, now: int) -> Finding:
    """The finding of a check about one subject (a server, a file, a role); one alert an hour while it lasts."""
    info = CHECKS[check]
    group = alerting.Group((("service.name", subject),), instant.floor(now, info.bucket))
    document = {"service.name": subject, "message": detail, "event.category": ["process"], "event.type": ["error"]}
    why = [{"field": "service.name", "value": subject, "message": detail}]
    return alerting.finding_of(info, group, document, time=now, arrived=now, ref=f"health:{subject}", why=why)


def severity_name(document: dict[str, Any]) -> str:
    """The severity of a finding's document as a word."""
    severity: str = SEVERITIES[document["event"]["severity"] - 1]
    return severity
