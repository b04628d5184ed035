"""`make faults`: every row of the fault matrix, one line each; `--row F1` for one of them."""

from __future__ import annotations

import sys

from tests.faults.program import main

sys.exit(main(sys.argv[1:]))
