"""The nights that the HTML page of a run shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.compare.judgement import Comparison, Judgement
from harness.nights.values import Night
from harness.running.here import places
from harness.store.store import Store

if TYPE_CHECKING:
    from harness.history.past import Past
    from harness.model import Run

HTML = "html"


def past_of(format: str, judged: Judgement | Comparison | Night) -> Past | None:
    """The history up to a run; None if this report shows none. Raises StoreError."""
    if format != HTML or isinstance(judged, Comparison):
        return None
    run = judged.judgement.run if isinstance(judged, Night) else judged.run
    with Store(places().store) as store:
        return past_until(store, run)


def past_until(store: Store, run: Run) -> Past:
    """The primary metrics of a run's cells over the newest nights up to that run, each on the
    engine and the kind of host that the cell ran on."""
    from harness.history.past import SHOWN_NIGHTS, Past
    from harness.history.series import FactSeries, primary_series, tracks_of
    from harness.running.remembering import caught_up

    caught_up(store, run.suite, until=run.started, most=SHOWN_NIGHTS)
    nights = store.history.nights(run.suite, until=run.started, most=SHOWN_NIGHTS)
    found: list[FactSeries] = []
    for cell in run.cells:
        there = run.of(cell.id)
        kept = store.history.of_cell(run.suite, cell.id, nights)
        for track, told in tracks_of(kept).items():
            if (track.engine, track.host) == (there.engine.name, there.host):
                found += primary_series(track, told)
    return Past(suite=run.suite, nights=nights, series=tuple(found))
