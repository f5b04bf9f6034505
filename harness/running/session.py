"""What commands share: where things lie, the suite, an open engine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import standard
from harness.engines import Engine, Workshop, engine_by_name
from harness.errors import EngineError
from harness.machine.owner import owner_token
from harness.machine.places import Places
from harness.model import Suite
from harness.suite.matrix import load_suite, suite_name

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


def suite_name_here(named: Path | None) -> str | None:
    """The name of the suite the user names, else of the matrix.yaml here; None: there is none.

    Raises UsageError, MatrixError.
    """
    here = Path("matrix.yaml")
    if named is None and not here.is_file():
        return None
    return suite_name(named or here)


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
