"""The pytest nodes of a matrix.yaml: the file, a node for each cell, a test for each probe.

Their ids are `matrix.yaml::CELL::PROBE`, and `matrix.yaml::expectations::FACTS` for every
expectation that can fail. `harness.compare.items` decides the outcome of a test and is imported
when the first one runs; this module turns the outcome into pytest's terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError
from harness.model import Cell, Expectation, Record, Verdict
from harness.probing.exchange import EXCHANGE
from harness.testing.board import RunFailed
from harness.testing.plugged import plugged
from harness.testing.properties import (
    CELL,
    DOES_NOT_APPLY,
    EXPECTATION,
    PROBE,
    RUN,
    VERDICT,
    of_cell,
)
from harness.testing.selected import EXPECTATIONS, MARK, Selection, expectations, mark_of
from harness.text import clean_line, inert_in_ci, plain

if TYPE_CHECKING:
    from harness.compare.items import ItemOutcome
    from harness.testing.session import RunReader


class MatrixFile(pytest.File):
    """A matrix.yaml that was named."""

    def collect(self) -> Iterator[pytest.Collector]:
        """The selected cells, then the expectations that can fail."""
        try:
            chosen = plugged(self.config).selection(self.path)
        except HarnessError as error:
            raise self.CollectError(plain(str(error))) from None
        for cell in chosen.cells:
            yield MatrixCell.from_parent(self, name=cell.id, cell=cell, chosen=chosen)
        named = expectations(chosen.suite)
        if named and len(chosen.cells) > 1:
            yield Expectations.from_parent(self, name=EXPECTATIONS, chosen=chosen)


class MatrixCell(pytest.Collector):
    """A cell, with a test for each probe."""

    def __init__(self, *, cell: Cell, chosen: Selection, **more: Any) -> None:
        super().__init__(**more)
        self.cell = cell
        self.chosen = chosen
        for mark in (MARK, *map(mark_of, cell.tags)):
            self.add_marker(mark)

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each probe of the suite."""
        for probe in self.chosen.probes:
            yield ProbeItem.from_parent(self, name=probe.name, chosen=self.chosen, cell=self.cell)


class Expectations(pytest.Collector):
    """The expectations of a suite that can fail."""

    def __init__(self, *, chosen: Selection, **more: Any) -> None:
        super().__init__(**more)
        self.chosen = chosen
        self.add_marker(MARK)

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each expectation."""
        for name, expectation in expectations(self.chosen.suite).items():
            yield ExpectationItem.from_parent(
                self, name=name, chosen=self.chosen, expectation=expectation
            )


class MatrixItem(pytest.Item):
    """A test whose outcome comes from the session's run."""

    outcome: ItemOutcome
    """Known once the test has been set up."""
    seconds: float | None = None
    """How long the probes took; None if that cannot be separated."""

    def __init__(self, *, chosen: Selection, **more: Any) -> None:
        super().__init__(**more)
        self.chosen = chosen

    @property
    def reader(self) -> RunReader:
        """The reader of the session's run, which this starts if necessary."""
        return plugged(self.config).reader(self.chosen.path)

    def wait(self) -> None:
        """Wait for the records that the test is about."""
        raise NotImplementedError

    def found(self) -> ItemOutcome:
        """Judge the records that the test is about, and add properties that identify them."""
        raise NotImplementedError

    def setup(self) -> None:
        """Get the outcome. A missing answer is an error, not a failure."""
        try:
            self.outcome = self.found()
        except RunFailed as error:
            pytest.fail(plain(str(error)), pytrace=False)
        self.user_properties.append((VERDICT, str(self.outcome.verdict or DOES_NOT_APPLY)))
        if self.outcome.verdict is Verdict.INFRASTRUCTURE:
            pytest.fail(self.outcome.message, pytrace=False)

    def runtest(self) -> None:
        """Pass, skip with the reason, or fail with the findings."""
        strict = bool(self.config.getoption("require_verified"))
        match self.outcome.verdict:
            case Verdict.PASS:
                self._say_so()
            case Verdict.UNVERIFIED if strict:
                told = self.outcome.message or f"unverified: {self.outcome.reason}"
                pytest.fail(told, pytrace=False)
            case None | Verdict.UNVERIFIED:
                raise pytest.skip.Exception(self.outcome.reason, _use_item_location=True)
            case _:
                pytest.fail(self.outcome.message, pytrace=False)

    def time(self, report: pytest.TestReport) -> None:
        """Set the duration of the report that has the outcome to the time of the probe itself; the
        time spent waiting for the run belongs to no test."""
        if self.seconds is not None and (report.when == "call" or report.outcome == "failed"):
            report.duration = self.seconds

    def _say_so(self) -> None:
        """Add a note to a test that passes because its cell fails as expected."""
        if self.outcome.message:
            self.user_properties.append((MARK, self.outcome.reason))
            self.add_report_section("call", MARK, self.outcome.message)


