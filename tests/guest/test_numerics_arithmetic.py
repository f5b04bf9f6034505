"""How the numerics probe measures: distances, children that die, ways that differ. No framework is
needed; numpy is the project's own."""

from __future__ import annotations

import os
import runpy
import signal
from typing import Any

import numpy as np
import pytest

from tests.guest.conversation import PROBES

pytestmark = pytest.mark.guest


@pytest.fixture(scope="module")
def probe() -> dict[str, Any]:
    return runpy.run_path(str(PROBES / "numerics.py"))


@pytest.fixture(scope="module")
def expected(probe: dict[str, Any]) -> dict[str, tuple[int, Any, Any]]:
    found: dict[str, tuple[int, Any, Any]] = probe["expected_values"](np)
    return found


def operation(probe: dict[str, Any], name: str) -> Any:
    return next(one for one in probe["OPERATIONS"] if one.name == name)


def product(probe: dict[str, Any], name: str = "matmul") -> Any:
    a, b = probe["inputs_of"](np, operation(probe, name))
    return (a.astype(np.float64) @ b.astype(np.float64)).astype(np.float32)


def held(
    probe: dict[str, Any], expected: dict[str, tuple[int, Any, Any]], got: Any, name: str = "matmul"
) -> dict[str, Any]:
    found: dict[str, Any] = probe["held_against"](np, operation(probe, name), got, *expected[name])
    return found


def test_a_product_rounded_once_is_half_a_unit_away_at_most(
    probe: dict[str, Any], expected: dict[str, tuple[int, Any, Any]]
) -> None:
    found = held(probe, expected, product(probe))
    assert 0 < found["largest_ulp"] <= 0.5
    assert found["of_bound"] < 1


@pytest.mark.parametrize("at", [0, 1, 777, 32 * 48 - 1])
def test_a_wrong_element_is_seen_wherever_it_is(
    probe: dict[str, Any], expected: dict[str, tuple[int, Any, Any]], at: int
) -> None:
    got = product(probe)
    got.reshape(-1)[at] += 0.05
    assert held(probe, expected, got)["of_bound"] > 1


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_what_is_no_number_is_beyond_every_bound(
    probe: dict[str, Any], expected: dict[str, tuple[int, Any, Any]], wrong: float
) -> None:
    got = product(probe)
    got[3, 3] = wrong
    assert probe["BEYOND"] == held(probe, expected, got)["of_bound"]


def test_another_shape_is_beyond_every_bound(
    probe: dict[str, Any], expected: dict[str, tuple[int, Any, Any]]
) -> None:
    assert probe["BEYOND"] == held(probe, expected, product(probe)[1:])["of_bound"]


def test_what_must_be_exact_is_wrong_by_one(
    probe: dict[str, Any], expected: dict[str, tuple[int, Any, Any]]
) -> None:
    name = "matmul_quantised"
    a, b = probe["inputs_of"](np, operation(probe, name))
    got = a.astype(np.int64) @ b.astype(np.int64)
    assert 0 == held(probe, expected, got, name)["of_bound"]
    got[0, 0] += 1
    assert held(probe, expected, got, name)["of_bound"] > 1


def test_units_in_the_last_place_are_those_of_the_type(probe: dict[str, Any]) -> None:
    values = np.array([1.0, 1.5, 2.0, 0.75, -3.0, 1e-3, 1e30])
    precision = probe["PRECISION"]
    told = probe["unit_in_last_place"](np, values, *precision["float32"])
    assert np.abs(np.spacing(values.astype(np.float32))).astype(np.float64).tolist() == (
        told.tolist()
    )
    half = probe["unit_in_last_place"](np, values[:6], *precision["float16"])
    assert np.abs(np.spacing(values[:6].astype(np.float16))).astype(float).tolist() == half.tolist()


def test_parts_cover_every_element_once(probe: dict[str, Any]) -> None:
    for size in (1, 64, 65, 624, 65536):
        chosen, parts = probe["places"](size)
        assert all(0 <= one < size for one in chosen)
        covered = [at for first, last in parts for at in range(first, last)]
        assert list(range(size)) == (covered or chosen)


def test_what_a_child_told_is_kept_when_it_dies(probe: dict[str, Any]) -> None:
    def work(tell: Any) -> None:
        tell({"begun": "one"})
        tell({"result": {"one": {"of_bound": 0.5}}})
        tell({"begun": "two"})
        os.kill(os.getpid(), signal.SIGKILL)

    told = probe["in_child"](work)
    assert "signal 9" == told["end"]
    assert ("two", {"one": {"of_bound": 0.5}}) == (told["begun"], told["results"])


def test_an_exception_of_a_child_is_told_and_its_end(probe: dict[str, Any]) -> None:
    def work(tell: Any) -> None:
        raise ValueError("no such thing\nat all")

    told = probe["in_child"](work)
    assert ("exit status 1", "ValueError: no such thing") == (told["end"], told["raised"])


def test_a_child_that_ends_well_has_no_end_to_be_told(probe: dict[str, Any]) -> None:
    assert {"end": "", "begun": "x"} == probe["in_child"](lambda tell: tell({"begun": "x"}))


def answer(digests: dict[str, str]) -> dict[str, Any]:
    results = {
        name: {
            "digests": told,
            "of_bound": 0.1,
            "largest_ulp": 1.0,
            "median_ulp": 0.5,
            "steady": True,
        }
        for name, told in digests.items()
    }
    return {"end": "", "begun": "", "results": results, "unavailable": {}}


def test_operations_whose_bits_a_switch_or_threads_change_are_named(probe: dict[str, Any]) -> None:
    off = {"ways": {"one": answer({"matmul": "a", "exp": "x"}), "all": answer({"matmul": "b"})}}
    on = {"ways": {"one": answer({"matmul": "a", "exp": "y"}), "all": answer({"matmul": "b"})}}
    states = [("onednn_off", "oneDNN", "0", off), ("onednn_on", "oneDNN", "1", on)]
    facts = probe["told_of"](states, (("one", 1), ("all", 2)))
    assert ["matmul", "exp"] == facts["numerics.operations"]
    assert ["matmul"] == facts["numerics.threads_change"]
    assert ["exp"] == facts["numerics.switch_changes"]
    assert [0.1, None] == facts["numerics.onednn_on.all.of_bound"]
    assert "Eigen" == facts["numerics.onednn_off.one.library"]
    assert "TF_ENABLE_ONEDNN_OPTS=1, 2 threads" == facts["numerics.onednn_on.all.switch"]


def test_a_way_in_which_nothing_came_is_told_as_dead(probe: dict[str, Any]) -> None:
    states = [("as_it_is", "Eigen", None, {"end": "signal 9", "ways": {"one": answer({"a": "b"})}})]
    facts = probe["told_of"](states, (("one", 1), ("all", 2)))
    assert ["as_it_is.all: signal 9"] == facts["numerics.died"]


@pytest.mark.parametrize("name", ["numerics", "keras"])
def test_a_missing_kernel_is_told_the_same_each_time(name: str) -> None:
    """TensorFlow 2.4.4 lists the attributes of an operation in another order in each process."""
    told = runpy.run_path(str(PROBES / f"{name}.py"))["in_short"]
    first = "No OpKernel was registered to support Op 'Conv2D' with these attrs: [T=DT_HALF, a=1]"
    again = "No OpKernel was registered to support Op 'Conv2D' with these attrs: [a=1, T=DT_HALF]"
    assert told(ValueError(first)) == told(ValueError(again))
    assert "Op 'Conv2D'" in told(ValueError(first))
