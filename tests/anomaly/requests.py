"""Invented requests and sessions, and detectors of single events learnt from them."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from soc import content
from soc.anomaly import Detector
from soc.anomaly.detector import read

Document = dict[str, Any]


def shipped(name: str, **changes: Any) -> Detector:
    """A shipped detector with few trees, so that learning it is quick."""
    found = read(content.detectors_dir() / f"{name}.yml")
    assert isinstance(found, Detector), found
    return msgspec.structs.replace(found, **({"trees": 50} | changes))


def request(path: str = "/shop/item", query: str = "id=512", method: str = "GET", **more: Any) -> Document:
    return {"http.request.method": method, "url.path": path, "url.query": query, "source.ip": "192.0.2.7", **more}


def requests(number: int, seed: int = 5) -> list[Document]:
    """What a small shop usually gets."""
    chance = np.random.default_rng(seed)
    found = []
    for _ in range(number):
        path = str(chance.choice(["/shop/item", "/shop/search", "/shop/logo.png"], p=[0.5, 0.3, 0.2]))
        word = "".join(chance.choice(list("abcdefgh"), int(chance.integers(3, 9))))
        query = {
            "/shop/item": f"id={chance.integers(1, 999)}",
            "/shop/search": f"q={word}&page={chance.integers(1, 9)}",
        }
        address = f"192.0.2.{chance.integers(1, 40)}"
        found.append(request(path, query.get(path, ""), **{"source.ip": address}))
    return found


def sessions(number: int, seed: int = 5) -> list[Document]:
    """Clients that ask a name server and a web server."""
    chance = np.random.default_rng(seed)
    found = []
    for _ in range(number):
        dns = chance.random() < 0.6
        found.append(
            {
                "source.ip": f"10.0.0.{chance.integers(10, 30)}",
                "destination.ip": "10.0.0.2" if dns else f"203.0.113.{chance.integers(1, 250)}",
                "destination.port": 53 if dns else 443,
                "network.transport": "udp" if dns else "tcp",
                "event.reason": "aged-out" if dns else "tcp-fin",
                "source.bytes": int(chance.integers(40, 90)) if dns else int(chance.integers(500, 4_000)),
                "destination.bytes": int(chance.integers(80, 300)) if dns else int(chance.integers(3_000, 90_000)),
                "source.packets": 1 if dns else 12,
                "destination.packets": 1 if dns else 20,
            }
        )
    return found