class ProbeItem(MatrixItem):
    """The outcome of one probe in one cell."""

    def __init__(self, *, cell: Cell, **more: Any) -> None:
        super().__init__(**more)
        self.cell = cell
        self.user_properties += [(CELL, cell.id), (PROBE, self.name)]

    def wait(self) -> None:
        self.reader.wait_for(self.cell.id, self.chosen.reference)

    def found(self) -> ItemOutcome:
        from harness.compare.items import probe_outcome

        results = self.reader.results(self.cell.id, self.chosen.reference)
        records = self.reader.records(self.cell.id)
        self.seconds = seconds_of(one for one in records if one.probe == self.name)
        known = dict(self.user_properties)
        told = of_cell(results, self.cell.id, records)
        self.user_properties += [one for one in told if one[0] not in known]
        return probe_outcome(results, self.cell.id, self.name, self.chosen.probes)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The location is the cell's row in matrix.yaml."""
        line = self.cell.place.line - 1 if self.cell.place else None
        return self.path, line, f"{self.cell.id}: {self.name}"


class ExpectationItem(MatrixItem):
    """How one expectation fares over all cells of the run."""

    def __init__(self, *, expectation: Expectation, **more: Any) -> None:
        super().__init__(**more)
        self.expectation = expectation
        self.user_properties.append((EXPECTATION, inert_in_ci(clean_line(self.name))))

    def wait(self) -> None:
        self.reader.wait_for()

    def found(self) -> ItemOutcome:
        from harness.compare.items import expectation_outcome

        results = self.reader.whole()
        self.user_properties.append((RUN, results.judgement.run.id))
        return expectation_outcome(results, self.expectation)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The location is the rule in matrix.yaml."""
        place = self.expectation.place
        told = f"{EXPECTATIONS}: {self.name}"
        return self.path, place.line - 1 if place else None, inert_in_ci(clean_line(told))


def asked_of(items: list[pytest.Item]) -> dict[str, tuple[set[str], set[str]]]:
    """Map the path of each matrix to the (cells, probes) that the matrix tests among the items
    need.

    An expectation needs every selected cell and probe.
    """
    needed: dict[str, tuple[set[str], set[str]]] = {}
    for item in items:
        if isinstance(item, MatrixItem):
            cells, probes = needed.setdefault(item.chosen.path, (set(), set()))
            if isinstance(item, ProbeItem):
                cells.add(item.cell.id)
                probes.add(item.name)
            else:
                cells |= {cell.id for cell in item.chosen.cells}
                probes |= {probe.name for probe in item.chosen.probes}
    return needed


def seconds_of(records: Iterable[Record]) -> float:
    """Seconds that the probes took in all rounds: as measured on the host, or else by the probe's
    process. Answers repeated from an earlier run count as 0."""
    return sum(one.durations.get(EXCHANGE, one.durations.get("probe", 0.0)) for one in records)
