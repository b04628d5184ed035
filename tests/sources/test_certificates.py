"""The files of a port's certificate: until when, and what each fault of theirs is called."""

from __future__ import annotations

import contextlib
import re
import ssl

import pytest

from soc import instant
from soc.config import SyslogInput
from soc.errors import ConfigurationError
from soc.sources import tls
from soc.sources.certificates import expiry
from tests.authority import Authority, openssl

pytestmark = pytest.mark.openssl


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize("days", [-1, 30, 365 * 60], ids=["past", "soon", "after 2049, written another way"])
def test_a_certificate_ends_when_openssl_says_so(authority, days) -> None:
    signed = authority.sign("port", days=days)
    told = openssl("x509", "-in", signed.cert, "-noout", "-enddate").strip().partition("=")[2]
    assert expiry(signed.cert) == ssl.cert_time_to_seconds(told) * instant.SECOND


def test_a_chain_ends_with_the_first_that_ends(authority, tmp_path) -> None:
    signed, file = authority.sign("port", days=3), tmp_path / "chain.pem"
    file.write_text(f"Some words before\n{authority.cert.read_text()}{signed.cert.read_text()}")
    assert expiry(file) == expiry(signed.cert) < expiry(authority.cert)


@pytest.mark.parametrize(
    "text",
    [
        "", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMIL/////MIL/////\n-----END CERTIFICATE-----\n",
    ],
)  # fmt: skip
def test_a_file_without_a_certificate_is_named(tmp_path, text) -> None:
    file = tmp_path / "port.pem"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=rf"{file}: holds no certificate that can be read; it must be PEM"):
        expiry(file)


def test_no_cut_of_a_certificate_is_another_error(authority, tmp_path) -> None:
    whole = authority.cert.read_text().splitlines()
    file = tmp_path / "cut.pem"
    for lines in range(1, len(whole) - 2):
        file.write_text("\n".join([*whole[:lines], whole[-1]]))
        with contextlib.suppress(ConfigurationError):
            expiry(file)


def setting(cert, key, ca="") -> SyslogInput:
    return SyslogInput(tls_cert_file=str(cert), tls_key_file=str(key), tls_ca_file=str(ca))


def test_each_fault_names_its_file_and_the_fix(authority, tmp_path) -> None:
    port, other = authority.sign("port"), authority.sign("other")
    absent, words = tmp_path / "absent.pem", tmp_path / "words.pem"
    words.write_text("words")
    words.chmod(0o600)
    open_, encrypted = tmp_path / "open.key", tmp_path / "encrypted.key"
    open_.write_bytes(port.key.read_bytes())
    open_.chmod(0o644)
    openssl("pkey", "-in", port.key, "-aes256", "-passout", "pass:pa55", "-out", encrypted)
    encrypted.chmod(0o600)
    for wrong, message in (
        (setting(absent, port.key), f"{absent}: No such file or directory; the certificate's file must exist"),
        (setting(words, port.key), f"{words}: holds no certificate"),
        (setting(port.cert, absent), f"{absent}: No such file or directory; the secret's file must exist"),
        (setting(port.cert, open_), f"{open_}: others than its owner may read this secret; chmod 600 {open_}"),
        (
            setting(port.cert, other.key),
            f"{other.key}: is not the key of {port.cert}; the two files must belong together",
        ),
        (setting(port.cert, words), f"{words}: cannot be used with {port.cert} "),
        (setting(port.cert, encrypted), f"{encrypted}: the key is encrypted; write it in the clear"),
        (setting(port.cert, port.key, words), f"{words}: holds no certificate"),
    ):
        with pytest.raises(ConfigurationError, match=re.escape(message)):
            tls.context(wrong)
    assert tls.context(setting(port.cert, port.key, authority.cert)).verify_mode == ssl.CERT_REQUIRED
