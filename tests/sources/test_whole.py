"""A file replayed: its refs and times follow from its content alone."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil

import pytest

from soc import instant
from soc.errors import ConfigurationError
from soc.record import LogSource, Record
from soc.sources.files import whole_file
from soc.sources.opened import Refused
from tests.sources.site import Site

CONTENT = b"2026-01-05T10:00:00Z web1 app: one\n#Fields: a b\n\n2026-01-05T10:00:01Z web1 app: two\r\nno time"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "day.log"
    path.write_bytes(CONTENT)
    os.utime(path, (1_770_000_000, 1_770_000_000))
    return path


def test_records_are_named_for_the_content_and_arrived_when_they_happened(file) -> None:
    partition = "file:" + hashlib.sha256(CONTENT).hexdigest()[:40]
    source = LogSource("logs.host", timezone="+07:00", sample=True, whole=True)
    at = instant.parse_iso("2026-01-05T10:00:00Z")
    assert list(whole_file(file, timezone="+07:00", sample=True)) == [
        Record(b"2026-01-05T10:00:00Z web1 app: one", partition, 0, at, source),
        Record(b"2026-01-05T10:00:01Z web1 app: two", partition, 49, at + instant.SECOND, source, "#Fields: a b"),
        Record(b"no time", partition, 85, 1_770_000_000_000_000, source, "#Fields: a b", stride=85),
    ]


def test_a_packed_copy_gives_the_same_records(file, tmp_path) -> None:
    packed = tmp_path / "other.gz"
    packed.write_bytes(gzip.compress(CONTENT))
    shutil.copystat(file, packed)
    assert list(whole_file(packed)) == list(whole_file(file))


def test_a_topic_that_is_given_stays(file) -> None:
    assert {record.source.topic for record in whole_file(file, topic="logs.data")} == {"logs.data"}


async def test_the_inbox_reads_the_same_records_under_another_name(tmp_path) -> None:
    site = Site(tmp_path)
    path = site.inbox / "day.log"
    path.write_bytes(b"".join(b"2026-01-05T10:00:00Z web1 app: %d %s\n" % (n, b"x" * 900) for n in range(800)) + b"end")
    os.utime(path, (1_770_000_000, 1_770_000_000))
    await site.open()
    live = await site.records()
    await site.close()
    whole = list(whole_file(path, timezone=site.config.timezone))
    assert [record._replace(partition="", source=LogSource("")) for record in live] == [
        record._replace(partition="", source=LogSource("")) for record in whole
    ]
    assert len({record.stride for record in live}) > 2


def test_an_empty_file_has_no_records(tmp_path) -> None:
    (tmp_path / "empty").touch()
    assert list(whole_file(tmp_path / "empty")) == []


def test_what_cannot_be_read_is_named_at_once(tmp_path) -> None:
    for path, reason in ((tmp_path / "none", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(ConfigurationError, match=rf"{path}: cannot be read \({reason}.*\); name a regular file"):
            whole_file(path)


def test_an_unknown_format_is_refused_at_once(file) -> None:
    with pytest.raises(ConfigurationError, match="unknown format 'no-such-format'"):
        whole_file(file, format="no-such-format")


def test_a_bomb_is_refused(tmp_path) -> None:
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(b"\0" * (2 << 20)) * 100)
    with pytest.raises(Refused, match="unpacks to more than 100 times"):
        whole_file(tmp_path / "bomb.gz")


def test_packed_data_without_its_end_is_refused_before_anything_is_told(tmp_path) -> None:
    packed = gzip.compress(CONTENT)
    for name, data, refused in (("cut.gz", packed + packed[:-9], True), ("whole.gz", packed + packed, False)):
        (tmp_path / name).write_bytes(data)
        if refused:
            with pytest.raises(Refused, match=r"cut.gz: its gzip data ends in the middle, after \d+ bytes; copy"):
                whole_file(tmp_path / name)
        else:
            assert [record.offset for record in whole_file(tmp_path / name)] == [0, 49, 85, 141, 177]
