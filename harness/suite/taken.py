"""Check that the cells and data sets exist that rows take for images in their Dockerfiles."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from harness.errors import Problem
from harness.model import CELL_TAKEN, DATA_TAKEN, Cell, Excluded
from harness.suite.document import Document
from harness.suite.lines import Where
from harness.text import name_remedy


def is_base(taken: str) -> bool:
    """Whether the value is the id of a base, and no `cell:` or `data:`."""
    return not taken.startswith((CELL_TAKEN, DATA_TAKEN))


def taken_problems(
    document: Document,
    made: Collection[tuple[Cell | Excluded, Where]],
    datasets: frozenset[str] | None,
) -> Iterator[Problem]:
    """The problems of cells that do not exist or have no base, and of unknown data sets; each once
    for a product.

    `datasets` are the known names; None if they were not looked up.
    """
    cells = {one.id: one for one, _ in made}
    locked = [one.id for one in cells.values() if isinstance(one, Cell) and one.base]
    told: set[tuple[Where, str]] = set()
    for cell, where in made:
        if not isinstance(cell, Cell) or cell.build is None:
            continue
        for image, taken in cell.build.images:
            if is_base(taken) or (where, taken) in told:
                continue
            told.add((where, taken))
            at = (*where, "from", image) if where[0] == "cells" else (*where, "from")
            if taken.startswith(DATA_TAKEN):
                name = taken.removeprefix(DATA_TAKEN)
                if datasets is not None and name not in datasets:
                    yield document.problem(
                        f"there is no data set `{name}`",
                        at,
                        remedy=name_remedy(name, datasets, what="the data sets are"),
                    )
                continue
            yield from _cell(document, taken.removeprefix(CELL_TAKEN), cells, locked, at)


def _cell(
    document: Document,
    name: str,
    cells: dict[str, Cell | Excluded],
    locked: list[str],
    at: Where,
) -> Iterator[Problem]:
    found = cells.get(name)
    remedy = name_remedy(name, locked, what="the cells on a base are")
    if found is None:
        yield document.problem(f"there is no cell `{name}`", at, remedy=remedy)
    elif isinstance(found, Excluded):
        yield document.problem(f"the cell `{name}` is left out: {found.reason}", at)
    elif not found.base:
        yield document.problem(
            f"the cell `{name}` is not built from a base, and nothing else can be taken so",
            at,
            remedy=remedy,
        )
