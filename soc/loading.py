"""The content in force: rules, detectors, inventory and lists, loaded from their folders and switched atomically."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc import anomaly, content, enrich, instant, logs, sigma
from soc.cache import Cache
from soc.content import site_lists, uncollected
from soc.finding import digest
from soc.pipeline import Content

if TYPE_CHECKING:
    from pathlib import Path

    from soc.config import Config
    from soc.errors import Fault

log = logs.get(__name__)
_WATCHED = ("*.yml", "*.yaml", "*.txt", "*.npz", "*.json", "*.tar.gz")


def rule_paths(config: Config) -> list[Path]:
    """Where rules come from: shipped, the site's, and what the configuration adds."""
    return [content.rules_dir(), config.site / "rules", *(config.site / name for name in config.rules)]


def load(config: Config) -> tuple[Content, tuple[Fault, ...]]:
    """The content as the files say now, with every fault in them; a broken file leaves out only itself."""
    unread: list[Fault] = []
    lists = site_lists(config.site / "lists", unread)
    paths = [path for path in rule_paths(config) if path.exists()]
    with uncollected():
        store = Cache(config.data_dir / "cache")
        rules = sigma.load(paths, lists=lists, zone=instant.zone(config.timezone), store=store)
        rules.prepare()
    detectors = anomaly.load([content.detectors_dir(), config.site / "detectors"], config.site / "models")
    inventory = enrich.load(config.site / "inventory")
    faults = (*unread, *rules.faults, *detectors.faults, *inventory.faults)
    sha256 = digest(rules.sha256, detectors.sha256, repr(inventory))
    return Content(rules, detectors, inventory, sha256), faults


class InForce:
    """Holds the content of one process; `refresh` swaps it between batches, never inside one."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._seen = self._signature()
        self.current, self.faults = load(config)
        self.rejected: tuple[Fault, ...] = ()

    def refresh(self) -> bool | None:
        """Look for changes: True if a new set is in force, False if one was rejected, None if nothing changed.

        A changed file with a new fault rejects the whole change: the last good set stays.
        """
        signature = self._signature()
        if signature == self._seen:
            return None
        self._seen = signature
        fresh, faults = load(self.config)
        errors = {str(fault) for fault in faults if fault.severity == "error"}
        known = {str(fault) for fault in self.faults}
        if errors - known:
            self.rejected = tuple(fault for fault in faults if str(fault) in errors - known)
            log.error("content rejected, the last good set stays", faults=[str(fault) for fault in self.rejected])
            return False
        self.current, self.faults, self.rejected = fresh, faults, ()
        log.info("content in force", sha256=fresh.sha256, rules=len(fresh.rules.rules))
        return True

    def _signature(self) -> tuple[tuple[str, int, int], ...]:
        found = []
        for folder in (*rule_paths(self.config), content.detectors_dir(), self.config.site):
            files = [folder] if folder.is_file() else [file for glob in _WATCHED for file in folder.rglob(glob)]
            for file in files:
                try:
                    status = file.stat()
                except FileNotFoundError:  # gone between listing and looking
                    continue
                found.append((str(file), status.st_mtime_ns, status.st_size))
        return tuple(sorted(set(found)))
