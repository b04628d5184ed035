"""The inventory: the most specific zone, the asset by name or address, and faults with their place."""

from __future__ import annotations

import pytest

from soc.enrich import Inventory, load

ZONES = """
dmz: [192.0.2.0/24, "2001:db8:1::/48"]
bastion: [192.0.2.10]
inside: [10.0.0.0/8]
"""
ASSETS = """
- {name: Web-1, ip: [192.0.2.10, 10.1.0.5], owner: platform team, layer: application, criticality: high}
- {name: db-1, criticality: low}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "zones.yml").write_text(ZONES)
    (tmp_path / "assets.yml").write_text(ASSETS)
    return tmp_path


@pytest.mark.parametrize(
    ("address", "zone"),
    [
        ("192.0.2.10", "bastion"),
        ("192.0.2.11", "dmz"),
        ("2001:db8:1::7", "dmz"),
        ("10.200.1.1", "inside"),
        ("203.0.113.1", ""),
        ("not an address", ""),
        (None, ""),
        (["10.0.0.1"], ""),
    ],
)
def test_the_most_specific_network_names_the_zone(folder, address, zone) -> None:
    assert load(folder).zone(address) == zone


def test_a_document_gains_what_is_known_and_is_not_changed_itself(folder) -> None:
    document = {"source.ip": "10.0.0.9", "destination.ip": "192.0.2.10", "host.name": "unknown"}
    before = dict(document)
    assert load(folder).enrich(document) == before | {
        "soc.source.zone": "inside",
        "soc.destination.zone": "bastion",
        "soc.asset.name": "Web-1",
        "soc.asset.owner": "platform team",
        "soc.asset.criticality": "high",
    }
    assert document == before


def test_the_host_itself_comes_before_the_addresses_and_case_does_not_matter(folder) -> None:
    found = load(folder).enrich({"host.name": "DB-1", "destination.ip": "192.0.2.10"})
    assert found["soc.asset.name"] == "db-1"
    assert load(folder).enrich({"host.ip": ["198.51.100.1", "10.1.0.5"]})["soc.asset.name"] == "Web-1"


def test_an_empty_inventory_adds_nothing(tmp_path) -> None:
    document = {"source.ip": "10.0.0.1", "host.name": "web-1"}
    assert load(tmp_path).enrich(document) is document
    assert load(tmp_path) == Inventory()


@pytest.mark.parametrize(
    ("file", "text", "line", "what"),
    [
        ("zones.yml", "dmz:\n  - 192.0.2.0/33\n", 2, "no network"),
        ("zones.yml", "dmz: [\n", 2, "not YAML"),
        ("zones.yml", "- a\n- b\n", 1, "Expected"),
        ("assets.yml", "- {name: a, criticality: huge}\n", 1, "huge"),
        ("assets.yml", "- {nam: a}\n", 1, "nam"),
        ("assets.yml", "&a [*a]\n", 1, ""),
    ],
)
def test_a_fault_names_file_and_line_and_the_other_file_is_used(folder, file, text, line, what) -> None:
    (folder / file).write_text(text)
    found = load(folder)
    (fault,) = found.faults
    assert (fault.file, fault.line) == (str(folder / file), line)
    assert what in fault.what
    assert found.assets if file == "zones.yml" else found.networks


def test_one_wrong_network_does_not_take_the_others_away(folder) -> None:
    (folder / "zones.yml").write_text("dmz: [nonsense, 192.0.2.0/24]\n")
    assert load(folder).zone("192.0.2.1") == "dmz"
