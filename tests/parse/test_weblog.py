"""Access and error logs of web servers, as rules read them."""

from __future__ import annotations

import pytest

from soc.event import Logsource
from tests.parse.texts import ecs_of, event_of

LINE = '192.0.2.1 - hoa [28/Feb/2026:23:14:02 +0700] "GET /a/b.php?x=${jndi:ldap} HTTP/1.1" 200 51 "http://r/" "sqlmap/1.8"'


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("c-ip", "192.0.2.1"), ("cs-username", "hoa"), ("cs-method", "GET"), ("c-uri", "/a/b.php?x=${jndi:ldap}"),
        ("cs-uri", "/a/b.php?x=${jndi:ldap}"), ("cs-uri-stem", "/a/b.php"), ("cs-uri-query", "x=${jndi:ldap}"), ("sc-status", "200"),
        ("cs-user-agent", "sqlmap/1.8"), ("c-useragent", "sqlmap/1.8"), ("cs-referer", "http://r/"), ("sc-bytes", "51"),
    ],
)  # fmt: skip
def test_rules_read_an_access_record_by_w3c_names(name: str, value: str) -> None:
    event = event_of(LINE)
    accessor = event.format.field(name)
    assert accessor is not None
    assert accessor(event.native) == value


@pytest.mark.parametrize(
    ("line", "format_", "category"),
    [
        (LINE, "apache", "webserver"),
        (LINE + ' "-"', "nginx", "webserver"),
        ("<190>Feb 28 23:14:02 lb nginx: " + LINE, "nginx", "webserver"),
        ("<190>Feb 28 23:14:02 lb httpd: " + LINE + ' "-"', "nginx", "webserver"),
        ("[Sat Feb 28 23:14:10 2026] [error] [client 192.0.2.1] x", "apache", ""),
        ("2026/02/28 23:14:12 [notice] 13#13: x", "nginx", ""),
    ],
)
def test_the_server_is_told_by_what_only_it_writes(line: str, format_: str, category: str) -> None:
    event = event_of(line)
    assert event.format.name == format_
    assert Logsource(product=format_, category=category, service=format_) in event.format.kind(event.native)


@pytest.mark.parametrize("format_", ["apache", "nginx"])
@pytest.mark.parametrize("line", [LINE, LINE + ' "-"', LINE.partition(' "http')[0]])
def test_a_server_that_the_configuration_names_is_believed(format_: str, line: str) -> None:
    assert event_of(line, format_).format.name == format_


@pytest.mark.parametrize(
    ("before", "client", "host"),
    [
        ("192.0.2.1 - -", "192.0.2.1", None),
        ("vh.example 192.0.2.1 - -", "192.0.2.1", "vh.example"),
        ("vh.example:443 2001:db8::1 - -", "2001:db8::1", "vh.example"),
        ("10.0.0.1, 10.0.0.2, 8.8.4.4 - -", "8.8.4.4", None),
        ('vh.example:80 "10.5.1.2, 8.8.8.8, 10.0.0.9" 10.2.1.1 - -', "8.8.8.8", "vh.example"),
        ("client.example - -", "client.example", None),
        ("192.0.2.1 - [192.0.2.1] - -", "192.0.2.1", None),
        ("192.0.2.1 -", "192.0.2.1", None),
    ],
)
def test_the_client_is_found_among_hosts_and_proxies(before: str, client: str, host: str | None) -> None:
    told = ecs_of(f'{before} [28/Feb/2026:23:14:02 +0700] "GET / HTTP/1.1" 200 1', "source.address", "url.domain")
    assert (told["source.address"], told.get("url.domain")) == (client, host)


@pytest.mark.parametrize("request_", [r"\x16\x03\x01", "HELP", "145.ll|'|'| x y", "", "-"])
def test_a_request_that_is_none_has_no_method(request_: str) -> None:
    told = ecs_of(
        f'192.0.2.1 - - [28/Feb/2026:23:14:02 +0700] "{request_}" 400 1 "-" "-"', "http.request.method", "url.original"
    )
    assert told == ({"url.original": request_} if request_.strip("-") else {})
