"""`harness compare A B`: two environments side by side, wherever their records come from.

A side is a cell of the suite (its newest answer, or a new run if there is none), `RUN:CELL`
(imported runs, too), or `host:PYTHON`, an interpreter of this machine as it is. Finished runs are
judged by the rules kept with them unless a suite is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from harness.commands.baseline import held_night, known_of
from harness.commands.runs import LATEST, find_run
from harness.compare.comparison import Side, compare_kept, same_rules
from harness.compare.judge import judge
from harness.compare.judgement import Comparison
from harness.errors import EngineError, Exit, UsageError, worst
from harness.model import Cell, Probe, Suite
from harness.nights.values import Night
from harness.probing.probe import suite_probes
from harness.recipes.orders import Order, order
from harness.running.aloud import aloud
from harness.running.answering import newest_answer, sought
from harness.running.here import utc_now
from harness.running.perform import perform
from harness.running.progress import Progress
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

HOST = "host:"
"""Prefix of a side that is an interpreter of this machine."""


def compare(
    suite_path: Path | None,
    one: str,
    other: str,
    engine: str,
    progress: Progress,
    rounds: str = "",
) -> Comparison:
    """Compare `other` with `one`. With `rounds`, a number or `auto`, a new run measures both.
    Raises UsageError, MatrixError, InfrastructureError."""
    with Store(places().store) as store:
        sides = _Sides(store=store, named=suite_path, engine=engine or AUTO, progress=progress)
        if rounds:
            # The new run uses the suite's rules, so the rules kept with it are already the right
            # ones.
            return _ended(sides, *sides.in_turns(one, other, rounds), named=None)
        first = None if _is_host(one) else sides.recorded(one)
        second = None if _is_host(other) else sides.recorded(other)
        # A host interpreter is taken to claim what the other side claims, because the question is
        # whether it does the same.
        first = first or sides.host(one, second)
        second = second or sides.host(other, first)
        return _ended(sides, first, second, named=sides.suite if sides.named else None)


def sides_asked(one: str, other: str, rounds: str, *, baseline: bool) -> None:
    """Check that the named sides and the options fit together. Raises UsageError."""
    if not baseline:
        if not other:
            raise UsageError(
                "two sides are compared, but only one is named",
                remedy="harness compare A B; or --baseline, which compares a whole run",
            )
    elif other or ":" in one:
        raise UsageError(
            "--baseline compares a whole run with the baseline, not single cells",
            remedy="harness compare --baseline RUN",
        )
    elif rounds:
        raise UsageError(
            "--rounds runs two cells now, but the baseline is a finished run",
            remedy="leave out --rounds",
        )


def with_baseline(suite_path: Path | None, run: str) -> Night:
    """A finished run (`latest`: the newest of the suite) compared with the suite's baseline. Raises
    UsageError, AcceptedError."""
    suite = open_suite(suite_path)
    with Store(places().store) as store:
        known = known_of(suite, store)
        found, imported = find_run(store, run, suite.name)
        if found.suite != suite.name:
            raise UsageError(
                f"the run {found.id} belongs to the suite {found.suite}, not to {suite.name}",
                remedy="name its suite with --suite",
            )
        records = store.records(found.id)
        judgement = judge(found, records, attempts=store.attempts(found.id))
        own = store.made_here(found.id)
        word = suite_word(suite_path)
        judgement = replace(judgement, imported=imported, own=own, suite=word)
        return held_night(known, judgement, records, store)


def _ended(sides: _Sides, first: Side, second: Side, *, named: Suite | None) -> Comparison:
    with aloud(f"comparing {second.cell} with {first.cell}"):
        made = compare_kept(first, second, named=named)
    return replace(
        made,
        notices=(*made.notices, *dict.fromkeys(sides.said)),
        suite=suite_word(sides.named),
        asked=utc_now(),
        exit=worst((made.exit, *sides.ended)),
    )


def _is_host(side: str) -> bool:
    return side.startswith(HOST)


@dataclass(kw_only=True)
class _Sides:
    """Finds the records of a side, or runs it."""

    store: Store
    named: Path | None
    engine: str
    progress: Progress
    said: list[str] = field(default_factory=list)
    """Notices about the records that were found."""
    ended: list[Exit] = field(default_factory=list)
    """How the runs made for this comparison ended, possibly by a signal."""

    @cached_property
    def suite(self) -> Suite:
        """The suite, read only when needed: two finished runs need none."""
        return open_suite(self.named)

    def _latest_of(self) -> str | None:
        """The name of the suite that `latest` refers to; None: all suites."""
        return self.suite.name if self.named else suite_name_here(None)

    def recorded(self, side: str) -> Side:
        """A side given as `RUN:CELL`, or as a cell of the suite: its newest answer, else a new
        run."""
        named, colon, name = side.partition(":")
        if colon:
            run, _ = find_run(self.store, named, self._latest_of() if named == LATEST else None)
            if name not in {each.id for each in run.cells}:
                known = ", ".join(each.id for each in run.cells)
                raise UsageError(f"run {run.id} has no cell {name!r}", remedy=f"it has: {known}")
            return Side(run=run, records=self.store.records(run.id), cell=name)
        cell = self._one(self.suite, side)
        return self._answered(cell) or self._performed(
            self.suite, cell, self.engine, suite_probes(self.suite, cells=[cell])
        )

    def in_turns(self, one: str, other: str, rounds: str) -> tuple[Side, Side]:
        """Both sides, run now in alternating rounds: cells of the suite or interpreters of this
        machine."""
        first, looks = rounds_asked(rounds)
        for side in (one, other):
            if ":" in side and not _is_host(side):
                raise UsageError(
                    f"{side} is a finished run and cannot take turns with another cell now",
                    remedy="name cells of the suite or host:PYTHON, or leave out --rounds",
                )
        if one == other:
            remedy = (
                f"harness calibrate {one}" if not _is_host(one) else "name another cell on one side"
            )
            raise UsageError(f"{one} would be compared with itself", remedy=remedy)
        suite = self._suite_for_host() if _is_host(one) and _is_host(other) else self.suite
        rows = [None if _is_host(side) else self._one(suite, side) for side in (one, other)]
        cells = [
            row or _interpreter(side, beside)
            for side, row, beside in zip((one, other), rows, reversed(rows), strict=True)
        ]
        if cells[0] == cells[1]:
            raise UsageError(
                f"{one} and {other} are the same cell", remedy=f"harness calibrate {cells[0].id}"
            )
        rules = replace(suite.rules, reference=cells[0].id)
        wanted = Wanted(engine=self.engine, rounds=first, looks=looks)
        run, status = perform(
            replace(suite, rules=rules, cells=tuple(cells)),
            cells,
            suite_probes(suite, cells=cells),
            wanted,
            self.store,
            self.progress,
        )
        self.ended.append(status)
        records = self.store.records(run.id)
        return (
            Side(run=run, records=records, cell=cells[0].id),
            Side(run=run, records=records, cell=cells[1].id),
        )

    def _one(self, suite: Suite, side: str) -> Cell:
        (cell, *more) = select(suite, [side], [])
        if more:
            raise UsageError(f"{side!r} matches several cells", remedy="name one cell on each side")
        return cell

    def _suite_for_host(self) -> Suite:
        """The suite whose probes are asked on the host: the one here, else the packaged one."""
        return self.suite if self.named or suite_name_here(None) is not None else _packaged()

    def host(self, side: str, other: Side | None) -> Side:
        """An interpreter of this machine, asked now in the same way as the other side: with its
        claims, settings, time limits, environment and rules."""
        if other is None:
            cell = _interpreter(side, None)
            return self._performed(self.suite, cell, "host", suite_probes(self.suite, cells=[cell]))
        suite = self._suite_for_host()
        row = next(cell for cell in other.run.cells if cell.id == other.cell)
        cell = _interpreter(side, row)
        rules = suite.rules if self.named else other.run.rules
        asked = {probe.name for probe in other.run.probes}
        probes = suite_probes(suite, cells=[cell])
        same = tuple(probe for probe in probes if probe.name in asked)
        return self._performed(replace(suite, rules=rules), cell, "host", same or probes)

    def _answered(self, cell: Cell) -> Side | None:
        wanted = sought(
            self.suite.name,
            cell,
            order(self.suite, cell).digest,
            suite_probes(self.suite, cells=[cell]),
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
                f"add --suite {self.suite.root} to judge by the current ones"
            )
        return Side(run=run, records=records, cell=cell.id)

    def _image_now(self, cell: Cell) -> Callable[[str], str]:
        """A function that looks up which image the cell's name stands for on an engine of a given
        kind."""

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
                    f"it is not known whether {cell.image} still names the image that ran: {why}"
                )
            return image.id if image is not None else ""

        return look

    def _performed(self, suite: Suite, cell: Cell, engine: str, probes: tuple[Probe, ...]) -> Side:
        alone = replace(suite, cells=(cell,)) if cell.id.startswith(HOST) else suite
        wanted = Wanted(engine=engine)
        run, status = perform(alone, [cell], probes, wanted, self.store, self.progress)
        self.ended.append(status)
        return Side(run=run, records=self.store.records(run.id), cell=cell.id)


def _interpreter(side: str, beside: Cell | None) -> Cell:
    """The cell for an interpreter of this machine. If the cell beside it is known, it takes over
    that cell's claims, settings, time limits and environment."""
    cell = Cell(id=side, host=side.removeprefix(HOST))
    if beside is None:
        return cell
    return replace(
        cell,
        framework=beside.framework,
        gpu=beside.gpu,
        level=beside.level,
        settings=beside.settings,
        timeouts=beside.timeouts,
        profile=beside.profile,
    )


def _packaged() -> Suite:
    """The suite packaged with the harness, whose probes are used if there is no suite here."""
    return open_suite(default_suite())
