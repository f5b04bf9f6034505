"""Prepare the build of a cell's Dockerfile: read it, check it, and digest its context.

This reads files of this host and uses no network. The cells of one product share their Dockerfile
and context, which are read and digested only once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.dockerfiles.context import Context, context_digest, find_context
from harness.dockerfiles.parsing import MAX_BYTES, Dockerfile, parse_dockerfile
from harness.dockerfiles.rules import Allowed, breaches
from harness.dockerfiles.stages import Layout, layout
from harness.errors import DockerfileError, InternalError, UsageError
from harness.model import (
    CELL_TAKEN,
    DATA_TAKEN,
    Base,
    Cell,
    DockerfileBuild,
    DockerfileRecipe,
    Recipe,
    Suite,
)
from harness.recipes.of_lock import lock_of, locked_recipe
from harness.recipes.parts import parts_of


@dataclass(frozen=True, kw_only=True, slots=True)
class DockerfileFound:
    """A cell's Dockerfile, with everything that is known about it without an engine."""

    recipe: DockerfileRecipe
    dockerfile: Dockerfile
    layout: Layout
    context: Context


@dataclass(frozen=True, slots=True)
class DockerfileReader:
    """Reads the Dockerfiles and contexts of a suite's cells, each once.

    No cell may take its own image, however indirectly: loading the suite has checked it.
    """

    suite: Suite
    _texts: dict[Path, Dockerfile] = field(default_factory=dict)
    _contexts: dict[tuple[Path, Path], tuple[Context, str]] = field(default_factory=dict)
    _taken: dict[str, Recipe | DockerfileRecipe] = field(default_factory=dict)

    def of(self, cell: Cell) -> DockerfileFound:
        """Read the Dockerfile and context of a cell that is built from a Dockerfile.

        Raises DockerfileError with everything that is wrong with the Dockerfile, and UsageError if
        it or its context cannot be read. The same holds for Dockerfiles of cells whose images it
        takes; UsageError, too, if the lock of such a cell is missing or stale.
        """
        build = cell.build
        if build is None:
            raise InternalError(f"cell {cell.id} is not built of a Dockerfile")
        path = Path(self.suite.root) / build.dockerfile
        dockerfile = self._parsed(cell, path)
        found = layout(dockerfile, dict(build.args))
        problems = breaches(dockerfile, found, allowed(build))
        if problems:
            raise DockerfileError(problems)
        context, digest = self._context(cell, Path(self.suite.root) / build.folder, path)
        recipe = DockerfileRecipe(
            text=dockerfile.text,
            context=digest,
            args=build.args,
            target=build.target,
            platform=build.platform,
            bases=tuple(
                (image, self._base(cell, taken))
                for image, taken in build.images
                if not taken.startswith((CELL_TAKEN, DATA_TAKEN))
            ),
            cells=tuple(
                (image, *self._cell(cell, taken.removeprefix(CELL_TAKEN)))
                for image, taken in build.images
                if taken.startswith(CELL_TAKEN)
            ),
            data=tuple(
                (image, taken.removeprefix(DATA_TAKEN))
                for image, taken in build.images
                if taken.startswith(DATA_TAKEN)
            ),
            network=build.network,
            secrets=build.secrets,
            path=str(path),
            folder=str(context.folder),
            shown=dockerfile.path,
            context_bytes=context.size,
        )
        return DockerfileFound(recipe=recipe, dockerfile=dockerfile, layout=found, context=context)

    def _parsed(self, cell: Cell, path: Path) -> Dockerfile:
        if path not in self._texts:
            try:
                with path.open("rb") as opened:
                    data = opened.read(MAX_BYTES + 1)
            except OSError as error:
                raise UsageError(
                    f"{cell.place or 'matrix.yaml'}: the Dockerfile of cell {cell.id} cannot be "
                    f"read: {path}: {error.strerror}",
                    remedy="`dockerfile:` names it from the suite's folder",
                ) from None
            self._texts[path] = parse_dockerfile(data, _shown(path))
        return self._texts[path]

    def _context(self, cell: Cell, folder: Path, dockerfile: Path) -> tuple[Context, str]:
        key = (folder, dockerfile)
        if key not in self._contexts:
            try:
                context = find_context(folder, dockerfile)
                self._contexts[key] = (context, context_digest(context))
            except UsageError as error:
                where = cell.place or "matrix.yaml"
                message = f"{where}: cell {cell.id}: {error.message}"
                raise UsageError(message, remedy=error.remedy) from None
        return self._contexts[key]

    def _base(self, cell: Cell, name: str) -> Base:
        for base in self.suite.bases:
            if base.id == name:
                return base
        raise InternalError(f"cell {cell.id} has no base {name!r}")

    def _cell(self, cell: Cell, name: str) -> tuple[Cell, Recipe | DockerfileRecipe]:
        """A cell that is built, and the recipe of its image."""
        for one in self.suite.cells:
            if one.id == name:
                if name not in self._taken:
                    self._taken[name] = self._recipe(one)
                return one, self._taken[name]
        raise InternalError(f"cell {cell.id} takes the image of {name!r}, which is no cell")

    def _recipe(self, cell: Cell) -> Recipe | DockerfileRecipe:
        if cell.build is not None:
            return self.of(cell).recipe
        return locked_recipe(self.suite, cell, lock_of(self.suite, cell))


def allowed(build: DockerfileBuild | DockerfileRecipe) -> Allowed:
    """What a row of a matrix.yaml, or a recipe, allows its Dockerfile to do."""
    if isinstance(build, DockerfileBuild):
        images = [image for image, _ in build.images]
    else:
        images = [image for image, *_ in (*build.bases, *build.data)]
        images += [image for image, _, _ in build.cells]
    return Allowed(
        network=build.network,
        secrets=frozenset(one.id for one in build.secrets),
        args=frozenset(name for name, _ in build.args),
        images=frozenset(images),
        target=build.target,
    )


def missing_secrets(
    cell: Cell, recipe: DockerfileRecipe, environment: Mapping[str, str]
) -> tuple[str, ...]:
    """One sentence for each secret of a cell's build that has no value on this host, saying why;
    also for the builds of cells whose images it takes."""
    told = []
    for part, of in ((cell, recipe), *parts_of(recipe)):
        if isinstance(of, Recipe):
            continue
        for one in of.secrets:
            if one.env and one.env not in environment:
                why = f"the variable {one.env} is not set"
                told.append(f"cell {part.id}: the secret {one.id}: {why}")
            if one.file and not os.access(secret_path(of, one.file), os.R_OK):
                told.append(f"cell {part.id}: the secret {one.id}: {one.file} cannot be read")
    return tuple(told)


def secret_path(recipe: DockerfileRecipe, file: str) -> Path:
    """The path of a secret's file; a relative one starts from the Dockerfile's folder."""
    return Path(recipe.path).parent / Path(file).expanduser()


def _shown(path: Path) -> str:
    """A path relative to the working directory if it is below it, else unchanged."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
