"""The cells, probes and expectations that a test session selects from a suite, and what they need.

Without an option it is the suite's own default selection, as in `harness run`. A tag in `-m` and a
cell in a node id also select.
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
"""The marker of every matrix test; `harness_TAG` marks those whose cell has the tag."""
EXPECTATIONS = "expectations"
"""The name of the node above a suite's expectations, beside its cells."""
_WORD = re.compile(r"[\w:+.\[\]\\/-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionOptions:
    """The options of the command line."""

    cells: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    marks: str = ""
    """The expression of `-m`."""
    engine: str = "auto"
    rounds: int = 1
    recordings: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """A suite and the selected part of it."""

    path: str
    """Absolute path of its matrix.yaml."""
    suite: Suite
    probes: tuple[Probe, ...]
    """All probes of the suite."""
    cells: tuple[Cell, ...]
    reference: str
    """The cell that others are compared with, whether or not it is selected."""
    tags: tuple[str, ...] = ()
    """The tags by which cells were selected; they decide which further probes are asked."""


def selection(
    path: Path,
    suite: Suite,
    asked: SessionOptions,
    named: Iterable[str] = (),
) -> Selection:
    """The selection of a session; `named` are cells that node ids name.

    Raises UsageError for a pattern or tag that matches no cell.
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
    """The tags that the options and `-m` name."""
    return tuple(dict.fromkeys((*asked.tags, *_tags_of(asked.marks, suite))))


def mark_of(tag: str) -> str:
    """The marker of a tag. It is not the tag itself, which may be `skip` or have another meaning in
    pytest."""
    return f"{MARK}_{tag}"


def expectations(suite: Suite) -> Mapping[str, Expectation]:
    """The expectations that can fail, by a unique name: the facts, and the cells if necessary."""
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
    """What must be run for tests of these cells and probes; None if there is nothing.

    The reference is included whenever a cell is to be compared with it.
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
