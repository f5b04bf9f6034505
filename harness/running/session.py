"""What commands share: opening the suite and an engine; and, from `here`, where files lie."""

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
"""Names from `here`, for modules that need both."""

AUTO = "auto"
RECORDINGS_VARIABLE = "HARNESS_RECORDINGS"
REPLAY = "replay"
HOST = "host"
CONTAINER_ENGINES = ("docker", "podman")
"""The order in which `auto` tries them, before the host."""


def open_suite(named: Path | None) -> Suite:
    """Return the suite that the user names, else that of the matrix.yaml in this folder.

    UsageError if there is none.
    """
    return checked_suite(named or suite_here())


def suite_here() -> Path:
    """Return the matrix.yaml of this folder. UsageError, with a remedy, if there is none: a
    newcomer who asks for a run in an empty folder should not build somebody else's images."""
    here = Path(FILE_NAME)
    if not here.is_file():
        raise UsageError(f"there is no {FILE_NAME} in this folder", remedy=NO_SUITE_REMEDY)
    return here


def checked_suite(path: Path) -> Suite:
    """Return the suite of a matrix.yaml, or of the folder that has one, after checking the names
    in it against the existing probes and data sets. Raises MatrixError and UsageError."""
    folder = path if path.is_dir() else path.resolve().parent
    try:
        known = known_names(load_probes(probe_folders(folder)))
    except UsageError:
        load_suite(path)  # errors in the matrix itself are reported first
        raise
    return load_suite(path, known)


def known_names(probes: Sequence[Probe]) -> KnownNames:
    """Return the names of probes, settings and data sets that a matrix.yaml may use."""
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
    """Return the data sets that a probe may get if it asks for the one with this name."""
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
    """Return what every engine needs to know about this host and the command's options."""
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
    """Open the engine with this name; yield it with notices on the choice.

    `auto` takes the first container engine that answers, else the host, with a notice of what
    cannot be verified then. Raises UsageError and EngineError.
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
