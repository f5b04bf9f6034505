"""Whether a tag has moved to another image, and how old the image under a moving tag is."""

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
"""Tags that are meant to move from image to image."""
_NIGHTLY_DAYS = 30
"""Age in days from which on a nightly counts as old."""
_SINCE = "1980-01-02"
"""The first date that is believed; reproducible builds write 1980 or earlier."""
_SHOWN = 8


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Reasons about the image's tag; none for an image named by its digest, which cannot move."""
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
        # What an earlier, deeper check found is still true of the same image.
        since, now = same.first, {**same.said, **now}
    if not digest or not earlier:
        return
    before = earlier[-1]
    if before.image and before.image == subject.reading.manifest_digest:
        return  # Only the images for other platforms have changed.
    differs = tuple(_differences(before.said, now))
    told = [
        f"{before.digest}, last seen {_day(before.last)}",
        f"{digest}, first seen {_day(since)}",
        *differs[:_SHOWN],
    ]
    told.append(_how_to_tell(subject.reading, before))
    if (others := len({one.digest for one in earlier} - {before.digest, digest})) > 0:
        told.append(f"and {others} other{'s' if others > 1 else ''} before that")
    # If an image did not say what it holds, it is not known whether both are of the same kind.
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
        # A value that only one of them has may simply not have been read from the other.
        if what not in before or what not in now:
            continue
        old, new = before[what], now[what]
        if old != new and not (what in SAID and agree(what, old, new)):
            yield f"{what}: {old or 'none'} before, {new or 'none'} now"


def _matters(difference: str) -> bool:
    """Whether a difference is more than the day of the build."""
    return not difference.startswith("made:")


def _what(said: Mapping[str, str]) -> str:
    framework, python = said.get("framework", ""), said.get("python", "")
    told = framework or "an image that does not say what it holds"
    return f"{told} on Python {python}" if framework and python else told


def _remedy(reading: Reading, earlier: list[Sighting]) -> str:
    """Which digest to name instead of the tag: the last that is known to have worked, if any."""
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
    """The name by which an engine finds the image; an image that was never in a registry has only
    an id."""
    reference = reading.reference
    if reference is None or (reading.engine and not reading.manifest_digest):
        return digest
    return f"{reference.registry}/{reference.repository}@{digest}"


def _day(moment: str) -> str:
    return moment.replace("T", " ").removesuffix("Z")[:16]


# --- how old it is -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _ContentDates:
    """When an image and its content were made: ISO dates, empty if not known."""

    created: str
    layers: tuple[str, str]
    """Dates of the oldest and the newest layer."""
    released: str

    @property
    def content(self) -> str:
        """The date of the content: of the framework's release, else of the image. Rebuilding an
        image with an old release does not make its content younger."""
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
    """The day of an ISO 8601 time; empty if it is no date, or too early to be real."""
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
