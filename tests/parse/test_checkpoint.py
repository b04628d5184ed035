"""Check Point: one vocabulary in all forms, and headers with two minus signs."""

from __future__ import annotations

import pytest

from soc.instant import zone
from soc.parse import checkpoint, syslog
from soc.parse.frame import Frame
from tests.parse.texts import ecs_of, event_of

NAMES = (
    "event.action",
    "event.id",
    "source.ip",
    "destination.ip",
    "destination.port",
    "event.type",
    "observer.ingress.interface.name",
)
TOLD = {
    "event.action": "Drop", "event.id": "{0x1,0x2}", "source.ip": "198.51.100.9", "destination.ip": "192.0.2.10", "destination.port": 23,
    "event.type": ["denied", "connection"], "observer.ingress.interface.name": "eth1",
}  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        '[action:"Drop"; ifdir:"inbound"; ifname:"eth1"; loguid:"{0x1,0x2}"; dst:"192.0.2.10"; service:"23"; src:"198.51.100.9"]',
        '<134>1 2026-02-28T16:14:07Z gw1 CheckPoint 1 - [sd@2620 action="Drop" ifname="eth1" loguid="{0x1,0x2}" dst="192.0.2.10" service="23" src="198.51.100.9"]',
        "time=1772295248|product=Firewall|action=Drop|ifname=eth1|loguid={0x1,0x2}|dst=192.0.2.10|service=23|src=198.51.100.9",
        "LEEF:2.0|Check Point|VPN-1|1.0|Drop|ifname=eth1\tloguid={0x1,0x2}\tdst=192.0.2.10\tdstPort=23\tsrc=198.51.100.9",
        "CEF:0|Check Point|VPN-1|Check Point|Log|telnet|Unknown|act=Drop ifname=eth1 loguid={0x1,0x2} dst=192.0.2.10 dpt=23 src=198.51.100.9",
    ],
)
def test_all_forms_tell_the_same(line: str) -> None:
    assert ecs_of(line, *NAMES) == TOLD


def test_structured_data_of_r81_is_the_body() -> None:
    line = '<85>1 2026-02-28T11:14:07--5:00 192.0.2.1 gw1 - Log [Fields@1.3.6.1.4.1.2620 src="198.51.100.9" svc="23" ProductName="VPN-1 & FireWall-1" ]'
    header, body = syslog.split(line)
    frame = Frame(body, None, header, None, zone("UTC"), 0)
    native = checkpoint.decode(frame)
    assert native is not None
    assert {name: native[name] for name in ("src", "service", "product")} == {
        "src": "198.51.100.9", "service": "23", "product": "VPN-1 & FireWall-1",
    }  # fmt: skip


@pytest.mark.parametrize("line", ['[action:"Drop"; x:"1"]', '[a@1 b="c"] text', "x|loguid=1"])
def test_brackets_alone_are_not_check_points(line: str) -> None:
    assert event_of(line).format.name != "checkpoint"
