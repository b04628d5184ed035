"""A broken engine is noticed. All mutants: `make mutations`; here some of them, in a process that can import a broken engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.sigma.mutants import MUTANTS, Mutant
from tests.sigma.mutations import mutated

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("mutant", MUTANTS, ids=[f"{mutant.module}: {mutant.what}" for mutant in MUTANTS])
def test_a_mutant_changes_what_is_there(mutant: Mutant) -> None:
    changed = mutated(mutant)
    assert changed is not None, f"soc.{mutant.module} no longer holds {mutant.old!r}: say what would break it now"
    compile(changed, mutant.module, "exec")


def test_mutants_are_told_apart() -> None:
    assert len({(mutant.module, mutant.what) for mutant in MUTANTS}) == len(MUTANTS)
    assert len({(mutant.module, mutant.old, mutant.new) for mutant in MUTANTS}) == len(MUTANTS)


def test_mutants_are_killed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.sigma.mutations", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("killed by") > 10
