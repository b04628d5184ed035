"""The parts of URLs."""

from __future__ import annotations

import pytest

from soc.parse import url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/a/b%20c.PDF?x=1&y=#z", {"path": "/a/b%20c.PDF", "query": "x=1&y=", "fragment": "z", "extension": "PDF"}),
        (
            "HTTPS://user:pw@[2001:db8::1]:8443/x",
            {
                "full": "HTTPS://user:pw@[2001:db8::1]:8443/x",
                "scheme": "https",
                "domain": "2001:db8::1",
                "port": 8443,
                "path": "/x",
            },
        ),
        (
            "http://h.example",
            {"full": "http://h.example", "scheme": "http", "domain": "h.example", "port": None, "path": ""},
        ),
        ("/.env", {"path": "/.env"}),
        ("*", {"path": "*"}),
        ("/a?", {"path": "/a", "query": ""}),
    ],
)
def test_a_url_has_its_parts_as_written(text: str, expected: dict[str, object]) -> None:
    document: dict[str, object] = {}
    url.fill(document, text)
    assert document == {f"url.{name}": value for name, value in {"original": text, **expected}.items()}
