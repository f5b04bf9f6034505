"""What must be run for the collected tests, and what each of them waits for."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import pytest

from harness.errors import HarnessError
from harness.testing.nodes import MatrixItem, asked_of
from harness.testing.plugged import plugged
from harness.testing.properties import of_cell
from harness.testing.selected import Selection

_OF_RECORDS = frozenset({"facts", "records", "compare"})
"""Fixtures that need a cell's records; `container` needs none."""


def needed(items: list[pytest.Item]) -> dict[str, tuple[set[str], set[str]]]:
    """Map the path of each matrix to (cells, probes): those of the matrix tests, and for
    hand-written tests all probes of their cell."""
    found = asked_of(items)
    ours = [(one, cell) for one in items if (cell := _cell_of(one))]
    if ours:
        chosen = plugged(ours[0][0].config).own_suite()
        if chosen is not None:
            _add(found, chosen, (cell for _, cell in ours))
    return found


def wait_for(item: pytest.Item) -> None:
    """Wait until the run has what a test needs. If it never will, the test gets the error when it
    asks.

    A test that compares may ask for any cell, and a container is not started beside a run, so both
    wait for the end of the run.
    """
    if isinstance(item, MatrixItem):
        item.wait()
        return
    names = set(getattr(item, "fixturenames", ()))
    if _param(item) and "container" in names:
        plugged(item.config).wait_for_quiet()
    cell = _cell_of(item)
    chosen = plugged(item.config).own_suite() if cell else None
    if chosen is None:
        return
    reader = plugged(item.config).reader(chosen.path)
    reader.wait_for(*(() if "compare" in names else (cell,)))
    with suppress(HarnessError, KeyError):
        results = reader.results(cell, cell)
        item.user_properties += of_cell(results, cell, reader.records(cell))


def _add(
    found: dict[str, tuple[set[str], set[str]]], chosen: Selection, cells: Iterable[str]
) -> None:
    known = {cell.id for cell in chosen.suite.cells}
    of_suite, probes = found.setdefault(chosen.path, (set(), set()))
    of_suite |= known.intersection(cells)
    probes |= {probe.name for probe in chosen.probes}


def _cell_of(item: pytest.Item) -> str:
    """The cell whose records a hand-written test uses; empty if it uses none."""
    names = set(getattr(item, "fixturenames", ()))
    return "" if names.isdisjoint(_OF_RECORDS) else _param(item)


def _param(item: pytest.Item) -> str:
    """The cell that a hand-written test is parametrized with; empty if there is none of ours."""
    callspec = getattr(item, "callspec", None)
    wanted = "" if callspec is None else callspec.params.get("cell", "")
    return wanted if isinstance(wanted, str) else ""
