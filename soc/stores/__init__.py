"""The seam AlertStore: findings and alerts, create-only, and what people do to alerts. SQLite, Elasticsearch, memory.

The three give the same answer to the same question (tests/contracts). Documents are nested JSON as `alerting.documents`
makes them. Two parts of an alert never meet: the pipeline creates alerts and the roll-up sets what follows from findings;
people change `triage.*` only, guarded by `triage.revision`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from soc.errors import SocError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soc.alert import Alert
    from soc.alerting import Suppressions
    from soc.finding import Finding

Document = dict[str, Any]
Collection = Literal["alert", "finding"]


class Conflict(SocError):  # noqa: N818 (an outcome, not a fault)
    """Somebody else changed the alert first; `current` is how it stands now."""

    def __init__(self, current: Document) -> None:
        super().__init__(f"alert {current['soc']['id']} was changed by somebody else; reload it and decide again")
        self.current = current


class NotFound(SocError):  # noqa: N818 (an outcome, not a fault)
    """There is no such document."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which documents, in which order, which page of them.

    Field names are the documented dotted ones (`rule.id`, `soc.entity.value`, `triage.status`); `FIELDS` lists those that
    can be filtered, excluded, sorted and counted. Any other is refused with ConfigurationError, so that no user writes
    queries of the engine's own language.
    """

    collection: Collection = "alert"
    filters: Mapping[str, Sequence[str | int]] = field(default_factory=dict)
    """Field to values, one of which it has; the empty string stands for "has none"."""
    excluded: Mapping[str, Sequence[str | int]] = field(default_factory=dict)
    text: str = ""
    """Words, folded here; each must be the beginning of a word (as white space separates them) of `soc.search`."""
    since: int | None = None
    """Instants: @timestamp of a finding, `soc.last_seen` of an alert; since <= time < until."""
    until: int | None = None
    ingested_since: int | None = None
    """Only findings whose `event.ingested` is this instant or later: how the console learns of news."""
    suppressed: bool = False
    """Also alerts that an exception hides."""
    only_suppressed: bool = False
    """Only those."""
    sort: str = "-soc.risk"
    """A field, with `-` for falling; ties are broken by `soc.last_seen` (alerts) or `@timestamp`, falling, then by id."""
    limit: int = 50
    """1 to 200."""
    after: str = ""
    """The `next` of the page before."""


# Field -> type (keyword, integer, date). Both engines index exactly these.
FIELDS: dict[str, str] = {
    "@timestamp": "date",
    "event.ingested": "date",
    "event.severity": "integer",
    "rule.id": "keyword",
    "rule.name": "keyword",
    "threat.tactic.id": "keyword",
    "threat.technique.id": "keyword",
    "host.name": "keyword",
    "source.ip": "keyword",
    "destination.ip": "keyword",
    "user.name": "keyword",
    "soc.id": "keyword",
    "soc.alert_id": "keyword",
    "soc.kind": "keyword",
    "soc.layer": "keyword",
    "soc.entity.field": "keyword",
    "soc.entity.value": "keyword",
    "soc.risk": "integer",
    "soc.controls": "keyword",
    "soc.national.category": "integer",
    "soc.national.severity": "integer",
    "soc.bucket": "date",
    "soc.count": "integer",
    "soc.first_seen": "date",
    "soc.last_seen": "date",
    "soc.suppressed_by": "keyword",
    "soc.sample": "keyword",
    "soc.ref": "keyword",
    "triage.status": "keyword",
    "triage.assignee": "keyword",
    "triage.disposition": "keyword",
}


@dataclass(frozen=True, slots=True)
class Page:
    documents: Sequence[Document]
    next: str
    """Give it as `after` to read on; empty at the end."""
    total: int
    """How many match in all, exact."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one person decides about one alert, at once; None leaves a part as it is."""

    actor: str
    at: int
    status: str | None = None
    assignee: str | None = None
    """The empty string takes the assignee away."""
    disposition: str | None = None
    """Needed for, and only with, status `closed`; leaving `closed` takes it away."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What became of each document of one attempt at `create`."""

    created: int = 0
    """Findings that are new."""
    duplicates: int = 0
    """Findings that were there already: no harm, they are create-only."""
    alerts: int = 0
    """Alerts that are new."""
    reduced: Sequence[str] = ()
    """Ids that were only accepted as a reduced document (core fields, the original unindexed)."""
    retry: Sequence[str] = ()
    """Ids that the store could not take now; give these again. `reason` says why."""
    rejected: Mapping[str, str] = field(default_factory=dict)
    """Ids that it will never take, with the reason: dead letters."""
    reason: str = ""


class AlertStore(Protocol):
    async def create(self, findings: Sequence[Finding], alerts: Sequence[Alert], ingested: int) -> Verdicts:
        """One attempt to store findings (stamped `event.ingested`) and alerts, create-only; durable on return.

        Raises:
            errors.Unavailable: nothing could be tried (connection refused, time-out, disk full).
            errors.Forbidden: a privilege is missing; the message names it.
        """

    async def get(self, collection: Collection, id_: str) -> Document:
        """One document, as fresh as the last write. Raises NotFound."""

    async def search(self, query: Query) -> Page:
        """One page."""

    async def facets(self, query: Query, fields: Sequence[str], limit: int = 20) -> Mapping[str, Mapping[str, int]]:
        """Per field the commonest values among what the query matches, with counts, the greatest first, ties by value."""

    async def triage(self, id_: str, change: Change, revision: int) -> Document:
        """Apply a change to the alert at that revision; the alert as it then stands.

        Raises:
            Conflict: the revision is another; nothing was changed.
            NotFound: there is no such alert.
            errors.ConfigurationError: the change contradicts itself.
        """

    async def roll_up(self, since: int, suppressions: Suppressions | None = None, also: Sequence[str] = ()) -> int:
        """Set the rolled-up fields of each alert with a finding ingested at `since` or later, and of those named.

        With `suppressions` what hides an alert is decided anew; without, marks stay as they are. How many alerts changed.
        """

    async def expire(self, before: int, *, samples: bool = False) -> int:
        """Delete findings and alerts of whole months that end before an instant, or all sample data; how many."""
