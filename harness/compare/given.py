"""Facts that two probes give, which is an error of the suite. Neither answer counts, because nobody
can know which of them is meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from harness.compare.judgement import Finding, finding
from harness.compare.kinds import FindingKind
from harness.model import Cell, Outcome, Record

_TOLD = 6


def given_twice(records: Iterable[Record]) -> Mapping[str, tuple[str, ...]]:
    """Return the facts that more than one probe of a cell gives, with the probes."""
    told = [one for one in records if one.outcome is Outcome.OK]
    if len({one.probe for one in told}) == len(told):
        names: set[str] = set()
        if len(names.union(*(one.facts for one in told))) == sum(len(one.facts) for one in told):
            return {}
    givers: dict[str, set[str]] = defaultdict(set)
    for record in told:
        for fact in record.facts:
            givers[fact].add(record.probe)
    return {fact: tuple(sorted(some)) for fact, some in sorted(givers.items()) if len(some) > 1}


def of_given_twice(cell: Cell, twice: Mapping[str, tuple[str, ...]]) -> tuple[Finding, ...]:
    """Return the finding for facts that more than one probe gives."""
    if not twice:
        return ()
    lines = [f"{fact}: {', '.join(probes)}" for fact, probes in twice.items()]
    (fact, probes), more = next(iter(twice.items())), len(twice) - 1
    what = f"the probes {' and '.join(probes)} both give the fact {fact}"
    if len(probes) > 2:
        what = f"{len(probes)} probes give the fact {fact}"
    listed = (*lines[:_TOLD], *([f"and {len(lines) - _TOLD} more"] if len(lines) > _TOLD else []))
    return (
        finding(
            FindingKind.GIVEN_TWICE,
            cell,
            {"what": f"{what}, and {more} more" if more else what},
            evidence=listed,
            probes=(one for some in twice.values() for one in some),
        ),
    )
