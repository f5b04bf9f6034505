"""Reports what the rules of a suite did in a run: how many differences each let pass, and which
matched nothing, which is often a spelling mistake."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from harness.compare.apart import ruled_in
from harness.compare.defects import DEFECTS, covered
from harness.compare.differences import Ruled
from harness.compare.evidence import fits_record
from harness.compare.facts import Merged
from harness.compare.judgement import CellJudgement, RuleUse
from harness.compare.patterns import EVERY, matches, rules_of
from harness.compare.rules import Judged, Values, expectation_for, rule_on
from harness.compare.view import View
from harness.model import Band, EvidenceKind, Expectation, Nature, Outcome, Rules
from harness.text import did_you_mean

_NAMES = 500
"""How many names of facts are searched for the nearest one, at most."""
_PASSED = (Judged.ALLOWED, Judged.IGNORED)


def let_pass(
    seen: Sequence[View], cells: Sequence[CellJudgement], rules: Rules, at: date | None
) -> tuple[RuleUse, ...]:
    """Return what each rule let pass, in the order written; rules that let nothing pass are left
    out."""
    book = rules_of(rules.expectations)
    by_rule: dict[int, tuple[Expectation, dict[str, frozenset[str]]]] = {}
    looked: dict[int, tuple[Sequence[Ruled], _Passed]] = {}

    def add(rule: Expectation, cell: str, facts: frozenset[str]) -> None:
        by_cell = by_rule.setdefault(id(rule), (rule, {}))[1]
        by_cell[cell] = by_cell[cell] | facts if cell in by_cell else facts

    for view, judged in zip(seen, cells, strict=True):
        ruled = ruled_in(judged.differences)
        if id(ruled) not in looked:
            looked[id(ruled)] = ruled, _differences_let_pass(ruled)
        for rule, facts in looked[id(ruled)][1]:
            add(rule, judged.cell.id, facts)
        for fact in _facts_let_pass(view, rules, at):
            by = book.rule(fact, view.row)
            if by is not None:
                add(by, judged.cell.id, frozenset({fact}))
    passed: dict[Expectation, dict[str, frozenset[str]]] = defaultdict(dict)
    for rule, found in by_rule.values():  # Rules with the same text are reported as one.
        for cell, facts in found.items():
            passed[rule][cell] = passed[rule].get(cell, frozenset()) | facts
    return tuple(
        RuleUse(
            rule=rule,
            differences=sum(map(len, passed[rule].values())),
            cells=tuple(passed[rule]),
        )
        for rule in dict.fromkeys(rules.expectations)
        if rule in passed
    )


_Passed = tuple[tuple[Expectation, frozenset[str]], ...]
"""Rules, each with the facts of one cell that it let pass."""


def _differences_let_pass(ruled: Iterable[Ruled]) -> _Passed:
    """Return the differences let pass by the rule that decided. Where the nature of a fact decides,
    there is no rule."""
    found: dict[int, tuple[Expectation, set[str]]] = {}
    for one in ruled:
        if one.judged in _PASSED and one.by is not None:
            found.setdefault(id(one.by), (one.by, set()))[1].add(one.fact)
    return tuple((rule, frozenset(facts)) for rule, facts in found.values())


def _facts_let_pass(view: View, rules: Rules, at: date | None) -> Iterator[str]:
    """Yield the facts of a cell itself that are let pass: those that vary between its rounds, and
    defects."""
    for fact, merged in view.facts.items() if view.parts is None else ():
        # Measurements vary between rounds by nature; no rule is needed to let that pass.
        of_its_own = merged.nature in (Nature.TIMING, Nature.MEASURED) and not merged.lacking
        varies = (merged.lacking or not merged.steady) and not of_its_own
        if varies and _varies_as_allowed(view, merged, rules, at):
            yield fact
    for defect in DEFECTS:
        merged_ = view.facts.get(defect.fact)
        if merged_ is not None and covered(merged_, rules.expectations, view.row, at):
            yield defect.fact


def _varies_as_allowed(view: View, merged: Merged, rules: Rules, at: date | None) -> bool:
    if merged.nature is Nature.OBSERVED:
        return False
    rule = expectation_for(rules.expectations, merged.fact, view.row)
    first, *later = merged.values
    static = merged.nature is Nature.STATIC
    others: list[Values] = [(one,) for one in later] if static else []
    if merged.lacking:
        others.append(())
    return any(rule_on(rule, (first,), one, merged.nature, at).judged in _PASSED for one in others)


def idle(seen: Sequence[View], rules: Rules, *, whole: bool = True) -> tuple[str, ...]:
    """Return notices about rules and bands that matched nothing; empty where nothing answered.

    A notice suggests the nearest name where there is one; all others share one notice. Where not
    every probe was asked (`whole` is false), a rule may concern what was not asked, so only rules
    for facts of a kind that was answered are reported, and no bands.
    """
    facts = sorted({fact for view in seen for fact in view.facts})
    if not facts:
        return ()
    if not whole:
        return tuple(_idle_rules(seen, rules, facts, whole=False))
    return (*_idle_rules(seen, rules, facts), *_idle_bands(seen, rules, facts))


def _idle_rules(
    seen: Sequence[View], rules: Rules, facts: Sequence[str], *, whole: bool = True
) -> Iterator[str]:
    heads = {fact.partition(".")[0] for fact in facts}
    deciding = _deciding(seen, rules, facts)
    named = {name for view in seen for probe in view.run.probes for name, _ in probe.natures}
    without = []
    for rule in dict.fromkeys(rules.expectations):
        if rule in deciding or not any(matches(view.row, rule.cells) for view in seen):
            continue
        where = f" ({rule.place})" if rule.place else ""
        if any(matches(fact, rule.facts) for fact in facts):
            yield f"the rule for `{rule.facts}`{where} decides nothing: rules before it match first"
        elif not whole and rule.facts.partition(".")[0] not in heads:
            continue
        elif rule.facts in named:
            continue  # The probe's settings decide whether it gives this fact.
        elif near := nearest(rule.facts, facts):
            yield f"the rule for `{rule.facts}`{where} matched no fact: did you mean `{near}`?"
        else:
            without.append(f"`{rule.facts}`{where}")
    if without and whole:
        yield f"these rules matched no fact of this run: {', '.join(without)}"


def _deciding(seen: Sequence[View], rules: Rules, facts: Iterable[str]) -> set[Expectation]:
    """Return the rules that decide on any of these facts in any of the cells."""
    book = rules_of(rules.expectations)
    found: dict[int, Expectation] = {}
    for fact in facts:
        matching = book.matching(fact)
        if not matching:
            continue
        if matching[0].cells == EVERY:
            found[id(matching[0])] = matching[0]
            continue
        for view in seen:
            rule = book.rule(fact, view.row)
            if rule is not None:
                found[id(rule)] = rule
    return set(found.values())


def _idle_bands(seen: Sequence[View], rules: Rules, facts: Sequence[str]) -> Iterator[str]:
    without = []
    for band in rules.bands:
        if _judged_anything(band, seen):
            continue
        measured = any(matches(fact, band.fact) for fact in facts)
        near = "" if measured else nearest(band.fact, facts)
        length = f"{band.epochs} epochs" if band.epochs else f"{band.steps} steps"
        told = f"`{band.fact}` on {band.dataset}, {length}"
        if near:
            yield f"the band for {told} matched no fact: did you mean `{near}`?"
        else:
            without.append(told)
    if without:
        yield f"these bands judged nothing in this run: {'; '.join(without)}"


def _judged_anything(band: Band, seen: Iterable[View]) -> bool:
    return any(
        fits_record(band, evidence.fact, record)
        for view in seen
        for probe in view.run.probes
        for evidence in probe.evidence
        if evidence.kind == EvidenceKind.BAND
        for record in view.answers.values()
        if record.probe == probe.name
        and record.outcome is Outcome.OK
        and evidence.fact in record.facts
    )


def nearest(pattern: str, facts: Sequence[str]) -> str:
    """Return the fact's name, or the pattern matching existing facts, that was probably meant;
    empty where none is near."""
    head, dot, rest = pattern.partition(".")
    heads = {fact.partition(".")[0] for fact in facts}
    meant = head if head in heads else did_you_mean(head, heads)
    if not meant:
        return ""
    corrected = f"{meant}{dot}{rest}"
    if any(matches(fact, corrected) for fact in facts):
        return corrected
    of_head = [fact for fact in facts if fact.partition(".")[0] == meant][:_NAMES]
    return did_you_mean(corrected, of_head)
