"""Distinguished names of certificates in text, RFC 4514 and OpenSSL's older form, and what TLS versions are called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soc.parse.format import Document

_NAMES = {
    "CN": "common_name", "C": "country", "L": "locality", "O": "organization", "OU": "organizational_unit",
    "ST": "state_or_province", "S": "state_or_province",
}  # fmt: skip
_PART = re.compile(
    r"(?:^|[,/+;]) {0,4}([A-Za-z]{1,2})=((?:[^\\,/+;\"]|\\.|/(?![A-Z]{1,2}=)|[,+;](?! {0,4}[A-Za-z0-9.]{1,32}=))*+)"
)
_ESCAPED = re.compile(r"\\(.)")
_LONGEST = 4096
_VERSION = re.compile(r"(TLS|SSL|DTLS) ?v? ?(\d)(?:\.?(\d))?", re.IGNORECASE)


def distinguished_name(text: str) -> dict[str, list[str]]:
    """The parts of `CN=host,O=Example\\, Inc.,C=VN` by the names that ECS has for them."""
    found: dict[str, list[str]] = {}
    for name, value in _PART.findall(text[:_LONGEST]):
        if (own := _NAMES.get(name.upper())) and value:
            found.setdefault(own, []).append(_ESCAPED.sub(r"\1", value).strip())
    return found


def fill(document: Document, prefix: str, role: str, text: object) -> None:
    """Adds `<prefix>.<role>.*`, role being subject or issuer, of a distinguished name."""
    if isinstance(text, str) and text:
        document[f"{prefix}.{role}.distinguished_name"] = text
        for name, value in distinguished_name(text).items():
            document[f"{prefix}.{role}.{name}"] = value


def tls_version(document: Document, text: object) -> None:
    """Adds `tls.version` and `tls.version_protocol` of `TLSv12`, `TLS 1.2`, `TLSv1` or `SSLv3`."""
    if isinstance(text, str) and (found := _VERSION.match(text)):
        document["tls.version"] = f"{found[2]}.{found[3] or '0'}"
        document["tls.version_protocol"] = found[1].lower()
