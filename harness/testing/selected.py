"""Which cells, probes and expectations of a suite a test session is about, and what they need.

Without an option it is the suite's own choice, as in `harness run`. A tag that `-m` names and a
cell that a node id names are choices too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.compare.rules import can_fail
from harness.errors import UsageError
from harness.model import Cell, Expectation, Probe, Suite
from harness.probing.probe import suite_probes
from harness.suite.selection import select, tags_of
from harness.testing.board import Needs

MARK = "harness"
"""On every test of a matrix; `harness_TAG` on those whose cell has the tag."""
EXPECTATIONS = "expectations"
"""The node that a suite's expectations stand under, beside its cells."""
_WORD = re.compile(r"[\w:+.\[\]\\/-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionOptions:
    """What the command line asks of a session."""

    cells: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    marks: str = ""
    """The expression of `-m`."""
    engine: str = "auto"
    rounds: int = 1
    recordings: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """A suite and what of it a session is about."""

    path: str
    """Of its matrix.yaml, absolute."""
    suite: Suite
    probes: tuple[Probe, ...]
    """All the suite asks."""
    cells: tuple[Cell, ...]
    reference: str
    """The cell that others are held against, whatever of the selection is run."""
    tags: tuple[str, ...] = ()
    """By which it is selected: they decide what is asked more."""


def selection(
    path: Path,
    suite: Suite,
    asked: SessionOptions,
    named: Iterable[str] = (),
) -> Selection:
    """What a session is about; `named`: cells that node ids name.

    Raises UsageError for a glob or tag that no cell has.
    """
    tags = tags_asked(asked, suite)
    chosen = {cell.id for cell in select(suite, asked.cells, tags)}
    cells = tuple(cell for cell in suite.cells if cell.id in chosen | set(named))
    ids = [cell.id for cell in cells]
    wanted = suite.rules.reference
    return Selection(
        path=str(path),
        suite=suite,
        probes=suite_probes(suite, cells=cells),
        cells=cells,
        reference=wanted if wanted in ids else ids[0],
        tags=tags_of(suite, asked.cells, tags),
    )


def tags_asked(asked: SessionOptions, suite: Suite) -> tuple[str, ...]:
    """The tags that options and `-m` name."""
    return tuple(dict.fromkeys((*asked.tags, *_tags_of(asked.marks, suite))))


def mark_of(tag: str) -> str:
    """The marker of a tag. Not the tag itself, which may be `skip`, or mean something already."""
    return f"{MARK}_{tag}"


def expectations(suite: Suite) -> Mapping[str, Expectation]:
    """The expectations that can fail, by a name for each: the facts, where needed the cells."""
    named: dict[str, Expectation] = {}
    for expectation in filter(can_fail, suite.rules.expectations):
        whole = f"{expectation.facts} of {expectation.cells}"
        base = expectation.facts if expectation.cells == "*" else whole
        name, number = base, 1
        while name in named:
            number += 1
            name = f"{base} ({number})"
        named[name] = expectation
    return named


def needs(
    chosen: Selection, asked: SessionOptions, cells: Iterable[str], probes: Iterable[str]
) -> Needs | None:
    """What must be run for tests about these cells and probes; None where nothing is asked.

    The reference is run wherever there is something to hold against it.
    """
    about, questions = set(cells), set(probes)
    if not about or not questions:
        return None
    unknown = about - {cell.id for cell in chosen.suite.cells}
    if unknown:
        raise UsageError(f"the suite has no cell {sorted(unknown)[0]!r}")
    about.add(chosen.reference)
    return Needs(
        suite=chosen.path,
        cells=tuple(cell.id for cell in chosen.suite.cells if cell.id in about),
        probes=tuple(probe.name for probe in chosen.probes if probe.name in questions),
        reference=chosen.reference,
        rounds=asked.rounds,
        engine=asked.engine,
        recordings=asked.recordings,
        tags=chosen.tags,
    )


def _tags_of(marks: str, suite: Suite) -> tuple[str, ...]:
    words = set(_WORD.findall(marks))
    tags = dict.fromkeys(tag for cell in suite.cells for tag in cell.tags)
    return tuple(tag for tag in tags if mark_of(tag) in words)
