"""Check what rows take for images in their Dockerfiles: that the cells and data sets exist, and
that no cell takes its own image, however indirectly."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from harness.errors import Problem
from harness.model import CELL_TAKEN, DATA_TAKEN, NOT_HERMETIC, Cell, Excluded
from harness.suite.cells import relaxed
from harness.suite.document import Document
from harness.suite.lines import Where
from harness.text import name_remedy

_MOST_CIRCLES = 20
"""Circles that are reported at most: a product could have thousands."""


def is_base(taken: str) -> bool:
    """Whether the value is the id of a base, and no `cell:` or `data:`."""
    return not taken.startswith((CELL_TAKEN, DATA_TAKEN))


def taken_problems(
    document: Document,
    made: Collection[tuple[Cell | Excluded, Where]],
    datasets: frozenset[str] | None,
) -> Iterator[Problem]:
    """The problems of cells that do not exist, are not built here or take their own images, and of
    unknown data sets; each once for a product.

    `datasets` are the known names; None if they were not looked up.
    """
    cells = {one.id: one for one, _ in made}
    built = [one.id for one in cells.values() if isinstance(one, Cell) and one.is_built]
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
            yield from _cell(document, taken.removeprefix(CELL_TAKEN), cells, built, at)
    yield from _circle_problems(document, made)


def _cell(
    document: Document,
    name: str,
    cells: dict[str, Cell | Excluded],
    built: list[str],
    at: Where,
) -> Iterator[Problem]:
    found = cells.get(name)
    remedy = name_remedy(name, built, what="the cells that are built are")
    if found is None:
        yield document.problem(f"there is no cell `{name}`", at, remedy=remedy)
    elif isinstance(found, Excluded):
        yield document.problem(f"the cell `{name}` is left out: {found.reason}", at)
    elif not found.is_built:
        hint = f"; its image can be named in the Dockerfile: {found.image}" if found.image else ""
        yield document.problem(
            f"the cell `{name}` is not built here, and nothing else can be taken so",
            at,
            remedy=f"{remedy}{hint}",
        )


def _circle_problems(
    document: Document, made: Collection[tuple[Cell | Excluded, Where]]
) -> Iterator[Problem]:
    builds = {
        cell.id: (cell.build, where)
        for cell, where in made
        if isinstance(cell, Cell) and cell.build is not None
    }
    told: set[frozenset[Where]] = set()
    for circle in circles({name: build.cells for name, (build, _) in builds.items()}):
        rows = frozenset(builds[name][1] for name in circle)
        if rows in told:
            continue
        told.add(rows)
        first, second = circle[0], circle[1 % len(circle)]
        build, where = builds[first]
        taken = f"{CELL_TAKEN}{second}"
        image = next(image for image, one in build.images if one == taken)
        at = (*where, "from", image) if where[0] == "cells" else (*where, "from")
        way = ", which takes that of ".join(f"`{name}`" for name in (*circle[1:], first))
        taking = f"takes the image of {way}: none of them can be built first"
        yield document.problem(
            f"the cell `{first}` {taking if circle[1:] else 'takes its own image'}",
            at,
            remedy="name a base, or a cell that does not need this one",
        )


def circles(takes: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Yield ways by which a cell takes its own image: each cell takes that of the next, and the
    last that of the first, which comes first in `takes`. No cell is in two of them."""
    left = {name: [one for one in taken if one in takes] for name, taken in takes.items()}
    order = {name: place for place, name in enumerate(left)}
    for _ in range(_MOST_CIRCLES):
        try:
            TopologicalSorter(left).prepare()
        except CycleError as error:
            circle = [str(name) for name in reversed(error.args[1][1:])]
        else:
            return
        start = circle.index(min(circle, key=order.__getitem__))
        yield (*circle[start:], *circle[:start])
        left = {
            name: [one for one in taken if one not in circle]
            for name, taken in left.items()
            if name not in circle
        }


def with_relaxations_of_taken(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """The cells, each with a relaxation for every cell whose build may fetch things, and from whose
    image it is made, however indirectly. No cell may take its own image."""
    by_id = {cell.id: cell for cell in cells}
    takes = {cell.id: cell.build.cells if cell.build else () for cell in cells}
    fetching: dict[str, frozenset[str]] = {}
    for name in TopologicalSorter(takes).static_order():
        own = [one for one in takes[name] if (build := by_id[one].build) and build.network]
        fetching[name] = frozenset(own).union(*(fetching[one] for one in takes[name]))
    return tuple(
        replace(cell, profile=relaxed(cell.profile, *_relaxations(found)))
        if (found := fetching[cell.id])
        else cell
        for cell in cells
    )


def _relaxations(cells: Collection[str]) -> Iterator[str]:
    return (f"{NOT_HERMETIC} of {cell}" for cell in cells)
