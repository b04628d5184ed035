"""Which rules no event comes for: what a running service says that it received, against what rules ask for."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

from soc.checking.known import vocabulary
from soc.errors import ConfigurationError, Fault, Unavailable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from soc.sigma import RuleSet

_PARSED = "soc_events_parsed"
_SECONDS = 10
_MOST = 16 << 20


def received(url: str) -> frozenset[str]:
    """The formats of which a service has parsed events, by its metrics.

    Raises:
        ConfigurationError: there is no such address.
        Unavailable: nothing answers there, or it is no service of ours.
    """
    split = urlsplit(url)
    if split.scheme not in {"http", "https"} or not split.hostname:
        raise ConfigurationError(f"{url}: not an address; write http://127.0.0.1:9108, or `here`")
    kind = http.client.HTTPSConnection if split.scheme == "https" else http.client.HTTPConnection
    connection = kind(split.hostname, split.port, timeout=_SECONDS)
    try:
        connection.request("GET", split.path.rstrip("/") or "/metrics")
        answer = connection.getresponse()
        text = answer.read(_MOST).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"{url}: does not answer ({error}); is the service running?") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise Unavailable(f"{url}: answers {answer.status}; give the address of the metrics (`metrics.bind`)")
    return formats_in(text, url)


def formats_in(text: str, url: str) -> frozenset[str]:
    """The formats with events in the text of `/metrics`; Unavailable if it does not count them at all."""
    found, counted = set(), False
    try:
        for family in text_string_to_metric_families(text):
            counted |= family.name == _PARSED
            if family.name == _PARSED:
                found |= {each.labels["format"] for each in family.samples if each.value > 0}
    except (ValueError, KeyError) as error:
        raise Unavailable(f"{url}: not the metrics of a service: {error}") from error
    if not counted:
        raise Unavailable(f"{url}: counts no events by format; give the address of a service that detects")
    return frozenset(found)


def unfed(rules: RuleSet, formats: Collection[str]) -> Iterator[Fault]:
    """The rules in force for whose log source nothing was received yet; which formats would bring it."""
    known = vocabulary()
    told = ", ".join(sorted(formats)) or "nothing"
    for rule in rules.rules:
        wanted = known.formats_of(rule.logsource, rules.logsources)
        if rule.info.state == "off" or not wanted or wanted & frozenset(formats):
            continue
        what = f"no event of its log source ({rule.logsource}) has come since the service started"
        fix = f"it needs a source of {' or '.join(sorted(wanted)[:6])}; received: {told}"
        yield Fault(rule.file, rule.line, what, fix, "warning", "unfed")
