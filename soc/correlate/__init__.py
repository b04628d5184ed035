"""Windows over hits: what is open, what the clock that travels with the data has closed. Pure."""

from soc.correlate.correlator import Correlator, Told
from soc.correlate.emitting import Emitted, hits_of
from soc.correlate.fired import Fired
from soc.correlate.machine import Eviction
from soc.correlate.panes import Pane
from soc.correlate.windows import Closed, Windows

__all__ = ["Closed", "Correlator", "Emitted", "Eviction", "Fired", "Pane", "Told", "Windows", "hits_of"]
