"""Finds what two cells were asked differently, since their answers may differ for that reason
alone.

Such a difference is neither drift nor agreement: the candidate is `unverified`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from harness.compare.differences import Difference
from harness.compare.judgement import Finding, finding
from harness.compare.kinds import FindingKind
from harness.compare.rules import Judged
from harness.compare.shown import difference_line
from harness.model import Cell, Outcome, Record

_LISTED = 6


def another_probe(reference: Iterable[Record], candidate: Iterable[Record], probe: str) -> str:
    """Say why one probe asked two cells different questions; empty where both were asked the
    same."""
    if _said(reference, probe, "probe_digest") != _said(candidate, probe, "probe_digest"):
        return f"they were asked by different versions of the probe {probe}"
    return ""


def other_data(reference: Iterable[Record], candidate: Iterable[Record], probe: str) -> str:
    """Say why two cells learned from different data; empty where it was the same."""
    if _said(reference, probe, "dataset_digest") != _said(candidate, probe, "dataset_digest"):
        return f"the probe {probe} was given different data sets"
    return ""


def asked_alike(
    one: Mapping[tuple[int, str], Record], other: Mapping[tuple[int, str], Record]
) -> bool:
    """Tell whether every record of one cell was asked as that of the other was, and answered where
    that one answered. Then no probe was asked apart."""
    return len(one) == len(other) and all(
        (there := other.get(key)) is not None
        and here.outcome is there.outcome
        and here.probe_digest == there.probe_digest
        and here.dataset_digest == there.dataset_digest
        and here.settings == there.settings
        for key, here in one.items()
    )


def _said(records: Iterable[Record], probe: str, name: str) -> frozenset[str]:
    return frozenset(
        getattr(one, name) for one in records if one.probe == probe and one.outcome is Outcome.OK
    )


def of_asked_otherwise(
    cell: Cell, reference: Cell, differences: Iterable[Difference], otherwise: Mapping[str, str]
) -> tuple[Finding, ...]:
    """Return a finding for each probe with differences that would be drift, had both cells been
    asked alike. `otherwise` says, by probe, why they were not."""
    if not otherwise:
        return ()
    left_open: dict[str, list[Difference]] = defaultdict(list)
    for one in differences:
        if one.judged is Judged.NOT_JUDGED and one.reason == otherwise.get(one.probe):
            left_open[one.probe].append(one)
    return tuple(
        finding(
            FindingKind.ASKED_OTHERWISE,
            cell,
            {"what": _what(apart), "reference": reference.id, "why": otherwise[probe]},
            evidence=_listed(apart),
            probes=(probe,),
            subject=(one.fact for one in apart),
        )
        for probe, apart in left_open.items()
    )


def _what(apart: Sequence[Difference]) -> str:
    first, more = apart[0].fact, len(apart) - 1
    if not more:
        return f"{first} differs"
    return f"{first} and {more} more {'fact' if more == 1 else 'facts'} differ"


def _listed(apart: Sequence[Difference]) -> tuple[str, ...]:
    more = len(apart) - _LISTED
    lines = tuple(difference_line(one) for one in apart[:_LISTED])
    return (*lines, f"and {more} more") if more > 0 else lines
