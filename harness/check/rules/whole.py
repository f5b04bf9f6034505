"""Is what is installed whole: every module that a distribution's own list (RECORD) has?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.check import frameworks
from harness.check.foreseen import IMPORTS_NOT
from harness.check.host import Host
from harness.check.inside import Damage
from harness.check.reasons import Confidence, Reason, Weight
from harness.check.subject import Subject

_SPARED = re.compile(
    r"(?:^|/)(?:tests?|testing|testdata|examples?|benchmarks?|contrib|lite|tools|docs?)/"
    r"|_tests?\.py$|(?:^|/)test_[^/]*$|(?:^|/)conftest\.py$"
)
"""What images are slimmed by, and what is only loaded when it is asked for."""
_NAMED = 3


def reasons(subject: Subject, host: Host) -> Iterator[Reason]:
    """One reason for each damaged distribution of the Python that has the framework."""
    inside = subject.inside
    if inside is None or inside.problems or not subject.version:
        return
    own = frameworks.packages(subject.framework)
    holders = {
        one.path.rpartition("/")[0].rpartition("/")[0]
        for one in inside.distributions
        if one.name in own
    }
    for damage in inside.damages:
        if damage.folder in holders:
            yield from _told(damage)


def _told(damage: Damage) -> Iterator[Reason]:
    missing = [one for one in damage.missing if not _SPARED.search(one)]
    # A module of Python that was edited may well be meant; compiled code is not edited.
    altered = [one for one in damage.altered if not one.endswith(".py") and not _SPARED.search(one)]
    edited = [one for one in damage.altered if one.endswith(".py")]
    if missing or altered:
        what = [f"missing or empty: {one}" for one in missing]
        what += [f"of another size: {one}" for one in altered]
        yield Reason(
            weight=Weight.BLOCKS,
            title=f"{damage.name} {damage.version} is damaged: {len(what)} of the modules that it "
            "installed are missing or altered",
            evidence=(*what[:_NAMED], *_more(len(what))),
            remedy=f"install it again: pip install --force-reinstall --no-deps "
            f"{damage.name}=={damage.version}",
            source="its own list of files (RECORD) against the layers",
            confidence=Confidence.READ,
            foresees=IMPORTS_NOT,
        )
    if edited:
        yield Reason(
            weight=Weight.NOTE,
            title=f"{len(edited)} modules of {damage.name} {damage.version} were edited after it "
            "was installed",
            evidence=(*edited[:_NAMED], *_more(len(edited))),
            source="its own list of files (RECORD) against the layers",
            confidence=Confidence.READ,
        )


def _more(count: int) -> tuple[str, ...]:
    return (f"and {count - _NAMED} more",) if count > _NAMED else ()
