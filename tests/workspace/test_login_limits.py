from __future__ import annotations

import pytest

from soc.workspace.login_limits import (
    PER_ADDRESS,
    PER_USER,
    PER_USER_AND_ADDRESS,
    WINDOW,
    TooManyAttempts,
    network,
)


def refused(limits, user, address):
    try:
        limits.attempt(user, address)
    except TooManyAttempts as error:
        return error.seconds
    return 0


def test_one_user_at_one_address_has_few_attempts_and_waits_the_window_out(workspace, clock):
    limits = workspace.login_limits
    assert [refused(limits, "lan", "192.0.2.1") for _ in range(PER_USER_AND_ADDRESS)] == [0] * PER_USER_AND_ADDRESS
    assert refused(limits, "lan", "192.0.2.1") == 15 * 60 + 1
    assert refused(limits, "LAN ", "192.0.2.1")
    assert refused(limits, "lan", "192.0.2.2") == 0
    assert refused(limits, "minh", "192.0.2.1") == 0
    clock.advance(WINDOW)
    assert refused(limits, "lan", "192.0.2.1") == 0


def test_one_address_cannot_try_many_users(workspace):
    told = [refused(workspace.login_limits, f"user{n}", "192.0.2.1") > 0 for n in range(PER_ADDRESS + 1)]
    assert told == [False] * PER_ADDRESS + [True]


def test_many_addresses_cannot_try_one_user(workspace):
    told = [refused(workspace.login_limits, "lan", f"192.0.2.{n}") > 0 for n in range(PER_USER + 1)]
    assert told == [False] * PER_USER + [True]


def test_a_right_password_forgets_the_failures(workspace):
    for _ in range(PER_USER_AND_ADDRESS - 1):
        workspace.login_limits.attempt("lan", "192.0.2.1")
    workspace.login_limits.forgive("lan", "192.0.2.1")
    assert [refused(workspace.login_limits, "lan", "192.0.2.1") for _ in range(PER_USER_AND_ADDRESS)] == [
        0
    ] * PER_USER_AND_ADDRESS


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        ("x" * 500, "x" * 64),
    ],
)
def test_an_ipv6_address_counts_with_its_network(address, told):
    assert network(address) == told
