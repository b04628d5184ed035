"""Which role may do what; routes name an act, never a role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.workspace.users import ROLES

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTS: Mapping[str, frozenset[str]] = {
    "read": frozenset(ROLES),
    "triage": frozenset({"analyst", "rule_admin", "administrator"}),
    "export": frozenset({"analyst", "rule_admin", "administrator", "auditor"}),
    "audit": frozenset({"auditor", "administrator"}),
}


def allowed(role: str) -> list[str]:
    return [act for act, roles in ACTS.items() if role in roles]
