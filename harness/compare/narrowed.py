"""Narrows a judgement to some of its cells, keeping the verdicts they got in the whole run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace

from harness.compare.apart import ruled_in
from harness.compare.judge import exit_of, ordered_findings
from harness.compare.judgement import CellJudgement, Judgement, NotJudged, RuleUse
from harness.compare.kept import KeptByIdentity
from harness.model import Fact, Verdict


def narrowed(judged: Judgement, cells: Collection[str]) -> Judgement:
    """Return the judgement of these cells of a run, given by id, with the reference for context.

    Verdicts, rates and intervals are those of the whole run; the exit status is that of these
    cells. Raises KeyError where the run has none of them.
    """
    wanted = frozenset(cells)
    by_id = _by_id(judged)
    kept = [by_id[one] for one in by_id if one in wanted] if len(wanted) > 1 else []
    kept = kept or [by_id[one] for one in wanted if one in by_id]
    if not kept:
        raise KeyError(", ".join(sorted(wanted)))
    ids = {one.cell.id for one in kept}
    reference = [by_id[judged.reference]] if judged.reference in by_id else []
    told = kept if judged.reference in ids else [*reference, *kept]
    shown = ids | {judged.reference}
    order = [one.cell.id for one in told]
    counts = Counter(one.verdict for one in kept)
    not_judged = (
        replace(fact, values=tuple((one, values[one]) for one in order if one in values))
        for fact in judged.not_judged
        for values in (_values(fact),)
    )
    return replace(
        judged,
        cells=tuple(told),
        findings=ordered_findings(kept),
        not_judged=tuple(fact for fact in not_judged if fact.values),
        let_pass=tuple(
            replace(use, differences=_let_pass(use, told), cells=some)
            for use in judged.let_pass
            if (some := tuple(one.cell.id for one in told if one.cell.id in _cells_of(use)))
        ),
        exit=exit_of(kept, require_verified=judged.require_verified),
        counts=tuple((one, counts[one]) for one in reversed(Verdict) if counts[one]),
        equal_bits=tuple(
            some
            for group in judged.equal_bits
            if len(some := tuple(one for one in group if one in shown)) > 1
        ),
    )


def _by_cell_id(judged: Judgement) -> Mapping[str, CellJudgement]:
    return {one.cell.id: one for one in judged.cells}


def _by_cell(fact: NotJudged) -> Mapping[str, Fact]:
    return dict(fact.values)


def _in_cells(use: RuleUse) -> frozenset[str]:
    return frozenset(use.cells)


_by_id = KeptByIdentity(_by_cell_id, most=2)
_values = KeptByIdentity(_by_cell, most=512)
_cells_of = KeptByIdentity(_in_cells, most=512)
"""These are looked up again for each of a hundred cells of one judgement."""


def _let_pass(use: RuleUse, cells: Collection[CellJudgement]) -> int:
    """Return how many differences of these cells a rule let pass; at least one."""
    differing = sum(one.by == use.rule for cell in cells for one in ruled_in(cell.differences))
    return max(1, differing)
