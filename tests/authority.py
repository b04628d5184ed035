"""A throw-away certificate authority: the openssl program makes it and what it signs, in a folder of a test."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_LEAF = "basicConstraints=CA:false\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n"


@dataclass(frozen=True)
class Signed:
    """A certificate with its key."""

    cert: Path
    key: Path


class Authority:
    def __init__(self, folder: Path, name: str = "ca") -> None:
        self.folder, self.name = folder, name
        self.cert, self._key = folder / f"{name}.pem", folder / f"{name}.key"
        openssl(
            "req", "-x509", *_KEY, "-keyout", self._key, "-out", self.cert, "-subj", f"/CN={name}", "-days", "9",
            "-addext", "basicConstraints=critical,CA:true",
        )  # fmt: skip

    def sign(self, name: str, days: int = 8) -> Signed:
        """For localhost; of the past where `days` is negative."""
        made = Signed(self.folder / f"{self.name}-{name}.pem", self.folder / f"{self.name}-{name}.key")
        request, extensions = made.cert.with_suffix(".csr"), made.cert.with_suffix(".ext")
        extensions.write_text(_LEAF)
        openssl("req", "-new", *_KEY, "-keyout", made.key, "-out", request, "-subj", f"/CN={name}")
        openssl(
            "x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self._key, "-CAcreateserial", "-days", days,
            "-extfile", extensions, "-out", made.cert,
        )  # fmt: skip
        made.key.chmod(0o600)
        return made

    def client(self, signed: Signed | None = None) -> ssl.SSLContext:
        """Of a sender that trusts this authority, and shows a certificate if it is given one."""
        context = ssl.create_default_context(cafile=str(self.cert))
        if signed:
            context.load_cert_chain(signed.cert, signed.key)
        return context


def openssl(*arguments: object) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
