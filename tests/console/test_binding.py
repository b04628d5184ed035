from __future__ import annotations

import pytest

from soc.config import Console
from soc.console.binding import Origins, check_bind, over_tls
from soc.errors import ConfigurationError

TLS = {"tls_cert_file": "cert.pem", "tls_key_file": "key.pem"}


@pytest.mark.parametrize(
    "console",
    [
        Console(),
        Console(bind="[::1]:8500"),
        Console(bind="localhost:8500"),
        Console(bind="0.0.0.0:8500", **TLS),
        Console(bind="0.0.0.0:8500", allow_public_plain=True),
    ],
    ids=str,
)
def test_loopback_tls_and_an_explicit_wish_are_allowed(console):
    assert check_bind(console) is None


@pytest.mark.parametrize("bind", ["0.0.0.0:8500", "[::]:8500", "192.0.2.1:8500", "soc.example.vn:8500"])
def test_a_public_address_without_tls_is_refused_with_the_ways_out(bind):
    with pytest.raises(
        ConfigurationError, match=r"bind to 127\.0\.0\.1, set SOC_CONSOLE_TLS_CERT_FILE.*allow_public_plain"
    ):
        check_bind(Console(bind=bind))


@pytest.mark.parametrize("half", [{"tls_cert_file": "cert.pem"}, {"tls_key_file": "key.pem"}])
def test_half_a_certificate_is_refused(half):
    with pytest.raises(ConfigurationError, match="belong together"):
        check_bind(Console(**half))


def test_the_browser_speaks_tls_to_us_or_to_the_proxy():
    told = [
        Console(),
        Console(**TLS),
        Console(public_origin="https://soc.example.vn"),
        Console(public_origin="http://x"),
    ]
    assert [over_tls(console) for console in told] == [False, True, True, False]


def test_our_origin_is_the_host_as_it_was_called_or_the_public_one():
    origins = Origins(Console(public_origin="https://soc.example.vn/"))
    assert origins.ours("http://localhost:9000", "localhost:9000")
    assert origins.ours("https://SOC.example.vn", "10.0.0.1:8500")
    assert not origins.ours("https://localhost:9000", "localhost:9000")
    assert not origins.ours("https://soc.example.vn.evil.example", "soc.example.vn")
    assert not Origins(Console()).ours("", "localhost")


def test_on_a_public_address_any_name_is_answered_unless_it_is_loopback():
    assert Origins(Console(bind="0.0.0.0:8500", **TLS)).known_host("soc.example.vn")
    assert not Origins(Console()).known_host("soc.example.vn")
    assert Origins(Console(public_origin="https://soc.example.vn")).known_host("soc.example.vn:443")
