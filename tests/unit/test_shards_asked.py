"""What a shard does not go together with is refused before anything starts."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from harness.commands.run import run as ran
from harness.errors import Exit, NothingToRunError, UsageError
from harness.model import Cell
from harness.recipes.orders import Order
from harness.running.dealing import dealt, shard_of
from harness.running.perform import perform
from harness.running.progress import LineProgress
from harness.running.resume import resumable
from harness.running.runner import PlannedRun
from harness.running.wanted import Wanted, engine_name
from harness.store.joining import Part, joined
from harness.store.store import Store
from tests.unit.builders import cell, run
from tests.unit.scripted import PROBES, SUITE, Scripted, execute
from tests.unit.sharded import shard_of_run

SHARD = Wanted(shard=(1, 2))


def test_a_shard_is_not_held_against_the_baseline() -> None:
    with pytest.raises(UsageError, match="a shard by itself is not compared with the baseline"):
        ran(SHARD, LineProgress(StringIO()), baseline=True)


def test_a_shard_repeats_no_answers() -> None:
    with pytest.raises(UsageError, match="--reuse would bring answers of other runs"):
        engine_name(replace(SHARD, reuse=True), [cell()])


def test_a_run_that_is_resumed_has_its_shard_already() -> None:
    whole = run(cell("a"), cell("b"))
    shard = shard_of_run(whole, [1, 2], 2, 1)
    suite = replace(SUITE, digest=shard.suite_digest)
    with pytest.raises(UsageError, match="has its cells, probes and rounds already"):
        resumable(shard, suite, SHARD)


def test_a_shard_without_cells_has_nothing_to_run_and_says_that_it_is_not_missed(
    tmp_path: Path,
) -> None:
    with (
        Store(tmp_path / "store.sqlite3") as store,
        pytest.raises(
            NothingToRunError, match="none of the 2 cells is dealt to shard 3 of 3"
        ) as no,
    ):
        perform(
            SUITE,
            SUITE.cells,
            PROBES,
            replace(SHARD, shard=(3, 3)),
            store,
            LineProgress(StringIO()),
        )
    assert Exit.NOTHING is no.value.exit
    assert "does not need this shard" in str(no.value)


def test_what_two_jobs_run_is_what_one_would_have_run(tmp_path: Path) -> None:
    """Through the runner itself, each job on a store of its own."""
    parts = []
    for number in (1, 2):
        with Store(tmp_path / f"{number}.sqlite3") as store:
            dealing = dealt(SUITE, SUITE.cells, 2, store)
            own = dealing.of(number)
            orders = tuple(Order(cell=one) for one in SUITE.cells if one.id in own)
            plan = PlannedRun(
                suite=SUITE,
                orders=orders,
                probes=PROBES,
                rounds=1,
                dataset=None,
                shard=shard_of(dealing, SUITE.cells, number),
            )
            made = execute(plan, Scripted(), store, tell=_nothing, recorded=_nothing)
            parts.append(Part(run=store.run(made.id), source=str(number)))
    whole = joined(parts)
    assert "complete" == whole.state
    assert ids(SUITE.cells) == ids(whole.cells)
    assert 2 * len(PROBES) == len(whole.planned())


def ids(cells: tuple[Cell, ...]) -> list[str]:
    return [one.id for one in cells]


def _nothing(*_: object) -> None: ...
