"""Resolves, builds and probes a cell as of earlier days, each time as a run of its own.

Such a run is stored like any other, but under a suite name of its own, so that it does not count as
a night of the cell's suite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from harness.compare.judge import judge
from harness.datasets.dataset import DataSet
from harness.engines import Engine
from harness.errors import InfrastructureError
from harness.model import Artifact, Base, Cell, Lock, Probe, Suite, Verdict
from harness.nights.seen import SeenCell
from harness.nights.showing import seen
from harness.recipes.of_lock import locked_recipe
from harness.recipes.orders import Order
from harness.recipes.recipe import base_of
from harness.running.local import LocalExecutor
from harness.running.progress import Progress
from harness.running.runner import Hearing, PlannedRun, execute
from harness.store.store import Store

BISECTIONS = "harness bisect-day"
"""The name of the suite under which these runs are stored."""


class Resolving(Engine, Protocol):
    """An engine that can resolve what a cell installs."""

    def resolve(self, cell: Cell, base: Base, say: Callable[[str], object]) -> Lock:
        """Return the lock of a cell as of its date."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BuiltThen:
    """The cell on one engine, with the probes it is asked."""

    suite: Suite
    cell: Cell
    engine: Resolving
    probes: Sequence[Probe]
    dataset: DataSet | None
    store: Store
    progress: Progress
    uploads: Callable[[Artifact], str]

    def resolve(self, as_of: str) -> Lock:
        """Return what the cell installs as of a day or a time.

        Raises UsageError and InfrastructureError.
        """
        from harness.engines.oci.bases import BaseUnavailable

        cell = replace(self.cell, as_of=as_of)
        with self.progress:
            self.progress.tell(cell.id, f"resolving as of {as_of}")
            try:
                return self.engine.resolve(
                    cell, base_of(self.suite, cell), lambda line: self.progress.tell(cell.id, line)
                )
            except BaseUnavailable as error:
                raise InfrastructureError(
                    error.message, remedy="`harness plan` says what each source of a base needs"
                ) from error

    def show(self, lock: Lock) -> tuple[SeenCell, str]:
        """Build the cell from this lock and probe it once; return what it shows and the run's id.

        Raises InfrastructureError if the run says nothing about the cell, and RunInterrupted.
        """
        rules = replace(self.suite.rules, reference="")
        cell = replace(self.cell, expect=None)
        alone = replace(self.suite, name=BISECTIONS, cells=(cell,), rules=rules)
        plan = PlannedRun(
            suite=alone,
            orders=(Order(cell=cell, recipe=locked_recipe(self.suite, cell, lock)),),
            probes=tuple(self.probes),
            rounds=1,
            dataset=self.dataset,
            notices=(self.dataset.notice,) if self.dataset and self.dataset.notice else (),
        )
        with self.progress:
            run = execute(
                plan,
                LocalExecutor(self.engine, self.dataset.files if self.dataset else None),
                self.store,
                Hearing(
                    tell=self.progress.tell,
                    recorded=self.progress.recorded,
                    began=self.progress.begin,
                ),
            )
        records = self.store.records(run.id)
        judged = judge(run, records, attempts=self.store.attempts(run.id))
        broken = next(
            (one for one in judged.findings if one.verdict is Verdict.INFRASTRUCTURE), None
        )
        if broken is not None:
            raise InfrastructureError(
                f"run {run.id} has no result for {cell.id}: {broken.title}",
                remedy=broken.remedy
                or "run the command again; what was resolved and built is reused",
            )
        return seen(judged, records).cells[cell.id], run.id

    def uploaded(self, artifact: Artifact) -> str:
        """Return when a file was uploaded."""
        return self.uploads(artifact)
