"""Every finding is made from a row of the table of kinds, and every row is made by something."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from builders import LIBCUSOLVER, cell, healthy, mnist_facts, python_facts, record, run, without
from measuring import CANDIDATE, measured_run, noisy

import harness
from harness.compare.items import probe_outcome, results_of
from harness.compare.judge import judge
from harness.compare.judgement import Finding
from harness.compare.kinds import KINDS, FindingKind
from harness.model import (
    Cell,
    ExpectedFailure,
    Facts,
    ImageIdentity,
    Level,
    Outcome,
    Record,
    Run,
    SecondOpinion,
    Verdict,
)
from harness.outcomes import TELLING

PACKAGE = Path(harness.__file__).parent
NEW = cell()
OLD = cell("tf1.2.1-py3.13", "1.2.1", "3.13")
EXPECT = ExpectedFailure(level=Level.L0, breakage="libcublas-8.0", reason="it has no CUDA")
FAILING = replace(OLD, expect=EXPECT)
RAISED = [
    record(one, of=OLD.id, outcome=Outcome.RAISED, raised=LIBCUSOLVER)
    for one in ("devices", "mnist")
]
VARYING = [
    replace(one, facts=python_facts("3.13.6")) if (one.round, one.probe) == (2, "python") else one
    for one in healthy(NEW, rounds=2)
]
OTHER_VERSION = [
    replace(one, facts={**one.facts, "framework.version": "9.9"}) if one.probe == "devices" else one
    for one in healthy(NEW)
]
OF_TWO_IMAGES = [
    replace(one, image=ImageIdentity(id="sha256:other")) if one.round == 2 else one
    for one in healthy(NEW, rounds=2)
]

SCENES: dict[FindingKind, tuple[Run, list[Record]]] = {
    FindingKind.NOT_RUN: (run(NEW), without(healthy(NEW), "mnist")),
    FindingKind.LEVEL_MISSED: (run(NEW), OTHER_VERSION),
    FindingKind.LEVEL_UNTOLD: (run(replace(NEW, gpu="all")), healthy(NEW)),
    FindingKind.CONTRADICTED: (
        run(NEW),
        healthy(NEW, mnist={**mnist_facts("2.21.0"), "mnist.steps": 60}),
    ),
    FindingKind.DIFFERS: (run(NEW, OLD), [*healthy(NEW), *healthy(OLD)]),
    FindingKind.DEFECT: (
        run(NEW),
        [
            *without(healthy(NEW), "packages"),
            record("packages", {"packages.duplicates": ("six: 1.16 in a, 1.15 in b",)}),
        ],
    ),
    FindingKind.ROUNDS_DIFFER: (run(NEW, rounds=2), VARYING),
    FindingKind.IMAGES_DIFFER: (run(NEW, rounds=2), OF_TWO_IMAGES),
    FindingKind.REFERENCE_BROKEN: (
        run(OLD, NEW),
        [*without(healthy(OLD), "devices", "mnist"), *RAISED, *healthy(NEW)],
    ),
    FindingKind.GIVEN_TWICE: (
        run(NEW),
        [
            *without(healthy(NEW), "packages"),
            record("packages", {"python.version": "3.13.5", "package.numpy": "2.1.0"}),
        ],
    ),
    FindingKind.FAILS_AS_EXPECTED: (
        run(FAILING),
        [*without(healthy(OLD), "devices", "mnist"), *RAISED],
    ),
    FindingKind.WORKS_UNEXPECTEDLY: (run(FAILING), healthy(OLD)),
}


def replace_losses(one: Record) -> Record:
    """The candidate's losses, twice as large."""
    if one.probe != "mnist" or one.cell != CANDIDATE.id:
        return one
    return replace(one, facts={**one.facts, "mnist.loss": (26.2, 11.4, 7.8)})


def seen(facts: Facts, problem: str = "") -> tuple[Run, list[Record]]:
    """A run of one cell whose files say this."""
    opinion = SecondOpinion(cell=NEW.id, image="sha256:i", facts=facts, problem=problem)
    return replace(run(NEW), opinions=(opinion,)), healthy(NEW)


