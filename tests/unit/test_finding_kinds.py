"""Every finding is made from a row of the table of kinds, and every row is made by something."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import harness
from harness.compare.items import probe_outcome, results_of
from harness.compare.judge import judge
from harness.compare.judgement import Finding
from harness.compare.kinds import KINDS, FindingKind
from harness.compare.locked import LOCKED
from harness.model import (
    Cell,
    Evidence,
    ExpectedFailure,
    Facts,
    ImageIdentity,
    Level,
    MergedShard,
    MovedTag,
    Outcome,
    Probe,
    Record,
    Run,
    SecondOpinion,
    Verdict,
)
from harness.outcomes import TELLING
from tests.unit.builders import (
    LIBCUSOLVER,
    PROBES,
    cell,
    healthy,
    mnist_facts,
    python_facts,
    record,
    run,
    without,
)
from tests.unit.measuring import CANDIDATE, measured_run, noisy
from tests.unit.nightly import World, cells_of, held, night

PACKAGE = Path(harness.__file__).parent
OF_NIGHTS = (FindingKind.CELL_VANISHED, FindingKind.TIME_UNTOLD, FindingKind.NOT_HELD)
"""Made where a run is compared with a baseline."""
MADE_ELSEWHERE = (FindingKind.ABOVE_A_GAP, *OF_NIGHTS)
"""Not by judging a run."""
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
    FindingKind.SHARD_MISSING: (
        replace(
            run(NEW),
            merged=(
                MergedShard(number=1, cells=("a",), run="r"),
                MergedShard(number=2, cells=(NEW.id,)),
            ),
        ),
        [],
    ),
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
    FindingKind.TOO_BUSY: (
        measured_run(5),
        [replace(one, observed={**one.observed, "host.stolen": 8.0}) for one in TIMES_APART],
    ),
}


SAVING = Probe(
    name="keras",
    question="Does it save?",
    source="",
    digest="",
    evidence=(Evidence(level=Level.L3, kind="saves", fact="keras.saves"),),
)
CANNOT = {"keras.saves": ("json",), "keras.cannot_save": ("hdf5: cannot be saved: OSError: no",)}
COMPUTING = Probe(name="numerics", question="Is it right?", source="", digest="")
SERVING = Probe(name="http", question="Does it serve?", source="", digest="", where="outside")
SAYING = Probe(name="metadata", question="Does it say so?", source="", digest="", where="outside")
BROKEN = {"http.broken": ("port 80, GET /: 500, and 2xx was promised",)}
OTHERWISE = {"metadata.differs": ("the image exposes port 9, and the cell does not promise it",)}
WRONG = {
    "numerics.operations": ("matmul",),
    "numerics.ways": ("w",),
    "numerics.w.of_bound": (7.0,),
    "numerics.died": ("w: signal 4 in matmul",),
}


def asked_too(probe: Probe, facts: Facts) -> tuple[Run, list[Record]]:
    """A healthy cell that was asked one thing more."""
    return run(NEW, probes=(*PROBES, probe)), [*healthy(NEW), record(probe.name, facts)]


SCENES |= {
    FindingKind.CANNOT_SAVE: asked_too(SAVING, CANNOT),
    FindingKind.WRONG_NUMBERS: asked_too(COMPUTING, WRONG),
    FindingKind.DIES_COMPUTING: asked_too(COMPUTING, WRONG),
    FindingKind.PROMISE_BROKEN: asked_too(SERVING, BROKEN),
    FindingKind.SAYS_OTHERWISE: asked_too(SAYING, OTHERWISE),
}
ASKED_ANEW = [
    replace(one, probe_digest="sha256:ff", facts=python_facts("3.13.9"))
    if (one.cell, one.probe) == (OLD.id, "python")
    else one
    for one in [*healthy(NEW), *healthy(OLD)]
]
SCENES[FindingKind.ASKED_OTHERWISE] = (run(NEW, OLD), ASKED_ANEW)


EXISTING = replace(NEW, base="", image="team/app:1")
MOVED = MovedTag(before="sha256:" + "1" * 64, now="sha256:" + "2" * 64, since=LOCKED)
SCENES[FindingKind.TAG_MOVED] = (
    run(EXISTING),
    [
        replace(one, image=replace(one.image, moved=MOVED)) if one.image else one
        for one in healthy(EXISTING)
    ],
)


def ended(outcome: Outcome) -> tuple[Run, list[Record]]:
    return run(NEW), [*without(healthy(NEW), "mnist"), record("mnist", outcome=outcome)]


def scene(kind: FindingKind) -> tuple[Run, list[Record]]:
    return SCENES[kind] if kind in SCENES else ended(Outcome(kind.value))


@pytest.mark.parametrize(
    "kind", [one for one in FindingKind if one not in (FindingKind.ABOVE_A_GAP, *OF_NIGHTS)]
)
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


def test_a_night_makes_its_own_rows() -> None:
    moved = World(
        packages={"cell00": {"six": "1.17.0"}},
        gone=frozenset({"cell01"}),
        probes={"mnist": "sha256:other"},
    )
    told = held([night(0, cells_of(2)), night(1, cells_of(2), moved)])
    made = {each.kind: each for one in told.events for each in one.findings}
    for kind in OF_NIGHTS:
        assert KINDS[kind].verdict is made[kind].verdict
        assert fits(KINDS[kind].headline, made[kind].title)


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
    rooms |= {"agreement", "locked", "numbers", "otherwise", "promised", "rounds", "saving"}
    nights = {"nights/against.py", "nights/asked.py", "nights/times.py"}
    assert {f"compare/{name}.py" for name in rooms} | nights == makers


def test_what_an_image_says_is_never_read_as_a_template() -> None:
    odd = "{level} {0.__class__} {{"
    lost = record("mnist", outcome=Outcome.CRASHED, reason=odd)
    (found,) = judge(run(NEW), [*without(healthy(NEW), "mnist"), lost]).findings
    assert found.title.endswith(odd)
