"""Remarks about a run beside its findings: relaxed limits, a busy host, allowances."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from harness.compare.apart import ruled_in
from harness.compare.busy import TOO_BUSY, BusyRound
from harness.compare.differences import Ruled
from harness.compare.judgement import CellJudgement
from harness.compare.metrics import PRIMARY
from harness.compare.patterns import matches
from harness.compare.rules import Judged, expectation_for
from harness.compare.view import View
from harness.model import Expectation, Level, Rules, Run

_NAMED = 8
"""How many cells a notice names; the report's document lists all."""


def relaxations(seen: Iterable[View]) -> tuple[str, ...]:
    """Return a notice for every cell whose containers ran under limits other than the strict
    ones."""
    return tuple(
        f"{view.cell.id} ran under relaxed limits: {', '.join(relaxed)}"
        for view in seen
        if (relaxed := _relaxed(view))
    )


def _relaxed(view: View) -> tuple[str, ...]:
    profiles = (view.cell.profile, *(one.profile for one in view.answers.values()))
    return tuple(dict.fromkeys(item for profile in profiles for item in profile.relaxations))


def disturbed(cells: Iterable[CellJudgement]) -> Iterator[str]:
    """Yield a notice where the host was too busy for the times of some rounds: which rounds, and
    how busy."""
    told = [one for one in cells if one.busy]
    if not told:
        return
    named = "; ".join(f"{one.cell.id} in {_rounds_named(one.busy)}" for one in told[:_NAMED])
    more = f"; and {len(told) - _NAMED} more cells" if len(told) > _NAMED else ""
    yield (
        f"the host was too busy for times to be trusted (other processes took more than "
        f"{100 * TOO_BUSY:.0f} % of its processors): {named}{more}"
    )


def _rounds_named(busy: Sequence[BusyRound]) -> str:
    told = ", ".join(f"{one.number} ({100 * one.share:.0f} %)" for one in busy)
    return f"round {told}" if len(busy) == 1 else f"rounds {told}"


def unjudged(run: Run) -> Iterator[str]:
    """Yield a notice for every probe of a stored run whose evidence is for L4, which no version
    judges."""
    for probe in run.probes:
        if any(one.level is Level.L4 for one in probe.evidence):
            why = "only rounds of two cells show L4"
            yield f"the evidence of {probe.name} for L4 is not judged: {why}"


def gone(seen: Sequence[View], cells: Sequence[CellJudgement], rules: Rules) -> tuple[str, ...]:
    """Return a notice for every dated allowance whose facts were compared and no longer differ."""
    told = []
    for rule in dict.fromkeys(rules.expectations):
        if rule.rule != "allowed" or not rule.until:
            continue
        covered, differs = False, False
        for view, cell in zip(seen, cells, strict=True):
            facts = [
                one
                for one in view.facts
                if expectation_for(rules.expectations, one, view.row) == rule
            ]
            covered = covered or (cell.compared and bool(facts))
            ruled = ruled_in(cell.differences)
            apart = {one.fact for one in ruled if one.judged is not Judged.SAME}
            differs = differs or any(
                expectation_for(rules.expectations, one, view.row) == rule for one in apart
            )
        if covered and not differs:
            told.append(
                f"the rule for `{rule.facts}`, which allows differences until {rule.until} "
                f"({rule.reason}), is no longer needed: remove it, and they count as drift again"
            )
    return tuple(told)


def expiries(cells: Iterable[CellJudgement]) -> tuple[str, ...]:
    """Return a notice for every allowance in use, and every expected failure, that ends within two
    weeks of the run."""
    told = tuple(cells)
    every = {id(ruled): ruled for cell in told for ruled in (ruled_in(cell.differences),)}
    apart = [one for ruled in every.values() for one in ruled]
    ending: dict[tuple[str, str], list[Ruled]] = {}
    for one in apart:
        if one.ends:
            ending.setdefault((one.ends, one.reason), []).append(one)
    allowances = [
        f"an allowance ends on {ends} ({reason}): from then on the difference is drift. "
        f"It covers {len({one.fact for one in found})} facts, {found[0].fact} among them"
        for (ends, reason), found in sorted(ending.items(), key=lambda one: one[0])
    ]
    ended: dict[Expectation, set[str]] = {}
    for one in apart:
        if one.by is None or one.judged is not Judged.NOT_JUDGED:
            continue
        alarms = any(matches(one.fact, pattern) for pattern in PRIMARY)
        if alarms and one.rule == "allowed":
            ended.setdefault(one.by, set()).add(one.fact)
    over = [
        f"the allowance for `{rule.facts}` ended on {rule.until} ({rule.reason}): these rounds do "
        f"not decide whether {_few(facts)} drift; run more (--rounds auto)"
        for rule, facts in ended.items()
    ]
    failures = [
        f"{cell.cell.id} is expected to fail until {cell.expected.ends} "
        f"({cell.cell.expect.reason}): from then on that counts as a failure"
        for cell in told
        if cell.expected and cell.expected.ends and cell.cell.expect
    ]
    return (*allowances, *over, *failures)


def _few(facts: Collection[str]) -> str:
    first = sorted(facts)
    more = f" and {len(first) - 2} more" if len(first) > 2 else ""
    return ", ".join(first[:2]) + more
