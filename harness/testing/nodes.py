"""What pytest collects of a matrix.yaml: the file, a node for each cell, a test for each question.

`matrix.yaml::CELL::PROBE`, and `matrix.yaml::expectations::FACTS` for every expectation that can
fail. What a test comes to is decided in `harness.compare.items`, imported when the first one runs;
here it becomes pytest's word.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError
from harness.model import Cell, Expectation, Verdict
from harness.testing.board import RunFailed
from harness.testing.plugged import plugged
from harness.testing.selected import EXPECTATIONS, MARK, Selection, expectations, mark_of
from harness.text import clean_line, inert_in_ci, plain

if TYPE_CHECKING:
    from harness.compare.items import ItemOutcome


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
    """A cell with a test for each probe."""

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
        """A test for each."""
        for name, expectation in expectations(self.chosen.suite).items():
            yield ExpectationItem.from_parent(
                self, name=name, chosen=self.chosen, expectation=expectation
            )


class MatrixItem(pytest.Item):
    """A question whose outcome the session's run gives."""

    outcome: ItemOutcome
    """Known once the test has been set up."""

    def __init__(self, *, chosen: Selection, **more: Any) -> None:
        super().__init__(**more)
        self.chosen = chosen

    def found(self) -> ItemOutcome:
        """Wait for the records it is about, and judge them."""
        raise NotImplementedError

    def setup(self) -> None:
        """Wait for the answer; that there can be none is an error, not a failure."""
        try:
            self.outcome = self.found()
        except RunFailed as error:
            pytest.fail(plain(str(error)), pytrace=False)
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

    def _say_so(self) -> None:
        """What a test that passes still has to say: that it fails as expected."""
        if self.outcome.message:
            self.user_properties.append((MARK, self.outcome.reason))
            self.add_report_section("call", MARK, self.outcome.message)


class ProbeItem(MatrixItem):
    """What one probe says of one cell."""

    def __init__(self, *, cell: Cell, **more: Any) -> None:
        super().__init__(**more)
        self.cell = cell

    def found(self) -> ItemOutcome:
        from harness.compare.items import probe_outcome

        reader = plugged(self.config).reader(self.chosen.path)
        results = reader.results(self.cell.id, self.chosen.reference)
        return probe_outcome(results, self.cell.id, self.name, self.chosen.probes)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The cell's row."""
        line = self.cell.place.line - 1 if self.cell.place else None
        return self.path, line, f"{self.cell.id}: {self.name}"


class ExpectationItem(MatrixItem):
    """How one expectation fares, over all cells of the run."""

    def __init__(self, *, expectation: Expectation, **more: Any) -> None:
        super().__init__(**more)
        self.expectation = expectation

    def found(self) -> ItemOutcome:
        from harness.compare.items import expectation_outcome

        results = plugged(self.config).reader(self.chosen.path).whole()
        return expectation_outcome(results, self.expectation)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The rule."""
        place = self.expectation.place
        told = f"{EXPECTATIONS}: {self.name}"
        return self.path, place.line - 1 if place else None, inert_in_ci(clean_line(told))


def asked_of(items: list[pytest.Item]) -> dict[str, tuple[set[str], set[str]]]:
    """Matrix path -> (cells, probes) that matrix tests among the items need.

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
