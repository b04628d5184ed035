"""A broken engine is noticed. `make mutations` runs all mutants; here some of them, and it is seen that each still changes something."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.sigma.mutants import MUTANTS, Mutant
from tests.sigma.mutations import mutated


@pytest.mark.parametrize("mutant", MUTANTS, ids=[f"{mutant.module}: {mutant.what}" for mutant in MUTANTS])
def test_a_mutant_changes_what_is_there(mutant: Mutant) -> None:
    changed = mutated(mutant)
    assert changed is not None, f"soc.{mutant.module} no longer holds {mutant.old!r}: say what would break it now"
    compile(changed, mutant.module, "exec")


def test_mutants_are_told_apart() -> None:
    assert len({(mutant.module, mutant.what) for mutant in MUTANTS}) == len(MUTANTS)
    assert len({(mutant.module, mutant.old, mutant.new) for mutant in MUTANTS}) == len(MUTANTS)


def test_some_mutants_of_all_are_killed() -> None:
    """In a process of its own, since the engine must not have been imported."""
    command = [sys.executable, "-m", "tests.sigma.mutations", "--quick", "--jobs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
