"""Times of a night: images of the baseline are run again, in turns with tonight's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.commands.baseline import KnownBaseline, asked_again
from harness.compare.view import views
from harness.errors import Exit
from harness.model import Record, Run, Suite
from harness.nights.times import BesideBaseline, kept_under, retimed, to_run_again
from harness.probing.probe import suite_probes
from harness.running.perform import perform
from harness.running.progress import Progress
from harness.running.session import CONTAINER_ENGINES
from harness.running.wanted import Wanted
from harness.store.store import Store


def run_again(
    known: KnownBaseline,
    night: tuple[Run, Sequence[Record]],
    suite: Suite,
    wanted: Wanted,
    store: Store,
    progress: Progress,
) -> Exit:
    """Measure each cell whose image changed since the baseline in turns with the baseline's image,
    with as many rounds as the night has. With one round nothing is done, since it says nothing
    about time.

    Each pair is a run of its own. The status is OK, or that of the signal that ended one. Raises
    UsageError, StoreError, InfrastructureError.
    """
    run, records = night
    for pair in owed(known, run, records, wanted, store):
        alone = replace(
            suite,
            name=kept_under(run.id),
            cells=pair.cells,
            rules=replace(suite.rules, reference=pair.baseline.id),
        )
        asked = Wanted(
            engine=run.engine.name,
            rounds=wanted.rounds,
            looks=wanted.looks,
            compared=len(run.cells),
            # Both images are on the engine or lost: what an engine built is in no registry.
            offline=True,
            disk_budget=wanted.disk_budget,
        )
        probes = suite_probes(suite, pair.probes)
        _, status = perform(alone, pair.cells, probes, asked, store, progress)
        if status is not Exit.OK:
            return status
    return Exit.OK


def owed(
    known: KnownBaseline, run: Run, records: Sequence[Record], wanted: Wanted, store: Store
) -> tuple[BesideBaseline, ...]:
    """The pairs that a night still has to measure; none if it was replayed or has one round."""
    several = wanted.rounds > 1 or wanted.looks is not None
    if not several or run.engine.name not in CONTAINER_ENGINES or wanted.record_to is not None:
        return ()
    done = retimed(asked_again(store, run.id))
    pairs = to_run_again(views(known.run, known.records), views(run, records))
    return tuple(one for one in pairs if one.tonight.id not in done)
