"""Orders: what an engine is to obtain for a cell."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import UsageError
from harness.model import Cell, DockerfileRecipe, Recipe, Suite
from harness.recipes.of_dockerfile import DockerfileReader, missing_secrets
from harness.recipes.of_lock import lock_of, locked_recipe
from harness.recipes.recipe import digest


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What an engine is to obtain for a cell.

    A cell on a base has a `recipe`, a cell built from a Dockerfile has `dockerfile`, and a cell
    with an existing image has neither.
    """

    cell: Cell
    recipe: Recipe | None = None
    dockerfile: DockerfileRecipe | None = None
    as_cell: str = ""
    """Id of another cell whose environment is used, to compare that cell with itself; empty for
    the cell's own."""

    @property
    def digest(self) -> str:
        """The digest of its recipe; empty for a cell that is not built."""
        made = self.recipe or self.dockerfile
        return digest(made) if made is not None else ""


def order(suite: Suite, cell: Cell) -> Order:
    """The order for a cell. Raises UsageError for a missing or stale lock, and for a Dockerfile
    that cannot be built."""
    return _order(suite, cell, DockerfileReader(suite))


def _order(suite: Suite, cell: Cell, reader: DockerfileReader) -> Order:
    if cell.build is not None:
        return Order(cell=cell, dockerfile=_dockerfile(cell, reader))
    if not cell.base:
        return Order(cell=cell)
    return Order(cell=cell, recipe=locked_recipe(suite, cell, lock_of(suite, cell)))


def _dockerfile(cell: Cell, reader: DockerfileReader) -> DockerfileRecipe:
    recipe = reader.of(cell).recipe
    if missing := missing_secrets(cell, recipe, os.environ):
        raise UsageError(
            "\n".join(missing),
            remedy="set the variable, or correct `secrets`",
        )
    return recipe


def orders(suite: Suite, cells: Sequence[Cell]) -> tuple[Order, ...]:
    """The orders of several cells.

    Raises one UsageError with every missing or stale lock and every problem of their Dockerfiles.
    """
    made: list[Order] = []
    problems: list[str] = []
    reader = DockerfileReader(suite)
    for cell in cells:
        try:
            made.append(_order(suite, cell, reader))
        except UsageError as error:
            if str(error) not in problems:
                problems.append(str(error))
    if problems:
        raise UsageError("\n".join(problems))
    return tuple(made)
