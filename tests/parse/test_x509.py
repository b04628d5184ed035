"""Distinguished names and TLS versions, as sensors write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from soc.parse import x509

if TYPE_CHECKING:
    from soc.parse.format import Document


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("CN=*.example.vn,O=Example\\, JSC,C=VN", {"common_name": ["*.example.vn"], "organization": ["Example, JSC"], "country": ["VN"]}),
        ("C=VN, ST=Ha Noi, L=Ba Dinh, CN=a", {"country": ["VN"], "state_or_province": ["Ha Noi"], "locality": ["Ba Dinh"], "common_name": ["a"]}),
        ("/C=VN/O=Example/OU=IT/OU=Web/CN=a/b", {"country": ["VN"], "organization": ["Example"], "organizational_unit": ["IT", "Web"], "common_name": ["a/b"]}),
        ("O=Example, Inc., CN=a", {"organization": ["Example, Inc."], "common_name": ["a"]}),
        ("nothing", {}),
    ],
)  # fmt: skip
def test_a_distinguished_name_is_told_by_its_parts(text: str, parts: dict[str, list[str]]) -> None:
    assert x509.distinguished_name(text) == parts


@pytest.mark.parametrize(
    ("told", "version"),
    [("TLSv12", ("1.2", "tls")), ("TLS 1.3", ("1.3", "tls")), ("TLSv1", ("1.0", "tls")), ("SSLv3", ("3.0", "ssl")), ("DTLSv12", ("1.2", "dtls"))],
)  # fmt: skip
def test_a_tls_version_is_a_number_and_a_protocol(told: str, version: tuple[str, str]) -> None:
    document: Document = {}
    x509.tls_version(document, told)
    assert (document["tls.version"], document["tls.version_protocol"]) == version
