"""Orders: what an engine is asked to obtain for a cell, from the cell, its lock and our files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import standard
from harness.errors import UsageError
from harness.model import Cell, Lock, Recipe, Suite
from harness.recipes.lockfile import find_lock
from harness.recipes.recipe import base_of, is_fresh, recipe_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What is to be obtained: a built cell has a recipe, an existing one does not."""

    cell: Cell
    recipe: Recipe | None = None
    as_cell: str = ""
    """Id of the cell whose environment is taken, to hold it against itself; empty: its own."""


def lock_of(suite: Suite, cell: Cell) -> Lock:
    """The cell's lock, fresh. Raises UsageError where it is missing or stale."""
    lock = find_lock(Path(suite.root), cell.id)
    if lock is None:
        raise UsageError(
            f"cell {cell.id} has no lock: nothing says which distributions it installs",
            remedy=f"harness lock --cell {cell.id}",
        )
    if not is_fresh(lock, cell, base_of(suite, cell)):
        raise UsageError(
            f"the lock of cell {cell.id} is stale: what it was resolved from has changed",
            remedy=f"harness lock --cell {cell.id}",
        )
    return lock


def order(suite: Suite, cell: Cell) -> Order:
    """What an engine is asked to obtain. Raises UsageError for a missing or stale lock."""
    if not cell.base:
        return Order(cell=cell)
    return Order(cell=cell, recipe=locked_recipe(suite, cell, lock_of(suite, cell)))


def locked_recipe(suite: Suite, cell: Cell, lock: Lock) -> Recipe:
    """The recipe of a built cell with this lock."""
    text = standard.dockerfile("cell.Dockerfile", Path(suite.root))
    return recipe_of(cell, suite, lock, text, build_files(suite))


def build_files(suite: Suite) -> tuple[tuple[str, str], ...]:
    """(name, text) of our own files that a cell's build runs."""
    return (("install.py", standard.dockerfile("install.py", Path(suite.root))),)


def orders(suite: Suite, cells: Sequence[Cell]) -> tuple[Order, ...]:
    """The orders of several cells; every missing or stale lock is told at once."""
    made: list[Order] = []
    problems: list[str] = []
    for cell in cells:
        try:
            made.append(order(suite, cell))
        except UsageError as error:
            problems.append(str(error))
    if problems:
        raise UsageError("\n".join(problems))
    return tuple(made)
