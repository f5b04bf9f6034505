"""Taking a run on: only where everything it asked for is still the same, and what it has then."""

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
    """An interrupted run with its cells and probes, the probes with their source."""

    run: Run
    cells: tuple[Cell, ...]
    probes: tuple[Probe, ...]


def resumable(run: Run, suite: Suite, wanted: Wanted) -> Resumed:
    """What is to be taken on. UsageError with everything that stands against it."""
    problems = []
    if wanted.cells or wanted.tags or wanted.probes or wanted.rounds != 1 or wanted.shard:
        problems.append("a run that is resumed has its cells, probes and rounds already")
    if wanted.engine not in (AUTO, run.engine.name):
        problems.append(f"it was begun on {run.engine.name}, not on {wanted.engine}")
    if suite.digest != run.suite_digest:
        problems.append(f"the suite {suite.name} has changed since, or is another one")
    # All there are: a run may have been asked more than the suite's own choice.
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
    """UsageError where recipes, host or data are other ones than those the records come from."""
    kept = tuple(records)
    asked = tuple(orders)
    wanted = {one.cell.id: one.digest for one in asked if one.cell.is_built}
    # An existing image may have been made of one of ours, and carry its label.
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
    """How the place differs from where the run was begun; empty where it does not."""
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
    """What a run that is taken on has from before."""

    records: tuple[Record, ...] = ()
    """Those that stay: their keys are not asked again."""
    lost: tuple[Attempt, ...] = ()
    """What were records, until it is known that they are asked again."""
    attempts: tuple[Attempt, ...] = ()
    """What was lost still earlier."""

    def containers(self) -> dict[tuple[str, int], int]:
        """How many containers each cell's round has had."""
        found: dict[tuple[str, int], int] = {}
        attempted = (one.record for one in (*self.lost, *self.attempts))
        for record in (*self.records, *attempted):
            place = (record.cell, record.round)
            found[place] = max(found.get(place, 0), record.container)
        return found

    def images(self) -> dict[str, tuple[ImageIdentity, ...]]:
        """The images that each cell's records come from."""
        found: dict[str, list[ImageIdentity]] = {}
        for record in self.records:
            if record.image is not None:
                found.setdefault(record.cell, []).append(record.image)
        return {cell: tuple(dict.fromkeys(images)) for cell, images in found.items()}


def before(resumed: Run | None, store: Store) -> Before:
    """What the run has from before; of a new run, nothing. Nothing is changed yet."""
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
