"""Finds what a cell is asked differently than in the baseline, and cannot be compared for that
reason."""

from __future__ import annotations

from collections.abc import Iterable

from harness.compare.judgement import Finding, finding
from harness.compare.kinds import FindingKind
from harness.compare.otherwise import asked_alike
from harness.compare.view import View
from harness.model import Outcome

_QUESTION = {
    "probe_digest": "has another version",
    "dataset_digest": "was given another data set",
    "settings": "was asked with other settings",
}
"""The fields of a record that describe what was asked."""
LEVEL = "level"


def asked_otherwise(before: View, view: View, apart: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Return the finding for a cell that is asked less than in the baseline, or asked differently.

    Without it, a night could look free of news only because nothing was asked. `apart` holds lines
    about answers that differ and could not be compared.
    """
    told: dict[str, str] = {}
    alike = before.planned == view.planned and asked_alike(before.answers, view.answers)
    for probe in () if alike else sorted(before.planned):
        if probe not in view.planned:
            told[probe] = f"{probe} is not asked any more"
            continue
        for name, what in _QUESTION.items():
            then, now = (_given(one, probe, name) for one in (before, view))
            if then and now and then != now:
                told.setdefault(probe, f"{probe} {what}")
    if view.cell.level.rank < before.cell.level.rank:
        told[LEVEL] = (
            f"it should reach {view.cell.level} now, but {before.cell.level} in the baseline"
        )
    if not told:
        return ()
    words = {"what": "; ".join(told.values())}
    return (finding(FindingKind.NOT_HELD, view.cell, words, evidence=apart, subject=told),)


def _given(view: View, probe: str, name: str) -> frozenset[str]:
    """Return what a probe was asked with in the rounds in which it answered."""
    records = [one for one in view.answers.values() if one.probe == probe]
    given = [getattr(one, name) for one in records if one.outcome is Outcome.OK]
    return frozenset(repr(sorted(one.items()) if name == "settings" else one) for one in given)
