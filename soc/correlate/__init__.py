"""Windows over hits: what is open, what the clock that travels with the data has closed. Pure."""

from soc.correlate.windows import Closed, Windows

__all__ = ["Closed", "Windows"]