SCENES |= {
    FindingKind.OTHER_BYTES: seen({"outside.changed.keras": ("a.py",)}),
    FindingKind.FILES_MISSING: seen({"outside.missing.keras": ("a.so",)}),
    FindingKind.FOREIGN_BYTECODE: seen({"outside.bytecode.foreign": ("/a.pyc",)}),
    FindingKind.OTHER_VERSION: seen(
        {"outside.distribution.keras": "3.1", "outside.own_version.keras": "2.9"}
    ),
    FindingKind.SHADOWED: seen({"outside.shadowed.keras": "/opt/keras"}),
    FindingKind.RUNS_FIRST: seen({"outside.preload": "/lib/evil.so"}),
    FindingKind.FILES_CONTRADICT: seen({"outside.distribution.keras": "3.1"}),
    FindingKind.FILES_UNREAD: seen({}, "too many files"),
}


TIMES_APART = noisy(5, shift=0.3)
SCENES |= {
    FindingKind.TIME_DRIFTS: (measured_run(5), TIMES_APART),
    FindingKind.ACCURACY_DRIFTS: (measured_run(5), noisy(5, points=15)),
    FindingKind.LOSSES_DRIFT: (measured_run(1), [replace_losses(one) for one in noisy(1)]),
    FindingKind.UNDECIDED: (measured_run(2), noisy(2, shift=0.035, sd=0.03)),
}


def ended(outcome: Outcome) -> tuple[Run, list[Record]]:
    return run(NEW), [*without(healthy(NEW), "mnist"), record("mnist", outcome=outcome)]


def scene(kind: FindingKind) -> tuple[Run, list[Record]]:
    return SCENES[kind] if kind in SCENES else ended(Outcome(kind.value))


@pytest.mark.parametrize("kind", [one for one in FindingKind if one != FindingKind.ABOVE_A_GAP])
def test_every_row_is_made_and_gives_its_verdict_and_words(kind: FindingKind) -> None:
    made = {one.kind: one for one in judge(*scene(kind)).findings}
    assert kind in made
    assert KINDS[kind].verdict is made[kind].verdict
    assert fits(KINDS[kind].headline, made[kind].title)


def test_a_question_above_a_gap_makes_its_row() -> None:
    missing: Cell = replace(NEW, gpu="all")
    of = run(missing)
    outcome = probe_outcome(results_of(of, healthy(missing)), missing.id, "mnist", of.probes)
    assert Verdict.UNVERIFIED is outcome.verdict
    assert fits(KINDS[FindingKind.ABOVE_A_GAP].headline, outcome.message.splitlines()[0][12:])


def fits(template: str, text: str) -> bool:
    """Whether the fixed parts of a template stand in a text, in their order."""
    fixed = [re.escape(part) for part, *_ in string.Formatter().parse(template)]
    return re.search(".*".join(fixed), text) is not None


def test_every_kind_has_a_row_and_every_row_a_kind() -> None:
    assert set(FindingKind) == set(KINDS)
    judged = {one for one in TELLING if TELLING[one].verdict not in (None, Verdict.PASS)}
    assert {one.value for one in judged} <= {one.value for one in FindingKind}
    assert all(row.headline for row in KINDS.values())


def calls(name: str) -> Iterator[str]:
    """The module of every call of a name that comes from where findings are."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_bytes())
        if Finding.__module__ not in imported(path, tree):
            continue
        for node in ast.walk(tree):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Name) and called.id == name:
                yield path.relative_to(PACKAGE).as_posix()


def imported(path: Path, tree: ast.AST) -> set[str]:
    """Modules that names come from, its own among them."""
    own = ".".join(("harness", *path.relative_to(PACKAGE).with_suffix("").parts))
    return {own} | {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module is not None
    }


def test_a_finding_is_made_in_one_place_from_its_row() -> None:
    assert ["compare/judgement.py"] == list(calls("Finding"))
    makers = set(calls("finding"))
    rooms = {"contradictions", "defects", "expected", "files", "findings", "given", "items"}
    rooms |= {"agreement", "rounds"}
    assert {f"compare/{name}.py" for name in rooms} == makers


def test_what_an_image_says_is_never_read_as_a_template() -> None:
    odd = "{level} {0.__class__} {{"
    lost = record("mnist", outcome=Outcome.CRASHED, reason=odd)
    (found,) = judge(run(NEW), [*without(healthy(NEW), "mnist"), lost]).findings
    assert found.title.endswith(odd)
