"""Claims that nobody checked: each attack of docs/attacks.md on what a suite says of its cells."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness.compare.items import probe_outcome, results_of
from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.errors import MatrixError
from harness.formats import render
from harness.model import Cell, Expectation, Fact, Level, Outcome, Record, Verdict
from harness.running.session import checked_suite
from tests.unit.builders import (
    BAND,
    LIBCUSOLVER,
    PROBES,
    cell,
    device_facts,
    healthy,
    record,
    run,
    without,
)

NEW = cell()
OTHER = cell("tf2.20.0-py3.13", "2.20.0")
Says = Callable[[str], None]


def findings(judgement: Judgement) -> str:
    return "; ".join(f"{one.verdict}: {one.title}" for one in judgement.findings)


def devices(of: Cell, **more: Fact) -> list[Record]:
    """A healthy cell whose framework says of itself what stands in `more`."""
    told = {f"framework.{name}": value for name, value in more.items()}
    facts = {**device_facts(of.framework[0][1]), **told}
    return [*without(healthy(of), "devices"), record("devices", facts, of=of.id)]


@pytest.mark.attack("claims", "a row claims Python 2.7 and CUDA 8.0 of Python 3.13 without CUDA")
def test_a_row_that_claims_another_python_and_cuda_fails_at_l1(says: Says) -> None:
    liar = replace(NEW, python="2.7", cuda="8.0")
    judgement = judge(run(liar), devices(liar, built_with_cuda=False))
    says(findings(judgement))
    (judged,) = judgement.cells
    assert (Verdict.FAIL, Level.L0) == (judged.verdict, judged.level)
    assert (
        "L1 (starts) is not reached: it claims Python 2.7, but it is Python 3.13.5; "
        "it claims CUDA 8.0, but its framework is built without CUDA" == judged.findings[0].title
    )
    for format in ("terminal", "markdown"):
        assert "3.13.5 ≠ 2.7" in render(format, judgement)
        assert "CUDA none ≠ 8.0" in render(format, judgement)
    told = json.loads(render("json", judgement))["cells"][0]
    assert "2.7" == told["python"]
    assert {"what": "cuda", "claimed": "8.0", "measured": "none", "holds": False} in told["claims"]


def test_a_test_of_the_probe_that_contradicts_a_claim_fails() -> None:
    liar = replace(NEW, python="2.7")
    results = results_of(run(liar), healthy(liar))
    assert Verdict.FAIL is probe_outcome(results, liar.id, "python", PROBES).verdict
    honest = results_of(run(NEW), healthy(NEW))
    assert Verdict.PASS is probe_outcome(honest, NEW.id, "python", PROBES).verdict


@pytest.mark.parametrize(
    ("holds", "claimed", "facts"),
    [
        (True, "12.5", {"framework.build.cuda_version": "12.5.1"}),
        (True, "12.5.1", {"framework.build.cuda_version": "12.5"}),
        (False, "12.4", {"framework.build.cuda_version": "12.5.1"}),
        (False, "1.2", {"framework.build.cuda_version": "12.5"}),
        (True, "8.0", {"libraries.built_for.cuda": "8.0"}),
        (False, "8.0", {"libraries.built_for.cuda": "9.0"}),
        # From CUDA 11 on a library's name has the major version alone.
        (True, "11.8", {"libraries.built_for.cuda": "11.0"}),
        (True, "12.5", {"libraries.built_for.cuda": "12"}),
        (False, "12.5", {"libraries.built_for.cuda": "11.0"}),
        (False, "12.5", {"framework.build.is_cuda_build": False}),
        (False, "12.5", {"framework.build.cuda_version": ("12", "5")}),
        (True, "12.5", {}),
        (True, "12.5", {"framework.built_with_cuda": True}),
    ],
)
def test_cuda_is_the_release_the_framework_was_built_for(
    holds: bool, claimed: str, facts: Mapping[str, Fact]
) -> None:
    of = replace(NEW, cuda=claimed)
    made = record("devices", {**device_facts(), **facts}, of=of.id)
    (judged,) = judge(run(of), [*without(healthy(of), "devices"), made]).cells
    assert (Verdict.PASS if holds else Verdict.FAIL) is judged.verdict
    (claim,) = (one for one in judged.claims if one.what == "cuda")
    measured = any(name != "framework.built_with_cuda" for name in facts)
    assert (holds, measured) == (claim.holds, bool(claim.measured))


@pytest.mark.attack("claims", "a row claims CUDA 8.0, and the framework does not import")
def test_a_claim_that_was_not_measured_is_marked_and_no_second_finding(says: Says) -> None:
    of = replace(NEW, cuda="8.0")
    raised = [
        record(probe, of=of.id, outcome=Outcome.RAISED, raised=LIBCUSOLVER)
        for probe in ("devices", "mnist")
    ]
    judgement = judge(run(of), [*without(healthy(of), "devices", "mnist"), *raised])
    shown = render("terminal", judgement)
    line = next(one.strip() for one in shown.splitlines() if "CUDA (8.0)" in one)
    says(line)
    assert 1 == len(judgement.findings)
    assert "CUDA (8.0) · libcusolver.so.8.0: cannot open shared object file" == line
    assert "tensorflow (2.21.0)" in shown
    assert "(...) claimed, not measured" in shown


def test_one_round_of_another_python_is_enough_to_contradict_the_claim() -> None:
    two = healthy(NEW, rounds=2)
    odd = [
        replace(one, facts={**one.facts, "python.version": "3.12.1"})
        if (one.probe, one.round) == ("python", 2)
        else one
        for one in two
    ]
    (judged,) = judge(run(NEW, rounds=2), odd).cells
    assert Verdict.FAIL is judged.verdict
    assert ["3.12.1"] == [one.measured for one in judged.claims if one.what == "python"]


@pytest.mark.attack("claims", "a row {host: python9}, which no host has")
def test_what_was_never_started_has_not_reached_l0(says: Says) -> None:
    of = Cell(id="x", host="python9", level=Level.L0)
    reason = "python9 is no Python on this host"
    records = [
        record(name, of="x", outcome=Outcome.NO_INTERPRETER, reason=reason, has_image=False)
        for name in ("python", "packages")
    ]
    judgement = judge(run(of, probes=PROBES[:2]), records)
    (judged,) = judgement.cells
    says(f"{judged.verdict}, level {judged.level}; {findings(judgement)}")
    assert (Verdict.FAIL, Level.NONE) == (judged.verdict, judged.level)
    assert 1 == len(judgement.findings)


def defective(name: str, *lines: str) -> list[Record]:
    made = record("packages", {"package.numpy": "2.1.0", f"packages.{name}": lines})
    return [*without(healthy(NEW), "packages"), made]


@pytest.mark.attack("claims", "two distributions of one package in a cell that runs alone")
def test_a_package_that_is_there_twice_is_told_of_a_cell_that_runs_alone(says: Says) -> None:
    twice = "numpy: 2.1.0 in site-packages, 1.9 in dist-packages"
    judgement = judge(run(NEW), defective("duplicates", twice))
    says(findings(judgement))
    (found,) = judgement.findings
    assert (Verdict.DRIFT, "a package is installed twice") == (found.verdict, found.title)
    assert (twice,) == found.evidence


@pytest.mark.attack("claims", "requirements that conflict in a cell that runs alone")
def test_requirements_that_conflict_are_told_of_a_cell_that_runs_alone(says: Says) -> None:
    facts: dict[str, Fact] = {
        "package.numpy": "2.1.0",
        "package.old": "1.0",
        "requirements.of.old": ("numpy<2", "absent; python_version >= '3'"),
        "requirements.marker.python_full_version": "3.13.5",
        "requirements.marker.python_version": "3.13",
    }
    judgement = judge(run(NEW), [*without(healthy(NEW), "packages"), record("packages", facts)])
    says(findings(judgement))
    assert {
        "old 1.0 requires absent, which is not installed",
        "old 1.0 requires numpy <2, but numpy 2.1.0 is installed",
    } == {one.title for one in judgement.findings}
    assert Verdict.DRIFT is judgement.cells[0].verdict


@pytest.mark.parametrize("name", ["missing", "conflicts", "wrong_python", "duplicates"])
def test_an_expectation_covers_a_defect_and_is_counted(name: str) -> None:
    assert Verdict.DRIFT is judge(run(NEW), defective(name, "a", "b")).cells[0].verdict
    assert Verdict.PASS is judge(run(NEW), defective(name)).cells[0].verdict
    rule = Expectation(facts=f"packages.{name}", rule="allowed", reason="known")
    judgement = judge(run(NEW, expectations=(rule,)), defective(name, "a", "b"))
    assert Verdict.PASS is judgement.cells[0].verdict
    assert [(rule, 1, (NEW.id,))] == [
        (one.rule, one.differences, one.cells) for one in judgement.let_pass
    ]
    ended = replace(rule, until="2020-01-01")
    assert Verdict.DRIFT is (
        judge(run(NEW, expectations=(ended,)), defective(name, "a")).cells[0].verdict
    )


@pytest.mark.attack("claims", '{facts: "*", rule: ignore} removes every finding of a run')
def test_what_a_rule_lets_pass_is_counted_in_every_report(says: Says) -> None:
    odd = healthy(OTHER, packages={"numpy": "1.0"}, rounds=2)
    odd[0] = replace(odd[0], facts={**odd[0].facts, "python.hash": "only here"})
    odd[4] = replace(odd[4], facts={**odd[4].facts, "python.hash": "another"})
    of = run(NEW, OTHER, rounds=2, expectations=(Expectation(facts="*", rule="ignore"),))
    judgement = judge(of, [*healthy(NEW, rounds=2), *odd])
    (use,) = judgement.let_pass
    # numpy, two versions of the framework, and one fact only this cell has, and not in all rounds
    assert (4, (OTHER.id,)) == (use.differences, use.cells)
    shown = render("terminal", judgement)
    line = next(one for one in shown.splitlines() if one.startswith("  [1]  * (ignore)"))
    says(" ".join(line.split()))
    assert [
        "[1]",
        "*",
        "(ignore)",
        "4",
        "in",
        OTHER.id,
        "no",
        "reason",
        "is",
        "given",
    ] == line.split()
    assert f"4 in {OTHER.id}" in render("markdown", judgement).replace("\\", "")
    assert [4] == [one["differences"] for one in json.loads(render("json", judgement))["let_pass"]]


@pytest.mark.attack("claims", "a rule for `package.nunpy`, and a band for `mnist.test_acuracy`")
def test_a_rule_and_a_band_that_match_nothing_are_a_notice_with_the_nearest_name(
    says: Says,
) -> None:
    rules = (
        Expectation(facts="package.nunpy", rule="exact"),
        Expectation(facts="mnits.*", rule="ignore"),
        Expectation(facts="package.*", rule="allowed", reason="by intent"),
        Expectation(facts="package.numpy", rule="exact"),
        Expectation(facts="quite.other", rule="exact"),
        Expectation(facts="python.*", rule="exact", cells="another-cell"),
    )
    bands = (BAND, replace(BAND, fact="mnist.test_acuracy"), replace(BAND, dataset="mnist"))
    notices = judge(run(NEW, expectations=rules, bands=bands), healthy(NEW)).notices
    says("; ".join(notices))
    assert (
        "the rule for `package.nunpy` matched no fact: did you mean `package.numpy`?",
        "the rule for `mnits.*` matched no fact: did you mean `mnist.*`?",
        "the rule for `package.numpy` decides nothing: rules before it match first",
        "these rules matched no fact of this run: `quite.other`",
        "the band for `mnist.test_acuracy` on mnist-subset, 200 steps matched no fact: "
        "did you mean `mnist.test_accuracy`?",
        "these bands judged nothing in this run: `mnist.test_accuracy` on mnist, 200 steps",
    ) == notices


SLIPS = """\
version: 1
defaults:
  settings: {mnits: {steps: 20}}
