"""What a search for the first bad day tried, and what it came to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from harness.model import Artifact, Lock
from harness.moments import last_moment


class DayStanding(StrEnum):
    """What a cell is, resolved as of a moment."""

    GOOD = "good"
    BAD = "bad"
    SKIPPED = "skipped"
    """It cannot be told: no set of distributions fits, no image comes of it, or what was looked
    for was not answered."""


class BisectionEnd(StrEnum):
    """What a search came to."""

    FOUND = "found"
    """The last good and the first bad moment have nothing between them."""
    AMONG = "among"
    """What lies between the last good and the first bad moment cannot be told apart."""
    GOOD_IS_BAD = "good-is-bad"
    BAD_IS_GOOD = "bad-is-good"
    SAME = "same"
    """Both days give the same distributions: no upload between them changes the cell."""
    UNTOLD = "untold"
    """One of the two days cannot be judged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TriedMoment:
    """A cell resolved as of a day or a moment, and what it showed."""

    as_of: str
    """An ISO date, which means its end, or a moment (`harness.moments`)."""
    standing: DayStanding
    why: str
    """For a person: what it showed, or why it cannot be told."""
    lock: Lock | None = None
    """None: no set of distributions fits."""
    run: str = ""
    """The run that shows it; empty: there is none."""
    same_as: str = ""
    """The moment tried before that gave the same distributions; empty: this one was built."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """A distribution that is another one at the first bad moment than at the last good one."""

    name: str
    before: str
    """Version; empty: it was not there."""
    after: str
    """Version; empty: it is there no more."""
    filename: str = ""
    """Of the file that came; empty: none did."""
    uploaded: str = ""
    """When that file was uploaded; empty: the index does not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bisection:
    """A search, ended."""

    cell: str
    end: BisectionEnd
    good: TriedMoment
    """The last moment known to be good."""
    bad: TriedMoment
    """The first moment known to be bad."""
    tried: tuple[TriedMoment, ...]
    """In the order of time."""
    looked_for: tuple[str, ...] = ()
    """What the bad day shows and the good one does not, in words."""
    suspects: tuple[Moved, ...] = ()
    """Uploads of the time between the two; where none is known to be of it, all that moved."""
    along: tuple[Moved, ...] = ()
    """What moved without having been uploaded between the two."""

    @property
    def built(self) -> int:
        """How many environments were built."""
        return sum(bool(one.run) and not one.same_as for one in self.tried)

    @property
    def skipped(self) -> tuple[TriedMoment, ...]:
        """What lies between the two and could not be judged."""
        first, last = last_moment(self.good.as_of), last_moment(self.bad.as_of)
        return tuple(
            one
            for one in self.tried
            if one.standing is DayStanding.SKIPPED and first < last_moment(one.as_of) < last
        )


def content_of(lock: Lock) -> frozenset[str]:
    """What two locks have in common that install the same: their distributions by hash."""
    return frozenset(one.sha256 for one in lock.distributions)


def moved(before: Lock, after: Lock) -> tuple[tuple[Artifact | None, Artifact | None], ...]:
    """(before, after) of every distribution that is another file, by name; None: not there."""
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
