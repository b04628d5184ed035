"""`make mutations`: each way to break the engine, and what notices it; exit status 1 if anything goes unnoticed.

A mutant lives in a forked process that imports the engine afresh, changed. There the drawn cases are compared first, then
the tests of `tests/sigma` run until one fails.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import signal
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import hypothesis  # noqa: F401 (imported once, for all the processes that are forked)
import pytest

import soc.parse
from tests.sigma.mutants import MUTANTS, Mutant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HERE = Path(__file__).parent
ROOT = Path(soc.__file__).parent
CASES = 250
TESTS = tuple(
    str(HERE / f"test_{name}.py")
    for name in ("evaluation", "filters", "logsources", "load", "matcher", "explain", "needles")
)
QUICK = 9
"""Every so many."""
SECONDS = 60
"""Of CPU; a mutant that runs longer never comes to an end."""
NOTHING = Mutant("nothing", "sigma.fields", "", "")
SURVIVES, FORGOTTEN = "SURVIVES", "DOES NOT APPLY: the source has changed, mend the mutant"


@click.command()
@click.option("--jobs", default=os.cpu_count() or 1, help="Processes at once.")
@click.option("--only", default="", help="A part of the mutant's module and name.")
@click.option(
    "--quick", is_flag=True, help="Some that the drawn cases tell; the tests that go before are not run again."
)
def main(jobs: int, only: str, quick: bool) -> None:
    """Try every mutant."""
    mutants = [mutant for mutant in MUTANTS if only in f"{mutant.module} {mutant.what}"]
    if quick:
        mutants = [mutant for mutant in mutants if not mutant.shared][::QUICK]
    elif (told := next(fates([NOTHING]))[1]) != SURVIVES:
        raise click.ClickException(f"the tests fail though nothing is broken: {told}")
    failed = 0
    for mutant, fate in fates(mutants, jobs):
        failed += fate in {SURVIVES, FORGOTTEN}
        click.echo(f"{mutant.module:<18} {mutant.what:<66} {fate}")
    click.echo(f"{len(mutants)} mutants, {len(mutants) - failed} killed")
    sys.exit(failed > 0)


def fates(mutants: Iterable[Mutant], jobs: int = 1) -> Iterator[tuple[Mutant, str]]:
    """What happens to each, in their order: `killed by ...`, or one of the two words above."""
    if any(name.startswith("soc.sigma") for name in sys.modules):
        raise RuntimeError("the engine is imported already: run this in a process of its own")
    known = list(mutants)
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        yield from zip(known, pool.imap(fate, known, chunksize=1), strict=True)


def fate(mutant: Mutant) -> str:
    """In a process of its own: the engine is broken afterwards."""
    changed = mutated(mutant)
    if changed is None:
        return FORGOTTEN
    signal.signal(signal.SIGVTALRM, _never_ending)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    _import_instead(f"soc.{mutant.module}", changed)
    try:
        found = _failed_test() or _differing_case() if mutant.shared else _differing_case() or _failed_test()
    except Exception as error:  # noqa: BLE001 (whatever a broken engine raises)
        return f"killed by {type(error).__name__}"
    return f"killed by {found}" if found else SURVIVES


def mutated(mutant: Mutant) -> str | None:
    """The changed source; None if what is to be changed is not there."""
    source = (ROOT / mutant.module.replace(".", "/")).with_suffix(".py").read_text(encoding="utf-8")
    if not mutant.old:
        return f"{source}\n\n{mutant.new}\n"
    return source.replace(mutant.old, mutant.new) if source.count(mutant.old) == 1 else None


def _import_instead(name: str, source: str) -> None:
    usual = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> Any:
        return compile(source, self.path, "exec") if fullname == name else usual(self, fullname)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign]


def _never_ending(_signal: int, _frame: Any) -> None:
    raise TimeoutError


def _differing_case() -> str:
    from tests.sigma.comparing import difference
    from tests.sigma.grammar import drawn

    for seed in range(CASES):
        try:
            found = difference(drawn(seed))
        except Exception as error:  # noqa: BLE001 (whatever a broken engine raises)
            return f"case {seed} ({type(error).__name__})"
        if found:
            return f"case {seed} ({found.how})"
    return ""


class _First:
    """The first test that fails."""

    def __init__(self) -> None:
        self.name = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.name:
            self.name = report.nodeid


def _failed_test() -> str:
    first = _First()
    os.environ["CI"] = ""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        options = [
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "--assert=plain",
            "-k",
            "not plain_evaluator and not every_shape",
        ]
        status = pytest.main([*options, *TESTS], plugins=[first])
    return first.name or ("" if status == 0 else f"pytest, exit status {int(status)}")


if __name__ == "__main__":
    main()
