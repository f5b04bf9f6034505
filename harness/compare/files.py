"""Compares what an environment's files say with what installers listed, what probes answered, and
what the files of another cell say. Pure.

Each row of OWN is one thing in the files that is wrong with their own cell; to detect another, add
a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from packaging.version import InvalidVersion, Version

from harness.compare.differences import Compared, Difference, compare_facts
from harness.compare.facts import Merged
from harness.compare.judgement import Finding, Note, finding
from harness.compare.kinds import FindingKind
from harness.compare.patterns import matches
from harness.compare.rules import Judged, expectation_for, rule_on
from harness.model import Cell, Expectation, Fact, Facts, Nature, SecondOpinion

PREFIX = "outside."
_TOLD = 12
_ANSWERED = "package."
_INSTALLED = "outside.distribution."
_OWN_VERSION = "outside.own_version."
_LONGEST = 100
_ADDED_PATHS = "outside.path"
_PROGRAM = ("outside.python.sha256", "outside.python.library")
_PROGRAM_NAMES = dict(zip(_PROGRAM, ("the python program", "the standard library"), strict=True))
_PROGRAM_PATH = "outside.python.path"
_SAME_PROGRAM = ("python.full_version", "python.compiler")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """A fact about files that is a defect wherever it occurs."""

    facts: str
    kind: FindingKind
    what: str
    """Describes it; `{name}` is the last part of the fact, `{version}` the installed version of
    that name."""


OWN = (
    _Row(
        facts="outside.changed.*",
        kind=FindingKind.OTHER_BYTES,
        what="{name} {version} is not what was installed",
    ),
    _Row(
        facts="outside.added.*",
        kind=FindingKind.OTHER_BYTES,
        what="{name} {version} has modules that were not installed with it",
    ),
    _Row(
        facts="outside.system.changed",
        kind=FindingKind.OTHER_BYTES,
        what="Python is not what the system's packages brought",
    ),
    _Row(
        facts="outside.missing.*",
        kind=FindingKind.FILES_MISSING,
        what="{name} {version}",
    ),
    _Row(facts="outside.system.missing", kind=FindingKind.FILES_MISSING, what="Python's own"),
    _Row(
        facts="outside.bytecode.foreign",
        kind=FindingKind.FOREIGN_BYTECODE,
        what="it was made from another source",
    ),
    _Row(
        facts="outside.bytecode.alone",
        kind=FindingKind.FOREIGN_BYTECODE,
        what="it has no source",
    ),
    _Row(
        facts="outside.shadowed.*",
        kind=FindingKind.SHADOWED,
        what="{name}",
    ),
    _Row(facts="outside.pth", kind=FindingKind.RUNS_FIRST, what="a .pth file"),
    _Row(facts="outside.customize", kind=FindingKind.RUNS_FIRST, what="sitecustomize"),
    _Row(facts="outside.preload", kind=FindingKind.RUNS_FIRST, what="/etc/ld.so.preload"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class FileRules:
    """What judges a cell's facts: expectations, the cell's name in them, and the day."""

    expectations: tuple[Expectation, ...]
    row: str
    at: date | None

    def swallows(self, fact: str, value: Fact) -> bool:
        """Tell whether an expectation allows the fact to be there."""
        rule = expectation_for(self.expectations, fact, self.row)
        return rule_on(rule, (), (value,), Nature.STATIC, self.at).judged in (
            Judged.ALLOWED,
            Judged.IGNORED,
        )


def of_files(
    cell: Cell,
    opinion: SecondOpinion | None,
    answered: Mapping[str, Merged],
    rules: FileRules,
    probes: tuple[str, ...],
) -> tuple[tuple[Finding, ...], tuple[Note, ...]]:
    """Return findings about what is wrong in a cell's files, and a note about what expectations let
    pass."""
    if opinion is None:
        return (), ()
    findings: list[Finding] = []
    problem = opinion.problem
    if not problem and answered and _PROGRAM_PATH not in opinion.facts:
        problem = "its interpreter was not found among them"
    if problem:
        words = {"why": problem}
        findings.append(finding(FindingKind.FILES_UNREAD, cell, words, probes=probes))
    said: dict[FindingKind, dict[str, _Thing]] = defaultdict(dict)
    passed = []
    for fact, value in sorted(opinion.facts.items()):
        row = next((one for one in OWN if matches(fact, one.facts)), None)
        if row is None:
            continue
        if rules.swallows(fact, value):
            passed.append(fact)
            continue
        name = fact.rpartition(".")[2]
        version = opinion.facts.get(f"{_INSTALLED}{name}", "")
        what = row.what.format(name=name, version=version).strip()
        about = name if "{name}" in row.what else fact
        said[row.kind][what] = _Thing(about=about, lines=_lines(value))
    for kind, things in said.items():
        findings.append(_finding(kind, cell, things, probes))
    if stated := _other_versions(opinion.facts, rules):
        findings.append(_finding(FindingKind.OTHER_VERSION, cell, stated, probes))
    contradicted = _contradicted(opinion.facts, answered, rules)
    if contradicted:
        made = finding(
            FindingKind.FILES_CONTRADICT,
            cell,
            {"what": "what is installed"},
            evidence=_bounded([f"what is installed: {line}" for line in contradicted.values()]),
            probes=probes,
            subject=contradicted,
        )
        findings.append(made)
    notes = [Note(text=f"an expectation allows what its files show: {', '.join(passed)}")]
    return tuple(findings), tuple(notes if passed else ())


@dataclass(frozen=True, kw_only=True, slots=True)
class _Thing:
    """What one part of a finding is about, and its evidence."""

    about: str
    """The name of a distribution, otherwise the fact."""
    lines: tuple[str, ...]


def _finding(
    kind: FindingKind, cell: Cell, things: Mapping[str, _Thing], probes: tuple[str, ...]
) -> Finding:
    lines = [f"{what}: {line}" for what, found in things.items() for line in found.lines]
    words = {"what": ", ".join(list(things)[:_TOLD])}
    about = (one.about for one in things.values())
    return finding(kind, cell, words, evidence=_bounded(lines), probes=probes, subject=about)


def _bounded(lines: Sequence[str]) -> Sequence[str]:
    more = len(lines) - _TOLD
    return (*lines[:_TOLD], f"and {more} more") if more > 0 else lines


def _lines(value: Fact) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, tuple) else (str(value),)


def _other_versions(facts: Facts, rules: FileRules) -> dict[str, _Thing]:
    """Return modules whose own text states another version than their distribution has."""
    found = {}
    for fact, own in facts.items():
        name = fact.removeprefix(_OWN_VERSION)
        installed = facts.get(f"{_INSTALLED}{name}")
        if not fact.startswith(_OWN_VERSION) or _states_release(own, installed):
            continue
        if not rules.swallows(fact, own):
            found[f"{name} {installed}"] = _Thing(about=name, lines=(f"its own text states {own}",))
    return found


def _states_release(own: Fact, installed: Fact) -> bool:
    """Tell whether a module's text states the release that is installed.

    A post-release changes what is around the software, not the software (PEP 440), so its text may
    state the release itself.
    """
    if _same_release(own, installed):
        return True
    stated, packed = Version(str(own)[:_LONGEST]), Version(str(installed)[:_LONGEST])
    before_post = packed.public.partition(".post")[0]
    return packed.post is not None and packed.dev is None and stated.public == before_post


def _same_release(one: Fact, other: Fact) -> bool:
    """Tell whether two versions belong to the same release; texts that are no versions are not
    judged."""
    try:
        return Version(str(one)[:_LONGEST]).public == Version(str(other)[:_LONGEST]).public
    except InvalidVersion:
        return True


_OF_PYTHON = ("python", "argparse", "wsgiref")
"""Python 2.7 describes itself and parts of itself under these names, in its own library. In a
virtual environment a probe reports that library, although it is not among the environment's
files."""


def _contradicted(facts: Facts, answered: Mapping[str, Merged], rules: FileRules) -> dict[str, str]:
    """Return distributions for which a probe's answer differs from the files, with a
    description."""
    installed = {
        fact.removeprefix(_INSTALLED): value
        for fact, value in facts.items()
        if fact.startswith(_INSTALLED)
    }
    if not installed:
        return {}  # Its interpreter's place among the files was not found.
    found = {}
    for fact, merged in answered.items():
        name = fact.removeprefix(_ANSWERED)
        if not fact.startswith(_ANSWERED) or rules.swallows(f"{_INSTALLED}{name}", ""):
            continue
        if name not in installed:
            if _ADDED_PATHS not in facts and name not in _OF_PYTHON:
                found[name] = f"{name} {merged.value} was answered, but is not among the files"
        elif merged.value != installed[name] and f"outside.copies.{name}" not in facts:
            said = f"{name} {merged.value} was answered, but the files are of {installed[name]}"
            found[name] = said
    return found


def compare_files(
    reference: tuple[SecondOpinion | None, Mapping[str, Merged]],
    candidate: tuple[SecondOpinion | None, Mapping[str, Merged]],
    rules: FileRules,
    probe: str,
) -> Compared:
    """Compare the bytes of whatever two cells have in the same version and build. Each side
    consists of its files' statements and its probes' answers; differences are attributed to
    `probe`."""
    one, other = reference[0], candidate[0]
    if one is None or other is None:
        return Compared(differences=(), same=0)
    facts = [
        fact
        for fact in one.facts
        if fact.startswith("outside.content.") and _same_build(fact, one.facts, other.facts)
    ]
    if _same_program(reference[1], candidate[1]):
        facts += [fact for fact in _PROGRAM if fact in one.facts and fact in other.facts]
    return compare_facts(
        {fact: _merged(fact, one.facts, probe) for fact in facts},
        {fact: _merged(fact, other.facts, probe) for fact in facts},
        expectations=rules.expectations,
        cell=rules.row,
        at=rules.at,
        refused={},
        unlike={},
    )


def _same_build(fact: str, one: Facts, other: Facts) -> bool:
    name = fact.removeprefix("outside.content.")
    keys = (f"{_INSTALLED}{name}", f"outside.build.{name}")
    return fact in other and all(one.get(key) == other.get(key) for key in keys)


def _same_program(one: Mapping[str, Merged], other: Mapping[str, Merged]) -> bool:
    return all(
        key in one and key in other and one[key].value == other[key].value for key in _SAME_PROGRAM
    )


def _merged(fact: str, facts: Facts, probe: str) -> Merged:
    return Merged(fact=fact, nature=Nature.STATIC, probe=probe, values=(facts[fact],))


def of_other_bytes(
    cell: Cell, reference: Cell, differences: Iterable[Difference]
) -> tuple[Finding, ...]:
    """Return the finding for what has the same version in two cells but other bytes."""
    things: dict[str, _Thing] = {}
    probes: dict[str, None] = {}
    for one in differences:
        if one.fact.startswith(PREFIX) and one.judged is Judged.DRIFT:
            about = one.fact.removeprefix("outside.content.")
            named = _PROGRAM_NAMES.get(one.fact, about)
            line = f"{one.candidate} here, {one.reference} in {reference.id}"
            things[f"{named} differs from {reference.id}"] = _Thing(about=about, lines=(line,))
            probes[one.probe] = None
    if not things:
        return ()
    return (_finding(FindingKind.OTHER_BYTES, cell, things, tuple(probes)),)


def without_files(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Return the differences that come from probes' answers."""
    return tuple(one for one in differences if not one.fact.startswith(PREFIX))


def together(answers: Compared, files: Compared) -> Compared:
    """Join both comparisons."""
    return replace(
        answers,
        differences=(*answers.differences, *files.differences),
        same=answers.same + files.same,
    )
