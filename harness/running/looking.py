"""Looks whether rounds suffice: by the rule that judges them afterwards, on step time and accuracy.

The same pure functions decide here and in the report, so a run that stops is one whose report has
nothing to gain from another round. What is settled by equal bits, or cannot be told apart by
anything that was measured, asks for none.
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
    """Goes on with the cells whose step time or accuracy is not told from their reference's yet."""

    run: Run
    compared: int = 0
    """How many cells the report will compare, where this run has only some of them."""

    def further(self, rounds: int, records: Sequence[Record]) -> Further | None:
        """The cells that need more, with the reference; None where nothing does."""
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
            # Those that are settled, and those of other groups, share the report's rate too.
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
            why=f"{rounds} rounds do not tell yet for {', '.join(wanted)}: more of them",
        )
