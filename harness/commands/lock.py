"""`harness lock`: resolve what cells install, prove it by building, and write it down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.commands.lock_inputs import InputsAsked, lock_inputs
from harness.engines import names
from harness.errors import EngineError, FailedError, HarnessError, InfrastructureError, UsageError
from harness.formats.answers import Reply
from harness.machine.files import atomic_write
from harness.model import Cell, LockedBase, Outcome, Suite
from harness.recipes.lockfile import lock_path, render_lock
from harness.recipes.of_lock import locked_recipe
from harness.recipes.orders import Order
from harness.recipes.recipe import base_of
from harness.recipes.suite_lock import find_suite_lock
from harness.running.inputs import base_now
from harness.running.session import AUTO, CONTAINER_ENGINES, open_suite, opened_engine, workshop
from harness.suite.selection import select
from harness.text import in_mb

if TYPE_CHECKING:
    from harness.engines.oci.engine import ContainerEngine


@dataclass(frozen=True, kw_only=True, slots=True)
class LockRequest:
    """What was asked on the command line."""

    suite: Path | None = None
    cells: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    engine: str = AUTO
    inputs: bool = False
    """Lock only the other inputs of cells, not their distributions: nothing is resolved or
    built."""

    @property
    def whole(self) -> bool:
        """Whether the whole suite is meant, not only some of its cells."""
        return not (self.cells or self.tags)


def lock(asked: LockRequest, say: Callable[[str], object]) -> Reply:
    """Lock the selected built cells (all if none is selected), one file each, and write their other
    inputs to the lock of the suite.

    A cell's lock is written only after an image was built from it. An error about every cell that
    could not be locked is raised at the end; the locks of the others are written. Raises UsageError
    for an engine without containers before anything starts, EngineError if none answers.
    """
    has_containers(asked.engine)
    suite = open_suite(asked.suite)
    before = find_suite_lock(Path(suite.root))
    chosen = suite.cells if asked.whole else select(suite, asked.cells, asked.tags)
    built = tuple(cell for cell in chosen if cell.base and not asked.inputs)
    failed: list[str] = []
    locked: list[tuple[str, Path]] = []
    bases: list[LockedBase] = []
    infrastructure = False
    with ExitStack() as stack:
        opened = stack.enter_context(container_engine(suite, asked.engine)) if built else None
        for cell in built:
            assert opened is not None, "an engine is open where something is built"
            try:
                path, base = _lock_cell(opened, suite, cell, say)
            except HarnessError as error:
                failed.append(cell.id)
                infrastructure = infrastructure or isinstance(error, InfrastructureError)
                say(f"{cell.id}: {error}")
                continue
            locked.append((cell.id, path))
            bases += [base] if base else []
    inputs = lock_inputs(
        suite,
        InputsAsked(
            cells=chosen,
            bases=bases,
            whole=asked.whole,
            probes=asked.inputs or asked.whole,
            engine=asked.engine,
        ),
        before,
    )
    for absent in inputs.absent:
        say(absent)
    if failed:
        kind = InfrastructureError if infrastructure else FailedError
        count = f"{len(failed)} of {len(built)} cells were not locked"
        raise kind(f"{count}: {', '.join(failed)}", remedy="the reason for each is above")
    told = [f"wrote {path}" for _, path in locked] + [inputs.line]
    tree = {
        "locked": [{"cell": cell, "written": str(path)} for cell, path in locked],
        "inputs": inputs.tree,
    }
    return Reply(text="".join(f"{line}\n" for line in told), tree=tree)


def has_containers(engine: str) -> None:
    """Raise UsageError if the named engine has no containers."""
    if engine in names() and engine not in CONTAINER_ENGINES:
        raise UsageError(
            f"locks are resolved in a container, and the engine {engine} has none",
            remedy=f"take --engine {' or '.join(CONTAINER_ENGINES)}; a lock holds for every engine",
        )


@contextmanager
def container_engine(suite: Suite, engine: str) -> Iterator[ContainerEngine]:
    """A container engine of this host, opened, in which locks are resolved.

    Raises UsageError for a remote one, EngineError if none answers.
    """
    from harness.engines.oci.engine import ContainerEngine

    with opened_engine(engine, workshop(suite)) as (opened, notices):
        if not isinstance(opened, ContainerEngine):
            raise EngineError(
                "locks are resolved in a container, but no container engine answers",
                remedy="; ".join(notices),
            )
        if not opened.here:
            raise UsageError(
                "locks can only be resolved on an engine of this host, whose loopback pip uses",
                remedy="lock with an engine of this host; a lock holds for every engine",
            )
        yield opened


def _lock_cell(
    engine: ContainerEngine, suite: Suite, cell: Cell, say: Callable[[str], object]
) -> tuple[Path, LockedBase | None]:
    def tell(line: str) -> None:
        say(f"{cell.id}: {line}")

    made = engine.resolve(cell, base_of(suite, cell), tell)
    obtained = engine.obtain(Order(cell=cell, recipe=locked_recipe(suite, cell, made)), tell)
    if obtained.outcome is not Outcome.OK:
        raise FailedError(
            f"the resolved distributions do not build ({obtained.outcome}): {obtained.reason}",
            remedy=f"the whole log is {obtained.log}",
        )
    path = lock_path(Path(suite.root), cell.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, render_lock(made).encode())
    size = sum(artifact.size for artifact in made.distributions)
    tell(f"locked {len(made.distributions)} distributions, {in_mb(size)}")
    if made.base:
        tell(f"its base is locked too: {made.base}")
    return path, base_now(cell, obtained.image) if obtained.image else None
