"""Where the console may listen, and under which names browsers may call it."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from soc.config import address
from soc.errors import ConfigurationError

if TYPE_CHECKING:
    from soc.config import Console

_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def check_bind(console: Console) -> None:
    """Refuse to listen where passwords would cross a network in the clear.

    Raises:
        ConfigurationError: with the three ways out.
    """
    if bool(console.tls_cert_file) != bool(console.tls_key_file):
        raise ConfigurationError("console: tls_cert_file and tls_key_file belong together; set both or none")
    host, _ = address(console.bind)
    if not console.tls_cert_file and not console.allow_public_plain and not is_loopback(host):
        raise ConfigurationError(
            f"console.bind {console.bind}: others can reach this address and there is no TLS; bind to 127.0.0.1, set "
            "SOC_CONSOLE_TLS_CERT_FILE and SOC_CONSOLE_TLS_KEY_FILE, or, behind a proxy that does TLS, "
            "allow_public_plain: true"
        )


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def over_tls(console: Console) -> bool:
    """Whether the browser's side of the connection is TLS."""
    return bool(console.tls_cert_file) or console.public_origin.startswith("https://")


class Origins:
    """Which Host headers we answer to, and which origins are ours."""

    def __init__(self, console: Console) -> None:
        self._scheme = "https" if console.tls_cert_file else "http"
        self._public = console.public_origin.rstrip("/").lower()
        host, _ = address(console.bind)
        # Somebody who makes a name of theirs point here (DNS rebinding) must not get an answer under it.
        public = {urlsplit(self._public).hostname or host}
        self._hosts = {host} | public | _LOCAL_NAMES if is_loopback(host) else None

    def known_host(self, host: str) -> bool:
        return self._hosts is None or _hostname(host) in self._hosts

    def ours(self, origin: str, host: str) -> bool:
        told = origin.lower()
        return told == f"{self._scheme}://{host.lower()}" or (bool(self._public) and told == self._public)


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