cells:
  - id: x
    image: "name:tag"
    framework: {tensorflw: "2.21.0"}
    settings: {mnist: {stepps: 20, steps: many}}
    timeouts: {devics: 20}
bands:
  - {fact: mnist.test_acuracy, dataset: mnist, steps: 200, low: 0.9, high: 1.0}
  - {fact: mnist.test_accuracy, dataset: minst, steps: 200, low: 0.9, high: 1.0}
probes: [pyhton]
"""


@pytest.mark.attack("claims", "a slip in the name of a probe, setting, framework, fact, data set")
def test_names_that_can_be_known_are_errors_of_the_plan(tmp_path: Path, says: Says) -> None:
    (tmp_path / "matrix.yaml").write_text(SLIPS, "utf-8")
    with pytest.raises(MatrixError) as refused:
        checked_suite(tmp_path)
    told = [(one.line, one.message, one.remedy) for one in refused.value.problems]
    says("; ".join(f"line {line}: {message}" for line, message, _ in told))
    assert [
        (3, "there is no probe `mnits`"),
        (7, "no probe knows the framework `tensorflw`: nothing would be measured of it"),
        (8, "the probe mnist has no setting `stepps`"),
        (8, "the setting `steps` of the probe mnist is a number, as its default 200"),
        (9, "there is no probe `devics`"),
        (11, "no probe lets `mnist.test_acuracy` be judged by a band"),
        (12, "`mnist.test_accuracy` is not learned from a data set `minst`"),
        (13, "there is no probe `pyhton`"),
    ] == [(line, message) for line, message, _ in told]
    nearest = (
        "mnist",
        "tensorflow",
        "steps",
        "",
        "devices",
        "mnist.test_accuracy",
        "mnist",
        "python",
    )
    for name, (_, _, remedy) in zip(nearest, told, strict=True):
        assert (f"did you mean `{name}`" if name else "") in remedy


def test_a_framework_that_no_probe_knows_and_that_is_no_slip_is_allowed(tmp_path: Path) -> None:
    suite = 'version: 1\ncells: [{id: x, image: "name:tag", framework: {pytensor: "2.0"}}]\n'
    (tmp_path / "matrix.yaml").write_text(suite, "utf-8")
    assert 1 == len(checked_suite(tmp_path).cells)
