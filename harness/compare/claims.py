"""Compares what a cell claims about Python and CUDA with what was measured.

A claim that a record contradicts keeps the cell from L1, as a framework of another version does. A
claim that the records confirm earns nothing by itself. A claim without any record is marked as not
measured wherever it is shown.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.compare.evidence import Shown, same_version
from harness.model import Cell, EvidenceKind, Fact, Outcome, Probe, Record, Verdict

PYTHON = "python"
CUDA = "cuda"
PYTHON_FACT = "python.version"
BUILT_FOR = ("framework.build.cuda_version", "libraries.built_for.cuda")
"""Facts with the CUDA release the framework was built for; the framework's own statement comes
first."""
BUILT_WITH = ("framework.build.is_cuda_build", "framework.built_with_cuda")
"""False where the framework was not built for CUDA at all."""
NO_CUDA = "none"
_SONAME_HAS_MAJOR_ONLY = 11
"""From this CUDA release on, the names of its libraries contain only the major version and a
constant."""
_SHOWN = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimShown:
    """One claim of a cell: its topic, what the suite says, and what was measured."""

    what: str
    """`python`, `cuda`, or the name of a framework."""
    claimed: str
    """Empty where the cell claims nothing."""
    measured: str
    """As short as the claim where both agree; empty where it was not measured."""
    holds: bool
    """Whether no measurement contradicts it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Measure:
    what: str
    word: str
    claimed: Callable[[Cell], str]
    measured: Callable[[Mapping[str, Fact]], Fact]
    same: Callable[[str, Fact], bool]
    says: str
    remedy: str


def _python(facts: Mapping[str, Fact]) -> Fact:
    return facts.get(PYTHON_FACT)


def _cuda(facts: Mapping[str, Fact]) -> Fact:
    told = next((facts[name] for name in BUILT_FOR if facts.get(name)), None)
    if told is None and any(facts.get(name) is False for name in BUILT_WITH):
        return NO_CUDA
    if told is not None and BUILT_FOR[0] not in facts and _by_soname(told):
        return str(told).partition(".")[0]
    return told


def _by_soname(told: Fact) -> bool:
    """Tell whether a release is known only from a library's name: libcudart.so.11.0 belongs to any
    11.x."""
    found = re.fullmatch(r"(\d{1,3})(\.0)?", str(told))
    return found is not None and int(found[1]) >= _SONAME_HAS_MAJOR_ONLY


def _same_release(claimed: str, measured: Fact) -> bool:
    """Tell whether two releases agree in the parts that both have: 12.5 agrees with 12.5.1."""
    if not isinstance(measured, str):
        return False
    one, other = claimed.split("."), measured.split(".")
    many = min(len(one), len(other))
    return one[:many] == other[:many]


_MEASURES = (
    _Measure(
        what=PYTHON,
        word="Python",
        claimed=lambda cell: cell.python,
        measured=_python,
        same=_same_release,
        says="it is Python {measured}",
        remedy="correct `python:` of the cell's row, or its `base`, `image`, `host` or "
        "`interpreter`",
    ),
    _Measure(
        what=CUDA,
        word="CUDA",
        claimed=lambda cell: cell.cuda,
        measured=_cuda,
        same=_same_release,
        says="its framework is built for CUDA {measured}",
        remedy="correct `cuda:` of the cell's row, or install a build for that release",
    ),
)


def contradictions(cell: Cell, records: Iterable[Record]) -> Iterator[Shown]:
    """Yield how the records of one round contradict the cell's claims."""
    facts = _facts(records)
    for one in _MEASURES:
        claimed, measured = one.claimed(cell), one.measured(facts)
        if claimed and measured is not None and not one.same(claimed, measured):
            told = one.says.format(measured=_short(measured))
            if measured == NO_CUDA:
                told = "its framework is built without CUDA"
            yield Shown(
                verdict=Verdict.FAIL,
                why=f"it claims {one.word} {claimed}, but {told}",
                remedy=one.remedy,
            )


def claims_of(
    cell: Cell, probes: Sequence[Probe], records: Iterable[Record]
) -> tuple[ClaimShown, ...]:
    """Return every claim of a cell beside what was measured, its frameworks first; also the
    measured Python where it claims none. Where rounds disagree, the value that contradicts the
    claim is returned."""
    rounds: dict[int, list[Record]] = defaultdict(list)
    for record in records:
        if record.outcome is Outcome.OK:
            rounds[record.round].append(record)
    answers = [record for number in sorted(rounds) for record in rounds[number]]
    found = [
        _claim(name, version, _versions(cell, name, probes, answers), same_version)
        for name, version in cell.framework
    ]
    facts = [_facts(rounds[number]) for number in sorted(rounds)]
    for one in _MEASURES:
        values = [one.measured(each) for each in facts]
        told = [value for value in values if value is not None]
        if claimed := one.claimed(cell):
            found.append(_claim(one.what, claimed, told, one.same))
        elif one.what == PYTHON and told:
            short = ".".join(_short(told[0]).split(".")[:2])
            found.append(ClaimShown(what=one.what, claimed="", measured=short, holds=True))
    return tuple(found)


def _claim(
    what: str, claimed: str, told: Sequence[Fact], same: Callable[[str, Fact], bool]
) -> ClaimShown:
    others = [value for value in told if not same(claimed, value)] if claimed else []
    measured = ""
    if others or (told and not claimed):
        measured = _short((others or told)[0])
    elif told:
        measured = claimed
    return ClaimShown(what=what, claimed=claimed, measured=measured, holds=not others)


def _versions(
    cell: Cell, name: str, probes: Iterable[Probe], answers: Iterable[Record]
) -> list[Fact]:
    """Return the measured versions of a framework, from the evidence that is used to verify a
    claim."""
    facts: dict[str, list[str]] = defaultdict(list)
    for probe in probes:
        if name in probe.frameworks or (not probe.frameworks and len(cell.framework) == 1):
            for evidence in probe.evidence:
                if evidence.kind == EvidenceKind.CLAIMED:
                    facts[probe.name].append(evidence.fact)
    return [
        record.facts[fact]
        for record in answers
        for fact in facts.get(record.probe, ())
        if fact in record.facts
    ]


def _facts(records: Iterable[Record]) -> Mapping[str, Fact]:
    """Return the facts about Python and CUDA from the answers of one round."""
    return {
        name: one.facts[name]
        for one in records
        if one.outcome is Outcome.OK
        for name in _READ
        if name in one.facts
    }


_READ = (PYTHON_FACT, *BUILT_FOR, *BUILT_WITH)


def _short(value: Fact) -> str:
    return str(value)[:_SHOWN]
