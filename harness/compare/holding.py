"""Holds one cell's answers against those of another: of its run, or of another run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from harness.compare.answers_apart import compare_answers
from harness.compare.differences import Compared, compare_facts
from harness.compare.files import FileRules, compare_files, together
from harness.compare.judgement import Finding, Note
from harness.compare.kept import KeptByIdentity
from harness.compare.otherwise import another_probe, asked_alike, of_asked_otherwise, other_data
from harness.compare.processors import apart, processors, without_times
from harness.compare.view import View
from harness.model import Expectation, Scalar


def ran_elsewhere(one: View, other: View) -> bool:
    """Tell whether two cells of one run were asked on different hosts of a cluster."""
    if one.run.id != other.run.id or not one.run.taken:
        return False
    taken = _by_cell(one.run.taken)
    return taken.get(one.row) != taken.get(other.row)


def _host_of_each(taken: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return dict(taken)


_by_cell = KeptByIdentity(_host_of_each, most=64)
"""Which host took each cell of a run, which is asked for every cell."""


def _shard(view: View) -> int:
    return view.run.shard_of(view.cell.id)


def hold_against(
    reference: View, candidate: View, expectations: Iterable[Expectation], at: date | None
) -> tuple[Compared, tuple[Finding, ...], tuple[Note, ...]]:
    """Compare two cells.

    Returns the differences; a finding for each probe that was asked differently, where that leaves
    drift undecided; and notes, among them one for probes that only one side answered, since a fact
    without an answer is no difference.
    """
    refused, unlike, otherwise = _asked_apart(reference, candidate)
    compared = _compared(reference, candidate, tuple(expectations), at, (refused, unlike))
    why = apart(processors(reference.facts), processors(candidate.facts))
    if reference.run.id == candidate.run.id and _shard(reference) != _shard(candidate):
        why = "two jobs measured the two, so their times cannot be compared"
    elif ran_elsewhere(reference, candidate):
        why = "two hosts measured the two, so their times cannot be compared"
    compared = without_times(compared, why)
    if reference.opinion is not None and candidate.opinion is not None:
        files = compare_files(
            (reference.opinion, reference.facts),
            (candidate.opinion, candidate.facts),
            FileRules(expectations=tuple(expectations), row=candidate.row, at=at),
            candidate.speaks,
        )
        compared = together(compared, files)
    alone = tuple(sorted(reference.answered ^ candidate.answered))
    notes = [
        Note(
            text=f"not compared: {', '.join(silent)}, which {missing} did not answer",
            probes=tuple(silent),
        )
        for missing, silent in (
            ("it", sorted(reference.answered - candidate.answered)),
            (f"the reference {reference.cell.id}", sorted(candidate.answered - reference.answered)),
        )
        if silent
    ]
    notes += [Note(text=why, probes=(probe,)) for probe, why in refused.items()]
    if why:
        notes.append(Note(text=f"no time was compared: {why}"))
    found = of_asked_otherwise(candidate.cell, reference.cell, compared.differences, otherwise)
    return replace(compared, left_out=alone) if alone else compared, found, tuple(notes)


_ASKED_APART = tuple[dict[str, str], dict[str, str], dict[str, str]]
"""Probes with reasons: why its answers cannot be compared, why only an expectation can make a
difference of theirs drift, and which of these reasons leave drift undecided."""


def _asked_apart(reference: View, candidate: View) -> _ASKED_APART:
    refused: dict[str, str] = {}
    unlike: dict[str, str] = {}
    otherwise: dict[str, str] = {}
    if asked_alike(reference.answers, candidate.answers):
        return refused, unlike, otherwise
    ours, theirs = reference.answers.values(), candidate.answers.values()
    for probe in sorted(reference.answered & candidate.answered):
        if why := another_probe(ours, theirs, probe):
            refused[probe] = otherwise[probe] = why
        elif why := other_data(ours, theirs, probe):
            unlike[probe] = otherwise[probe] = why
        elif why := _settings_apart(reference, candidate, probe):
            unlike[probe] = why
    return refused, unlike, otherwise


def _compared(
    reference: View,
    candidate: View,
    expectations: tuple[Expectation, ...],
    at: date | None,
    apart: tuple[Mapping[str, str], Mapping[str, str]],
) -> Compared:
    """Compare the facts of the probes that both cells answered."""
    both = reference.answered & candidate.answered
    refused, unlike = apart
    if reference.parts is not None and candidate.parts is not None and not (refused or unlike):
        pairs = [(reference.parts[probe], candidate.parts[probe]) for probe in sorted(both)]
        return compare_answers(pairs, expectations=expectations, cell=candidate.row, at=at)
    return compare_facts(
        {name: one for name, one in reference.facts.items() if one.probe in both},
        {name: one for name, one in candidate.facts.items() if one.probe in both},
        expectations=expectations,
        cell=candidate.row,
        at=at,
        refused=refused,
        unlike=unlike,
    )


def _settings_apart(reference: View, candidate: View, probe: str) -> str:
    """Say why answers of one probe were given under different settings; empty where they were
    not."""
    one, other = _settings(reference, probe), _settings(candidate, probe)
    names = sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
    if not names:
        return ""
    told = ", ".join(f"{name} {other.get(name)} (reference {one.get(name)})" for name in names)
    return f"{probe} was asked with {told}"


def _settings(view: View, probe: str) -> Mapping[str, Scalar]:
    return next((one.settings for one in view.answers.values() if one.probe == probe), {})
