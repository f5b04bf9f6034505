"""The search for the upload that broke a cell, between a good day and a bad one.

A moment is resolved before anything is built. Where it gives the same distributions as a moment
already tried, that result is reused, so every build is of something different. The search is a
binary one: first over the days, then over the uploads of the remaining day. An upload is tested by
resolving as of just before it and as of its own moment.

Resolving, building and asking are up to the caller; the search itself touches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Protocol

from harness.errors import UsageError
from harness.model import Artifact, Lock
from harness.moments import TICK, last_moment, moment_of, written
from harness.nights.bisected import (
    Bisection,
    BisectionEnd,
    DayStanding,
    Moved,
    TriedMoment,
    content_of,
    moved,
)
from harness.nights.marks import Marks, marks_between, standing_of
from harness.nights.seen import SeenCell


class CellThen(Protocol):
    """A cell as it was on other days: what a search needs from the outside world."""

    def resolve(self, as_of: str) -> Lock:
        """Return what the cell installs as of a day or a moment.

        Raises UsageError where no set of distributions fits, and InfrastructureError.
        """

    def show(self, lock: Lock) -> tuple[SeenCell, str]:
        """Build the cell from that lock, probe it, and return what it shows and the id of the run
        that keeps it. Raises InfrastructureError."""

    def uploaded(self, artifact: Artifact) -> str:
        """Return when a file was uploaded (ISO 8601); empty where the index does not say. Raises
        InfrastructureError."""


def days_between(good: str, bad: str) -> tuple[str, ...]:
    """Return every day from one to the other, both included."""
    first, last = date.fromisoformat(good), date.fromisoformat(bad)
    return tuple(
        (first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)
    )


def narrowed(moments: Sequence[str], look: Callable[[str], DayStanding]) -> tuple[int, int]:
    """Return the positions of the last good and the first bad moment.

    The moments are in order; the first is known to be good and the last to be bad. Where one cannot
    be judged, its neighbours are tried instead.
    """
    good, bad = 0, len(moments) - 1
    passed: set[int] = set()
    while left := [each for each in range(good + 1, bad) if each not in passed]:
        at = min(left, key=lambda each: (abs(2 * each - good - bad), each))
        standing = look(moments[at])
        if standing is DayStanding.SKIPPED:
            passed.add(at)
        elif standing is DayStanding.GOOD:
            good = at
        else:
            bad = at
    return good, bad


class Search:
    """One search. `tell` is called with each moment as soon as it was tried."""

    def __init__(
        self, cell: str, then: CellThen, tell: Callable[[TriedMoment], object], finding: str = ""
    ) -> None:
        self._cell = cell
        self._then = then
        self._tell = tell
        self._finding = finding
        self._tried: dict[str, TriedMoment] = {}
        self._by_content: dict[frozenset[str], TriedMoment] = {}
        self._marks = Marks()

    def between(self, good: str, bad: str) -> Bisection:
        """Search between two days. Raises UsageError where one of the two cannot be resolved, and
        InfrastructureError."""
        first, last = (self._then.resolve(each) for each in (good, bad))
        if content_of(first) == content_of(last):
            why = f"installs the same as of {good} and of {bad}"
            for day, lock in ((good, first), (bad, last)):
                self._keep(TriedMoment(as_of=day, standing=DayStanding.SKIPPED, why=why, lock=lock))
            return self._ended(BisectionEnd.SAME, good, bad)
        then, run_then = self._then.show(first)
        now, run_now = self._then.show(last)
        self._marks = marks_between(then, now, self._finding)
        for day, lock, seen, run in ((good, first, then, run_then), (bad, last, now, run_now)):
            standing, why = standing_of(seen, self._marks)
            self._keep(TriedMoment(as_of=day, standing=standing, why=why, lock=lock, run=run))
        if self._marks.of_both:
            return self._ended(BisectionEnd.GOOD_IS_BAD, good, bad)
        standings = self._tried[good].standing, self._tried[bad].standing
        if DayStanding.SKIPPED in standings:
            return self._ended(BisectionEnd.UNTOLD, good, bad)
        if standings != (DayStanding.GOOD, DayStanding.BAD):
            return self._ended(BisectionEnd.BAD_IS_GOOD, good, bad)
        return self._narrow(good, bad)

    def _narrow(self, good: str, bad: str) -> Bisection:
        moments: Sequence[str] = days_between(good, bad)
        while True:
            good, bad = (moments[at] for at in narrowed(moments, self._look))
            inside = self._uploads_between(good, bad)
            if all(each in self._tried for each in inside):
                break
            moments = (good, *inside, bad)
        found = self._ended(BisectionEnd.FOUND, good, bad)
        apart = last_moment(bad) - last_moment(good) > TICK
        if apart and (found.skipped or len(found.suspects) > 1):
            return replace(found, end=BisectionEnd.AMONG)
        return found

    def _look(self, as_of: str) -> DayStanding:
        """Judge the cell as of a moment: resolve it, and build it unless the same was built
        already."""
        if as_of not in self._tried:
            self._keep(self._tried_now(as_of))
        return self._tried[as_of].standing

    def _tried_now(self, as_of: str) -> TriedMoment:
        try:
            lock = self._then.resolve(as_of)
        except UsageError as error:
            why = error.message.splitlines()[-1] if error.message else "no set fits"
            return TriedMoment(as_of=as_of, standing=DayStanding.SKIPPED, why=why)
        same = self._by_content.get(content_of(lock))
        if same is not None:
            return replace(same, as_of=as_of, lock=lock, same_as=same.as_of)
        seen, run = self._then.show(lock)
        standing, why = standing_of(seen, self._marks)
        return TriedMoment(as_of=as_of, standing=standing, why=why, lock=lock, run=run)

    def _keep(self, tried: TriedMoment) -> None:
        self._tried[tried.as_of] = tried
        if tried.lock is not None:
            self._by_content.setdefault(content_of(tried.lock), tried)
        self._tell(tried)

    def _uploads_between(self, good: str, bad: str) -> tuple[str, ...]:
        """For every upload in between that the bad side installs, return the moment just before it
        and its own."""
        first, last = last_moment(good), last_moment(bad)
        moments = {
            written(each)
            for one in self._moved(good, bad)
            if (came := moment_of(one.uploaded)) is not None
            for each in (came - TICK, came)
            if first < each < last
        }
        return tuple(sorted(moments))

    def _moved(self, good: str, bad: str) -> tuple[Moved, ...]:
        before, after = self._tried[good].lock, self._tried[bad].lock
        assert before is not None, "what is good was resolved"
        assert after is not None, "what is bad was resolved"
        return tuple(self._as_moved(old, new) for old, new in moved(before, after))

    def _as_moved(self, old: Artifact | None, new: Artifact | None) -> Moved:
        return Moved(
            name=new.name if new else old.name if old else "",
            before=old.version if old else "",
            after=new.version if new else "",
            filename=new.filename if new else "",
            uploaded=self._then.uploaded(new) if new else "",
        )

    def _ended(self, end: BisectionEnd, good: str, bad: str) -> Bisection:
        every = self._moved(good, bad) if end is BisectionEnd.FOUND else ()
        first, last = last_moment(good), last_moment(bad)
        between = [
            one
            for one in every
            if (came := moment_of(one.uploaded)) is not None and first < came <= last
        ]
        suspects = tuple(between) or every
        return Bisection(
            cell=self._cell,
            end=end,
            good=self._tried[good],
            bad=self._tried[bad],
            tried=tuple(sorted(self._tried.values(), key=lambda one: last_moment(one.as_of))),
            looked_for=self._marks.worded,
            suspects=suspects,
            along=tuple(one for one in every if one not in suspects),
        )
