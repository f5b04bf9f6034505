"""`harness lock`: resolve what cells install, prove it by building, write it down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from harness.errors import HarnessError, InfrastructureError, UsageError
from harness.machine.files import atomic_write
from harness.model import Cell, Outcome, Suite
from harness.recipes.lockfile import lock_path, render_lock
from harness.recipes.orders import Order, locked_recipe
from harness.recipes.recipe import base_of
from harness.running.session import open_suite, workshop
from harness.suite.selection import select


def lock(
    suite_path: Path | None,
    cells: Sequence[str],
    tags: Sequence[str],
    say: Callable[[str], object],
) -> None:
    """Lock the selected built cells (without a selection: all of them), one file each.

    A lock is written only after an image was built from it. Raises at the end, with every cell
    that could not be locked; the others are written.
    """
    suite = open_suite(suite_path)
    chosen = select(suite, cells, tags) if cells or tags else suite.cells
    problems: list[str] = []
    infrastructure = False
    for cell in chosen:
        if not cell.base:
            continue
        try:
            _lock_cell(suite, cell, say)
        except HarnessError as error:
            problems.append(f"{cell.id}: {error}")
            infrastructure = infrastructure or isinstance(error, InfrastructureError)
            say(f"{cell.id}: {error}")
    if problems:
        kind = InfrastructureError if infrastructure else UsageError
        raise kind("not locked:\n" + "\n".join(problems))


def _lock_cell(suite: Suite, cell: Cell, say: Callable[[str], object]) -> None:
    from harness.engines.oci.cells import obtain
    from harness.engines.oci.connection import connect
    from harness.engines.oci.locking import resolve

    shop = workshop(suite)

    def tell(line: str) -> None:
        say(f"{cell.id}: {line}")

    client = connect(timeout_s=3600)
    try:
        made = resolve(client, cell, base_of(suite, cell), shop, tell)
        order = Order(cell=cell, recipe=locked_recipe(suite, cell, made))
        obtained = obtain(client, order, shop, tell)
    finally:
        client.close()
    if obtained.outcome is not Outcome.OK:
        raise UsageError(
            f"what was resolved does not build ({obtained.outcome}): {obtained.reason}",
            remedy=f"the whole log is {obtained.log}",
        )
    path = lock_path(Path(suite.root), cell.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, render_lock(made).encode())
    size = sum(artifact.size for artifact in made.distributions) / 1e6
    tell(f"locked {len(made.distributions)} distributions, {size:.0f} MB")
