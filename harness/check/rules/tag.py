"""What a tag named before, and how old is what a tag names that promises to be new."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from harness.check.claims import agree
from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.sighted import SAID, said_of
from harness.check.subject import Subject
from harness.images.image import Image, Reading
from harness.images.sightings import Sighting
from harness.knowledge.released import released

_MOVING = re.compile(r"(?:latest|nightly|devel|edge|master|main|dev|snapshot)(?:[-_.]|$)")
"""Tags that are meant to be given to another image again and again."""
_NIGHTLY_DAYS = 30
"""A nightly that is older than that is none."""
_SINCE = "1980-01-02"
"""Builds that can be repeated write 1980 or earlier, which is no date."""
_SHOWN = 8


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Nothing is said of an image that is named by its digest: that cannot move."""
    reading = subject.reading
    reference = reading.reference
    if reference is None or not reference.tag or reference.digest or reading.archived:
        return
    yield from _moved(subject, host)
    if reading.image is not None and _MOVING.match(reference.tag):
        yield from _age(subject, reading.image, host)


# --- a tag that moved ----------------------------------------------------------------------------


def _moved(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    digest = subject.reading.digest
    earlier = list(subject.seen)
    since, now = host.date, said_of(subject)
    while earlier and earlier[-1].digest == digest:
        same = earlier.pop()
        # A deeper look that somebody took before is still true of the same image.
        since, now = same.first, {**same.said, **now}
    if not digest or not earlier:
        return
    before = earlier[-1]
    if before.image and before.image == subject.reading.manifest_digest:
        return  # Only images for other platforms were changed.
    differs = tuple(_differences(before.said, now))
    told = [
        f"{before.digest}, last seen {_day(before.last)}",
        f"{digest}, first seen {_day(since)}",
        *differs[:_SHOWN],
    ]
    told.append(_how_to_tell(subject.reading, before))
    if (others := len({one.digest for one in earlier} - {before.digest, digest})) > 0:
        told.append(f"and {others} other{'s' if others > 1 else ''} before that")
    # Of an image that told nothing of itself, nobody knows whether it was of the same kind.
    alike = bool(before.said.get("framework") and now.get("framework"))
    yield reason(
        "tag-made-anew" if alike and not any(_matters(one) for one in differs) else "tag-moved",
        told,
        was=_what(before.said),
        now=_what(now),
        remedy=_remedy(subject.reading, earlier),
    )


def _how_to_tell(reading: Reading, before: Sighting) -> str:
    one, other = _named(reading, before.digest), _named(reading, reading.digest)
    return f"what differs: harness check --static {one} --against {other}"


def _differences(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for what in (*SAID, "command", "made"):
        # What only one of them says may not have been looked at in the other.
        if what not in before or what not in now:
            continue
        old, new = before[what], now[what]
        if old != new and not (what in SAID and agree(what, old, new)):
            yield f"{what}: {old or 'none'} before, {new or 'none'} now"


def _matters(difference: str) -> bool:
    """Whether it is more than another day's build of the same."""
    return not difference.startswith("made:")


def _what(said: Mapping[str, str]) -> str:
    framework, python = said.get("framework", ""), said.get("python", "")
    told = framework or "an image that does not say what it holds"
    return f"{told} on Python {python}" if framework and python else told


def _remedy(reading: Reading, earlier: list[Sighting]) -> str:
    """Which digest to name instead: the last that worked, where one is known to."""
    ran = next((one for one in reversed(earlier) if one.run and one.digest != reading.digest), None)
    if ran is not None:
        return f"the one that worked here: {_named(reading, ran.digest)} (run {ran.run})"
    before = earlier[-1]
    answered = f", answered {before.answer!r} then" if before.answer else ""
    return (
        f"name the one that you mean by its digest; before: {_named(reading, before.digest)}"
        f"{answered}, never run by a check here; now: {_named(reading, reading.digest)}"
    )


def _named(reading: Reading, digest: str) -> str:
    """How an engine is told of it. What was never in a registry has an id alone."""
    reference = reading.reference
    if reference is None or (reading.engine and not reading.manifest_digest):
        return digest
    return f"{reference.registry}/{reference.repository}@{digest}"


def _day(moment: str) -> str:
    return moment.replace("T", " ").removesuffix("Z")[:16]


# --- how old it is -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _ContentDates:
    """When it came to be, as far as somebody says; ISO dates, empty where nobody does."""

    created: str
    layers: tuple[str, str]
    """The oldest and the newest."""
    released: str

    @property
    def content(self) -> str:
        """The day of what it holds: of the framework's release, else of the image. An image that
        is made anew of an old release is no younger for it."""
        return self.released or min(filter(None, (self.created, self.layers[1])), default="")


def _age(subject: Subject, image: Image, host: TargetHost) -> Iterator[Reason]:
    times = sorted(filter(None, (_date(one) for one in image.times)))
    found = _ContentDates(
        created=_date(image.created),
        layers=(times[0], times[-1]) if times else ("", ""),
        released=released(subject.framework, subject.version)
        if subject.confirmed and subject.version
        else "",
    )
    tag = subject.reading.reference.tag if subject.reading.reference else ""
    days = _days(found.content, host.date)
    if days is None:
        yield reason("moving-tag-undated", [], tag=tag)
        return
    evidence = [f"made on {found.created}"] if found.created else []
    if found.layers[0]:
        evidence.append(f"its layers: {found.layers[0]} to {found.layers[1]}")
    if found.released:
        what = f"{subject.framework} {subject.version}"
        evidence.append(f"{what}: released by {found.released}")
    stale = tag.startswith("nightly") and days > _NIGHTLY_DAYS
    yield reason(
        "nightly-is-old" if stale else "moving-tag",
        evidence,
        tag=tag,
        age=_shown(days),
        since=found.content,
        digest=_named(subject.reading, subject.reading.digest),
    )


def _date(moment: str) -> str:
    """The day of a time in ISO 8601; empty for none that can be meant."""
    try:
        day = date.fromisoformat(moment[:10]).isoformat()
    except ValueError:
        return ""
    return day if day >= _SINCE else ""


def _days(since: str, today: str) -> int | None:
    if not since or not today:
        return None
    return max(0, (date.fromisoformat(today) - date.fromisoformat(since)).days)


def _shown(days: int) -> str:
    if days < 1:
        return "of today"
    if days < 60:
        return f"{days} day{'s' if days > 1 else ''} old"
    return f"{days} days ({days / 365.25:.1f} years) old"
