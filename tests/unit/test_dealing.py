"""Cells dealt to shards: each to exactly one, evenly, and every job deals alike."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.formats.dealing import dealing_document, dealing_text
from harness.model import Cell, HostClass, Run, Shard, Suite
from harness.running.dealing import dealt, shard_of, weights_of
from harness.store.store import Store
from harness.suite.dealing import MOST_SHARDS, WeighedBy, deal, shard_asked
from tests.unit.builders import HOST, cell, healthy, run

WEIGHTS = st.lists(st.floats(0, 1e9, allow_nan=False), max_size=60)
PAST, SIZE, UNKNOWN = WeighedBy.PAST, WeighedBy.SIZE, WeighedBy.UNKNOWN
CELLS = tuple(replace(cell(f"c{number}"), base="", host="python3") for number in range(4))


def loads(weights: list[float], to: tuple[int, ...], count: int) -> list[float]:
    sums = [0.0] * count
    for weight, shard in zip(weights, to, strict=True):
        sums[shard - 1] += weight
    return sums


@given(WEIGHTS, st.integers(1, 12))
def test_every_item_goes_to_exactly_one_shard_and_always_to_the_same(
    weights: list[float], count: int
) -> None:
    to = deal(weights, count)
    assert len(weights) == len(to)
    assert set(to) <= set(range(1, count + 1))
    assert to == deal(list(weights), count)


@given(WEIGHTS, st.integers(1, 12))
def test_the_largest_shard_keeps_the_bound_of_graham(weights: list[float], count: int) -> None:
    """Longest first is at most 4/3 of the best, and the best is at most an even share and the
    longest together; what comes after only makes the largest lighter."""
    largest = max(loads(weights, deal(weights, count), count), default=0.0)
    longest = max(weights, default=0.0)
    assert largest <= (sum(weights) / count + longest * (1 - 1 / count)) * (1 + 1e-9)


@given(st.lists(st.floats(1, 100), min_size=2, max_size=8))
def test_a_shard_for_each_item_has_one_each(weights: list[float]) -> None:
    assert set(deal(weights, len(weights))) == set(range(1, len(weights) + 1))


@pytest.mark.parametrize("count", [2, 3, 7, 16, 64, 255, 256])
def test_ten_thousand_heavy_tailed_durations_are_dealt_within_a_tenth(count: int) -> None:
    chance = random.Random(20261129)
    weights = [chance.paretovariate(1.2) for _ in range(10_000)]
    largest = max(loads(weights, deal(weights, count), count))
    assert largest <= 1.10 * max(sum(weights) / count, *weights)


def test_changing_places_finds_what_longest_first_misses() -> None:
    """Longest first gives 10 and 8; the best is 9 and 9."""
    weights = [5.0, 4.0, 3.0, 3.0, 3.0]
    assert [9.0, 9.0] == sorted(loads(weights, deal(weights, 2), 2))


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "a/b", "1/", "-1/4", "1/257", "٣/٤", "1/1\n2"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--shard takes no") as refused:
        shard_asked(text)
    assert "as 2/8" in str(refused.value)


def test_a_shard_is_which_of_how_many() -> None:
    assert shard_asked("") is None
    assert (2, 8) == shard_asked("2/8")
    assert (MOST_SHARDS, MOST_SHARDS) == shard_asked(f"{MOST_SHARDS}/{MOST_SHARDS}")


def test_past_durations_go_before_sizes_and_what_is_unknown_counts_as_the_median() -> None:
    found = weights_of(["a", "b", "c", "d"], {"a": 10.0, "b": 30.0}, {"a": 100, "b": 300, "c": 50})
    assert [10.0, 30.0, 5.0, 10.0] == [one.value for one in found]
    assert [PAST, PAST, SIZE, UNKNOWN] == [one.by for one in found]
    sizes = weights_of(["a", "b"], {}, {"a": 100})
    assert [(100.0, SIZE), (100.0, UNKNOWN)] == [(one.value, one.by) for one in sizes]
    assert [1.0, 1.0] == [one.value for one in weights_of(["a", "b"], {}, {})]


def past(
    store: Store,
    number: int,
    took: dict[str, float],
    host: HostClass = HOST,
    shard: Shard | None = None,
) -> Run:
    """A complete run in which each of these cells took so long."""
    cells = tuple(one for one in CELLS if one.id in took)
    made = run(*cells, run_id=f"r{number}", started=f"2026-11-{number:02}T00:00:00Z", host=host)
    made = replace(made, shard=shard)
    store.begin(made)
    for one in cells:
        for each in healthy(one, run_id=made.id):
            # Each record of a container has the whole time of that.
            durations = {"container": took[one.id] - 1.0, "obtain": 1.0}
            store.record(replace(each, durations=durations, container=1))
    store.finish(made.id, ended=made.started)
    return made


def suite(*cells: Cell) -> Suite:
    return Suite(name="default", root="/nowhere", digest="d", cells=cells)


def test_what_cells_took_is_read_from_the_store_of_one_kind_of_host(tmp_path: Path) -> None:
    other = replace(HOST, cpu_model="another")
    with Store(tmp_path / "store.sqlite3") as store:
        past(store, 1, {"c0": 10.0, "c1": 20.0, "c2": 30.0})
        past(store, 2, {"c0": 12.0, "c1": 20.0, "c2": 30.0})
        past(store, 3, {"c0": 14.0, "c1": 20.0, "c2": 30.0})
        past(store, 4, {"c0": 99.0}, host=other)
        made = dealt(suite(*CELLS), CELLS, 2, store)
    assert [12.0, 20.0, 30.0, 20.0] == [one.value for one in made.weights]
    assert "AMD EPYC 9B14" in made.on
    assert ("c0", "c1", "c2", "c3") == tuple(sorted((*made.of(1), *made.of(2))))
    assert 42.0 == max(made.loads())
    told = dealing_text(made, 1)
    assert "3 by how long they took before" in told
    assert "1 as the median of the others" in told
    assert "s" == dealing_document(made, 1)["unit"]


def test_the_runs_of_shards_do_not_change_how_the_next_shard_is_dealt(tmp_path: Path) -> None:
    with Store(tmp_path / "store.sqlite3") as store:
        before = dealt(suite(*CELLS), CELLS, 2, store)
        past(store, 1, {"c0": 50.0}, shard=shard_of(before, CELLS, 1))
        assert before == dealt(suite(*CELLS), CELLS, 2, store)


def test_without_a_store_the_shards_are_dealt_by_size_and_say_so() -> None:
    made = dealt(suite(*CELLS), CELLS, 3, None)
    assert "" == made.on
    assert "Shard 2 of 3: " in dealing_text(made, 2)
    assert "bytes" == dealing_document(made, 1)["unit"]
