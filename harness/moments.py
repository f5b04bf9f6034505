"""Days and moments as texts: until when distributions exist for a resolution.

A day (`2021-11-03`) means its end, in UTC; a moment (`2021-11-03T15:53:09.000001Z`) means itself.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

TICK = timedelta(microseconds=1)
"""The shortest time that a moment can tell."""


def moment_of(text: str) -> datetime | None:
    """A moment in ISO 8601 (UTC where it names no zone); None for what is none."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = read if read.tzinfo else read.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC)
    except (OverflowError, ValueError):  # a year that no zone can be taken from
        return None


def is_day(text: str) -> bool:
    """Whether a text is a day as `YYYY-MM-DD`, and there is such a day."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def last_moment(as_of: str) -> datetime:
    """The last moment that counts as of a day or a moment. Raises ValueError for neither."""
    if is_day(as_of):
        return datetime.combine(date.fromisoformat(as_of), time.max, UTC)
    found = moment_of(as_of)
    if found is None:
        raise ValueError(f"{as_of!r} is neither a day nor a moment")
    return found


def written(moment: datetime) -> str:
    """A moment as text, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def worded(text: str) -> str:
    """A moment for a person, `2021-11-03 at 15:53:09 UTC`; a day, and what is neither, as it is."""
    found = None if is_day(text) else moment_of(text)
    if found is None:
        return text
    fraction = f".{found.microsecond:06}" if found.microsecond else ""
    return found.strftime("%Y-%m-%d at %H:%M:%S") + fraction + " UTC"
