"""Findings about promises that a cell does not keep, from what probes saw from outside.

Such a probe lists what is broken under `NAME.broken`, a sentence each, and where the image's
metadata says otherwise, under `NAME.differs`. An empty list means that all is well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from harness.compare.defects import covered
from harness.compare.facts import Merged
from harness.compare.judgement import Finding, finding
from harness.compare.kinds import FindingKind
from harness.model import Cell, Expectation, Run
from harness.probing.outside import is_outside

_BROKEN = "broken"
_KIND = {_BROKEN: FindingKind.PROMISE_BROKEN, "differs": FindingKind.SAYS_OTHERWISE}
_FINDINGS = 20
"""The most findings for one fact; the last one says how many more there are."""


def of_promises(
    run: Run,
    cell: Cell,
    facts: Mapping[str, Merged],
    *,
    expectations: Iterable[Expectation],
    row: str,
    at: date | None,
) -> tuple[Finding, ...]:
    """Return a finding for each sentence, from any round, that no expectation covers."""
    rules = tuple(expectations)
    found: list[Finding] = []
    for probe in run.probes:
        for ending, kind in _KIND.items() if is_outside(probe) else ():
            merged = facts.get(f"{probe.name}.{ending}")
            if merged is None or covered(merged, rules, row, at):
                continue
            lines = _lines(merged)
            shown = lines if len(lines) <= _FINDINGS else lines[: _FINDINGS - 1]
            found += [_finding(cell, merged, kind, line, line.partition(": ")[0]) for line in shown]
            if len(shown) < len(lines):
                more = f"{len(lines) - len(shown)} more, as the facts of {probe.name} list them"
                found.append(_finding(cell, merged, kind, more, "more"))
    return tuple(found)


def _finding(cell: Cell, merged: Merged, kind: FindingKind, what: str, about: str) -> Finding:
    return finding(
        kind,
        cell,
        {"what": what, "cause": _cause(what), "fact": merged.fact},
        probes=(merged.probe,),
        subject=(merged.fact, about),
    )


_CAUSES = (
    (
        "which nobody outside reaches",
        "what listens on loopback can only be reached inside its container",
    ),
    (
        "listens on any port",
        "the program has not started to serve yet, or waits for something else",
    ),
    ("the container ended", "a container ends with its first process, which ended"),
    ("the service no longer answers", "a request ended it: whoever can send one can do so again"),
    ("gave no whole answer", "it sends too slowly, or waits for something that does not arrive"),
)
"""(part of a sentence, the cause it points to)."""


def _cause(what: str) -> str:
    return next((cause for mark, cause in _CAUSES if mark in what), "")


def _lines(merged: Merged) -> tuple[str, ...]:
    """Return every sentence of any round, each once."""
    told: dict[str, None] = {}
    for value in merged.values:
        told |= {str(line): None for line in value} if isinstance(value, tuple) else {}
    return tuple(told)
