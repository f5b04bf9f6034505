"""Decides whether the rounds so far suffice, by the rule that judges step time and accuracy later.

The same pure functions decide here and in the report, so a run stops once another round would not
improve its report. No round is added for a metric that equal bits have settled, or that nothing
measured can tell apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.compare.judge import reference_of
from harness.compare.measured import measure, rounds_wanted
from harness.compare.rules import run_date
from harness.compare.view import views
from harness.model import Record, Run
from harness.running.steering import Further


@dataclass(frozen=True, kw_only=True, slots=True)
class UntilTold:
    """Adds rounds for cells whose comparison with the reference in step time or accuracy is still
    undecided."""

    run: Run
    compared: int = 0
    """How many cells the report will compare, if this run has only some of them."""

    def further(self, rounds: int, records: Sequence[Record]) -> Further | None:
        """Return the cells that need more rounds, and the reference; None if no cell does."""
        run = replace(self.run, rounds=rounds, cell_rounds=None)
        taking = {one.cell for one in records if one.round == rounds}
        seen = [view for view in views(run, records) if view.cell.id in taking]
        reference = reference_of(seen, run)
        if reference is None:
            return None
        others = [view for view in seen if view is not reference]
        every = measure(
            [(reference, view) for view in others],
            run.rules.expectations,
            run_date(run),
            # Cells that are settled or in other groups share the report's rate of false alarms too.
            compared=max(len(run.cells) - 1, self.compared),
        )
        wanted = {
            view.cell.id: wanted
            for view, measured in zip(others, every, strict=True)
            if (wanted := rounds_wanted(measured, rounds)) > rounds
        }
        if not wanted:
            return None
        return Further(
            rounds=max(wanted.values()),
            cells=(reference.cell.id, *wanted),
            why=f"{rounds} rounds are too few to decide for {', '.join(wanted)}: running more",
        )
