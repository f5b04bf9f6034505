"""Findings that come from what files say, compared with lists, answers and another cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from harness.compare.judge import judge
from harness.compare.judgement import Finding
from harness.compare.kinds import FindingKind
from harness.model import Expectation, Fact, Facts, Record, SecondOpinion, Verdict
from tests.unit.builders import cell, healthy, run
from tests.unit.trees import SITE, python, told, wheel

Says = Callable[[str], None]
ONE = cell()
TWO = replace(ONE, id="other", framework=ONE.framework)
MODULE = f"{SITE}/keras/optimizers/momentum.py"
OBJECT = f"{SITE}/keras/_core.so"
FILES = {
    "keras/__init__.py": b'__version__ = "3.1.0"\n',
    "keras/optimizers/momentum.py": b"rate = 0.9\n",
    "keras/_core.so": b"\x7fELF",
}
WHOLE = {**python(), **wheel(files=FILES)}
PACKAGE = {"package.keras": "3.1.0", "packages.count": 1}
PYTHON = {"python.full_version": "3.11.7 (main)", "python.compiler": "GCC 12"}


def facts(files: Mapping[str, bytes | str]) -> Facts:
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in told(files).items()
    }


def opinion(of: str, said: Facts, problem: str = "") -> SecondOpinion:
    return SecondOpinion(cell=of, image="sha256:i", facts=said, problem=problem)


def answers(of: str, package: Mapping[str, Fact]) -> list[Record]:
    made = []
    for one in healthy(cell(of)):
        more: Mapping[str, Fact] = {"packages": package, "python": PYTHON}.get(one.probe, {})
        kept = {} if one.probe == "packages" else one.facts
        made.append(replace(one, facts={**kept, **more}))
    return made


def found(
    files: Mapping[str, bytes | str],
    *,
    package: Mapping[str, Fact] = PACKAGE,
    expectations: tuple[Expectation, ...] = (),
) -> tuple[Finding, ...]:
    """The findings of a cell that runs alone."""
    of = replace(run(ONE, expectations=expectations), opinions=(opinion(ONE.id, facts(files)),))
    return judge(of, answers(ONE.id, package)).cells[0].findings


def beside(files: Mapping[str, bytes | str]) -> tuple[Finding, ...]:
    """The findings of a cell whose reference has the files of WHOLE."""
    opinions = (opinion(ONE.id, facts(WHOLE)), opinion(TWO.id, facts(files)))
    of = replace(run(ONE, TWO), opinions=opinions)
    return judge(of, [*answers(ONE.id, PACKAGE), *answers(TWO.id, PACKAGE)]).cells[1].findings


def test_files_that_are_as_they_were_installed_find_nothing() -> None:
    assert () == found(WHOLE)
    assert () == beside(WHOLE)


@pytest.mark.attack("files", "momentum.py of an installed package is changed")
def test_a_changed_module_is_same_version_other_bytes(says: Says) -> None:
    (one,) = found({**WHOLE, MODULE: b"rate = 0.0\n"})
    says(f"{one.verdict}: {one.title} ({one.evidence[0]})")
    assert "Same version, other bytes: keras 3.1.0 is not what was installed" == one.title
    assert Verdict.DRIFT is one.verdict
    assert one.evidence[0].endswith(": keras/optimizers/momentum.py")


@pytest.mark.attack("files", "momentum.py and its line in RECORD are changed together")
def test_a_module_changed_with_its_list_differs_from_the_reference(says: Says) -> None:
    files = {**FILES, "keras/optimizers/momentum.py": b"rate = 0.0\n"}
    (one,) = beside({**python(), **wheel(files=files)})
    says(f"{one.verdict}: {one.title}")
    expected = f"Same version, other bytes: keras differs from {ONE.id}"
    assert (Verdict.DRIFT, expected) == (one.verdict, one.title)


@pytest.mark.attack("files", "the python program is another one that tells the same version")
def test_another_python_program_is_same_version_other_bytes(says: Says) -> None:
    (one,) = beside({**WHOLE, **python(b"\x7fELF other")})
    says(f"{one.verdict}: {one.title}")
    expected = f"Same version, other bytes: the python program differs from {ONE.id}"
    assert (Verdict.DRIFT, expected) == (one.verdict, one.title)


@pytest.mark.attack("files", "a .pth file puts another keras before the installed one")
def test_a_package_swapped_by_a_pth_file_is_told(says: Says) -> None:
    line = b"import sys; sys.path.insert(0, '/opt/other')\n"
    other = {f"{SITE}/zz.pth": line, "opt/other/keras/__init__.py": b""}
    both = found({**WHOLE, **other})
    says("; ".join(f"{one.verdict}: {one.title}" for one in both))
    kinds = {one.kind: one.verdict for one in both}
    assert {
        FindingKind.RUNS_FIRST: Verdict.DRIFT,
        FindingKind.SHADOWED: Verdict.DRIFT,
    } == kinds


@pytest.mark.attack("files", "a shared object of an installed package is deleted")
def test_a_deleted_shared_object_is_told(says: Says) -> None:
    (one,) = found({path: content for path, content in WHOLE.items() if path != OBJECT})
    says(f"{one.verdict}: {one.title} ({one.evidence[0]})")
    assert (Verdict.DRIFT, FindingKind.FILES_MISSING) == (one.verdict, one.kind)
    assert one.evidence[0].endswith("keras/_core.so")


@pytest.mark.attack("files", "a package answers another version than its files have")
def test_an_answer_that_the_files_contradict_fails(says: Says) -> None:
    (one,) = found(WHOLE, package={**PACKAGE, "package.keras": "3.2.0"})
    says(f"{one.verdict}: {one.title} ({one.evidence[0]})")
    assert (Verdict.FAIL, FindingKind.FILES_CONTRADICT) == (one.verdict, one.kind)
    (absent,) = found(WHOLE, package={**PACKAGE, "package.jax": "0.4"})
    assert absent.evidence[0].endswith("jax 0.4 was answered, but is not among the files")


def test_what_python_2_says_of_itself_need_not_lie_in_a_virtual_environment() -> None:
    assert () == found(WHOLE, package={**PACKAGE, "package.wsgiref": "0.1.2"})


@pytest.mark.attack("files", "a sitecustomize.py is put beside the packages")
def test_what_runs_before_every_program_is_told(says: Says) -> None:
    (one,) = found({**WHOLE, f"{SITE}/sitecustomize.py": b"import os\n"})
    says(f"{one.verdict}: {one.title} ({one.evidence[0]})")
    assert (Verdict.DRIFT, FindingKind.RUNS_FIRST) == (one.verdict, one.kind)


def test_a_module_that_states_another_version_is_told() -> None:
    files = {**FILES, "keras/__init__.py": b'__version__ = "2.9.0"\n'}
    (one,) = found({**python(), **wheel(files=files)})
    assert (FindingKind.OTHER_VERSION, Verdict.DRIFT) == (one.kind, one.verdict)


def test_a_post_release_may_state_the_release_that_it_is_of() -> None:
    stated = {**FILES, "keras/__init__.py": b'__version__ = "3.1.0"\n'}

    def kinds(version: str) -> set[FindingKind]:
        files = {**python(), **wheel(version=version, files=stated)}
        return {one.kind for one in found(files, package={**PACKAGE, "package.keras": version})}

    assert set() == kinds("3.1.0.post1")
    assert {FindingKind.OTHER_VERSION} == kinds("3.1.1.post1") == kinds("3.1.0.post1.dev2")


def test_another_version_or_build_is_not_held_against_other_bytes() -> None:
    other = wheel(version="3.2.0", files={**FILES, "keras/__init__.py": b"x = 1\n"})
    kinds = [one.kind for one in beside({**python(), **other})]
    assert FindingKind.OTHER_BYTES not in kinds


def test_an_expectation_lets_pass_what_it_names_and_a_note_says_so() -> None:
    allow = Expectation(facts="outside.changed.keras", rule="allowed", reason="patched by us")
    of = replace(
        run(ONE, expectations=(allow,)),
        opinions=(opinion(ONE.id, facts({**WHOLE, MODULE: b"rate = 0.0\n"})),),
    )
    judged = judge(of, answers(ONE.id, PACKAGE)).cells[0]
    assert () == judged.findings
    assert "an expectation allows what its files show: outside.changed.keras" in [
        note.text for note in judged.notes
    ]


def test_files_that_could_not_be_read_leave_the_cell_unverified() -> None:
    of = replace(run(ONE), opinions=(opinion(ONE.id, {}, "too many files"),))
    judged = judge(of, answers(ONE.id, PACKAGE)).cells[0]
    assert Verdict.UNVERIFIED is judged.verdict
    assert FindingKind.FILES_UNREAD is judged.findings[0].kind


def test_a_run_whose_files_nobody_read_is_judged_as_before() -> None:
    assert Verdict.PASS is judge(run(ONE), answers(ONE.id, PACKAGE)).cells[0].verdict
