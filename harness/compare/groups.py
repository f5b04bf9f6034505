"""Differences in groups and in order of weight: the twelve that matter before the rest.

A group is the first part of a fact's name. Inside a group what drifts comes first, then what no
rule judged, then what is allowed. Among equals the order is, by data alone:

1. the frameworks the cell claims, and what is named after them (`NAME-...`);
2. versions that differ in their first part, then in their second, then in a later one, then
   values that are no versions;
3. what only one side has;
4. the name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from harness.compare.differences import Difference
from harness.compare.rules import Judged
from harness.model import Cell, Fact

MATTERS = 12
"""How many of a group are shown before the rest is counted."""

_VERSION_LIMIT = 100
_WEIGHT = (Judged.DRIFT, Judged.NOT_JUDGED, Judged.ALLOWED, Judged.IGNORED, Judged.SAME)
_NAMES = {"package": "packages"}


@dataclass(frozen=True, kw_only=True, slots=True)
class FactGroup:
    """Differences of one kind, what matters first."""

    name: str
    differences: tuple[Difference, ...]

    def count(self, judged: Judged) -> int:
        """How many of the group were judged so."""
        return sum(1 for difference in self.differences if difference.judged is judged)


def group(differences: Iterable[Difference], cells: Iterable[Cell]) -> tuple[FactGroup, ...]:
    """Put differences between `cells` in groups: those with drift first, then by name."""
    frameworks = tuple({name.lower() for cell in cells for name, _ in cell.framework})
    members: dict[str, list[Difference]] = defaultdict(list)
    for difference in differences:
        first = difference.fact.partition(".")[0]
        members[_NAMES.get(first, first)].append(difference)
    groups = [
        FactGroup(
            name=name,
            differences=tuple(sorted(found, key=lambda one: _order(one, frameworks))),
        )
        for name, found in members.items()
    ]
    return tuple(sorted(groups, key=lambda one: (not one.count(Judged.DRIFT), one.name)))


def _order(difference: Difference, frameworks: tuple[str, ...]) -> tuple[int, bool, int, str]:
    name = difference.fact.partition(".")[2].lower()
    named_after = any(name == one or name.startswith(f"{one}-") for one in frameworks)
    tier = 4 if difference.absent else _distance(difference.reference, difference.candidate)
    return (_WEIGHT.index(difference.judged), not named_after, tier, difference.fact)


def _distance(reference: Fact, candidate: Fact) -> int:
    """0: the first parts of two versions differ; 1: the second; 2: a later one; 3: no versions."""
    one, other = _version(reference), _version(candidate)
    if one is None or other is None:
        return 3
    if (one.epoch, one.major) != (other.epoch, other.major):
        return 0
    return 1 if one.minor != other.minor else 2


def _version(value: Fact) -> Version | None:
    if not isinstance(value, str) or len(value) > _VERSION_LIMIT:
        return None
    try:
        return Version(value)
    except InvalidVersion:
        return None
