"""What is asked of a cell otherwise than in the baseline, and so is held against nothing."""

from __future__ import annotations

from collections.abc import Iterable

from harness.compare.judgement import Finding, finding
from harness.compare.kinds import FindingKind
from harness.compare.view import View
from harness.model import Outcome

_QUESTION = {
    "probe_digest": "is another version",
    "dataset_digest": "was given other data",
    "settings": "was asked with other settings",
}
"""Fields of a record that say what was asked."""
LEVEL = "level"


def asked_otherwise(before: View, view: View, apart: Iterable[str] = ()) -> tuple[Finding, ...]:
    """The finding for a cell of which less is asked than in the baseline, or in another way: that
    nothing is new must not come of nothing being asked. `apart` are lines about what differs in
    answers that could not be held against each other."""
    told: dict[str, str] = {}
    for probe in sorted(before.planned):
        if probe not in view.planned:
            told[probe] = f"{probe} is not asked"
            continue
        for name, what in _QUESTION.items():
            then, now = (_given(one, probe, name) for one in (before, view))
            if then and now and then != now:
                told.setdefault(probe, f"{probe} {what}")
    if view.cell.level.rank < before.cell.level.rank:
        told[LEVEL] = f"it should reach {view.cell.level} now, and {before.cell.level} then"
    if not told:
        return ()
    words = {"what": "; ".join(told.values())}
    return (finding(FindingKind.NOT_HELD, view.cell, words, evidence=apart, subject=told),)


def _given(view: View, probe: str, name: str) -> frozenset[str]:
    """What a probe that answered was asked with, in all rounds."""
    records = [one for one in view.answers.values() if one.probe == probe]
    given = [getattr(one, name) for one in records if one.outcome is Outcome.OK]
    return frozenset(repr(sorted(one.items()) if name == "settings" else one) for one in given)
