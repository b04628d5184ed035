"""`soc` with the wall clock that `SOC_CLOCK` names, for commands that must live in the same time as a plant."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from soc.cli import main
from tests.faults.failing import jumping

if file := os.environ.get("SOC_CLOCK"):
    jumping(Path(file))
sys.exit(main())
