"""A finding has a name, and the name explains it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.commands.explain import explain
from harness.compare.early import Likeness, likeness_of
from harness.compare.explaining import Reported, explain_finding
from harness.compare.judge import judge
from harness.compare.judgement import identity
from harness.compare.kinds import FindingKind
from harness.errors import UsageError
from harness.store.store import Store
from tests.unit.measuring import CANDIDATE, measured_run, noisy

words = st.lists(st.text(max_size=20), max_size=4)


@given(st.sampled_from(FindingKind), words)
def test_a_name_is_of_kind_and_subject_whatever_their_order(
    kind: FindingKind, subject: list[str]
) -> None:
    named = identity(kind, subject)
    assert re.fullmatch("[0-9a-f]{8}", named)
    assert named == identity(kind, [*reversed(subject), *subject])


def test_names_tell_kinds_and_subjects_apart() -> None:
    names = {
        identity(kind, subject)
        for kind in FindingKind
        for subject in ((), ("a",), ("b",), ("a", "b"), ("ab",), ('a","b',))
    }
    assert len(FindingKind) * 6 == len(names)


def test_a_name_is_the_one_that_is_documented() -> None:
    """SHA-256 of ["time-drifts",["mnist.step_seconds"]]."""
    assert "1d09f568" == identity(FindingKind.TIME_DRIFTS, ("mnist.step_seconds",))


def test_a_finding_keeps_its_name_from_night_to_night() -> None:
    first = judge(measured_run(5), noisy(5, shift=0.3, seed=1)).findings
    second = judge(measured_run(8), noisy(8, shift=0.4, seed=2)).findings
    assert {one.id for one in first} == {one.id for one in second}
    assert {one.title for one in first} != {one.title for one in second}


def test_an_explained_finding_says_its_rule_its_rate_and_how_to_see_it_by_hand() -> None:
    findings = judge(measured_run(5), noisy(5, shift=0.3)).findings
    told = Reported(
        findings=findings, command="harness report RUN --format json", images={CANDIDATE.id: "i1"}
    )
    text = " ".join(explain_finding("1d09f568", told).split())
    assert "1d09f568 (drift, time-drifts)" in text
    assert "1 % of reports on unchanged cells alarm at all, over 4 questions" in text
    assert "harness report RUN --format json" in text
    assert "docker run --rm -it --network none --entrypoint sh i1" in text
    assert "" == explain_finding("00000000", told)


def test_a_stored_runs_finding_is_explained_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_STORE", str(tmp_path / "store.sqlite3"))
    run = measured_run(5)
    with Store(tmp_path / "store.sqlite3") as store:
        store.begin(replace(run, state="running", ended=""))
        for one in noisy(5, shift=0.3):
            store.record(one)
        store.finish(run.id, ended=run.ended)
    reply = explain("1d09f568")
    assert "time-drifts" in reply.text
    assert reply.text == explain("1d09f568", [run.id]).text
    with pytest.raises(UsageError, match="no finding in the newest 1 runs has the id"):
        explain("00000000")


@pytest.mark.parametrize(
    ("first", "largest", "likeness"),
    [
        (0.0, 0.0, Likeness.EQUAL_BITS),
        (1e-7, 3e-6, Likeness.SUMMATION),
        (6e-6, 7e-5, Likeness.KERNEL),
        (1.1e-5, 2e-5, Likeness.KERNEL),
        (6e-4, 1e-2, Likeness.RANDOM_STREAM),
        (2.5e-3, 0.13, Likeness.RANDOM_STREAM),
        (0.06, 0.7, Likeness.ALGORITHM),
    ],
)
def test_early_losses_are_classed_by_their_distance(
    first: float, largest: float, likeness: Likeness
) -> None:
    assert likeness is likeness_of(first, largest)


@given(*[st.floats(min_value=0, max_value=10)] * 3)
def test_what_is_farther_apart_is_never_more_alike(a: float, b: float, more: float) -> None:
    first, largest = min(a, b), max(a, b)
    assert likeness_of(first, largest).rank <= likeness_of(first, largest + more).rank
