"""Who may send."""

import pytest

from soc.sources.allowed import allowing


def test_everybody_may_where_nobody_is_named() -> None:
    assert allowing([])("192.0.2.1")


@pytest.mark.parametrize(
    ("peer", "may"),
    [("192.0.2.7", True), ("192.0.3.7", False), ("198.51.100.9", True), ("198.51.100.8", False), ("2001:db8::5", True),
     ("2001:db9::5", False)],
)  # fmt: skip
def test_addresses_and_networks_of_both_kinds_may(peer, may) -> None:
    allowed = allowing(["192.0.2.0/24", "198.51.100.9", "2001:db8::/32"])
    assert (allowed(peer), allowed(peer)) == (may, may)
