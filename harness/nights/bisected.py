"""The result of a search for the first bad day: what was tried, and what was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from harness.model import Artifact, Lock
from harness.moments import last_moment


class DayStanding(StrEnum):
    """How a cell, resolved as of a moment, was judged."""

    GOOD = "good"
    BAD = "bad"
    SKIPPED = "skipped"
    """It cannot be judged: no set of distributions fits, no image can be built, or the probes in
    question gave no answer."""


class BisectionEnd(StrEnum):
    """How a search ended."""

    FOUND = "found"
    """Nothing lies between the last good and the first bad moment."""
    AMONG = "among"
    """Several changes lie between the last good and the first bad moment, and cannot be
    separated."""
    GOOD_IS_BAD = "good-is-bad"
    BAD_IS_GOOD = "bad-is-good"
    SAME = "same"
    """Both days give the same distributions, so no upload between them changes the cell."""
    UNTOLD = "untold"
    """One of the two days cannot be judged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TriedMoment:
    """A cell resolved as of a day or a moment, and what it showed."""

    as_of: str
    """An ISO date, which means the end of that day, or a moment (`harness.moments`)."""
    standing: DayStanding
    why: str
    """What it showed, or why it cannot be judged, in words for a person."""
    lock: Lock | None = None
    """None where no set of distributions fits."""
    run: str = ""
    """The id of the run that shows it; empty where there is none."""
    same_as: str = ""
    """The moment tried earlier that gave the same distributions; empty where this one was built."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """A distribution that differs between the last good and the first bad moment."""

    name: str
    before: str
    """Version; empty where it was not installed."""
    after: str
    """Version; empty where it is no longer installed."""
    filename: str = ""
    """Name of the new file; empty where the distribution was removed."""
    uploaded: str = ""
    """When that file was uploaded; empty where the index does not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bisection:
    """A finished search."""

    cell: str
    end: BisectionEnd
    good: TriedMoment
    """The last moment known to be good."""
    bad: TriedMoment
    """The first moment known to be bad."""
    tried: tuple[TriedMoment, ...]
    """In order of time."""
    looked_for: tuple[str, ...] = ()
    """What the bad day shows and the good one does not, in words."""
    suspects: tuple[Moved, ...] = ()
    """Uploads between the two moments; where none is known to lie between them, everything that
    moved."""
    along: tuple[Moved, ...] = ()
    """What moved without having been uploaded between the two moments."""

    @property
    def built(self) -> int:
        """How many environments were built."""
        return sum(bool(one.run) and not one.same_as for one in self.tried)

    @property
    def skipped(self) -> tuple[TriedMoment, ...]:
        """The moments between the two that could not be judged."""
        first, last = last_moment(self.good.as_of), last_moment(self.bad.as_of)
        return tuple(
            one
            for one in self.tried
            if one.standing is DayStanding.SKIPPED and first < last_moment(one.as_of) < last
        )


def content_of(lock: Lock) -> frozenset[str]:
    """Return the hashes of a lock's distributions: two locks that install the same have the same
    ones."""
    return frozenset(one.sha256 for one in lock.distributions)


def moved(before: Lock, after: Lock) -> tuple[tuple[Artifact | None, Artifact | None], ...]:
    """Return (before, after) for every distribution whose file differs, sorted by name; None where
    it is not installed."""
    old, new = _by_name(before.distributions), _by_name(after.distributions)
    return tuple(
        (old.get(name), new.get(name))
        for name in sorted({*old, *new})
        if _hash(old.get(name)) != _hash(new.get(name))
    )


def _by_name(artifacts: Iterable[Artifact]) -> dict[str, Artifact]:
    return {one.name: one for one in artifacts}


def _hash(artifact: Artifact | None) -> str:
    return artifact.sha256 if artifact else ""
