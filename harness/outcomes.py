"""Which verdict an outcome leads to, and how it is told. The table of the design, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.model import Outcome, Record, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """How one outcome is judged and told. `told` continues a sentence that starts with the
    names of the probes."""

    verdict: Verdict | None
    """None: it leads to no verdict; it is counted and listed."""
    told: str
    meaning: str = ""
    remedy: str = ""
    of_cell: bool = False
    """It is about the whole cell, not about one probe."""


TELLING: Mapping[Outcome, Telling] = {
    Outcome.OK: Telling(verdict=Verdict.PASS, told="answered"),
    Outcome.RAISED: Telling(
        verdict=Verdict.FAIL,
        told="raised",
        remedy="the whole traceback is in the record: harness report --format json",
    ),
    Outcome.CRASHED: Telling(
        verdict=Verdict.FAIL,
        told="crashed",
        meaning="the process was ended by a signal",
        remedy="look at what it printed last",
    ),
    Outcome.TIMED_OUT: Telling(
        verdict=Verdict.FAIL,
        told="took longer than allowed",
        meaning="the process was ended at its deadline",
        remedy="ask for less (`settings:` of the cell), or run on a quieter host",
    ),
    Outcome.OUT_OF_MEMORY: Telling(
        verdict=Verdict.FAIL,
        told="ran out of memory",
        meaning="the kernel ended a process at the memory limit of the cell's profile",
        remedy="relax the memory limit in the cell's `profile`: the relaxation is recorded",
    ),
    Outcome.OUTPUT_LIMIT: Telling(
        verdict=Verdict.FAIL,
        told="printed more than allowed",
        meaning="the container was ended when its output went over budget",
        remedy="find what floods its output; the kept part is in the record",
    ),
    Outcome.NO_ANSWER: Telling(
        verdict=Verdict.FAIL,
        told="ended without an answer",
        meaning="no whole, undamaged answer came out of the environment",
        remedy="look at what it printed last, in the record: harness report --format json",
    ),
    Outcome.NO_INTERPRETER: Telling(
        verdict=Verdict.FAIL,
        told="no Python interpreter was found",
        meaning="neither the cell's interpreter nor python3 nor python is there",
        remedy="name it: `interpreter: /path/to/python` in the cell's row",
        of_cell=True,
    ),
    Outcome.BUILD_FAILED: Telling(
        verdict=Verdict.FAIL,
        told="the image could not be built",
        remedy="read the build log; `harness plan CELL -v` shows how the image is made",
        of_cell=True,
    ),
    Outcome.HOST_INCOMPATIBLE: Telling(
        verdict=Verdict.UNVERIFIED,
        told="this host cannot run it",
        remedy="run it on a host, or with an engine, that can",
        of_cell=True,
    ),
    Outcome.PULL_FAILED: Telling(
        verdict=Verdict.INFRASTRUCTURE,
        told="the image could not be pulled",
        remedy="see that the registry answers and knows the image, or put it on the engine first",
        of_cell=True,
    ),
    Outcome.ENGINE_GONE: Telling(
        verdict=Verdict.INFRASTRUCTURE,
        told="the engine went away",
        remedy="see that the engine runs, then run again: records that exist are kept",
        of_cell=True,
    ),
    Outcome.DISK_FULL: Telling(
        verdict=Verdict.INFRASTRUCTURE,
        told="the disk is full",
        remedy="free space where the engine and the store keep their files, then run again",
        of_cell=True,
    ),
    Outcome.INTERFERED: Telling(
        verdict=Verdict.INFRASTRUCTURE,
        told="something else interfered",
        meaning="its container, its image or its answer was touched by another hand",
        remedy="run again, with nothing else at work on these images and containers",
        of_cell=True,
    ),
    Outcome.NOT_APPLICABLE: Telling(verdict=None, told="does not apply"),
}
"""Every outcome has a row."""

SIGNALS: Mapping[str, tuple[str, str]] = {
    "SIGILL": (
        "a binary uses CPU instructions that this host does not have",
        "run it on a host that has them, or take a build for older CPUs",
    ),
    "SIGSEGV": (
        "a binary touched memory that is not its own",
        "look at what it printed last, and for libraries of another age than the build expects",
    ),
    "SIGABRT": ("the program gave up by itself", "what it printed last usually says why"),
    "SIGKILL": (
        "something outside the process ended it",
        "look for other limits on this host than the cell's own",
    ),
}
"""Signal to (meaning, remedy), where there is more to say of a crash than that."""


INFRASTRUCTURE = frozenset(
    outcome for outcome, one in TELLING.items() if one.verdict is Verdict.INFRASTRUCTURE
)
"""Outcomes no cell is to blame for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unanswered:
    """What a question that was not answered comes to."""

    verdict: Verdict
    """Where it misses a level the cell should reach."""
    told: str
    """For a person: who did what, without the reason."""
    of_cell: bool


def unanswered(record: Record) -> Unanswered | None:
    """How a record that is no answer is judged; None for an answer, and for a question that does
    not apply."""
    telling = TELLING[record.outcome]
    if telling.verdict in (None, Verdict.PASS):
        return None
    subject = "" if telling.of_cell else f"{record.probe} "
    return Unanswered(
        verdict=telling.verdict, told=f"{subject}{telling.told}", of_cell=telling.of_cell
    )


def verdict_of(outcome: Outcome) -> Verdict | None:
    """The verdict an outcome leads to where it misses a level the cell should reach; None where
    it leads to none."""
    return TELLING[outcome].verdict
