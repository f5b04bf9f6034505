"""Joins findings of one cell that belong together: a failed import and the mismatched packages that
explain it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from harness.compare.causes import module_of_last_frame
from harness.compare.judgement import Finding
from harness.compare.kinds import FindingKind
from harness.compare.requirements import CONFLICTS, MISSING
from harness.model import Raised

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_REQUIRED = re.compile(r" requires ([a-z0-9][a-z0-9.-]{0,100})")
_LAST = 5
"""How many lines at the end of a traceback are searched: the last frame, its quoted line, and the
exception."""
_LONGEST = 4000
_COMMON = frozenset({"python", "error", "module", "package", "import", "test", "version"})
"""Names of distributions that any exception may contain as ordinary words."""


def together(findings: Iterable[Finding], raised: Iterable[Raised]) -> tuple[Finding, ...]:
    """Return the findings, in order, without those that only explain another one.

    `raised` holds the exceptions of the cell's probes. A distribution that is missing, or installed
    in a version that another one cannot use, explains an exception that names it or that was raised
    in its own files.
    """
    every = tuple(findings)
    last = {one.traceback: module_of_last_frame(one) for one in raised}
    gone: set[Finding] = set()
    made = []
    for one in every:
        explaining = [
            each
            for each in every
            if {MISSING, CONFLICTS} & set(each.subject) and one.kind is FindingKind.RAISED
        ]
        for each in explaining:
            lines = _lines(each)
            why = [line for line in lines if _explains(line, one, last.get(one.traceback, ""))]
            if not why:
                continue
            one = _with(one, why, each)
            if len(why) == len(lines):
                gone.add(each)
        made.append(one)
    return tuple(one for one in made if one not in gone)


def _lines(defect: Finding) -> tuple[str, ...]:
    return defect.evidence or (defect.title,)


def _explains(line: str, raised: Finding, module: str) -> bool:
    required = _REQUIRED.search(line)
    if required is None or required[1] in _COMMON:
        return False
    if required[1] in _about(raised.breakage) or _in_last_lines(required[1], raised.traceback):
        return True
    told = " ".join((raised.title, *raised.evidence)).lower().replace("_", "-")
    words = {part for name in _NAME.findall(told) for part in (name, *name.split("-"))}
    return required[1] in words or required[1] == module.lower().replace("_", "-")


@cache
def _about(breakage: str) -> frozenset[str]:
    """Return the distributions that the knowledge base names for a breakage."""
    from harness.knowledge import frameworks

    return frozenset(
        one.package
        for framework in frameworks.names()
        for one in frameworks.conflicts(framework)
        if breakage and one.breakage == breakage and one.package
    )


def _in_last_lines(name: str, traceback: str) -> bool:
    """Tell whether the last lines of the traceback contain the name inside another one
    (pywrap_ml_dtypes). A name of one word is not searched, because it may occur by chance."""
    if "-" not in name:
        return False
    last = "\n".join(traceback.splitlines()[-_LAST:])[-_LONGEST:].lower().replace("_", "-")
    return re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", last) is not None


def _with(raised: Finding, lines: list[str], defect: Finding) -> Finding:
    """Add the packages that explain it to a failed import."""
    known = bool(raised.breakage)
    return replace(
        raised,
        evidence=(*raised.evidence, *(line for line in lines if line != raised.title)),
        cause=raised.cause if known else "; ".join(lines),
        remedy=raised.remedy if known else defect.remedy,
        probes=tuple(dict.fromkeys((*raised.probes, *defect.probes))),
    )
