"""The loops that carry records, hits and findings between the pure functions of `pipeline`, the logs and the store.

Sequence everywhere: outputs durable first, positions afterwards. What is repeated after a crash has the same ids.
"""

from soc.roles.correlate import correlate
from soc.roles.detect import Limits, detect
from soc.roles.index import index
from soc.roles.messages import finding_of
from soc.roles.rule_budget import RuleBudget
from soc.roles.suspects import Suspects
from soc.roles.workshop import Workshop

__all__ = ["Limits", "RuleBudget", "Suspects", "Workshop", "correlate", "detect", "finding_of", "index"]
