"""Certificates: until when they are valid, and whether the files of a port fit each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from soc import instant
from soc.cli._doctor import Result
from soc.clock import SystemClock
from soc.errors import ConfigurationError
from soc.sources import tls
from soc.sources.certificates import expiry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soc.config import Config

_SOON = 14 * instant.DAY
"""Below this it is said; `deploy/prometheus` warns at the same time."""


def certificates(config: Config) -> list[Result]:
    """Of everything that has one."""
    now = SystemClock().now()
    results = [_valid(setting, Path(file), now) for setting, file in _files(config) if file]
    return [*results, *_unfit(config)]


def _files(config: Config) -> Iterator[tuple[str, str]]:
    yield "console.tls_cert_file", config.console.tls_cert_file
    yield "kafka.tls_cert_file", config.kafka.tls_cert_file
    yield "kafka.tls_ca_file", config.kafka.tls_ca_file
    yield "elasticsearch.ca_file", config.elasticsearch.ca_file
    for n, item in enumerate(config.sources.syslog):
        yield f"sources.syslog.{n}.tls_cert_file", item.tls_cert_file
        yield f"sources.syslog.{n}.tls_ca_file", item.tls_ca_file


def _unfit(config: Config) -> Iterator[Result]:
    """Files that are good each by itself and not together."""
    for n, item in enumerate(config.sources.syslog):
        if item.tls:
            try:
                tls.context(item)
            except ConfigurationError as error:
                yield Result("FAIL", "certificates", f"sources.syslog.{n}: {error}")


def _valid(setting: str, file: Path, now: int) -> Result:
    try:
        ends = expiry(file)
    except ConfigurationError as error:
        return Result("FAIL", "certificates", f"{setting}: {error}")
    told = f"{setting}: {file} is valid until {instant.iso(ends)}"
    if ends <= now:
        return Result("FAIL", "certificates", f"{setting}: {file} has expired at {instant.iso(ends)}", "renew it")
    if ends - now < _SOON:
        return Result("warn", "certificates", f"{told}, {(ends - now) // instant.DAY} days", "renew it")
    return Result("ok", "certificates", told)
