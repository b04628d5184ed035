"""The content in force: rules, detectors, inventory and lists, loaded from their folders and switched atomically."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc import anomaly, content, enrich, instant, logs, set_aside, sigma
from soc.cache import Cache
from soc.content import site_lists, uncollected
from soc.errors import Fault
from soc.finding import digest
from soc.pipeline import Content
from soc.sigma import states

if TYPE_CHECKING:
    from pathlib import Path

    from soc.config import Config

log = logs.get(__name__)
_WATCHED = ("*.yml", "*.yaml", "*.txt", "*.npz", "*.json", "*.tar.gz")


def rule_paths(config: Config) -> list[Path]:
    """Where rules come from: shipped, the site's, and what the configuration adds."""
    return [content.rules_dir(), config.site / "rules", *(config.site / name for name in config.rules)]


def site_states(file: Path, faults: list[Fault]) -> dict[str, states.Stated]:
    """What `states.yml` of the site says of rules; what cannot be used is added to `faults`."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        faults.append(
            Fault(str(file), 0, f"cannot be read: {error}", "save it as UTF-8 that the service's user may read")
        )
        return {}
    return states.read(text, str(file), faults)


def load(config: Config) -> tuple[Content, tuple[Fault, ...]]:
    """The content as the files say now, with every fault in them; a broken file leaves out only itself."""
    unread: list[Fault] = []
    lists = site_lists(config.site / "lists", unread)
    stated = site_states(config.site / states.FILE, unread) | set_aside.read(set_aside.file_of(config), unread)
    paths = [path for path in rule_paths(config) if path.exists()]
    zone, store = instant.zone(config.timezone), Cache(config.data_dir / "cache")
    with uncollected():
        rules = sigma.load(paths, lists=lists, zone=zone, store=store, stated=stated)
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
        for folder in (
            *rule_paths(self.config),
            content.detectors_dir(),
            self.config.site,
            set_aside.file_of(self.config),
        ):
            files = [folder] if folder.is_file() else [file for glob in _WATCHED for file in folder.rglob(glob)]
            for file in files:
                try:
                    status = file.stat()
                except FileNotFoundError:  # gone between listing and looking
                    continue
                found.append((str(file), status.st_mtime_ns, status.st_size))
        return tuple(sorted(set(found)))
