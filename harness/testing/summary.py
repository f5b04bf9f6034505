"""The end of a session's output: the grid of cells and the notices about the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.compare.judge import judge
from harness.errors import HarnessError
from harness.formats import grid
from harness.store.store import Store
from harness.testing.plugged import Plugged
from harness.text import plain


def summary(ours: Plugged, *, width: int, color: bool, strict: bool) -> Iterator[str]:
    """Yield a text for each suite that something was run for, from its records in the store."""
    for path in ours.suites():
        state = ours.boards.of(path).state()
        if state is None or not state.run:
            yield plain(f"nothing was run: {state.error if state else 'the run did not begin'}\n")
            continue
        try:
            with Store(Path(state.store), readonly=True) as store:
                run = store.run(state.run)
                judgement = judge(
                    run,
                    store.records(run.id),
                    attempts=store.attempts(run.id),
                    require_verified=strict,
                )
        except HarnessError as error:
            yield plain(f"the report of run {state.run} cannot be made: {error}\n")
            continue
        yield (
            grid(judgement, width=width, color=color)
            + f"harness report {run.id} shows everything.\n"
        )
