"""What commands share: where things lie, the suite, the probes, an open engine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness import standard
from harness.engines import Engine, Order, Workshop, engine_by_name
from harness.errors import EngineError, UsageError
from harness.machine.owner import owner_token
from harness.machine.places import Places
from harness.model import Cell, Lock, Probe, Recipe, Suite
from harness.recipes.lockfile import find_lock
from harness.recipes.recipe import base_of, lock_request_digest, recipe_of
from harness.suite.matrix import load_suite

AUTO = "auto"
RECORDINGS_VARIABLE = "HARNESS_RECORDINGS"
REPLAY = "replay"
CONTAINER_ENGINES = ("docker", "podman")
"""Tried in this order by `auto`, before the host."""


def places() -> Places:
    """Where store, cache, data and reports lie."""
    return Places.from_environment(os.environ, Path.home())


def open_suite(named: Path | None) -> Suite:
    """The suite the user names, else the matrix.yaml here, else the default one."""
    if named is None:
        here = Path("matrix.yaml")
        named = here if here.is_file() else standard.default_suite()
    return load_suite(named)


def lock_of(suite: Suite, cell: Cell) -> Lock:
    """The cell's lock, fresh. Raises UsageError where it is missing or stale."""
    lock = find_lock(Path(suite.root), cell.id)
    if lock is None:
        raise UsageError(
            f"cell {cell.id} has no lock: nothing says which distributions it installs",
            remedy=f"harness lock --cell {cell.id}",
        )
    if lock.request != lock_request_digest(cell, base_of(suite, cell)):
        raise UsageError(
            f"the lock of cell {cell.id} is stale: what it was resolved from has changed",
            remedy=f"harness lock --cell {cell.id}",
        )
    return lock


def check_settings(cells: Sequence[Cell], probes: Sequence[Probe]) -> None:
    """Refuse settings and time limits for probes or settings there are none of: all at once."""
    known = {probe.name: dict(probe.settings) for probe in probes}
    problems = []
    for cell in cells:
        for probe, chosen in cell.settings:
            problems += [
                _no_such(cell, probe, setting, known)
                for setting, _ in chosen
                if setting not in known.get(probe, {})
            ]
        problems += [
            _no_such(cell, probe, "", known) for probe, _ in cell.timeouts if probe not in known
        ]
    if problems:
        raise UsageError("\n".join(problems))


def _no_such(
    cell: Cell, probe: str, setting: str, known: Mapping[str, Mapping[str, object]]
) -> str:
    where = f"{cell.place}: cell {cell.id}" if cell.place else f"cell {cell.id}"
    if probe not in known:
        return f"{where}: there is no probe {probe!r}; there are: {', '.join(known)}"
    there = ", ".join(known[probe]) or "none"
    return f"{where}: probe {probe} has no setting {setting!r}; it has: {there}"


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


def workshop(
    suite: Suite,
    *,
    refresh_bases: bool = False,
    offline: bool = False,
    recordings: Path | None = None,
    disk_budget: int | None = None,
) -> Workshop:
    """What every engine needs to know of this host."""
    where = places()
    if recordings is None and (named := os.environ.get(RECORDINGS_VARIABLE)):
        recordings = Path(named)
    return Workshop(
        cache=where.cache.absolute(),
        logs=(where.reports / "logs").absolute(),
        bases={base.id: base for base in suite.bases},
        owner=owner_token(),
        refresh_bases=refresh_bases,
        offline=offline,
        recordings=recordings,
        disk_budget=disk_budget,
    )


@contextmanager
def opened_engine(name: str, shop: Workshop) -> Iterator[tuple[Engine, tuple[str, ...]]]:
    """The engine of that name, open, and what is to be said about the choice.

    `auto` takes the first container engine that answers, else the host, and says what cannot be
    verified then. Raises UsageError, EngineError.
    """
    if name != AUTO:
        with engine_by_name(name, shop) as engine:
            yield engine, ()
        return
    reasons = []
    for candidate in CONTAINER_ENGINES:
        made = engine_by_name(candidate, shop)
        try:
            made.__enter__()
        except EngineError as error:
            reasons.append(error.message)
            continue
        try:
            yield made, ()
        finally:
            made.__exit__(None, None, None)
        return
    notice = (
        "no container engine answers, so the host engine stands in: images, their isolation and "
        "Pythons this host lacks are not verified (" + "; ".join(reasons) + ")"
    )
    with engine_by_name("host", shop) as engine:
        yield engine, (notice,)
