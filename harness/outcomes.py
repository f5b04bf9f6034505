"""The verdict that each outcome leads to, and the words that reports use for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.model import Outcome, Record, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """How one outcome is judged and described. `told` continues a sentence that starts with the
    names of the probes."""

    verdict: Verdict | None
    """None: it leads to no verdict, and is only counted and listed."""
    told: str
    meaning: str = ""
    remedy: str = ""
    remedy_of_image: str = ""
    """The remedy where the cell is an existing image; empty where it is the same."""
    remedy_of_host: str = ""
    """The remedy where the cell is an interpreter of this host; empty where it is the same."""
    of_cell: bool = False
    """Whether it concerns the whole cell, not one probe."""


TELLING: Mapping[Outcome, Telling] = {
    Outcome.OK: Telling(verdict=Verdict.PASS, told="answered"),
    Outcome.RAISED: Telling(
        verdict=Verdict.FAIL,
        told="raised",
        remedy="read its traceback from the probe's own line on",
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
        remedy="ask for less (`settings:` of the cell), allow more (its `timeouts:`), or run on a "
        "quieter host",
    ),
    Outcome.OUT_OF_MEMORY: Telling(
        verdict=Verdict.FAIL,
        told="ran out of memory",
        meaning="the kernel ended a process at the memory limit of the cell's profile",
        remedy="relax the memory limit in the cell's `profile`: the relaxation is recorded",
        remedy_of_host="free memory on this host: harness sets no limit there",
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
        remedy="look at what it printed last",
    ),
    Outcome.NO_INTERPRETER: Telling(
        verdict=Verdict.FAIL,
        told="no Python interpreter was found",
        meaning="neither the cell's interpreter nor python3 nor python is there",
        remedy="name it: `interpreter: /path/to/python` in the cell's row",
        remedy_of_host="name one that is there: `host: /path/to/python`, or a version such as 3.11",
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
        remedy="check that the registry answers and has the image, or load it on the engine first",
        of_cell=True,
    ),
    Outcome.ENGINE_GONE: Telling(
        verdict=Verdict.INFRASTRUCTURE,
        told="the engine went away",
        remedy="check that the engine runs, then continue the run: `harness run --resume RUN` runs "
        "only what is missing",
        of_cell=True,
    ),
    Outcome.DISK_FULL: Telling(
        verdict=Verdict.INFRASTRUCTURE,
        told="the disk is full",
        remedy="free space where the engine and the store keep their files, then continue the run: "
        "`harness run --resume RUN`",
        of_cell=True,
    ),
    Outcome.INTERFERED: Telling(
        verdict=Verdict.INFRASTRUCTURE,
        told="something else interfered",
        meaning="something else on the machine changed its container, its image or its answer",
        remedy="run again while nothing else uses these images and containers",
        of_cell=True,
    ),
    Outcome.NOT_APPLICABLE: Telling(verdict=None, told="does not apply"),
}
"""Every outcome has a row."""

SIGNALS: Mapping[str, tuple[str, str]] = {
    "SIGILL": (
        "a binary uses CPU instructions that this host does not have",
        "run it on a host that has them, or use a build for older CPUs",
    ),
    "SIGSEGV": (
        "a binary touched memory that is not its own",
        "look at what it printed last, and for libraries older or newer than the build expects",
    ),
    "SIGABRT": ("the program aborted by itself", "what it printed last usually says why"),
    "SIGKILL": (
        "something outside the process ended it",
        "look for other limits on this host than the cell's own",
    ),
}
"""Signal to (meaning, remedy), for signals about which more is known than about crashes in
general."""


INFRASTRUCTURE = frozenset(
    outcome for outcome, one in TELLING.items() if one.verdict is Verdict.INFRASTRUCTURE
)
"""Outcomes for which no cell is to blame."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unanswered:
    """How a question that got no answer is judged."""

    verdict: Verdict
    """The verdict where it misses a level that the cell should reach."""
    told: str
    """Who did what, for a person, without the reason."""
    of_cell: bool


PYTHON = "its Python"
"""Named instead of the probes where none had begun: the program started as Python is to blame."""
NOT_BEGUN = (
    "the program that was started as Python ended before any probe began",
    "check whether that program is a wrapper, or name another one with `interpreter:` in the "
    "cell's row",
    "check whether that program is a wrapper, or name another one with `host:`",
)
"""The meaning, the remedy, and the remedy for an interpreter of this host, where no probe had
begun."""


def unanswered(record: Record) -> Unanswered | None:
    """Return how a record without an answer is judged; None for an answer, and for a question that
    does not apply."""
    telling = TELLING[record.outcome]
    if telling.verdict in (None, Verdict.PASS):
        return None
    of_cell = telling.of_cell or record.begun is False
    return Unanswered(verdict=telling.verdict, told=told([record.probe], record), of_cell=of_cell)


def told(probes: Sequence[str], record: Record) -> str:
    """Say who did what, for records that ended like this one. The subject is the probes, or Python
    where none of them had begun; there is none where the whole cell is concerned."""
    telling = TELLING[record.outcome]
    if telling.of_cell:
        return telling.told
    *most, last = probes
    names = f"{', '.join(most)} and {last}" if most else last
    return f"{PYTHON if record.begun is False else names} {telling.told}"


def verdict_of(outcome: Outcome) -> Verdict | None:
    """Return the verdict an outcome leads to where it misses a level the cell should reach; None
    where it leads to none."""
    return TELLING[outcome].verdict
