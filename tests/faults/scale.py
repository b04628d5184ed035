"""How much of each fault a run takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    name: str = "usual"
    """quick (CI), usual, full."""

    def of(self, *, quick: float, usual: float, full: float) -> int:
        return int({"quick": quick, "usual": usual, "full": full}[self.name])

    @property
    def pace(self) -> float:
        """By which pauses between kills are multiplied."""
        return 1.0 if self.name == "full" else 0.4
