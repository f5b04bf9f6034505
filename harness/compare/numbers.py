"""Findings about operations whose numbers are wrong, from the answers of a probe of arithmetic.

Such a probe names its operations and the ways in which each was computed. For every way it gives
the library, the switch, and how far each operation is from the expected result, as a share of a
bound that no correct computation exceeds (`of_bound`, docs/probes.md). Beyond the bound is a
failure, whatever else differs; other bits within it are facts for the comparison.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from harness.compare.breakages import UNKNOWN, known_in
from harness.compare.facts import Merged, as_number, last_named
from harness.compare.judgement import Finding, finding
from harness.compare.kinds import FindingKind
from harness.compare.rules import expectation_for
from harness.model import Cell, Expectation, Fact

_WAYS = ".ways"
_NAMED = 3
_LISTED = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """One way in which every operation was computed."""

    name: str
    library: str
    switch: str
    """The switch and the threads, as text for a person."""
    shares: Mapping[str, float]
    """The error of each operation as a share of its bound: the largest of all rounds."""

    @property
    def told(self) -> str:
        """The way, as text for a person."""
        return f"{self.library} ({self.switch})"


@dataclass(kw_only=True, slots=True)
class _Wrong:
    """One operation: the ways in which it is wrong, and those in which it is right."""

    wrong: list[Way] = field(default_factory=list)
    right: list[Way] = field(default_factory=list)


def of_numbers(
    cell: Cell,
    facts: Mapping[str, Merged],
    *,
    expectations: Iterable[Expectation],
    row: str,
) -> tuple[Finding, ...]:
    """Return a finding for each set of operations that are wrong in the same ways, and one for each
    operation in which a process died, in however many ways."""
    rules = tuple(expectations)
    found: list[Finding] = []
    for fact in last_named(facts, _WAYS.removeprefix(".")):
        merged, stem = facts[fact], fact.removesuffix(_WAYS)
        if not fact.endswith(_WAYS) or f"{stem}.operations" not in facts:
            continue
        ways = _ways(stem, facts, rules, row)
        groups: dict[tuple[str, ...], list[tuple[str, _Wrong]]] = defaultdict(list)
        for name, one in _judged(_texts(facts[f"{stem}.operations"].value), ways):
            groups[tuple(way.name for way in one.wrong)].append((name, one))
        found += [_finding(cell, merged.probe, stem, same) for same in groups.values()]
        died = facts.get(f"{stem}.died")
        if died is not None and not _ignored(died, rules, row):
            ends = _ends(_every(died))
            found += [_dead(cell, died, one, ends[one], ways) for one in ends]
    return tuple(found)


def _ways(
    stem: str,
    facts: Mapping[str, Merged],
    rules: tuple[Expectation, ...],
    row: str,
) -> tuple[Way, ...]:
    names = _texts(facts[f"{stem}.operations"].value)
    ways = []
    for name in _texts(facts[f"{stem}{_WAYS}"].value):
        shares = facts.get(f"{stem}.{name}.of_bound")
        if shares is None or _ignored(shares, rules, row):
            continue
        largest: dict[str, float] = {}
        for value in shares.values:
            told = value if isinstance(value, tuple) else ()
            for operation, one in zip(names, told, strict=False):
                share = as_number(one)
                if share is not None:
                    largest[operation] = max(share, largest.get(operation, 0.0))
        library, switch = (facts.get(f"{stem}.{name}.{one}") for one in ("library", "switch"))
        ways.append(
            Way(
                name=name,
                library=str(library.value) if library else name,
                switch=str(switch.value) if switch else name,
                shares=largest,
            )
        )
    return tuple(ways)


def _judged(names: Iterable[str], ways: Iterable[Way]) -> Iterable[tuple[str, _Wrong]]:
    """Yield the operations that are wrong in some way."""
    every = tuple(ways)
    for name in dict.fromkeys(names):
        one = _Wrong()
        for way in every:
            if name in way.shares:
                (one.wrong if way.shares[name] > 1 else one.right).append(way)
        if one.wrong:
            yield name, one


def _finding(cell: Cell, probe: str, stem: str, same: list[tuple[str, _Wrong]]) -> Finding:
    names = [name for name, _ in same]
    wrong, right = same[0][1].wrong, same[0][1].right
    libraries = ", ".join(dict.fromkeys(way.library for way in wrong))
    others = ", ".join(dict.fromkeys(way.told for way in right))
    more = len(names) - _NAMED
    listed = ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    lines = [
        f"{name}, {way.told}: {way.shares[name]:.3g} times the largest error allowed"
        for name, one in same
        for way in one.wrong
    ]
    unlisted = [f"and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []
    return finding(
        FindingKind.WRONG_NUMBERS,
        cell,
        {
            "operations": listed,
            "library": libraries,
            "ways": ", ".join(way.switch for way in wrong),
            "right": f"right with {others}" if others else "in every way that was tried",
            "instead": f"use {others}, or another release" if others else "use another release",
        },
        evidence=(*lines[:_LISTED], *unlisted),
        probes=(probe,),
        subject=(stem, *names),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _End:
    """How one way of computing died."""

    way: str
    how: str
    line: str
    """The line as the probe wrote it."""


def _ends(lines: Iterable[str]) -> Mapping[str, list[_End]]:
    """Return how each way ended, by the operation that had begun. The empty name stands for ways
    that ended before any operation began."""
    found: dict[str, list[_End]] = defaultdict(list)
    for line in lines:
        way, _, told = line.partition(": ")
        how, _, operation = told.rpartition(" in ")
        found[operation if how else ""].append(_End(way=way, how=how or told, line=line))
    return found


def _dead(
    cell: Cell, died: Merged, operation: str, ends: Iterable[_End], ways: Iterable[Way]
) -> Finding:
    """Return the finding for one operation (or for the time before all of them) in which ways of
    computing died."""
    every = {one.name: one for one in ways}
    by_end: dict[str, list[str]] = defaultdict(list)
    lines = []
    for one in ends:
        by_end[one.how].append(every[one.way].told if one.way in every else one.way)
        lines.append(one.line)
    told = "; ".join(
        f"{how} with {', '.join(dict.fromkeys(names))}" for how, names in by_end.items()
    )
    alive = [one.told for one in every.values() if operation in one.shares]
    known = known_in(lines)
    made = finding(
        FindingKind.DIES_COMPUTING,
        cell,
        {
            "what": f"{operation}: {told}" if operation else told,
            "instead": ", ".join(alive) or "another library or switch",
        },
        evidence=(*lines, known.told if known else UNKNOWN),
        probes=(died.probe,),
        subject=(died.fact, operation or lines[0]),
    )
    if known is not None:
        made = replace(made, cause=known.cause, remedy=known.remedy, breakage=known.id)
    return made


def _ignored(merged: Merged, rules: tuple[Expectation, ...], row: str) -> bool:
    """Tell whether an expectation says to ignore the fact. That two cells may differ in it does not
    make it right."""
    rule = expectation_for(rules, merged.fact, row)
    return rule is not None and rule.rule == "ignore"


def _texts(value: Fact) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, tuple) else ()


def _every(merged: Merged) -> tuple[str, ...]:
    """Return what any round lists, each once."""
    return tuple(dict.fromkeys(line for value in merged.values for line in _texts(value)))
