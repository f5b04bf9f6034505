"""Wrong numbers: which operations, by which library and switch; and what is no failure."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.judge import judge
from harness.compare.judgement import Finding
from harness.compare.kinds import FindingKind
from harness.model import Expectation, Fact, Nature, Probe, Record, Run, Verdict
from harness.probing.probe import load_probe
from tests.unit.builders import PROBES, cell, healthy, record, run

ROOT = Path(__file__).resolve().parents[2]
CELL = cell()
NUMERICS = Probe(
    name="numerics",
    question="Does it compute right?",
    source="",
    digest="sha256:07",
    frameworks=("tensorflow",),
    natures=(("numerics.*.of_bound", Nature.MEASURED),),
)
OFF, ON = "onednn_off.one_thread", "onednn_on.one_thread"
SWITCHES = {OFF: ("Eigen", "SWITCH=0, 1 thread"), ON: ("oneDNN", "SWITCH=1, 1 thread")}


def facts(off: Fact = (0.1, 0.2), on: Fact = (0.1, 0.2), **more: Fact) -> dict[str, Fact]:
    told: dict[str, Fact] = {
        "numerics.operations": ("matmul", "softmax"),
        "numerics.ways": (OFF, ON),
        "numerics.died": (),
        f"numerics.{OFF}.of_bound": off,
        f"numerics.{ON}.of_bound": on,
    }
    for way, (library, switch) in SWITCHES.items():
        told |= {f"numerics.{way}.library": library, f"numerics.{way}.switch": switch}
    return told | {f"numerics.{name}": value for name, value in more.items()}


def asked(*expectations: Expectation, rounds: int = 1) -> Run:
    return run(CELL, probes=(*PROBES, NUMERICS), expectations=expectations, rounds=rounds)


def answered(*answers: dict[str, Fact]) -> list[Record]:
    told = [record("numerics", one, round_=number) for number, one in enumerate(answers, start=1)]
    return [*healthy(CELL, rounds=len(answers)), *told]


def found(*answers: dict[str, Fact], of: Run | None = None) -> tuple[Finding, ...]:
    return judge(of or asked(rounds=len(answers)), answered(*answers)).findings


def test_right_numbers_are_no_finding() -> None:
    assert () == found(facts((1.0, 0.0)))


def test_wrong_with_a_library_and_right_without_names_operation_library_and_switch() -> None:
    (one,) = found(facts(on=(0.1, 12.5)))
    assert (FindingKind.WRONG_NUMBERS, Verdict.FAIL) == (one.kind, one.verdict)
    assert (
        "wrong numbers: softmax with oneDNN (SWITCH=1, 1 thread); "
        "right with Eigen (SWITCH=0, 1 thread)" == one.title
    )
    assert (
        "softmax, oneDNN (SWITCH=1, 1 thread): 12.5 times the largest error allowed",
    ) == one.evidence
    assert "use Eigen (SWITCH=0, 1 thread), or another release" == one.remedy


def test_wrong_in_every_way_says_so() -> None:
    (one,) = found(facts((3.0, 0.0), (2.0, 0.0)))
    assert "in every way that was tried" in one.title
    assert "use another release" == one.remedy


def test_operations_that_are_wrong_in_the_same_ways_are_one_finding() -> None:
    (one,) = found(facts(on=(3.0, 2.0)))
    assert "matmul, softmax with oneDNN" in one.title
    two = found(facts((3.0, 0.0), (3.0, 2.0)))
    assert 2 == len(two)


def test_the_name_of_a_finding_does_not_hang_on_how_wrong_it_is() -> None:
    (one,), (other,) = found(facts(on=(0.1, 12.5))), found(facts(on=(0.1, 1.5)))
    assert one.id == other.id


def test_wrong_in_one_round_of_several_is_wrong() -> None:
    (one,) = found(facts(), facts(on=(9.0, 0.1)))
    assert "matmul with oneDNN" in one.title


def test_an_operation_that_a_way_lacks_says_nothing_there() -> None:
    assert () == found(facts((0.1, None)))


def test_what_dies_is_told_with_its_operation_and_with_what_computes_it_alive() -> None:
    (one,) = found(facts(on=(None, 0.1), died=(f"{ON}: signal 11 in matmul",)))
    assert (FindingKind.DIES_COMPUTING, Verdict.FAIL) == (one.kind, one.verdict)
    with_switch = "oneDNN (SWITCH=1, 1 thread)"
    assert f"its process dies while it computes: matmul: signal 11 with {with_switch}" == one.title
    assert "use Eigen (SWITCH=0, 1 thread), or another release" == one.remedy
    assert "no known breakage matches" in one.evidence


def test_one_operation_that_dies_in_several_ways_is_one_finding() -> None:
    (one,) = found(facts(died=(f"{ON}: signal 11 in matmul", "w.all: signal 6 in matmul")))
    assert one.title.endswith(
        "matmul: signal 11 with oneDNN (SWITCH=1, 1 thread); signal 6 with w.all"
    )
    assert {f"{ON}: signal 11 in matmul", "w.all: signal 6 in matmul"} <= set(one.evidence)
    two = found(facts(died=(f"{ON}: signal 11 in matmul", f"{ON}: signal 11 in lstm")))
    assert 2 == len({each.id for each in two})


def test_what_dies_before_any_operation_is_told_with_its_way() -> None:
    (one,) = found(facts(died=("as_it_is.all: signal 9",)))
    assert "its process dies while it computes: signal 9 with as_it_is.all" == one.title


def test_the_broadcast_product_that_dies_with_onednn_is_a_known_breakage() -> None:
    (one,) = found(facts(died=(f"{ON}: signal 11 in matmul_broadcast",)))
    assert "onednn-matmul-broadcast-dies" == one.breakage
    assert "TF_ENABLE_ONEDNN_OPTS=0" == one.remedy
    (other,) = found(facts(died=(f"{OFF}: signal 11 in matmul_broadcast",)))
    assert "" == other.breakage


@pytest.mark.parametrize(("rule", "count"), [("ignore", 0), ("allowed", 1)])
def test_only_ignoring_lets_wrong_numbers_pass(rule: str, count: int) -> None:
    covering = Expectation(facts="numerics.*", rule=rule, reason="cells may differ")
    assert count == len(found(facts(on=(0.1, 12.5)), of=asked(covering)))


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
anything = scalars | st.lists(scalars, max_size=4).map(tuple)


@given(anything, anything, anything, anything)
def test_whatever_an_image_answers_is_judged(
    operations: Fact, ways: Fact, died: Fact, shares: Fact
) -> None:
    told = facts(shares, shares, operations=operations, ways=ways, died=died, library=died)
    judge(asked(), answered(told))


def test_what_is_shipped_is_what_the_script_makes() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "make_numerics.py"))
    probe = runpy.run_path(str(ROOT / "probes" / "numerics.py"))
    assert [] == made["differences"](probe)
    assert {one.name for one in probe["OPERATIONS"]} == set(made["REFERENCE"])
    assert len(probe["OPERATIONS"]) >= 36


def test_another_value_than_the_script_makes_is_seen() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "make_numerics.py"))
    probe = runpy.run_path(str(ROOT / "probes" / "numerics.py"))
    size, text = probe["EXPECTED"]["softmax"]
    probe["EXPECTED"]["softmax"] = (size, text[:4] + ("A" if text[4] != "A" else "B") + text[5:])
    assert ["softmax"] == made["differences"](probe)


def test_each_probe_declares_what_the_judges_look_for() -> None:
    numerics = load_probe(ROOT / "probes" / "numerics.py")
    natures = dict(numerics.natures)
    assert Nature.MEASURED is natures["numerics.*.of_bound"]
    assert numerics.on_request
    keras = load_probe(ROOT / "probes" / "keras.py")
    assert ["saves"] == [one.kind for one in keras.evidence]
    assert Nature.DRAWN is dict(keras.natures)["keras.drawn.*"]
