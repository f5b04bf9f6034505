from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.rules import Judged, expectation_for, rule_on, run_date
from harness.model import Expectation, Nature
from tests.unit.builders import run

AT = date(2026, 11, 20)
NUMBERS = st.floats(-1e6, 1e6)


def rule(name: str, **more: object) -> Expectation:
    return Expectation(facts="*", rule=name, **more)  # type: ignore[arg-type]


def judged(
    expectation: Expectation | None,
    reference: object = 1,
    candidate: object = 2,
    nature: Nature = Nature.STATIC,
    at: date | None = AT,
) -> Judged:
    return rule_on(expectation, (reference,), (candidate,), nature, at).judged  # type: ignore[arg-type]


def test_the_first_expectation_that_matches_fact_and_cell_wins() -> None:
    rules = [
        Expectation(facts="package.*", cells="old-*", rule="ignore"),
        Expectation(facts="package.n*", rule="exact"),
        Expectation(facts="*", rule="allowed"),
    ]
    assert rules[0] is expectation_for(rules, "package.numpy", "old-1")
    assert rules[1] is expectation_for(rules, "package.numpy", "new")
    assert rules[2] is expectation_for(rules, "python.version", "new")
    assert expectation_for(rules[:2], "python.version", "new") is None


@pytest.mark.parametrize(
    ("expected", "nature"),
    [
        (Judged.DRIFT, Nature.STATIC),
        (Judged.NOT_JUDGED, Nature.MEASURED),
        (Judged.NOT_JUDGED, Nature.TIMING),
    ],
)
def test_without_an_expectation_the_nature_of_a_fact_decides(
    expected: Judged, nature: Nature
) -> None:
    assert expected is judged(None, nature=nature)


@pytest.mark.parametrize(
    ("expected", "name"),
    [
        (Judged.DRIFT, "exact"),
        (Judged.IGNORED, "ignore"),
        (Judged.ALLOWED, "allowed"),
        (Judged.NOT_JUDGED, "equivalent"),
        (Judged.NOT_JUDGED, "of a later version"),
    ],
)
def test_each_rule_judges_a_difference_its_way(expected: Judged, name: str) -> None:
    assert expected is judged(rule(name))


@pytest.mark.parametrize("name", ["exact", "within", "ignore", "allowed", "equivalent"])
def test_what_is_equal_is_the_same_under_every_rule(name: str) -> None:
    assert Judged.SAME is judged(rule(name, absolute=0.1), 1, 1.0)


@pytest.mark.parametrize("name", ["exact", "within"])
@pytest.mark.parametrize(("reference", "candidate"), [((), (1,)), ((1,), ()), ((None,), (0,))])
def test_missing_is_not_equal(name: str, reference: tuple[None], candidate: tuple[None]) -> None:
    expectation = rule(name, absolute=10.0)
    drift = rule_on(expectation, reference, candidate, Nature.STATIC, AT).judged
    assert Judged.DRIFT is drift
    assert Judged.DRIFT is rule_on(None, reference, candidate, Nature.STATIC, AT).judged


@pytest.mark.parametrize(
    ("expected", "reference", "candidate", "bounds"),
    [
        (Judged.ALLOWED, 1.0, 1.1, {"absolute": 0.11}),
        (Judged.DRIFT, 1.0, 1.2, {"absolute": 0.11}),
        (Judged.ALLOWED, 100, 105, {"relative": 0.05}),
        (Judged.DRIFT, 100, 106, {"relative": 0.05}),
        (Judged.ALLOWED, 0.0, 0.01, {"absolute": 0.01, "relative": 0.05}),
        (Judged.ALLOWED, (1.0, 2.0), (1.1, 2.0), {"absolute": 0.2}),
        (Judged.DRIFT, (1.0, 2.0), (1.1, 2.5), {"absolute": 0.2}),
        (Judged.DRIFT, (1.0, 2.0), (1.0,), {"absolute": 0.2}),
        (Judged.DRIFT, "1", "2", {"absolute": 5.0}),
        (Judged.DRIFT, 1.0, "nan", {"absolute": 5.0}),
        (Judged.DRIFT, False, 1, {"absolute": 5.0}),
        (Judged.DRIFT, 1.0, 1.1, {}),
    ],
)
def test_within_bounds_numbers_and_series(
    expected: Judged, reference: object, candidate: object, bounds: dict[str, float]
) -> None:
    assert expected is judged(rule("within", **bounds), reference, candidate)


@given(NUMBERS, NUMBERS, st.floats(0, 1e6))
def test_an_absolute_bound_has_no_direction(one: float, other: float, bound: float) -> None:
    expectation = rule("within", absolute=bound)
    assert judged(expectation, one, other) is judged(expectation, other, one)


@pytest.mark.parametrize(
    ("expected", "ends", "until"),
    [
        (Judged.ALLOWED, "", ""),
        (Judged.ALLOWED, "", "2026-12-05"),
        (Judged.ALLOWED, "2026-12-04", "2026-12-04"),
        (Judged.ALLOWED, "2026-11-20", "2026-11-20"),
        (Judged.DRIFT, "", "2026-11-19"),
        (Judged.DRIFT, "", "next year"),
    ],
)
def test_an_allowance_holds_to_the_end_of_its_last_day(
    expected: Judged, ends: str, until: str
) -> None:
    ruling = rule_on(rule("allowed", reason="why", until=until), (1,), (2,), Nature.STATIC, AT)
    assert (expected, ends) == (ruling.judged, ruling.ends)
    assert "why" in ruling.reason


def test_a_run_without_a_readable_date_gets_no_dated_allowance() -> None:
    assert Judged.DRIFT is judged(rule("allowed", until="2999-01-01"), at=None)
    assert Judged.ALLOWED is judged(rule("allowed"), at=None)


def test_allowances_are_judged_at_the_date_of_the_run() -> None:
    assert AT == run_date(run(started="2026-11-20T23:45:01Z"))
    assert run_date(run(started="yesterday")) is None
