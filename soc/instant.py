"""Instants are whole microseconds since 1970-01-01T00:00:00Z; this module only converts them, it never asks a clock."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# What a datetime can hold, one day inside its edges so that any zone can still show it.
EARLIEST = (datetime(1, 1, 2, tzinfo=UTC) - _EPOCH) // _MICROSECOND
LATEST = (datetime(9999, 12, 30, tzinfo=UTC) - _EPOCH) // _MICROSECOND


def from_datetime(when: datetime) -> int:
    """An aware datetime as an instant."""
    return (when - _EPOCH) // _MICROSECOND


def to_datetime(instant: int) -> datetime:
    """An instant as an aware UTC datetime; instants beyond the calendar are clamped to its edge."""
    return _EPOCH + timedelta(microseconds=min(max(instant, EARLIEST), LATEST))


def iso(instant: int) -> str:
    """`2026-01-02T03:04:05.678Z`, with microseconds only where there are any."""
    minute, micros = divmod(min(max(instant, EARLIEST), LATEST), MINUTE)
    second, micros = divmod(micros, SECOND)
    if micros % 1000:
        return f"{_minute(minute)}:{second:02}.{micros:06}Z"
    return f"{_minute(minute)}:{second:02}.{micros // 1000:03}Z"


@lru_cache(maxsize=1024)
def _minute(count: int) -> str:
    """Minutes since 1970 as a date and a time; remembered, since what arrives together happened at about the same time."""
    return (_EPOCH + timedelta(minutes=count)).isoformat(timespec="minutes")[:16]


def parse_iso(text: str, zone: tzinfo = UTC) -> int | None:
    """An ISO 8601 date and time as an instant, in `zone` if it names none; None if it is not one.

    Digits beyond the microsecond are dropped.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return from_wall(when, zone)


def from_wall(when: datetime, zone: tzinfo) -> int | None:
    """A datetime as an instant, read in `zone` if it is naive; None at the edges of the calendar."""
    try:
        return from_datetime(when if when.tzinfo else when.replace(tzinfo=zone))
    except OverflowError:
        return None


def from_epoch(number: float) -> int | None:
    """A Unix time in seconds, milliseconds, microseconds or nanoseconds (told apart by size) as an instant."""
    size = abs(number)
    if size < 1e11:
        scaled = number * 1_000_000
    elif size < 1e14:
        scaled = number * 1_000
    elif size < 1e17:
        scaled = number
    elif size < 1e20:
        return int(number) // 1_000
    else:  # also NaN, which compares false with everything
        return None
    return round(scaled) if EARLIEST <= scaled <= LATEST else None


def month(instant: int) -> str:
    """`2026.01`, as index names carry it."""
    return to_datetime(instant).strftime("%Y.%m")


def floor(instant: int, width: int) -> int:
    """The start of the tumbling window of `width` microseconds that holds `instant`."""
    return instant - instant % width


_LONGEST_ZONE = 64
"""Letters; the database takes each part of a longer name for a folder."""


@lru_cache(maxsize=1024)
def zone(name: str) -> tzinfo:
    """A time zone from an IANA name (`Asia/Ho_Chi_Minh`) or an offset (`+07:00`, `+0700`, `Z`); ValueError if neither."""
    if name[:1] in {"+", "-"}:
        offset = datetime.strptime(name, "%z").tzinfo
        if offset is not None:
            return offset
    if name in {"Z", "UTC", ""}:
        return UTC
    if len(name) > _LONGEST_ZONE:
        raise ValueError(f"no time zone has a name of {len(name)} letters")
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 (a third of the time to import soc.parse)

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}; write an IANA name or an offset like +07:00") from error
