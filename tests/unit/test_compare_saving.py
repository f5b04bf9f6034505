"""Formats in which a model cannot be saved: which level hangs on them, and what is found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.judge import judge
from harness.compare.judgement import CellJudgement, Finding
from harness.compare.kinds import FindingKind
from harness.model import (
    Evidence,
    Expectation,
    Fact,
    Level,
    Nature,
    Probe,
    Record,
    Run,
    Saving,
    Verdict,
)
from tests.unit.builders import PROBES, cell, healthy, record, run

CELL = cell()
OLDER = cell("tf2.20.0-py3.13", "2.20.0")
KERAS = Probe(
    name="keras",
    question="Does it save?",
    source="",
    digest="sha256:06",
    frameworks=("tensorflow",),
    natures=(("keras.drawn.*", Nature.DRAWN),),
    evidence=(Evidence(level=Level.L3, kind="saves", fact="keras.saves"),),
)
DECODE = "hdf5: cannot be loaded: AttributeError: 'str' object has no attribute 'decode'"
ODD = "keras: cannot be saved: TypeError: no such thing"


def facts(saves: Fact = ("savedmodel", "json"), cannot: Fact = (), **more: Fact) -> dict[str, Fact]:
    return {
        "keras.which": "tf.keras",
        "keras.saves": saves,
        "keras.cannot_save": cannot,
        **{f"keras.{name}": value for name, value in more.items()},
    }


def asked(*expectations: Expectation, saving: Saving | None = None, rounds: int = 1) -> Run:
    made = run(CELL, probes=(*PROBES, KERAS), expectations=expectations, rounds=rounds)
    return replace(made, rules=replace(made.rules, saving=saving))


def answered(*answers: dict[str, Fact]) -> list[Record]:
    told = [record("keras", one, round_=number) for number, one in enumerate(answers, start=1)]
    return [*healthy(CELL, rounds=len(answers)), *told]


def judged(of: Run, *answers: dict[str, Fact]) -> CellJudgement:
    (found,) = judge(of, answered(*answers)).cells
    return found


def of_kind(found: CellJudgement, kind: FindingKind) -> list[Finding]:
    return [one for one in found.findings if one.kind is kind]


def test_one_format_that_works_is_what_l3_rests_on() -> None:
    found = judged(asked(), facts())
    assert (Verdict.PASS, Level.L3) == (found.verdict, found.level)
    rests_on = [one.told for one in found.ladder.marks[3].rests_on]
    assert "a model that was built, fitted, saved and loaded (keras)" in rests_on


def test_a_format_that_fails_beside_one_that_works_is_drift_and_names_the_breakage() -> None:
    found = judged(asked(), facts(cannot=(DECODE,)))
    assert (Verdict.DRIFT, Level.L3) == (found.verdict, found.level)
    (one,) = found.findings
    assert "cannot save: hdf5: cannot be loaded: AttributeError: 'str'" in one.title
    assert "h5py-3-decode" == one.breakage
    assert "a known breakage: harness explain h5py-3-decode" in one.evidence
    assert one.remedy


def test_an_unknown_exception_is_said_to_be_none_of_the_known_breakages() -> None:
    (one,) = judged(asked(), facts(cannot=(ODD,))).findings
    assert "no known breakage matches" in one.evidence
    assert "" == one.breakage


def test_every_failing_format_is_a_finding_of_its_own_with_a_name_of_its_own() -> None:
    found = judged(asked(), facts(cannot=(DECODE, ODD)))
    assert ["hdf5", "keras"] == [one.title.split(": ")[1] for one in found.findings]
    assert 2 == len({one.id for one in found.findings})


def test_no_format_at_all_fails_l3_once() -> None:
    found = judged(asked(), facts((), (DECODE,)))
    (one,) = found.findings
    assert (FindingKind.CANNOT_SAVE, Verdict.FAIL, Level.L3) == (one.kind, one.verdict, one.level)
    assert Level.L2 is found.level


def test_a_suite_says_which_formats_and_which_level() -> None:
    wanted = asked(saving=Saving(level=Level.L2, formats=("hdf5",)))
    found = judged(wanted, facts(cannot=(DECODE, ODD)))
    assert Level.L1 is found.level
    verdicts = {one.title.split(": ")[1]: one.verdict for one in found.findings}
    assert {"hdf5": Verdict.FAIL, "keras": Verdict.DRIFT} == verdicts


def test_a_format_that_a_suite_asks_for_and_that_is_not_available_misses_the_level() -> None:
    found = judged(asked(saving=Saving(formats=("hdf5",))), facts())
    (one,) = found.findings
    assert (FindingKind.LEVEL_MISSED, Level.L2) == (one.kind, found.level)
    assert "cannot save a model in hdf5: that is not available" in one.title
    assert "install what the format needs" in one.remedy


def test_a_cell_that_need_not_reach_the_level_drifts_at_most() -> None:
    low = replace(CELL, level=Level.L1)
    of = replace(asked(), cells=(low,))
    (found,) = judge(of, answered(facts((), (DECODE,)))).cells
    assert Verdict.DRIFT is found.verdict
    assert Level.L2 is found.level


def test_where_there_is_nothing_to_save_with_l3_rests_on_the_rest_and_says_so() -> None:
    found = judged(asked(), {"keras.which": "none", "keras.saves": ()})
    assert (Verdict.PASS, Level.L3) == (found.verdict, found.level)
    assert "there is nothing in it to save with (keras)" in [
        one.told for one in found.ladder.marks[3].rests_on
    ]


def test_an_answer_without_its_formats_is_unverified() -> None:
    found = judged(asked(), {"keras.which": "tf.keras"})
    assert (Verdict.UNVERIFIED, Level.L2) == (found.verdict, found.level)


@pytest.mark.parametrize("rule", ["ignore", "allowed"])
def test_an_expectation_lets_a_failing_format_pass(rule: str) -> None:
    covering = Expectation(facts="keras.cannot_save", rule=rule, reason="it is known")
    assert Verdict.PASS is judged(asked(covering), facts(cannot=(ODD,))).verdict


def test_what_fails_in_one_round_alone_is_found() -> None:
    found = judged(asked(rounds=2), facts(), facts(cannot=(ODD,)))
    assert 1 == len(of_kind(found, FindingKind.CANNOT_SAVE))


def test_what_the_reference_does_not_lack_is_told_once() -> None:
    of = run(OLDER, CELL, probes=(*PROBES, KERAS), reference=OLDER.id)
    records = [
        *healthy(OLDER),
        record("keras", facts(), of=OLDER.id),
        *healthy(CELL),
        record("keras", facts(cannot=(ODD,)), of=CELL.id),
    ]
    told = [one for one in judge(of, records).findings if "keras.cannot_save" in one.subject]
    assert [FindingKind.CANNOT_SAVE] == [one.kind for one in told]


def test_another_random_stream_is_expected_and_no_failure() -> None:
    of = run(OLDER, CELL, probes=(*PROBES, KERAS), reference=OLDER.id)
    drawn = {"keras.drawn.uniform": (0.1, 0.2)}
    records = [
        *healthy(OLDER),
        record("keras", {**facts(), **drawn}, of=OLDER.id),
        *healthy(CELL),
        record("keras", {**facts(), "keras.drawn.uniform": (0.3, 0.4)}, of=CELL.id),
    ]
    found = judge(of, records).cells[1]
    (one,) = [each for each in found.differences if each.fact == "keras.drawn.uniform"]
    assert ("allowed", "expected: another random stream") == (one.judged, one.reason)
    assert [] == [each for each in found.findings if "keras.drawn.uniform" in each.subject]


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
anything = scalars | st.lists(scalars, max_size=4).map(tuple)


@given(anything, anything, anything)
def test_whatever_an_image_answers_is_judged_and_never_reaches_more(
    which: Fact, saves: Fact, cannot: Fact
) -> None:
    told = {"keras.which": which, "keras.saves": saves, "keras.cannot_save": cannot}
    found = judged(asked(), told)
    assert found.verdict in Verdict
    assert found.level.rank <= Level.L3.rank


def test_a_rule_for_a_fact_that_a_probe_names_is_no_slip_where_its_settings_leave_it_out() -> None:
    wanted = replace(KERAS, natures=(("keras.recurrent.test_accuracy", Nature.MEASURED),))
    rules = (
        Expectation(facts="keras.recurrent.test_accuracy", rule="allowed", reason="another mask"),
        Expectation(facts="keras.sves", rule="allowed", reason="a slip"),
    )
    of = run(CELL, probes=(*PROBES, wanted), expectations=rules)
    notices = "\n".join(judge(of, answered(facts())).notices)
    assert "keras.recurrent" not in notices
    assert "the rule for `keras.sves` matched no fact: did you mean `keras.saves`?" in notices
