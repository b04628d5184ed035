"""The measuring data beside the checkout: what cannot be parsed is said to be so, one line out per line in."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from soc.cli.parse import command

MALFORMED = Path(__file__).parents[3] / "shared/data/parser_cases/malformed/malformed.jsonl"


@pytest.mark.shared
def test_malformed_records_cost_no_line() -> None:
    raws = [orjson.loads(line)["raw"] for line in MALFORMED.read_bytes().splitlines()]
    feed = b"".join(orjson.dumps({"message": raw}) + b"\n" for raw in raws)
    done = CliRunner().invoke(command, input=feed, catch_exceptions=False)
    documents = [orjson.loads(line) for line in done.stdout_bytes.splitlines()]
    assert (done.exit_code, len(documents)) == (0, len(raws))
    assert [document["event"]["original"] for document in documents] == raws
    assert not any(
        "parser_fault" in document.get("error", {}).get("message", "") for document in documents if "tags" in document
    )


def test_what_cannot_be_read_is_marked_and_keeps_its_line() -> None:
    deep = b'{"a":' * 80 + b"1" + b"}" * 80
    lines = [b"\xff\xfe", b"a\0b", b"{", deep, b'{"a":' + b'"' + b"x" * (1 << 21) + b'"}', b"[" * 100, b"plain text"]
    done = CliRunner().invoke(command, input=b"\n".join(lines) + b"\n", catch_exceptions=False)
    reasons = [
        orjson.loads(line).get("error", {}).get("message", "").partition(":")[0]
        for line in done.stdout_bytes.splitlines()
    ]
    assert (done.exit_code, reasons) == (0, ["encoding", "nul", "json", "too_deep", "too_large", "", ""])
