"""The grid of a report: framework versions by Python versions, with the cells by CUDA in each
box."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from harness.compare.claims import PYTHON
from harness.compare.judgement import CellJudgement
from harness.formats.marks import VERDICT_SIGN
from harness.formats.sentences import cuda, verdict_word

NONE = "none claimed"
"""Shown if the suite claims nothing and nothing was measured."""
_VERSION_LIMIT = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Chip:
    """One cell in the grid."""

    cell: str
    href: str
    verdict: str
    sign: str
    level: str
    word: str
    cuda: str
    """Empty if it claims none."""
    holds: bool
    """False if a measurement contradicts what it claims."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GridRow:
    """One version of a framework, and a box for each Python."""

    version: str
    boxes: tuple[tuple[Chip, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """Rows and columns as the suite claims them, ordered by version."""

    corner: str
    """The framework, if all rows are of one; else what the rows are."""
    pythons: tuple[str, ...]
    rows: tuple[GridRow, ...]


def grid_of(cells: Sequence[CellJudgement], places: Mapping[str, str]) -> Grid:
    """Arrange the cells in a grid. `places` maps cell ids to anchors."""
    boxes: dict[tuple[str, str], list[CellJudgement]] = defaultdict(list)
    for one in cells:
        boxes[_framework(one), _python(one)].append(one)
    pythons = sorted({python for _, python in boxes}, key=_order)
    frameworks = sorted({framework for framework, _ in boxes}, key=_order)
    common = _common({one.cell.framework for one in cells})
    return Grid(
        corner=common or "framework",
        pythons=tuple(pythons),
        rows=tuple(
            GridRow(
                version=framework.removeprefix(f"{common} ") if common else framework,
                boxes=tuple(
                    tuple(
                        _chip(one, places[one.cell.id])
                        for one in sorted(
                            boxes.get((framework, python), ()),
                            key=lambda each: _order(each.cell.cuda),
                        )
                    )
                    for python in pythons
                ),
            )
            for framework in frameworks
        ),
    )


def _common(claims: Set[tuple[tuple[str, str], ...]]) -> str:
    """The framework that all cells claim, if each claims only that one; else empty."""
    names = {claimed[0][0] if len(claimed) == 1 else "" for claimed in claims}
    return names.pop() if len(names) == 1 else ""


def _chip(one: CellJudgement, href: str) -> Chip:
    return Chip(
        cell=one.cell.id,
        href=href,
        verdict=str(one.verdict),
        sign=VERDICT_SIGN[one.verdict],
        level=str(one.level),
        word=verdict_word(one),
        cuda=cuda(one),
        holds=all(claim.holds for claim in one.claims),
    )


def _framework(one: CellJudgement) -> str:
    return ", ".join(f"{name} {version}" for name, version in one.cell.framework) or NONE


def _python(one: CellJudgement) -> str:
    """The Python as claimed; if none is claimed, the first two parts of the measured version."""
    if one.cell.python:
        return one.cell.python
    measured = next((claim.measured for claim in one.claims if claim.what == PYTHON), "")
    return ".".join(measured.split(".")[:2]) or NONE


def _order(told: str) -> tuple[str, int, Version, str]:
    """A sort key: by name, then by version as packaging orders them; what is no version comes
    last."""
    name, _, version = told.rpartition(" ")
    if len(version) <= _VERSION_LIMIT:
        try:
            return (name, 0, Version(version), told)
        except InvalidVersion:
            pass
    return (name, 1, Version("0"), told)
