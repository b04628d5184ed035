"""`soc check`: every fault in rules, detectors, inventory and configuration, and the tests that rules carry."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

import click
import orjson

from soc import anomaly, content, enrich, logs, sigma
from soc.checking import failed_examples
from soc.cli._rules import rules_of
from soc.config import Config, load_config
from soc.errors import ConfigurationError, Fault

_CONTENT = ("rules", "detectors", "inventory")


@dataclass
class _Checked:
    faults: list[Fault] = field(default_factory=list)
    rules: int = 0
    examples: int = 0
    detectors: int = 0


@click.command("check")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH...]")
def command(format_: str, paths: tuple[Path, ...]) -> None:
    """Check rules, detectors, inventory, configuration; run the tests in the rules. Without a PATH: all that is configured.

    A PATH is a rule file, a folder of rules, a folder `detectors`, or a site folder with `rules/`, `detectors/`, `inventory/`.

    \b
    Examples:
      soc check
      soc check var/site/rules/ssh.yml
      soc check --format json rules

    Exit status 1 if there are faults.
    """
    checked = _Checked()
    config = load_config() if paths else _configuration(checked)
    for path in paths or _configured(config, checked):
        if not path.exists():
            raise ConfigurationError(f"{path}: no such file or folder")
        for part in _parts(path):
            _check(part, config, checked)
    faults = sorted(set(checked.faults))
    if format_ == "json":
        told = {"faults": [asdict(fault) for fault in faults], "rules": checked.rules, "tests": checked.examples}
        sys.stdout.buffer.write(orjson.dumps({**told, "detectors": checked.detectors}) + b"\n")
    else:
        for fault in faults:
            click.echo(logs.escape(f"{fault}" if fault.severity == "error" else f"{fault} ({fault.severity})"))
        click.echo(
            f"{checked.rules} rules with {checked.examples} tests, {checked.detectors} detectors: "
            f"{len(faults) or 'no'} fault{'' if len(faults) == 1 else 's'}",
            err=True,
        )
    sys.exit(1 if any(fault.severity == "error" for fault in faults) else 0)


def _configuration(checked: _Checked) -> Config:
    """A fault in soc.yml is one among the others; the rest is checked under the defaults."""
    try:
        return load_config()
    except ConfigurationError as error:
        checked.faults.append(_fault_of(error))
        return Config(data_dir=Path(os.environ.get("SOC_DATA_DIR", "var")))


def _fault_of(error: ConfigurationError) -> Fault:
    file, line, what = (*str(error).split(":", 2), "", "")[:3]
    return Fault(file, int(line), what.strip()) if line.isdigit() else Fault(str(error), 0, "configuration")


def _configured(config: Config, checked: _Checked) -> list[Path]:
    """Everything in force."""
    extra = [config.site / name for name in config.rules]
    missing = [path for path in extra if not path.exists()]
    checked.faults += [Fault(str(path), 0, "no such folder", "see `rules` in soc.yml") for path in missing]
    site = [config.site] if config.site.is_dir() else []
    return [content.rules_dir(), content.detectors_dir(), *site, *(path for path in extra if path.exists())]


def _parts(path: Path) -> list[Path]:
    """A site folder is checked part by part."""
    parts = [path / name for name in _CONTENT if (path / name).is_dir()] if path.is_dir() else []
    return parts or ([] if path.is_dir() and not any(path.iterdir()) else [path])


def _check(path: Path, config: Config, checked: _Checked) -> None:
    kind = next((part for part in (path.name, path.parent.name) if part in _CONTENT), "rules")
    if kind == "detectors":
        found = anomaly.load([path if path.is_dir() else path.parent], path / "none")
        checked.detectors += len(found.all)
        checked.faults += found.faults
    elif kind == "inventory":
        checked.faults += enrich.load(path if path.is_dir() else path.parent).faults
    elif path.name in {"soc.yml", "soc.example.yml"}:
        try:
            load_config(path)
        except ConfigurationError as error:
            checked.faults.append(_fault_of(error))
    else:
        _check_rules(rules_of(path, config), config, checked)


def _check_rules(rules: sigma.RuleSet, config: Config, checked: _Checked) -> None:
    checked.rules += len(rules.rules)
    checked.examples += sum(len(rule.examples) for rule in rules.rules)
    checked.faults += rules.faults
    checked.faults += failed_examples(rules, config.timezone)
