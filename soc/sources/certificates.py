"""Until when certificates are valid: the one date of a PEM file that must be known before it comes."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from soc import instant
from soc.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = re.compile(r"-----BEGIN (?:TRUSTED )?CERTIFICATE-----(.*?)-----END (?:TRUSTED )?CERTIFICATE-----", re.DOTALL)
_SEQUENCE, _VERSION = 0x30, 0xA0
_TIMES = {0x17: 2, 0x18: 4}
"""UTCTime and GeneralizedTime by the digits of their year (RFC 5280 4.1.2.5)."""
_BEFORE_VALIDITY = 3
"""Serial number, signature algorithm and issuer (RFC 5280 4.1)."""


def expiry(file: Path) -> int:
    """The instant at which the first certificate of a file ends: from then on the whole chain is refused.

    Raises:
        ConfigurationError: the file cannot be read, or holds no certificate.
    """
    try:
        text = file.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise ConfigurationError(
            f"{file}: {error.strerror}; the certificate's file must exist and be readable"
        ) from None
    try:
        return min(_end(base64.b64decode(block)) for block in _BLOCK.findall(text))
    except (ValueError, IndexError):
        raise ConfigurationError(
            f"{file}: holds no certificate that can be read; it must be PEM (`openssl x509 -in FILE -noout -text`)"
        ) from None


def _end(der: bytes) -> int:
    """ValueError or IndexError where this is no certificate."""
    body = _inside(der, 0, _SEQUENCE)
    at = _inside(der, body, _SEQUENCE)
    skipped = _BEFORE_VALIDITY + (der[at] == _VERSION)
    for _ in range(skipped):
        at = _after(der, at)
    begins = _inside(der, at, _SEQUENCE)
    return _time(der, _after(der, begins))


def _inside(der: bytes, at: int, tag: int) -> int:
    """Where the content of the element at a place begins."""
    if der[at] != tag:
        raise ValueError("another element was expected")
    return _content(der, at)[0]


def _after(der: bytes, at: int) -> int:
    start, length = _content(der, at)
    return start + length


def _content(der: bytes, at: int) -> tuple[int, int]:
    """Start and length of an element's content."""
    length = der[at + 1]
    if length < 0x80:
        return at + 2, length
    size = length & 0x7F
    return at + 2 + size, int.from_bytes(der[at + 2 : at + 2 + size], "big")


def _time(der: bytes, at: int) -> int:
    start, length = _content(der, at)
    year = _TIMES.get(der[at], 0)
    text = der[start : start + length].decode("ascii")
    if year == 2:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return instant.from_datetime(datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC))
