"""The JSON that goes in and out, as types: bodies are checked against them and the OpenAPI document is made of them."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from soc.alert import Disposition, Status
from soc.console.language import Language
from soc.workspace.users import Role

Text = Annotated[str, Meta(max_length=10_000)]
Short = Annotated[str, Meta(max_length=1024)]


class Login(Struct, forbid_unknown_fields=True):
    user: Short
    password: Short


class Me(Struct):
    """Who is logged in."""

    user: str
    role: Role
    language: Language
    csrf: str
    """Goes into the header `X-CSRF-Token` of every write; empty for a program."""
    may: list[str]
    """Which acts the role allows."""


class SessionChange(Struct, forbid_unknown_fields=True):
    language: Language


class PasswordChange(Struct, forbid_unknown_fields=True):
    current: Short
    new: Short


class TriageChange(Struct, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    status: Status | None = None
    assignee: Short | None = None
    """A user's name, `@me`, or empty for nobody."""
    disposition: Disposition | None = None
    """With status `closed` only; `false_positive` needs a note."""
    note: Text | None = None


class Alerts(Struct):
    alerts: list[dict[str, Any]]
    """Without `soc.evidence`, `soc.refs` and `soc.search`; one alert has all."""
    next: str
    """Give it as `after` to read on; empty at the end."""
    total: int


class Findings(Struct):
    findings: list[dict[str, Any]]
    next: str
    total: int


class Facets(Struct):
    facets: dict[str, dict[str, int]]
    """Field to its commonest values with counts."""


class Named(Struct):
    name: str
    role: Role


class UserNames(Struct):
    users: list[Named]


class Overview(Struct):
    total: int
    """Alerts in all, those hidden by an exception left out."""
    suppressed: int
    """Those that an exception hides."""
    status: dict[str, int]
    open_severity: dict[str, int]
    """Alerts that are not closed, by `event.severity`."""
    open_layer: dict[str, int]
    open_assignee: dict[str, int]


class AuditRecord(Struct):
    n: int
    at: str
    actor: str
    act: str
    object: str
    detail: Any
    result: str
    settles: int | None
    hash: str


class AuditPage(Struct):
    records: list[AuditRecord]
    next: int
    """Give it as `before` to read on; 0 at the end."""


class ProblemDocument(Struct):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str = ""
    current: dict[str, Any] | None = None
    """After a conflict: the alert as it stands now."""
