"""The summary of a run that the history keeps: numbers, facts and inputs of each cell."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from harness.compare.metrics import metrics_of, networks_of, value_of
from harness.compare.view import View, views
from harness.model import CellNight, Fact, Nature, Record, Run
from harness.nights.inputs import inputs_of, kind_of_input

_NUMBERS = (Nature.TIMING, Nature.MEASURED)
_PACKAGE = "package"


def cell_nights(run: Run, records: Iterable[Record]) -> tuple[CellNight, ...]:
    """Summarize what each cell of a run showed, in the order of the run. A cell that answered
    nothing is included, without numbers for that night."""
    networks = networks_of(run)
    return tuple(_cell_night(view, networks) for view in views(run, records))


def _cell_night(view: View, networks: tuple[str, ...]) -> CellNight:
    numbers: dict[str, float] = {}
    facts: dict[str, Fact] = {}
    for name, merged in view.facts.items():
        if merged.nature is Nature.OBSERVED:
            continue  # It describes the moment and is never compared.
        told = [value_of(value) for value in merged.values]
        known = [value for value in told if value is not None]
        if merged.nature in _NUMBERS and len(known) == len(told):
            numbers[name] = statistics.median(known)
        else:
            facts[name] = merged.value
    metrics = metrics_of(view.facts, view.facts, networks)
    return CellNight(
        run=view.run.id,
        started=view.run.started,
        cell=view.row,
        engine=view.run.engine.name,
        host=view.run.host,
        numbers=numbers,
        primary=tuple(one.fact for one in metrics if one.pattern and one.fact in numbers),
        facts=facts,
        inputs={
            name: value
            for name, value in inputs_of(view).items()
            if kind_of_input(name) != _PACKAGE
        },
    )
