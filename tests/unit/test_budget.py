"""Which images go, which cells are done together, and what is said before: within a disk budget."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.budget import (
    Group,
    Kept,
    Need,
    Survey,
    groups,
    kept_free,
    need_of,
    next_to_go,
    occupied,
    peak,
    refusal,
    told,
)
from harness.errors import InfrastructureError, UsageError
from harness.model import Artifact, Lock
from harness.recipes.lockfile import find_lock
from harness.running.wanted import disk_budget

MB = 10**6


def kept(name: str, size: int, *layers: str, used: float = 0.0, held: bool = False) -> Kept:
    return Kept(name=name, size=size, layers=layers or (name,), last_used=used, held=held)


def survey(limit: int, *needs: Need, named: bool = True, **more: int) -> Survey:
    return Survey(limit=limit, named=named, needs=needs, **{"taken": 0, "lasting": 0, **more})


def cells(parts: tuple[Group, ...]) -> list[tuple[str, ...]]:
    return [part.cells for part in parts]


@st.composite
def stocks(draw: st.DrawFn) -> list[Kept]:
    """Images on a few bases, and some of the bases themselves."""
    made = [kept("base-0", 100, "b0", held=True), kept("base-1", 70, "b1", held=True)]
    for number in range(draw(st.integers(0, 8))):
        below = draw(st.sampled_from(made))
        made.append(
            kept(
                f"cell-{number}",
                below.size + draw(st.integers(1, 50)),
                *below.layers,
                f"l{number}",
                used=draw(st.integers(0, 3)),
                held=draw(st.booleans()),
            )
        )
    return draw(st.permutations(made))


@given(stocks(), st.integers(0, 400), st.integers(0, 100))
def test_what_goes_is_needed_held_by_nobody_and_not_used_for_longest(
    images: list[Kept], limit: int, wanted: int
) -> None:
    left = list(images)
    while (going := next_to_go(left, limit, wanted)) is not None:
        assert occupied(left) + wanted > limit
        assert not going.held
        assert going.last_used == min(one.last_used for one in left if not one.held)
        left.remove(going)
    assert occupied(left) + wanted <= limit or all(one.held for one in left)


@given(stocks())
def test_images_take_at_least_the_largest_and_at_most_their_sum(images: list[Kept]) -> None:
    assert max(one.size for one in images) <= occupied(images) <= sum(one.size for one in images)
    assert occupied(images) == occupied(reversed(images))


def test_shared_layers_count_once() -> None:
    base = kept("base", 100, "b")
    one, two = kept("one", 130, "b", "1"), kept("two", 150, "b", "2")
    assert 180 == occupied([base, one, two])
    assert 180 == occupied([base, kept("root", 100, "b"), one, two])
    assert 130 == occupied([one, kept("same", 130, "b", "1")])


NEEDS = st.lists(
    st.builds(
        lambda kept, passing, there: (kept, 0 if there else passing, there),
        st.integers(0, 50),
        st.integers(0, 50),
        st.booleans(),
    ),
    max_size=8,
).map(
    lambda rows: tuple(
        Need(cell=f"c{number}", kept=kept, passing=passing, there=there)
        for number, (kept, passing, there) in enumerate(rows)
    )
)


@given(NEEDS, st.integers(0, 300))
def test_every_cell_is_in_one_group_and_what_is_built_together_fits(
    needs: tuple[Need, ...], limit: int
) -> None:
    wanted = [need.cell for need in needs]
    parts = groups(survey(limit, *needs), wanted, 2)
    assert sorted(wanted) == sorted(cell for part in parts for cell in part.cells)
    by_cell = {need.cell: need for need in needs}
    for part in parts:
        members = [by_cell[cell] for cell in part.cells]
        to_build = [need for need in members if not need.there]
        assert part.wanted == peak(to_build, 2)
        alone = len(members) == 1
        assert peak(members, 2) <= limit or alone or not to_build
    if peak(needs, 2) <= limit:
        assert [tuple(wanted)] == cells(parts)
    if any(need.there for need in needs):
        assert {need.cell for need in needs if need.there} <= set(parts[0].cells)


def test_with_room_for_one_they_are_done_one_after_the_other_those_that_are_there_first() -> None:
    needs = [Need(cell=name, kept=10, passing=5) for name in ("a", "b", "c")]
    there = Need(cell="d", kept=10, there=True)
    parts = groups(survey(16, *needs, there), ["a", "b", "c", "d"], 2)
    assert [("d",), ("a",), ("b",), ("c",)] == cells(parts)
    assert [0, 15, 15, 15] == [part.wanted for part in parts]
    parts = groups(survey(36, *needs, there, bases=1), ["a", "b", "c", "d"], 2)
    assert [("d", "a"), ("b", "c")] == cells(parts)
    assert [16, 31] == [part.wanted for part in parts]


def test_without_a_bound_all_are_done_together_in_their_order() -> None:
    assert (Group(cells=("b", "a")),) == groups(None, ["b", "a"], 2)


def test_a_cell_that_can_never_fit_is_refused_with_the_budget_it_would_need() -> None:
    large = Need(cell="large", kept=300 * MB, passing=200 * MB)
    small = Need(cell="small", kept=1 * MB)
    refused = refusal(survey(600 * MB, large, small, lasting=150 * MB))
    assert isinstance(refused, UsageError)
    assert "large (500 MB): the disk budget has 450 MB for cells" in refused.message
    assert "small" not in refused.message
    assert "--disk-budget of at least 620MiB" in refused.remedy
    least = disk_budget("620MiB", {})
    assert least is not None
    assert refusal(survey(least, large, small, lasting=150 * MB)) is None


def test_where_the_disk_is_too_small_no_option_is_to_blame() -> None:
    large = Need(cell="large", kept=300, passing=200)
    refused = refusal(survey(400, large, named=False))
    assert isinstance(refused, InfrastructureError)
    assert "harness clean --images" in refused.remedy


def test_an_image_that_is_there_is_never_refused() -> None:
    assert refusal(survey(1, Need(cell="there", kept=300, there=True))) is None


def test_what_is_said_before_anything_is_built() -> None:
    needs = [Need(cell=name, kept=10 * MB, passing=5 * MB) for name in ("a", "b")]
    tight = survey(16 * MB, *needs, taken=7 * MB, free=3 * MB)
    (budget, grouped, disk) = told(tight, groups(tight, ["a", "b"], 2))
    assert "disk budget: 16 MB" in budget
    assert "which take 7 MB now (as named)" in budget
    assert "2 groups" in grouped
    assert grouped.endswith(": a | b")
    assert "the engine's disk may get full: building takes about 15 MB, and 3 MB" in disk
    wide = survey(900 * MB, *needs, named=False, free=890 * MB, taken=10 * MB)
    (budget,) = told(wide, groups(wide, ["a", "b"], 2))
    assert "890 MB of its disk can be used" in budget


MEASURED = {
    "tf1.2.1-py2.7": 252,
    "tf1.14.0-py2.7": 596,
    "tf1.2.1-gpu-py3.6": 435,
    "tf2.11.1-py3.9": 1109,
    "tf2.21.0-py3.13": 1529,
    "tf2.14.1-cuda11-py3.11": 5106,
    "tf2.18.1-cuda12-py3.12": 4786,
    "tf2.18.1-cudnn8-py3.12": 3764,
}
"""MB by which images of the default suite, as built, are larger than their bases."""


@pytest.mark.parametrize("cell", MEASURED)
def test_the_estimate_is_not_less_than_what_was_measured_nor_a_third_more(cell: str) -> None:
    lock = find_lock(Path("/nowhere"), cell)
    assert lock
    need = need_of(cell, lock)
    assert MEASURED[cell] <= need.kept / MB <= MEASURED[cell] * 1.33


def test_what_a_build_holds_at_its_worst_moment_is_not_less_than_was_measured() -> None:
    lock = find_lock(Path("/nowhere"), "tf1.2.1-py2.7")
    assert lock
    assert 595 <= peak([need_of("tf1.2.1-py2.7", lock)], 1) / MB <= 595 * 1.1


def test_an_estimate_counts_tools_only_while_building() -> None:
    tool = Artifact(name="pip", version="1", filename="pip.whl", sha256="0" * 64, size=1000)
    lock = Lock(cell="x", python="3.9", request="", as_of="", tools=(tool,), distributions=())
    assert Need(cell="x", kept=0, passing=2000) == need_of("x", lock)


def test_some_of_the_disk_stays_free() -> None:
    assert 2 * 10**9 == kept_free(40 * 10**9)
    assert 5 * 10**9 == kept_free(10**12)


def test_the_option_wins_over_the_environment() -> None:
    assert 2 * 1024**3 == disk_budget("2GiB", {"HARNESS_DISK_BUDGET": "1GiB"})
    assert 1024**3 == disk_budget("", {"HARNESS_DISK_BUDGET": "1GiB"})
    assert disk_budget("", {}) is None


@pytest.mark.parametrize("text", ["much", "20 GB", "0B", "-1GiB", "1e9"])
def test_what_is_no_size_is_refused_by_the_name_of_where_it_stands(text: str) -> None:
    with pytest.raises(UsageError, match="--disk-budget") as refused:
        disk_budget(text, {})
    with pytest.raises(UsageError, match="HARNESS_DISK_BUDGET"):
        disk_budget("", {"HARNESS_DISK_BUDGET": text})
    assert refused.value.message.count("\n") == 0


@given(stocks(), st.data())
def test_the_images_of_the_baseline_are_the_last_to_go(
    images: list[Kept], data: st.DataObject
) -> None:
    marked = data.draw(st.sets(st.sampled_from([one.name for one in images])))
    left = [replace(one, of_baseline=one.name in marked) for one in images]
    gone: list[Kept] = []
    while (going := next_to_go(left, 0, 1)) is not None:
        left.remove(going)
        gone.append(going)
    assert gone == sorted(gone, key=lambda one: (one.of_baseline, one.last_used, one.name))
    assert {one.name for one in left} == {one.name for one in images if one.held}
