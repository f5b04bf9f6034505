"""Decides whether times may be compared: only where containers could use the same processors.

This is read from the containers' own facts, not from what this process may use. Records older than
the probe `limits` have no such facts, so nothing is reported for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from harness.compare.differences import Compared, Difference
from harness.compare.facts import Merged
from harness.compare.judgement import Processors
from harness.compare.rules import Judged
from harness.compare.shown import shown
from harness.model import Nature

DECIDE: Mapping[str, str] = {
    "limits.cpu_quota": "a quota of {} processors",
    "limits.cpus_visible": "{} visible",
    "limits.cpus_usable": "{} usable",
}
"""The facts that decide how long something takes, each with a text for its value."""


def processors(facts: Mapping[str, Merged]) -> Processors:
    """Return what a cell's containers could use."""
    if not any(name in facts for name in DECIDE):
        return ()
    return tuple(
        tuple(dict.fromkeys(facts[name].values)) if name in facts else () for name in DECIDE
    )


def told(some: Processors) -> str:
    """Describe for a person what containers could use."""
    words = [
        " or ".join("no quota" if value is None else text.format(shown(value)) for value in values)
        for text, values in zip(DECIDE.values(), some, strict=True)
        if values
    ]
    return ", ".join(words)


def apart(reference: Processors, candidate: Processors) -> str:
    """Say why times of the two cannot be compared; empty where they can, or where one of them has
    no such facts."""
    if not reference or not candidate or reference == candidate:
        return ""
    return (
        f"its containers could use other processors: {told(candidate)} "
        f"(reference {told(reference)})"
    )


def without_times(compared: Compared, why: str) -> Compared:
    """Return the differences with no time judged, where `why` gives a reason that times cannot be
    compared."""
    if not why:
        return compared
    differences = tuple(_left_open(one, why) for one in compared.differences)
    return replace(compared, differences=differences)


def _left_open(one: Difference, why: str) -> Difference:
    if one.nature is not Nature.TIMING or one.judged is Judged.IGNORED:
        return one
    return replace(one, judged=Judged.NOT_JUDGED, reason=why, ends="")


def unsteady(some: Processors) -> Iterable[str]:
    """Yield the remark for a cell whose rounds could not use the same processors."""
    if any(len(values) > 1 for values in some):
        yield (
            f"its rounds could not use the same processors ({told(some)}): "
            "their times cannot be compared"
        )
