"""What features read of a request and of a session."""

from __future__ import annotations

import pytest

from soc.anomaly.subjects import Request, Session, kinds, port, role, shape


def test_parameters_come_from_the_query_and_from_a_form() -> None:
    asked = Request({"url.query": "a=1&b", "http.request.body.content": "c=x=y"})
    assert asked.parameters == [("a", "1"), ("b", ""), ("c", "x=y")]
    assert asked.names == "a&b&c"


def test_a_request_of_thousands_of_parameters_is_bounded() -> None:
    assert len(Request({"url.query": "a=1&" * 5000}).parameters) <= 200


@pytest.mark.parametrize(
    ("value", "told"),
    [("room-101", "a-9"), ("", ""), ("é", "u"), ("<script>", "<a>"), ("a" * 500, "a"), ("-+" * 90, "-+" * 12)],
)
def test_a_shape_tells_runs_once(value, told) -> None:
    assert shape(value) == told


def test_the_sorts_of_characters_are_told_once_each() -> None:
    assert kinds("a1b2é-é") == ("a", "9", "u", "-")


@pytest.mark.parametrize(("number", "told"), [(53, "53"), (8443, "8443"), (50123, "others"), (None, "0"), (True, "1")])
def test_ports_that_clients_are_given_are_one(number, told) -> None:
    assert port(number) == told


@pytest.mark.parametrize(
    ("address", "told"),
    [("10.0.0.1", "10.0.0.1"), ("8.8.8.8", "outside"), ("2606:4700::1", "outside"), ("fd00::1", "fd00::1"), ("web-01", "web-01"), ("", "")],
)  # fmt: skip
def test_addresses_outside_are_one(address, told) -> None:
    assert role(address) == told


def test_a_session_knows_its_direction_and_its_server() -> None:
    session = Session(
        {"source.ip": "10.0.0.1", "destination.ip": "8.8.8.8", "destination.port": 53, "network.transport": "udp"}
    )
    assert (session.direction, session.server) == ("in-out", "outside udp/53")
    assert session.each("source.bytes", "source.packets") == 0.0
