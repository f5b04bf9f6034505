"""Defects that an environment's own answers show, without any other environment to compare with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from harness.compare.causes import MadeFrom, made_from
from harness.compare.differences import Difference
from harness.compare.facts import Merged
from harness.compare.judgement import Finding, finding
from harness.compare.kinds import FindingKind
from harness.compare.requirements import CONFLICTS, MISSING, WRONG_PYTHON
from harness.compare.rules import Judged, expectation_for, rule_on
from harness.model import Cell, Expectation, Fact

DUPLICATES = "packages.duplicates"
MISMATCHES = "libraries.mismatches"
_SPELLING = {"cudnn": "cuDNN", "cuda": "CUDA", "cublas": "cuBLAS", "tensorrt": "TensorRT"}
_SPELLED = re.compile(r"^(?:cudnn|cuda|cublas|tensorrt)(?=:)")
_TOLD = 6
_OWN = frozenset(
    {
        FindingKind.DEFECT,
        FindingKind.CANNOT_SAVE,
        FindingKind.DIES_COMPUTING,
        FindingKind.PROMISE_BROKEN,
        FindingKind.SAYS_OTHERWISE,
    }
)
"""Kinds of findings about a fact that itself lists what is wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Defect:
    """A fact that lists what is wrong; an empty list means that all is well."""

    fact: str
    one: str
    """The headline where it lists one thing; `{line}` is that thing."""
    many: str
    cause: str = ""
    remedy: str
    of_image: str = ""
    """The remedy where the cell is an existing image; empty where it is the same."""
    of_host: str = ""
    """The remedy where it is an interpreter of this host; empty where it is the same."""

    def remedy_of(self, origin: MadeFrom) -> str:
        """Return the remedy, depending on where the environment comes from."""
        other = {
            MadeFrom.DOCKERFILE: self.of_image,
            MadeFrom.IMAGE: self.of_image,
            MadeFrom.HOST: self.of_host,
        }
        return other.get(origin) or self.remedy


DEFECTS = (
    Defect(
        fact=DUPLICATES,
        one="a package is installed twice",
        many="{count} packages are installed twice",
        cause="which of the two is imported is decided by the order of the folders on its path",
        remedy="remove the one that is not wanted",
    ),
    Defect(
        fact=MISSING,
        one="{line}",
        many="{count} requirements are not installed",
        remedy="add what is required to the cell's `install`, then `harness lock`",
        of_image="use an image that has it, or make one of this image that installs it",
        of_host="install what is required for that interpreter",
    ),
    Defect(
        fact=CONFLICTS,
        one="{line}",
        many="{count} requirements conflict with what is installed",
        remedy="pin one of the two in the cell's `constraints` so that they fit together, then "
        "`harness lock`",
        of_image="use an image whose packages fit together, or make one of this image that "
        "installs what is required",
        of_host="install one of the two in a version that fits the other",
    ),
    Defect(
        fact=WRONG_PYTHON,
        one="{line}",
        many="{count} distributions are for another Python",
        remedy="install a release for this Python",
        of_image="use an image whose packages are for its Python",
    ),
    Defect(
        fact=MISMATCHES,
        one="{line}",
        many="{count} libraries are not of the release that the framework was built for",
        cause="the framework was built against another release of the library than it finds: it "
        "may fail to load it, or call functions that it lacks",
        remedy="install the release it was built for (the cell's `install` or `base`), or a build "
        "for this one",
        of_image="use an image whose libraries are of the release its framework was built for",
        of_host="install the release it was built for, or a build for this one",
    ),
)
"""An intended defect needs an `ignore` or `allowed` expectation for its fact."""


def of_defects(
    cell: Cell,
    facts: Mapping[str, Merged],
    *,
    expectations: Iterable[Expectation],
    row: str,
    at: date | None,
) -> tuple[Finding, ...]:
    """Return a finding for every defect that no expectation covers. `row` is the cell's id in its
    run."""
    rules = tuple(expectations)
    found = []
    for defect in DEFECTS:
        merged = facts.get(defect.fact)
        lines = _lines(merged)
        if merged is None or not lines or covered(merged, rules, row, at):
            continue
        one = defect.one.format(line=lines[0])
        headline = one if len(lines) == 1 else defect.many.format(count=len(lines))
        remedy = defect.remedy_of(made_from(cell))
        more = len(lines) - _TOLD
        found.append(
            finding(
                FindingKind.DEFECT,
                cell,
                {"what": headline, "cause": defect.cause, "remedy": remedy},
                evidence=(
                    *(line for line in lines[:_TOLD] if line != headline),
                    *([f"and {more} more"] if more > 0 else []),
                ),
                probes=(merged.probe,),
                subject=(defect.fact,),
            )
        )
    return tuple(found)


def covered(
    merged: Merged, rules: Iterable[Expectation], row: str, at: date | None
) -> Expectation | None:
    """Return the expectation that lets a defect pass; None where none does, or there is no
    defect."""
    if not _lines(merged):
        return None
    rule = expectation_for(rules, merged.fact, row)
    ruling = rule_on(rule, ((),), (merged.value,), merged.nature, at)
    return rule if ruling.judged in (Judged.ALLOWED, Judged.IGNORED) else None


def without_told(
    differences: Iterable[Difference], findings: Iterable[Finding]
) -> tuple[Difference, ...]:
    """Leave out differences that one of the cell's own findings reports already: that the reference
    lacks the same defect is not a second problem."""
    told = {fact for one in findings if one.kind in _OWN for fact in one.subject}
    return tuple(
        one for one in differences if not (one.fact in told and one.judged is Judged.DRIFT)
    )


def _lines(merged: Merged | None) -> tuple[str, ...]:
    value: Fact = merged.value if merged is not None else ()
    lines = tuple(str(one) for one in value) if isinstance(value, tuple) else ()
    if merged is not None and merged.fact == MISMATCHES:
        return tuple(_SPELLED.sub(lambda found: _SPELLING[found[0]], one) for one in lines)
    return lines
