"""Findings to alerts: severity, risk, grouping, national category, search text; what exceptions hide. Pure."""

from soc.alerting.arithmetic import in_words
from soc.alerting.documents import alert_of, finding_of
from soc.alerting.exceptions import Suppression, Suppressions
from soc.alerting.grouping import Group, event_group
from soc.alerting.rollup import roll_up
from soc.alerting.search_text import fold

__all__ = [
    "Group",
    "Suppression",
    "Suppressions",
    "alert_of",
    "event_group",
    "finding_of",
    "fold",
    "in_words",
    "roll_up",
]
