"""Recipes: everything requested that decides an image's content, and digests to identify it.

A digest covers content, not names or places, so that renaming a cell or a base rebuilds nothing.
"""

from __future__ import annotations

from dataclasses import fields, replace
from hashlib import sha256
from typing import Any

from harness.errors import InternalError
from harness.model import Base, Cell, DockerfileRecipe, Lock, Recipe, Suite
from harness.recipes.pins import decisive, pin_holds, pinned
from harness.serial import encode

_UNDIGESTED = frozenset({"place"})


def recipe_of(
    cell: Cell,
    suite: Suite,
    lock: Lock,
    dockerfile: str,
    files: tuple[tuple[str, str], ...] = (),
) -> Recipe:
    """The recipe of a built cell.

    `dockerfile` is the text of the template that is rendered, `files` are (name, text) of the
    programs that the build runs. Raises InternalError for a cell that is not built, or whose base
    the suite does not have.
    """
    return Recipe(
        base=pinned(base_of(suite, cell), lock),
        interpreter=cell.interpreter,
        lock=lock,
        environment=cell.environment,
        dockerfile=dockerfile,
        files=files,
    )


def base_of(suite: Suite, cell: Cell) -> Base:
    """The base that a built cell names. Raises InternalError if there is none, although loading
    the suite has checked it."""
    for base in suite.bases:
        if base.id == cell.base:
            return base
    raise InternalError(f"cell {cell.id} has no base {cell.base!r}")


def with_part(recipe: Recipe, **parts: Any) -> Recipe:
    """The recipe with some parts replaced: base, interpreter, lock, environment, dockerfile, files.

    Raises InternalError for an unknown part.
    """
    unknown = parts.keys() - {field.name for field in fields(recipe)}
    if unknown:
        raise InternalError(f"a recipe has no part {', '.join(sorted(unknown))}")
    return replace(recipe, **parts)


def render(recipe: Recipe) -> str:
    """The text of the Dockerfile: the template, then the cell's environment.

    The base's image and the interpreter are build arguments, because they depend on which source
    works.
    """
    lines = [recipe.dockerfile.rstrip("\n")]
    lines += [f"ENV {name}={_quoted(value)}" for name, value in recipe.environment]
    return "\n".join(lines) + "\n"


def digest(value: object) -> str:
    """The SHA-256, in hexadecimal, of a value's canonical JSON without places.

    For a recipe, it covers what decides the image: not the names of its cell and base, and not how
    its lock was made. Raises InternalError for a value that JSON cannot represent.
    """
    content = value
    if isinstance(value, Recipe):
        content = _content(value)
    elif isinstance(value, DockerfileRecipe):
        content = _content_of_dockerfile(value)
    return sha256(encode(content, without=_UNDIGESTED)).hexdigest()


def base_request_digest(base: Base) -> str:
    """The digest under which an engine keeps a base.

    It covers the base's Python and sources, but neither its name nor the tags it falls back to.
    """
    return digest(_base(base))


def lock_request_digest(cell: Cell, base: Base) -> str:
    """The digest of what a cell's lock is resolved for; a lock with another digest is stale."""
    return digest(
        {
            "install": cell.install,
            "constraints": cell.constraints,
            "as_of": cell.as_of,
            "python": cell.python or base.python,
            "base": _base(base),
        }
    )


def is_fresh(lock: Lock, cell: Cell, base: Base) -> bool:
    """Whether a lock was resolved for what the cell asks for now."""
    return lock.request == lock_request_digest(cell, base) and pin_holds(base, lock)


def _content(recipe: Recipe) -> dict[str, Any]:
    return {
        "base": _base(recipe.base),
        "interpreter": recipe.interpreter,
        "tools": recipe.lock.tools,
        "distributions": recipe.lock.distributions,
        "environment": recipe.environment,
        "dockerfile": recipe.dockerfile,
        "files": recipe.files,
    }


def _content_of_dockerfile(recipe: DockerfileRecipe) -> dict[str, Any]:
    """The content that a digest covers; of secrets only the names, never the values."""
    content: dict[str, Any] = {
        "dockerfile": recipe.text,
        "context": recipe.context,
        "args": recipe.args,
        "target": recipe.target,
        "platform": recipe.platform,
        "bases": [(image, _base(base)) for image, base in recipe.bases],
        "network": recipe.network,
        "secrets": sorted(one.id for one in recipe.secrets),
    }
    # Keys that were added later appear only with a value, so that earlier digests stay valid.
    if recipe.cells:
        content["cells"] = [(image, digest(of)) for image, _, of in recipe.cells]
    if recipe.data:
        content["data"] = recipe.data
    return content


def _base(base: Base) -> dict[str, Any]:
    return {"python": base.python, "sources": decisive(base)}


def _quoted(value: str) -> str:
    """A value quoted for a Dockerfile, so that nothing is expanded and nothing ends the quotes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'
