"""The options of a run as the command line gives them, and which of them exclude each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.compare.statistics.family import LOOKS
from harness.errors import UsageError
from harness.images.reference import parse_reference
from harness.model import Cell
from harness.running.session import AUTO, CONTAINER_ENGINES, HOST, REPLAY
from harness.suite.words import Complaint, size_in_bytes

_DIGITS = 6
BUDGET_VARIABLE = "HARNESS_DISK_BUDGET"
REGISTRY_VARIABLE = "HARNESS_REGISTRY"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """The options of a run, as the command line gives them."""

    suite: Path | None = None
    cells: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    rounds: int = 1
    looks: tuple[int, ...] | None = None
    """After how many rounds to check whether they suffice; the first number is `rounds`. None if
    the number of rounds is fixed."""
    again: bool = False
    """Ask each cell under two names and compare these, to measure how much this host varies."""
    compared: int = 0
    """How many cells the report will compare, if the run has only some of them: all of them share
    the report's rate of false alarms."""
    engine: str = AUTO
    refresh_bases: bool = False
    fresh: bool = False
    """Build Dockerfiles without anything that was built or kept before."""
    offline: bool = False
    require_verified: bool = False
    recordings: Path | None = None
    """The recordings from which the engine `replay` answers."""
    record_to: Path | None = None
    """Where to record what the engine answers."""
    disk_budget: str = ""
    """How much of the engine's disk images may take; if empty, HARNESS_DISK_BUDGET, else what is
    free."""
    reuse: bool = False
    """Repeat answers from earlier runs where nothing can have changed them."""
    executor: str = "local"
    """What carries the tasks: `local` is this host's engine; `ray` or `ray://HOST:PORT` is a
    cluster."""
    shard: tuple[int, int] | None = None
    """(number, count): do only the share of the cells that is dealt to this one of `count` jobs."""
    resume: str = ""
    """The id, or its beginning, of a run that was interrupted or in part ended by infrastructure:
    only what it lacks is done."""


def rounds_asked(text: str) -> tuple[int, tuple[int, ...] | None]:
    """Return (`rounds`, `looks`) for a value of `--rounds`: a number, or `auto`. Raises
    UsageError."""
    if text == AUTO:
        return LOOKS[0], LOOKS
    remedy = f"a number from 1 on, or {AUTO}: as many as the verdict needs, at most {LOOKS[-1]}"
    if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS:
        raise UsageError(f"--rounds takes a number or {AUTO}, not {text!a:.40}", remedy=remedy)
    if int(text) < 1:
        raise UsageError(f"--rounds must be at least 1, not {text}", remedy=remedy)
    return int(text), None


def engine_name(wanted: Wanted, cells: Sequence[Cell]) -> str:
    """Return the engine to use: the host engine if all cells are interpreters of this host.

    UsageError for options that exclude each other.
    """
    if wanted.rounds < 1:
        raise UsageError(f"--rounds must be at least 1, not {wanted.rounds}")
    if wanted.offline and wanted.refresh_bases:
        raise UsageError(
            "--refresh-bases fetches what --offline forbids", remedy="leave out one of them"
        )
    images = (AUTO, *CONTAINER_ENGINES)
    if wanted.engine in images and cells and all(cell.host for cell in cells):
        return HOST
    if wanted.shard is not None and wanted.reuse:
        raise UsageError(
            "--reuse would bring answers of other runs into the shard, and so into the merged run",
            remedy="leave out --reuse",
        )
    if wanted.recordings is not None and wanted.engine != REPLAY:
        raise UsageError(
            f"only the engine replay answers from recordings, not {wanted.engine}",
            remedy="--engine replay --recordings DIR",
        )
    if wanted.record_to is not None and wanted.engine == REPLAY:
        raise UsageError(
            "a replay cannot be recorded again",
            remedy="use another engine, or leave out --record-to",
        )
    if wanted.reuse and (wanted.record_to is not None or wanted.engine == REPLAY):
        raise UsageError(
            "--reuse repeats answers of earlier runs, which cannot be recorded or replayed",
            remedy="leave out --reuse",
        )
    return wanted.engine


def disk_budget(option: str, environment: Mapping[str, str]) -> int | None:
    """Return the bytes that the option, else the environment, states; None if neither does.

    Raises UsageError.
    """
    for named, text in (
        ("--disk-budget", option),
        (BUDGET_VARIABLE, environment.get(BUDGET_VARIABLE, "")),
    ):
        if text:
            try:
                return size_in_bytes(text)
            except Complaint as complaint:
                raise UsageError(
                    f"{named}: {text!r}: {complaint.message}", remedy=complaint.remedy
                ) from None
    return None


def image_registry(environment: Mapping[str, str]) -> str:
    """Return the registry through which images of cells are shared, from the environment; empty if
    it names none. Raises UsageError."""
    text = environment.get(REGISTRY_VARIABLE, "")
    named = text.rstrip("/")
    try:
        if not text or str(parse_reference(f"{named}/x:y")) == f"{named}/x:y":
            return named
    except UsageError:
        pass
    raise UsageError(
        f"{REGISTRY_VARIABLE} names no registry: {text.rpartition('@')[2]!a:.120}",
        remedy=f"{REGISTRY_VARIABLE}=HOST:PORT, or HOST:PORT/FOLDER, in small letters; credentials "
        "are those of `docker login`",
    )
