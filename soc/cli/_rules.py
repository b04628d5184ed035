"""Rules of a folder for the commands that are given one, with the shipped knowledge of log sources and the site's lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc import cache, content, instant, sigma
from soc.config import load_config
from soc.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from soc.config import Config


def rules_of(path: Path, config: Config | None = None) -> sigma.RuleSet:
    """The rules of a folder, file or archive; ConfigurationError if it does not exist."""
    return rules_of_all([path], config)


def rules_of_all(paths: Sequence[Path], config: Config | None = None) -> sigma.RuleSet:
    """The same of several; of two rules with one id the later path's counts."""
    for path in paths:
        if not path.exists():
            raise ConfigurationError(f"{path}: no such folder or file; give the folder of the rules")
    config = config or load_config()
    fields = [
        folder for folder in (content.rules_dir() / "fields", config.site / "rules" / "fields") if folder.is_dir()
    ]
    with content.uncollected():
        rules = sigma.load(
            [*fields, *paths],
            lists=content.site_lists(config.site / "lists"),
            zone=instant.zone(config.timezone),
            store=cache.Cache(cache.user_folder()),
        )
        rules.prepare()
    return rules
