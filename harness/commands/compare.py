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

from harness.commands.runs import LATEST, find_run
from harness.compare.comparison import Side, compare_kept, same_rules
from harness.compare.judgement import Comparison
from harness.errors import EngineError, UsageError
from harness.model import Cell, Probe, Suite
from harness.probing.probe import suite_probes
from harness.recipes.orders import Order, order
from harness.recipes.recipe import digest
from harness.running.aloud import aloud
from harness.running.answering import newest_answer, sought
from harness.running.perform import perform
from harness.running.progress import Progress
from harness.running.round import utc_now
from harness.running.session import (
    AUTO,
    CONTAINER_ENGINES,
    open_suite,
    opened_engine,
    places,
    suite_name_here,
    suite_word,
    workshop,
)
from harness.running.wanted import Wanted, rounds_asked
from harness.standard import default_suite
from harness.store.store import Store
from harness.suite.selection import select

_TWO = 2
HOST = "host:"
"""How a side begins that is an interpreter of this machine."""


def compare(
    suite_path: Path | None,
    one: str,
    other: str,
    engine: str,
    progress: Progress,
    rounds: str = "",
) -> Comparison:
    """Hold `other` against `one`; with `rounds`, a number or `auto`, in a run of the two that is
    made now. Raises UsageError, MatrixError, InfrastructureError."""
    with Store(places().store) as store:
        sides = _Sides(store=store, named=suite_path, engine=engine or AUTO, progress=progress)
        if rounds:
            return _ended(sides, *sides.in_turns(one, other, rounds))
        first = None if _is_host(one) else sides.recorded(one)
        second = None if _is_host(other) else sides.recorded(other)
        # A host interpreter claims what the other side claims: that is the question.
        first = first or sides.host(one, second)
        second = second or sides.host(other, first)
        return _ended(sides, first, second)


def _ended(sides: _Sides, first: Side, second: Side) -> Comparison:
    with aloud(f"holding {second.cell} against {first.cell}"):
        made = compare_kept(first, second, named=sides.suite if sides.named else None)
    return replace(
        made,
        notices=(*made.notices, *dict.fromkeys(sides.said)),
        suite=suite_word(sides.named),
        asked=utc_now(),
    )


def _is_host(side: str) -> bool:
    return side.startswith(HOST)


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

    def _latest_of(self) -> str | None:
        """The name of the suite that `latest` is asked of; None: all."""
        return self.suite.name if self.named else suite_name_here(None)

    def recorded(self, side: str) -> Side:
        """`RUN:CELL`, or a cell of the suite: its newest answer, else a run of it."""
        named, colon, name = side.partition(":")
        if colon:
            run, _ = find_run(self.store, named, self._latest_of() if named == LATEST else None)
            if name not in {each.id for each in run.cells}:
                known = ", ".join(each.id for each in run.cells)
                raise UsageError(f"run {run.id} has no cell {name!r}", remedy=f"it has: {known}")
            return Side(run=run, records=self.store.records(run.id), cell=name)
        (cell, *more) = select(self.suite, [side], [])
        if more:
            raise UsageError(f"{side!r} means several cells", remedy="name one cell on each side")
        return self._answered(cell) or self._performed(
            self.suite, cell, self.engine, suite_probes(self.suite)
        )

    def in_turns(self, one: str, other: str, rounds: str) -> tuple[Side, Side]:
        """Both cells, run now in rounds that take turns."""
        first, looks = rounds_asked(rounds)
        for side in (one, other):
            if ":" in side:
                raise UsageError(
                    f"{side} cannot take turns with another: --rounds runs two cells of the suite",
                    remedy="name two cells, or leave --rounds away",
                )
        cells = [*select(self.suite, [one], []), *select(self.suite, [other], [])]
        if len(cells) != _TWO:
            raise UsageError(
                f"{one!r} and {other!r} mean {len(cells)} cells", remedy="name one on each side"
            )
        if cells[0] == cells[1]:
            raise UsageError(
                f"{one} would be held against itself", remedy=f"harness calibrate {one}"
            )
        rules = replace(self.suite.rules, reference=cells[0].id)
        wanted = Wanted(engine=self.engine, rounds=first, looks=looks)
        run, _ = perform(
            replace(self.suite, rules=rules),
            cells,
            suite_probes(self.suite),
            wanted,
            self.store,
            self.progress,
        )
        records = self.store.records(run.id)
        return (
            Side(run=run, records=records, cell=cells[0].id),
            Side(run=run, records=records, cell=cells[1].id),
        )

    def host(self, side: str, other: Side | None) -> Side:
        """An interpreter of this machine, asked now as the other side was: what that claims is
        claimed, its settings, time limits and environment hold, and its rules judge."""
        if other is None:
            cell = Cell(id=side, host=side.removeprefix(HOST))
            return self._performed(self.suite, cell, "host", suite_probes(self.suite))
        suite = self.suite if self.named or suite_name_here(None) is not None else _packaged()
        row = next(cell for cell in other.run.cells if cell.id == other.cell)
        cell = Cell(
            id=side,
            host=side.removeprefix(HOST),
            framework=row.framework,
            gpu=row.gpu,
            level=row.level,
            settings=row.settings,
            timeouts=row.timeouts,
            profile=row.profile,
        )
        rules = suite.rules if self.named else other.run.rules
        asked = {probe.name for probe in other.run.probes}
        probes = suite_probes(suite)
        same = tuple(probe for probe in probes if probe.name in asked)
        return self._performed(replace(suite, rules=rules), cell, "host", same or probes)

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
                with (
                    aloud(f"asking {kind} which image {cell.image} is now"),
                    opened_engine(kind, workshop(self.suite, offline=True)) as (engine, _),
                ):
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

    def _performed(self, suite: Suite, cell: Cell, engine: str, probes: tuple[Probe, ...]) -> Side:
        alone = replace(suite, cells=(cell,)) if cell.id.startswith(HOST) else suite
        run, _ = perform(alone, [cell], probes, Wanted(engine=engine), self.store, self.progress)
        return Side(run=run, records=self.store.records(run.id), cell=cell.id)


def _packaged() -> Suite:
    """The suite that harness brings along: where there is none here, its probes ask the host."""
    return open_suite(default_suite())
