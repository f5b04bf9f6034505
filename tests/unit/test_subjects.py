"""What findings are about: two that say different things never share a name, and one that says the
same has the same name whatever else was asked."""

from __future__ import annotations

from dataclasses import replace

from harness.compare.judge import judge
from harness.compare.judgement import Finding
from harness.compare.kinds import FindingKind
from harness.model import Facts, Outcome, Raised, SecondOpinion
from tests.unit.builders import cell, healthy, mnist_facts, record, run, without

CELL = cell()
LACKING = Raised(
    type="ImportError",
    message="libz.so.9: cannot open shared object file: No such file or directory",
    traceback="",
)


def of_files(facts: Facts) -> dict[FindingKind, Finding]:
    """The findings of a cell whose files say this."""
    opinion = SecondOpinion(cell=CELL.id, image="sha256:i", facts=facts)
    judged = judge(replace(run(CELL), opinions=(opinion,)), healthy(CELL))
    return {one.kind: one for one in judged.findings}


def lacking(*probes: str) -> Finding:
    """The finding of a cell in which these probes met a library that is not there."""
    ended = [record(one, outcome=Outcome.RAISED, raised=LACKING) for one in probes]
    judged = judge(run(CELL), [*without(healthy(CELL), *probes), *ended])
    (found,) = (one for one in judged.findings if one.kind is FindingKind.RAISED)
    return found


def test_a_library_that_is_not_there_has_one_name_whichever_probes_met_it() -> None:
    assert ("libz.so.9",) == lacking("devices").subject
    assert lacking("devices").id == lacking("devices", "mnist").id


def test_an_exception_without_a_known_cause_is_named_by_its_type_and_probes() -> None:
    odd = Raised(type="ValueError", message="odd", traceback="")
    ended = record("mnist", outcome=Outcome.RAISED, raised=odd)
    judged = judge(run(CELL), [*without(healthy(CELL), "mnist"), ended])
    assert ("ValueError", "mnist") in [one.subject for one in judged.findings]


def test_contradictions_of_one_probe_have_names_of_their_own() -> None:
    facts = {**mnist_facts(), "mnist.steps": 60, "mnist.test_accuracy": 1.5}
    judged = judge(run(CELL), healthy(CELL, mnist=facts))
    found = [one for one in judged.findings if one.kind is FindingKind.CONTRADICTED]
    assert {("steps", "mnist"), ("shares", "mnist")} <= {one.subject for one in found}
    assert len(found) == len({one.id for one in found})


def test_files_that_were_changed_are_named_by_their_package_or_by_the_fact() -> None:
    found = of_files(
        {
            "outside.changed.keras": ("a.py",),
            "outside.system.changed": ("/usr/bin/python3",),
            "outside.bytecode.foreign": ("/a.pyc",),
            "outside.missing.numpy": ("b.so",),
            "outside.pth": ("/x.pth adds: /opt",),
            "outside.preload": "/lib/x.so",
        }
    )
    subjects = {kind: set(one.subject) for kind, one in found.items()}
    assert {"keras", "outside.system.changed"} == subjects[FindingKind.OTHER_BYTES]
    assert {"outside.bytecode.foreign"} == subjects[FindingKind.FOREIGN_BYTECODE]
    assert {"numpy"} == subjects[FindingKind.FILES_MISSING]
    assert {"outside.pth", "outside.preload"} == subjects[FindingKind.RUNS_FIRST]


def test_packages_that_the_files_contradict_are_the_subject() -> None:
    found = of_files({"outside.distribution.numpy": "9.9", "outside.distribution.keras": "3"})
    assert "numpy" in found[FindingKind.FILES_CONTRADICT].subject
