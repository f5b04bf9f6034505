"""What the collected tests need to have been run."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from harness.testing.nodes import asked_of
from harness.testing.plugged import plugged
from harness.testing.selected import Selection

_OF_RECORDS = frozenset({"facts", "records", "compare"})
"""Fixtures that need a cell's records; `container` needs none."""


def needed(items: list[pytest.Item]) -> dict[str, tuple[set[str], set[str]]]:
    """Matrix path -> (cells, probes): of matrix tests their own, of hand-written ones all probes
    of the cell they are for."""
    found = asked_of(items)
    ours = [(one, cell) for one in items if (cell := _cell_of(one))]
    if ours:
        chosen = plugged(ours[0][0].config).own_suite()
        if chosen is not None:
            _add(found, chosen, (cell for _, cell in ours))
    return found


def _add(
    found: dict[str, tuple[set[str], set[str]]], chosen: Selection, cells: Iterable[str]
) -> None:
    known = {cell.id for cell in chosen.suite.cells}
    of_suite, probes = found.setdefault(chosen.path, (set(), set()))
    of_suite |= known.intersection(cells)
    probes |= {probe.name for probe in chosen.probes}


def _cell_of(item: pytest.Item) -> str:
    """The cell whose records a hand-written test uses; empty where it uses none."""
    names = set(getattr(item, "fixturenames", ()))
    callspec = getattr(item, "callspec", None)
    if callspec is None or names.isdisjoint(_OF_RECORDS):
        return ""
    wanted = callspec.params.get("cell", "")
    return wanted if isinstance(wanted, str) else ""
