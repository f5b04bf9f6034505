"""What a plan shows of a cell that is built from a Dockerfile, without asking an engine or a
network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.dockerfiles.needs import builder_needs
from harness.dockerfiles.stages import image_uses
from harness.model import Cell, DockerfileRecipe, Recipe
from harness.recipes.of_dockerfile import DockerfileFound
from harness.recipes.parts import fetching, is_hermetic
from harness.recipes.recipe import digest
from harness.text import in_kb, in_mb

_MANY = 12
Row = tuple[str, str]
"""(name, value)."""


def dockerfile_rows(found: DockerfileFound) -> Iterator[Row]:
    """What the cell is built from, one row each."""
    recipe = found.recipe
    stages = len(found.layout.built(recipe.target))
    count = len(found.dockerfile.instructions)
    told = f"{recipe.shown}, {count} instructions, {stages} {'stage' if stages == 1 else 'stages'}"
    yield "built of", told + (f", up to {recipe.target}" if recipe.target else "")
    for number, (image, taken) in enumerate(_taken(found)):
        yield "takes" if number == 0 else "", f"{image}: {taken}"
    size = in_mb(recipe.context_bytes, 1) if recipe.context_bytes >= 10**6 else ""
    ignored = f", without what {found.context.ignore.name} names" if found.context.ignore else ""
    yield (
        "context",
        f"{found.context.files} files, {size or in_kb(recipe.context_bytes)}{ignored}; "
        f"sha256:{recipe.context[:16]}",
    )
    if recipe.args:
        yield "arguments", ", ".join(f"{name}={value}" for name, value in recipe.args)
    if recipe.platform:
        yield "platform", f"{recipe.platform}; unverified where the engine has another one"
    for secret in recipe.secrets:
        yield "secret", f"{secret.id}, from {secret.env or secret.file}; kept nowhere"
    for need in builder_needs(found.dockerfile, found.layout, recipe.target)[:_MANY]:
        yield "needs", f"a builder with {need.feature.value} (line {need.line}: {need.said})"
    if recipe.network:
        yield "not hermetic", "its build may fetch things: build-network"
    for cell in fetching(recipe):
        yield "not hermetic", f"the build of cell {cell} may fetch things: build-network"


def dockerfile_steps(found: DockerfileFound) -> Iterator[str]:
    """The steps by which a run gets the cell's image, one line each."""
    for image, taken in _taken(found):
        yield f"{image}: {taken}"
    yield (
        "context: one tar of it, the same bytes for the same files, goes to the engine with the "
        "resolved Dockerfile"
    )
    network = "with the network on, not hermetic" if found.recipe.network else "the network off"
    aged = "" if is_hermetic(found.recipe) else "; its age is reported"
    yield (
        f"image: reused where the engine has the one that was built here from the same recipe on "
        f"the same images{aged}; else the Dockerfile is built, {network}"
    )
    yield "files: read from outside without running anything, once for each image"
    yield "probes: run last, in one container for each round, after everything is built"


def dockerfile_digest(recipe: DockerfileRecipe) -> Row:
    """The recipe digest: it covers everything requested that decides the image's content."""
    return "recipe digest", digest(recipe)


def dockerfile_tree(found: DockerfileFound) -> dict[str, Any]:
    """The same as values for a program."""
    recipe = found.recipe
    return {
        "dockerfile": recipe.shown,
        "target": recipe.target,
        "platform": recipe.platform,
        "args": dict(recipe.args),
        "images": [{"image": image, "taken": taken} for image, taken in _taken(found)],
        "context": {
            "files": found.context.files,
            "bytes": recipe.context_bytes,
            "sha256": recipe.context,
        },
        "secrets": [one.id for one in recipe.secrets],
        "hermetic": is_hermetic(recipe),
        "needs": [
            {"feature": need.feature.value, "line": need.line, "said": need.said}
            for need in builder_needs(found.dockerfile, found.layout, recipe.target)
        ],
        "recipe": digest(recipe),
    }


def _taken(found: DockerfileFound) -> tuple[Row, ...]:
    """Every image that the Dockerfile names, and what is used in its place."""
    stands_for = {image: f"the base {base.id}" for image, base in found.recipe.bases}
    stands_for |= {image: _cell(cell, of) for image, cell, of in found.recipe.cells}
    stands_for |= {
        image: f"the data set {name}, found by its hashes when it is built"
        for image, name in found.recipe.data
    }
    names = dict.fromkeys(use.image for use in image_uses(found.layout, found.recipe.target))
    return tuple(
        (
            name,
            stands_for.get(
                name, "found on the engine by that name, else pulled; its id is written down"
            ),
        )
        for name in names
    )


def _cell(cell: Cell, recipe: Recipe | DockerfileRecipe) -> str:
    built = f", first built of {recipe.shown}" if isinstance(recipe, DockerfileRecipe) else ""
    return f"the image of cell {cell.id}{built}"
