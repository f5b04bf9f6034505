"""`harness lock`: resolve what cells install, prove it by building, write it down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.engines import names
from harness.errors import EngineError, FailedError, HarnessError, InfrastructureError, UsageError
from harness.formats.answers import Reply
from harness.machine.files import atomic_write
from harness.model import Cell, Outcome, Suite
from harness.recipes.lockfile import lock_path, render_lock
from harness.recipes.orders import Order, locked_recipe
from harness.recipes.recipe import base_of
from harness.running.session import CONTAINER_ENGINES, open_suite, opened_engine, workshop
from harness.suite.selection import select
from harness.text import in_mb

if TYPE_CHECKING:
    from harness.engines.oci.engine import ContainerEngine


def lock(
    suite_path: Path | None,
    cells: Sequence[str],
    tags: Sequence[str],
    engine: str,
    say: Callable[[str], object],
) -> Reply:
    """Lock the selected built cells (without a selection: all of them), one file each.

    A lock is written only after an image was built from it. Raises at the end, with every cell
    that could not be locked; the others are written. Raises UsageError for an engine without
    containers, before anything starts; EngineError where none answers.
    """
    if engine in names() and engine not in CONTAINER_ENGINES:
        raise UsageError(
            f"locks are resolved in a container of a cell's base: engine {engine} has none",
            remedy=f"take --engine {' or '.join(CONTAINER_ENGINES)}; their locks are good for all",
        )
    suite = open_suite(suite_path)
    chosen = select(suite, cells, tags) if cells or tags else suite.cells
    chosen = tuple(cell for cell in chosen if cell.base)
    if not chosen:
        return Reply(text="no cell that is built was selected: nothing to lock\n", tree=_tree(()))
    failed: list[str] = []
    locked: list[tuple[str, Path]] = []
    infrastructure = False
    with _container_engine(suite, engine) as opened:
        for cell in chosen:
            try:
                locked.append((cell.id, _lock_cell(opened, suite, cell, say)))
            except HarnessError as error:
                failed.append(cell.id)
                infrastructure = infrastructure or isinstance(error, InfrastructureError)
                say(f"{cell.id}: {error}")
    if failed:
        kind = InfrastructureError if infrastructure else FailedError
        count = f"{len(failed)} of {len(chosen)} cells were not locked"
        raise kind(f"{count}: {', '.join(failed)}", remedy="why is told above, for each")
    return Reply(text="".join(f"wrote {path}\n" for _, path in locked), tree=_tree(locked))


def _tree(locked: Sequence[tuple[str, Path]]) -> dict[str, object]:
    return {"locked": [{"cell": cell, "written": str(path)} for cell, path in locked]}


@contextmanager
def _container_engine(suite: Suite, engine: str) -> Iterator[ContainerEngine]:
    from harness.engines.oci.engine import ContainerEngine

    with opened_engine(engine, workshop(suite)) as (opened, notices):
        if not isinstance(opened, ContainerEngine):
            raise EngineError(
                "no container engine answers, and locks are resolved in a container",
                remedy="; ".join(notices),
            )
        if not opened.here:
            raise UsageError(
                "locks are resolved on an engine of this host: pip asks an index on its loopback",
                remedy="lock with an engine of this host; locks are good for every engine",
            )
        yield opened


def _lock_cell(
    engine: ContainerEngine, suite: Suite, cell: Cell, say: Callable[[str], object]
) -> Path:
    def tell(line: str) -> None:
        say(f"{cell.id}: {line}")

    made = engine.resolve(cell, base_of(suite, cell), tell)
    obtained = engine.obtain(Order(cell=cell, recipe=locked_recipe(suite, cell, made)), tell)
    if obtained.outcome is not Outcome.OK:
        raise FailedError(
            f"what was resolved does not build ({obtained.outcome}): {obtained.reason}",
            remedy=f"the whole log is {obtained.log}",
        )
    path = lock_path(Path(suite.root), cell.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, render_lock(made).encode())
    size = sum(artifact.size for artifact in made.distributions)
    tell(f"locked {len(made.distributions)} distributions, {in_mb(size)}")
    if made.base:
        tell(f"its base is locked too: {made.base}")
    return path
