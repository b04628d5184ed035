"""What network fields follow from others."""

from __future__ import annotations

from typing import Any

import pytest

from soc.parse import network


@pytest.mark.parametrize(
    ("flow", "expected"),
    [
        # The baseline of the Community ID specification.
        (("tcp", "128.232.110.120", 34855, "66.35.250.204", 80), "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        (("tcp", "66.35.250.204", 80, "128.232.110.120", 34855), "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        (("udp", "192.168.1.52", 54585, "8.8.8.8", 53), "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
        (("sctp", "192.168.170.8", 7, "192.168.170.56", 7), "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="),
    ],
)
def test_both_directions_of_a_flow_have_one_community_id(flow: tuple[Any, ...], expected: str) -> None:
    transport, source, source_port, destination, destination_port = flow
    document = {
        "network.transport": transport, "source.ip": source, "source.port": source_port, "destination.ip": destination,
        "destination.port": destination_port,
    }  # fmt: skip
    network.follow(document)
    assert document["network.community_id"] == expected


@pytest.mark.parametrize("lacking", ["source.ip", "destination.port", "network.transport"])
def test_a_flow_that_is_not_known_well_enough_has_none(lacking: str) -> None:
    document = {
        "network.transport": "tcp", "source.ip": "192.0.2.1", "source.port": 1, "destination.ip": "192.0.2.2", "destination.port": 2,
    }  # fmt: skip
    del document[lacking]
    network.follow(document)
    assert "network.community_id" not in document


def test_sums_and_families_follow() -> None:
    document: dict[str, Any] = {
        "source.ip": "2001:db8::1", "destination.ip": "2001:db8::2", "source.bytes": 3, "destination.bytes": 4, "network.transport": "58",
    }  # fmt: skip
    network.follow(document)
    assert {name: document.get(name) for name in ("network.type", "network.bytes", "network.packets", "network.iana_number")} == {
        "network.type": "ipv6", "network.bytes": 7, "network.packets": None, "network.iana_number": "58",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1:80", ("192.0.2.1", 80)),
        ("[2001:db8::1]:443", ("2001:db8::1", 443)),
        ("2001:db8::1", ("2001:db8::1", None)),
        ("2001:db8::1:56175", ("2001:db8::1", 56175)),
        ("host.example:8080", ("host.example", 8080)),
        ("host.example", ("host.example", None)),
        ("", ("", None)),
    ],
)
def test_an_endpoint_is_an_address_and_perhaps_a_port(text: str, expected: tuple[str, int | None]) -> None:
    assert network.endpoint(text) == expected


def test_addresses_are_written_in_one_way() -> None:
    assert [network.ip(text) for text in ("2001:0db8:0:0:0:0:0:1", "::ffff:192.0.2.1", "[::1]", "host", "", None)] == [
        "2001:db8::1", "192.0.2.1", "::1", None, None, None,
    ]  # fmt: skip
    assert [network.mac(text) for text in ("02:00:00:aa:bb:cc", "0200.00aa.bbcc", "xx", None)] == [
        "02-00-00-AA-BB-CC", "02-00-00-AA-BB-CC", None, None,
    ]  # fmt: skip


def test_numbers_are_decimal_and_fit_into_a_column() -> None:
    assert [network.number(text) for text in ("0", "18446744073709551616", "-1", "²", "", None, 7)] == [
        0,
        None,
        None,
        None,
        None,
        None,
        7,
    ]
