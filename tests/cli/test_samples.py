"""`soc samples purge` on real files."""

from __future__ import annotations

import msgspec

from soc.stores import Query
from tests.cli.site import SCAN, SSH, finding

MANIFEST = {
    "format": 1, "id": "host-window-1", "detector": "host-window", "detector_version": "1", "features": [],
    "features_hash": "", "sha256": "", "normalizer": 1.0, "first": "", "last": "", "windows": 60, "events": 1,
    "entities": 1, "seed": 1, "libraries": {},
}  # fmt: skip


def model(site, detector: str, **told: object) -> None:
    folder = site.config.site / "models" / detector
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_bytes(msgspec.json.encode({**MANIFEST, **told}))
    (folder / "model.npz").write_bytes(b"PK")


def models(site) -> list[str]:
    return sorted(path.name for path in (site.config.site / "models").iterdir())


def remaining(site) -> list[tuple[str, bool]]:
    async def read(store):
        pages = [await store.search(Query(collection=name, suppressed=True)) for name in ("finding", "alert")]
        return [(each["rule"]["id"], each["soc"]["sample"]) for page in pages for each in page.documents]

    return site.within(read)


def test_samples_and_their_models_go_and_all_else_stays(site):
    site.store(finding(SSH, 1, sample=True), finding(SSH, 2, sample=True), finding(SCAN, 3, source="192.0.2.4"))
    model(site, "host-window", sample=True)
    model(site, "dns-window")
    told = site.call("samples", "purge", "--yes")
    assert (told.exit_code, told.stdout) == (0, "removed 3 findings and alerts, and 1 models\n")
    assert remaining(site) == [("port-scan", False), ("port-scan", False)]
    assert models(site) == ["dns-window"]
    assert site.call("samples", "purge").stdout == "there is no sample data\n"


def test_it_says_what_would_go_and_asks(site):
    site.store(finding(SSH, 1, sample=True))
    model(site, "host-window", sample=True)
    told = site.call("samples", "purge", stdin="n\n")
    assert told.exit_code == 1
    assert told.stdout.startswith("Remove 1 findings, 1 alerts, 1 models (host-window)? [y/N]: n")
    assert len(remaining(site)) == 2
    assert models(site) == ["host-window"]
    assert site.call("samples", "purge", stdin="y\n").stdout.endswith("removed 2 findings and alerts, and 1 models\n")


def test_a_model_that_cannot_be_read_or_is_older_than_the_mark_is_not_taken_for_a_samples_one(site):
    folder = site.config.site / "models" / "odd"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_bytes(b'{"sample": true')
    model(site, "old")
    assert site.call("samples", "purge", "--yes").stdout == "there is no sample data\n"
    assert models(site) == ["odd", "old"]


def test_a_purge_is_in_the_audit_trail(site):
    site.store(finding(SSH, 1, sample=True))
    site.call("samples", "purge", "--yes")
    (record,) = [msgspec.json.decode(line) for line in site.call("audit", "list").stdout.splitlines()]
    assert (record["act"], record["detail"]) == ("samples.purge", {"findings": 1, "alerts": 1})
