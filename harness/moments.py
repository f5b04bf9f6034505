"""Days and moments as text: the time up to which uploaded distributions count in a resolution.

A day (`2021-11-03`) means its end, in UTC; a moment (`2021-11-03T15:53:09.000001Z`) means itself.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

TICK = timedelta(microseconds=1)
"""The smallest difference between two moments."""


def moment_of(text: str) -> datetime | None:
    """Parse a moment in ISO 8601 (UTC where it names no zone); None where the text is not one."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = read if read.tzinfo else read.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC)
    except (OverflowError, ValueError):  # The year is outside of what a zone can be applied to.
        return None


def is_day(text: str) -> bool:
    """Tell whether a text is an existing day, written as `YYYY-MM-DD`."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def last_moment(as_of: str) -> datetime:
    """Return the last moment that a day or a moment includes. Raises ValueError where the text is
    neither."""
    if is_day(as_of):
        return datetime.combine(date.fromisoformat(as_of), time.max, UTC)
    found = moment_of(as_of)
    if found is None:
        raise ValueError(f"{as_of!r} is neither a day nor a moment")
    return found


def written(moment: datetime) -> str:
    """Write a moment as text, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def worded(text: str) -> str:
    """Write a moment for a person, as in `2021-11-03 at 15:53:09 UTC`. Days, and texts that are no
    moments, are returned as they are."""
    found = None if is_day(text) else moment_of(text)
    if found is None:
        return text
    fraction = f".{found.microsecond:06}" if found.microsecond else ""
    return found.strftime("%Y-%m-%d at %H:%M:%S") + fraction + " UTC"
