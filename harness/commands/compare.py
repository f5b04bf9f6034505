"""`harness compare A B`: two environments side by side, wherever their records come from.

A side is a cell of the suite (its newest answer; run first where there is none), `RUN:CELL`
(imported runs too), or `host:PYTHON`, an interpreter of this machine as it is. Finished runs are
judged by the rules kept with them, unless a suite is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from harness.compare.comparison import Side, compare_kept, same_rules
from harness.compare.judgement import Comparison
from harness.errors import EngineError, UsageError
from harness.model import Cell, Suite
from harness.probing.probe import suite_probes
from harness.recipes.orders import Order, order
from harness.recipes.recipe import digest
from harness.running.answering import newest_answer, sought
from harness.running.perform import perform
from harness.running.progress import Progress
from harness.running.session import (
    AUTO,
    CONTAINER_ENGINES,
    open_suite,
    opened_engine,
    places,
    workshop,
)
from harness.running.wanted import Wanted
from harness.running.worker import utc_now
from harness.store.store import Store
from harness.suite.selection import select


def compare(
    suite_path: Path | None, one: str, other: str, engine: str, progress: Progress
) -> Comparison:
    """Hold `other` against `one`. Raises UsageError, MatrixError, InfrastructureError."""
    with Store(places().store) as store:
        sides = _Sides(store=store, named=suite_path, engine=engine or AUTO, progress=progress)
        first = None if _is_host(one) else sides.recorded(one)
        second = None if _is_host(other) else sides.recorded(other)
        # A host interpreter claims what the other side claims: that is the question.
        first = first or sides.host(one, second)
        second = second or sides.host(other, first)
    made = compare_kept(first, second, named=sides.suite if suite_path else None)
    return replace(
        made,
        notices=(*made.notices, *dict.fromkeys(sides.said)),
        suite=str(suite_path or ""),
        asked=utc_now(),
    )


def _is_host(side: str) -> bool:
    return side.startswith("host:")


@dataclass(kw_only=True)
class _Sides:
    """Finds, or makes, the records of a side."""

    store: Store
    named: Path | None
    engine: str
    progress: Progress
    said: list[str] = field(default_factory=list)
    """What must be said of the records that were found."""

    @cached_property
    def suite(self) -> Suite:
        """Read when something of it is needed: two finished runs need no suite."""
        return open_suite(self.named)

    def recorded(self, side: str) -> Side:
        """`RUN:CELL`, or a cell of the suite: its newest answer, else a run of it."""
        named, colon, name = side.partition(":")
        if colon:
            run = self.store.resolve(named)
            if name not in {each.id for each in run.cells}:
                known = ", ".join(each.id for each in run.cells)
                raise UsageError(f"run {run.id} has no cell {name!r}", remedy=f"it has: {known}")
            return Side(run=run, records=self.store.records(run.id), cell=name)
        (cell, *more) = select(self.suite, [side], [])
        if more:
            raise UsageError(f"{side!r} means several cells", remedy="name one cell on each side")
        return self._answered(cell) or self._performed(self.suite, cell, self.engine)

    def host(self, side: str, other: Side | None) -> Side:
        """An interpreter of this machine, asked now and judged by the rules of the other side."""
        claims: tuple[tuple[str, str], ...] = ()
        rules = self.suite.rules
        if other is not None:
            claims = next(cell for cell in other.run.cells if cell.id == other.cell).framework
            rules = rules if self.named else other.run.rules
        cell = Cell(id=side, host=side.removeprefix("host:"), framework=claims)
        return self._performed(replace(self.suite, cells=(cell,), rules=rules), cell, "host")

    def _answered(self, cell: Cell) -> Side | None:
        recipe = order(self.suite, cell).recipe
        wanted = sought(
            self.suite.name,
            cell,
            digest(recipe) if recipe is not None else "",
            suite_probes(self.suite),
            self.engine,
        )
        stored = self.store.whole_answers(self.suite.name, cell.id)
        found = newest_answer(wanted, stored, self._image_now(cell))
        if found is None:
            return None
        run, records = found
        if self.named is None and not same_rules(run.rules, self.suite.rules):
            self.said.append(
                f"the rules of the suite {self.suite.name} have changed since run {run.id}: "
                f"with --suite {self.suite.root} they judge as they are now"
            )
        return Side(run=run, records=records, cell=cell.id)

    def _image_now(self, cell: Cell) -> Callable[[str], str]:
        """A function that looks up which image the cell's name stands for on a kind of engine."""

        def look(kind: str) -> str:
            if kind not in CONTAINER_ENGINES or "@sha256:" in cell.image:
                return ""
            try:
                with opened_engine(kind, workshop(self.suite, offline=True)) as (engine, _):
                    found = engine.obtain(Order(cell=cell), lambda _: None)
            except EngineError as error:
                image, why = None, error.message
            else:
                image, why = found.image, found.reason
            if image is None:
                self.said.append(
                    f"whether {cell.image} still names the image that was asked is not known: {why}"
                )
            return image.id if image is not None else ""

        return look

    def _performed(self, suite: Suite, cell: Cell, engine: str) -> Side:
        probes, wanted = suite_probes(suite), Wanted(engine=engine)
        run, _ = perform(suite, [cell], probes, wanted, self.store, self.progress)
        return Side(run=run, records=self.store.records(run.id), cell=cell.id)
