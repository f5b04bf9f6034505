"""Make the recipe of a cell on a base from its lock and from the harness's own build files."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from harness import standard
from harness.errors import UsageError
from harness.model import Cell, Lock, Recipe, Suite
from harness.recipes.lockfile import find_lock
from harness.recipes.recipe import base_of, is_fresh, recipe_of


def lock_of(suite: Suite, cell: Cell) -> Lock:
    """The cell's lock. Raises UsageError if it is missing or stale."""
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


def locked_recipe(suite: Suite, cell: Cell, lock: Lock) -> Recipe:
    """The recipe of a built cell with this lock."""
    template, files = build_files(suite)
    return recipe_of(cell, suite, lock, template, files)


DOCKERFILE = "cell.Dockerfile"
PROGRAMS = ("install.py", "in_place.py")
"""The harness's own programs that builds run, beside the Dockerfile."""
_EARLIER = frozenset(
    (
        "156f81cb532357f168c67761b6b68a815003837c620aa854575f87160dde9344",
        "418954c43ae17812541b3ebcce2707afdbcb7c7178c7242f6082f859db26dd84",
        "ad0ee8520eb5e9a27cf8affe8bd5843eafbdc72adc2161ba84824b6cf03b66a7",
    )
)
"""SHA-256 of files that `check --emit-cell` of earlier versions put into suites. They are the
harness's own, so nothing of the user's is lost if they are not used."""


def build_files(suite: Suite) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text of the Dockerfile, and (name, text) of the harness's own programs that builds run.

    Raises UsageError if the suite has different files under these names, because no build would
    use them.
    """
    folder = Path(suite.root) / "dockerfiles"
    ours = {name: standard.dockerfile(name) for name in (DOCKERFILE, *PROGRAMS)}
    for name, text in ours.items():
        own = folder / name
        if own.is_file() and not _is_ours(own.read_bytes(), text.encode()):
            raise UsageError(
                f"{own} is not the standard {name}, and images are not built by it",
                remedy="remove it; what cells need beyond distributions belongs into their base",
            )
    return ours[DOCKERFILE], tuple((name, ours[name]) for name in PROGRAMS)


def _is_ours(own: bytes, text: bytes) -> bool:
    return own == text or sha256(own).hexdigest() in _EARLIER
