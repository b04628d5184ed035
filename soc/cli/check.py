"""`soc check`: every fault in rules, detectors, inventory and configuration, the tests that rules carry, and what to look at."""

from __future__ import annotations

import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import click

from soc import anomaly, content, enrich, instant, sigma
from soc.cache import Cache, user_folder
from soc.checking import failed_examples, failed_scenarios
from soc.checking.live import received, unfed
from soc.checking.looking import linter
from soc.cli import _faults
from soc.cli._progress import Progress
from soc.cli._rules import rules_of
from soc.config import Config, load_config
from soc.content import uncollected
from soc.errors import ConfigurationError, Fault
from soc.loading import rule_paths, site_states
from soc.sigma import states
from soc.sigma.linting import CHECKS

_CONTENT = ("rules", "detectors", "inventory")
_HERE = "here"


@dataclass
class _Checked:
    formats: frozenset[str] | None = None
    """What the running service has received; None if it was not asked."""
    shipped: Path | None = None
    """Rules that are not the site's to mend, where not asked for: only their faults are told."""
    faults: list[Fault] = field(default_factory=list)
    rules: int = 0
    correlations: int = 0
    examples: int = 0
    detectors: int = 0
    stated: Counter[str] = field(default_factory=Counter)
    """Rules by the state that the site gives them."""

    @property
    def counts(self) -> dict[str, int]:
        return {
            "rules": self.rules,
            "correlations": self.correlations,
            "tests": self.examples,
            "detectors": self.detectors,
            **{f"stated_{state}": number for state, number in self.stated.items()},
        }


@click.command("check")
@click.option("--format", "format_", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Warnings too give exit status 1.")
@click.option(
    "--skip",
    multiple=True,
    type=click.Choice(CHECKS),
    metavar="CHECK",
    help="Leave out warnings of this check; may be repeated.",
)
@click.option(
    "--live",
    metavar="URL",
    help="Ask the running service at this address of its metrics, or `here` for the configured one, which rules get no events.",
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH...]")
def command(format_: str, strict: bool, skip: tuple[str, ...], live: str | None, paths: tuple[Path, ...]) -> None:
    """Check rules, detectors, inventory, configuration; run the tests in the rules. Without a PATH: all that is configured.

    A PATH is a rule file, a folder of rules, a folder `detectors`, or a site folder with `rules/`, `detectors/`, `inventory/`.

    A fault is what cannot run: a rule with one is refused, and so is a test that fails. A warning is about what runs and may
    not be meant: unknown fields (unknown-field), log sources that nothing is of (blind) or of which nothing came (unfed),
    conditions that are never-true or always-true, unused-selection, rules that another one makes needless (implied, duplicate),
    rules that are heavy for every event, wrong-tag, wrong-status, and of rules with a `soc:` block missing-tests, missing-title
    and missing-level. Without a PATH the shipped rules get no warnings.

    \b
    Examples:
      soc check
      soc check var/site/rules/ssh.yml
      soc check --format json rules
      soc check --format github --strict rules     annotations for a pull request
      soc check --live here                        rules for which no log source delivers anything
      soc check --skip implied sigmahq-rules.tar.gz

    Exit status 1 if there are faults, with --strict also if there are warnings.
    """
    checked = _Checked(shipped=None if paths else content.rules_dir())
    config = load_config() if paths else _configuration(checked)
    if live:
        checked.formats = received(f"http://{config.metrics.bind}" if live == _HERE else live)
    for path in paths or _configured(config, checked):
        if not path.exists():
            raise ConfigurationError(f"{path}: no such file or folder")
        for part in _parts(path):
            with uncollected():
                _check(part, config, checked)
    faults = sorted(fault for fault in set(checked.faults) if fault.check not in skip)
    _tell(faults, checked, format_)
    sys.exit(1 if any(fault.severity == "error" or strict for fault in faults) else 0)


def _tell(faults: list[Fault], checked: _Checked, format_: str) -> None:
    if format_ == "json":
        click.echo(_faults.json(faults, checked.counts))
        return
    for line in (_faults.github if format_ == "github" else _faults.text)(faults):
        click.echo(line)
    errors = sum(fault.severity == "error" for fault in faults)
    warnings = len(faults) - errors
    rules = f"{checked.rules} rules" + (
        f" and {_number(checked.correlations, 'correlation')}" * bool(checked.correlations)
    )
    told = f"{rules} with {checked.examples} tests, {checked.detectors} detectors: {_number(errors, 'fault')}"
    told += f", {_number(warnings, 'warning')}" if warnings else ""
    here = ", ".join(f"{number} {state}" for state, number in sorted(checked.stated.items()))
    click.echo(told + (f"; by the site's {states.FILE}: {here}" if here else ""), err=True)


def _number(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


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
    site = [config.site] if any((config.site / name).is_dir() for name in _CONTENT) else []
    stated = [config.site / states.FILE]
    found = (path for path in (*extra, *stated) if path.exists())
    return [content.rules_dir(), content.detectors_dir(), *site, *found]


def _parts(path: Path) -> list[Path]:
    """A site folder is checked part by part; where there are several folders of rules, they belong together."""
    if path.is_dir() and sum(1 for each in path.glob("rules*") if each.is_dir()) > 1:
        return [path]
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
    elif path.name == states.FILE:
        _check_states(path, config, checked)
    else:
        _check_rules(path, config, checked)


def _check_states(path: Path, config: Config, checked: _Checked) -> None:
    """Beside all rules that are in force."""
    stated = site_states(path, checked.faults)
    rules = sigma.load(
        [each for each in rule_paths(config) if each.exists()],
        lists=content.site_lists(config.site / "lists"),
        zone=instant.zone(config.timezone),
        store=Cache(user_folder()),
        stated=stated,
    )
    checked.faults += [fault for fault in rules.faults if fault.file == str(path)]
    checked.stated += Counter(each.state for each in stated.values())


def _check_rules(path: Path, config: Config, checked: _Checked) -> None:
    rules = rules_of(path, config)
    checked.rules += len(rules.rules)
    checked.examples += sum(len(rule.examples) for rule in rules.rules)
    checked.faults += rules.faults
    checked.correlations += len(rules.correlations.all)
    checked.examples += sum(len(each.examples) for each in rules.correlations.all)
    checked.faults += failed_examples(rules, config.timezone)
    checked.faults += failed_scenarios(rules, config.timezone)
    if path != checked.shipped:
        checked.faults += _looked_at(path, rules)
    if checked.formats is not None:
        checked.faults += unfed(rules, checked.formats)


def _looked_at(path: Path, rules: sigma.RuleSet) -> list[Fault]:
    found = linter(path, rules)
    warnings: list[Fault] = []
    with Progress("rules looked at") as progress:
        for number, source in enumerate(found.sources):
            warnings += found.alone(source)
            progress.show(number)
        for number, needless in enumerate(found.together()):
            warnings.append(needless)
            progress.show(number + len(found.sources))
    return warnings
