"""Attachments of a consolidated event, which is a Python dictionary in a CEF field."""

from __future__ import annotations

from soc import parse
from soc.record import LogSource, Record


def test_attachments_are_told_once_for_each_hash() -> None:
    one, two = "a" * 64, "b" * 64
    details = (
        "{'a.pdf': {'AMP': {'Verdict': 'X', 'fileHash': ['"
        + one
        + "', '"
        + two
        + "']}}, \"it's.txt\": {'BodyScanner': {}}}"
    )
    text = f"CEF:0|Cisco|C390|14|ESA_CONSOLIDATED_LOG_EVENT|Consolidated Log Event|5|ESAMID=1 ESAAttachmentDetails={details} act=DELIVERED"
    document = parse.ecs(parse.parse(Record(text.encode(), "p", 0, 0, LogSource("logs.app"))))
    assert document["email.attachments"] == [
        {"file": {"hash": {"sha256": one}, "name": "a.pdf"}}, {"file": {"hash": {"sha256": two}, "name": "a.pdf"}}, {"file": {"name": "it's.txt"}},
    ]  # fmt: skip
    assert document["related.hash"] == [one, two]
