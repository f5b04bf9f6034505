"""Resumes a run: checks that everything it asked for is unchanged, and collects what it has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.datasets.dataset import DataSet
from harness.errors import UsageError
from harness.model import Attempt, Cell, ImageIdentity, Probe, Record, Run, Suite
from harness.outcomes import INFRASTRUCTURE
from harness.probing.probe import load_probes, probe_folders
from harness.recipes.orders import Order
from harness.running.executor import Site
from harness.running.session import AUTO
from harness.running.wanted import Wanted
from harness.store.store import Store

_REMEDY = "start a new run: records of one run must come from one plan"


@dataclass(frozen=True, kw_only=True, slots=True)
class Resumed:
    """A run to be resumed, with its cells and probes; the probes have their source."""

    run: Run
    cells: tuple[Cell, ...]
    probes: tuple[Probe, ...]


def resumable(run: Run, suite: Suite, wanted: Wanted) -> Resumed:
    """Return the run with what it needs to be resumed. UsageError lists all that prevents it."""
    problems = []
    if wanted.cells or wanted.tags or wanted.probes or wanted.rounds != 1 or wanted.shard:
        problems.append("a run that is resumed has its cells, probes and rounds already")
    if wanted.engine not in (AUTO, run.engine.name):
        problems.append(f"it was begun on {run.engine.name}, not on {wanted.engine}")
    if suite.digest != run.suite_digest:
        problems.append(f"the suite {suite.name} has changed since, or is another one")
    # Load all probes there are: a run may have asked more than the suite selects.
    there = {probe.name: probe for probe in load_probes(probe_folders(Path(suite.root)))}
    for probe in run.probes:
        if probe.name not in there or there[probe.name].digest != probe.digest:
            problems.append(f"the probe {probe.name} has changed since")
    if problems:
        raise UsageError(f"run {run.id} cannot be resumed: {'; '.join(problems)}", remedy=_REMEDY)
    return Resumed(
        run=run,
        cells=run.cells,
        probes=tuple(there[probe.name] for probe in run.probes),
    )


def check_same(
    run: Run,
    records: Iterable[Record],
    orders: Iterable[Order],
    site: Site,
    data: DataSet | None,
) -> None:
    """Raise UsageError if recipes, host or data differ from those that the records come from."""
    kept = tuple(records)
    asked = tuple(orders)
    wanted = {one.cell.id: one.digest for one in asked if one.cell.is_built}
    # Only built cells: an existing image may be derived from one of ours, and carry its label.
    built = {one.cell.id for one in asked if one.cell.is_built}
    problems = [
        f"the recipe of cell {cell} has changed since"
        for cell, used in sorted({(one.cell, one.image.recipe) for one in kept if one.image})
        if used and cell in built and used != wanted.get(cell)
    ]
    if problem := _elsewhere(run, site):
        problems.append(problem)
    now = data.digest if data else ""
    if {one.dataset_digest for one in kept if one.dataset_digest} - {now}:
        problems.append("the data set is not the one it was begun with")
    if problems:
        raise UsageError(f"run {run.id} cannot be resumed: {'; '.join(problems)}", remedy=_REMEDY)


def _elsewhere(run: Run, site: Site) -> str:
    """Describe how the place differs from where the run was begun; empty if it does not."""
    if (run.hosts is None) != (site.hosts is None):
        where = "a cluster" if run.hosts else "one host"
        return f"it was begun on {where}: --executor must be as it was"
    if run.hosts is not None and any(one not in run.hosts for one in site.hosts or ()):
        names = ", ".join(one.name for one in run.hosts)
        return f"a host is not one that it was begun on, which were {names}"
    if run.hosts is None:
        hosts = [site.host, *(one.host for one in site.beside or ())]
        if hosts != [run.host, *(one.host for one in run.beside or ())]:
            return "this host is not of the class it was begun on"
    return ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Before:
    """What a resumed run has from earlier."""

    records: tuple[Record, ...] = ()
    """The records that stay: their keys are not asked again."""
    lost: tuple[Attempt, ...] = ()
    """Records that infrastructure ended: they become attempts when the run is reopened."""
    attempts: tuple[Attempt, ...] = ()
    """Attempts that the run has already."""

    def containers(self) -> dict[tuple[str, int], int]:
        """Return how many containers each (cell, round) has had."""
        found: dict[tuple[str, int], int] = {}
        attempted = (one.record for one in (*self.lost, *self.attempts))
        for record in (*self.records, *attempted):
            place = (record.cell, record.round)
            found[place] = max(found.get(place, 0), record.container)
        return found

    def images(self) -> dict[str, tuple[ImageIdentity, ...]]:
        """Return the images that each cell's records come from."""
        found: dict[str, list[ImageIdentity]] = {}
        for record in self.records:
            if record.image is not None:
                found.setdefault(record.cell, []).append(record.image)
        return {cell: tuple(dict.fromkeys(images)) for cell, images in found.items()}


def before(resumed: Run | None, store: Store) -> Before:
    """Collect what a resumed run has; nothing for a new run. This changes nothing in the store."""
    if resumed is None:
        return Before()
    records = store.records(resumed.id)
    return Before(
        records=tuple(one for one in records if one.outcome not in INFRASTRUCTURE),
        lost=tuple(
            Attempt(record=one, reason=f"{one.outcome}: {one.reason}")
            for one in records
            if one.outcome in INFRASTRUCTURE
        ),
        attempts=store.attempts(resumed.id),
    )
