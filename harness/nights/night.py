"""The judgement of a night: a run compared with the baseline and with the nights in between."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from harness.compare.judgement import Judgement
from harness.compare.view import views
from harness.errors import Exit, worst
from harness.model import Record, Run, Verdict
from harness.nights.events import events_of
from harness.nights.gone import unseen
from harness.nights.placing import placed
from harness.nights.seen import SeenNight
from harness.nights.showing import seen
from harness.nights.values import Accepted, Event, Night, Standing

MOST_NIGHTS = 30
"""The largest number of earlier nights that are looked at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedRun:
    """The judgement of a run, with the records it is based on."""

    judgement: Judgement
    records: Sequence[Record]
    again: tuple[tuple[Run, Sequence[Record]], ...] = ()
    """Runs in which its cells took turns with the images that the baseline had for them."""


class Nights:
    """Compares nights with one baseline."""

    def __init__(self, baseline: JudgedRun, accepted: Accepted) -> None:
        self._views = views(baseline.judgement.run, baseline.records)
        self._accepted = accepted
        self.baseline: SeenNight = seen(baseline.judgement, baseline.records)

    def seen(self, run: JudgedRun, asked: Collection[str] | None = None) -> SeenNight:
        """Return what a run showed, compared with the baseline.

        `asked` names the rows of the baseline that the run was meant to include; None means all of
        them.
        """
        return seen(run.judgement, run.records, self._views, asked, run.again)

    def suffices(self, tonight: SeenNight, history: Sequence[SeenNight]) -> bool:
        """Tell whether reading still earlier nights would add nothing to these (oldest first).

        That is so when, for every finding that is not known, the last good night is among them and
        some input changed after it.
        """
        if not history:
            return False
        return all(
            one.by_baseline or (one.onset.last_good not in (None, 0) and not one.unexplained)
            for one in placed(tonight, self.baseline, self._accepted, history)
        )

    def night(
        self,
        judgement: Judgement,
        tonight: SeenNight,
        history: Sequence[SeenNight],
        notices: Sequence[str] = (),
    ) -> Night:
        """Return the judged night with its events; `history` holds the nights in between, oldest
        first."""
        events = events_of(tonight, self.baseline, self._accepted, history, judgement.suite)
        return Night(
            judgement=judgement,
            baseline=self._accepted.baseline,
            baseline_day=self.baseline.day,
            events=events,
            unseen=unseen(tonight, self.baseline, self._accepted),
            history=tuple(one.run for one in history),
            notices=tuple(notices),
            exit=_exit(judgement, events),
        )


def _exit(judgement: Judgement, events: Sequence[Event]) -> Exit:
    """Return the exit status: 1 where an event is new, changed, expired, open or about a vanished
    cell; 4 and 5 as without a baseline."""
    statuses = [Exit.OK]
    if any(one.verdict is Verdict.INFRASTRUCTURE for one in judgement.findings):
        statuses.append(Exit.INFRASTRUCTURE)
    alarming = (Verdict.DRIFT, Verdict.FAIL)
    quiet = (Standing.KNOWN, Standing.FIXED)
    if any(one.verdict in alarming and one.standing not in quiet for one in events):
        statuses.append(Exit.FINDINGS)
    untold = Verdict.UNVERIFIED
    if all(one.verdict is untold for one in judgement.cells):
        statuses.append(Exit.NOTHING)
    every = [one.verdict for one in judgement.findings] + [one.verdict for one in events]
    if judgement.require_verified and untold in every:
        statuses.append(Exit.NOTHING)
    return worst(statuses)
