"""The cells from whose images a Dockerfile takes something, however indirectly."""

from __future__ import annotations

from harness.model import Cell, DockerfileRecipe, Recipe

Part = tuple[Cell, Recipe | DockerfileRecipe]
"""(a cell, the recipe of its image)."""


def parts_of(recipe: DockerfileRecipe) -> tuple[Part, ...]:
    """Every cell whose image has to be there before this one is built, each once, and behind those
    that it takes something from itself."""
    found: dict[str, Part] = {}
    _add(recipe, found)
    return tuple(found.values())


def _add(recipe: DockerfileRecipe, found: dict[str, Part]) -> None:
    for _, cell, of in recipe.cells:
        if cell.id in found:
            continue
        if isinstance(of, DockerfileRecipe):
            _add(of, found)
        found[cell.id] = (cell, of)


def fetching(recipe: DockerfileRecipe) -> tuple[str, ...]:
    """Ids of the cells among its parts whose builds may fetch things."""
    return tuple(
        cell.id for cell, of in parts_of(recipe) if isinstance(of, DockerfileRecipe) and of.network
    )


def is_hermetic(recipe: DockerfileRecipe) -> bool:
    """Whether neither its build nor that of a part may fetch anything."""
    return not recipe.network and not fetching(recipe)
