"""What commands share: the suite, an open engine; and, from `here`, where things lie."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.datasets.originals import ORIGINALS
from harness.engines import Engine, Workshop, engine_by_name
from harness.errors import EngineError, UsageError
from harness.machine.owner import owner_token
from harness.model import EvidenceKind, Probe, Suite
from harness.probing.probe import load_probes, probe_folders
from harness.running.aloud import aloud
from harness.running.here import (
    NO_SUITE_REMEDY,
    STANDARD,
    named_suite,
    places,
    suite_name_here,
    suite_word,
)
from harness.suite.known import BandFact, KnownNames
from harness.suite.matrix import FILE_NAME, load_suite

__all__ = ["NO_SUITE_REMEDY", "STANDARD", "named_suite", "places", "suite_name_here", "suite_word"]
"""Of `here`, for who needs both."""

AUTO = "auto"
RECORDINGS_VARIABLE = "HARNESS_RECORDINGS"
REPLAY = "replay"
HOST = "host"
CONTAINER_ENGINES = ("docker", "podman")
"""Tried in this order by `auto`, before the host."""


def open_suite(named: Path | None) -> Suite:
    """The suite the user names, else the matrix.yaml here. UsageError where there is none."""
    return checked_suite(named or suite_here())


def suite_here() -> Path:
    """The matrix.yaml of this folder. UsageError, with what to do, where there is none: a newcomer
    who asks for a run in an empty folder should not build somebody else's images."""
    here = Path(FILE_NAME)
    if not here.is_file():
        raise UsageError(f"there is no {FILE_NAME} in this folder", remedy=NO_SUITE_REMEDY)
    return here


def checked_suite(path: Path) -> Suite:
    """The suite of a matrix.yaml (or of the folder that has one), the names in it held against the
    probes and data sets that there are. Raises MatrixError, UsageError."""
    folder = path if path.is_dir() else path.resolve().parent
    try:
        known = known_names(load_probes(probe_folders(folder)))
    except UsageError:
        load_suite(path)  # what is wrong with the matrix itself comes first
        raise
    return load_suite(path, known)


def known_names(probes: Sequence[Probe]) -> KnownNames:
    """The names that a matrix.yaml may use of these probes and of the data sets there are."""
    return KnownNames(
        settings={probe.name: dict(probe.settings) for probe in probes},
        frameworks=frozenset(name for probe in probes for name in probe.frameworks),
        datasets=frozenset(ORIGINALS),
        learned=tuple(
            BandFact(fact=evidence.fact, datasets=_datasets(probe.dataset))
            for probe in probes
            for evidence in probe.evidence
            if evidence.kind == EvidenceKind.BAND
        ),
    )


def _datasets(name: str) -> tuple[str, ...]:
    """The data sets that can be given to a probe that asks for one of that name."""
    original = ORIGINALS.get(name)
    if original is None:
        return ()
    return (name, *(_datasets(original.stand_in) if original.stand_in else (original.subset,)))


def workshop(
    suite: Suite,
    *,
    refresh_bases: bool = False,
    fresh: bool = False,
    offline: bool = False,
    recordings: Path | None = None,
    disk_budget: int | None = None,
    baseline_images: frozenset[str] = frozenset(),
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
        fresh=fresh,
        offline=offline,
        recordings=recordings,
        disk_budget=disk_budget,
        baseline_images=baseline_images,
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
            with aloud(f"asking whether {candidate} answers"):
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
