"""Shards merged: in any order, twice if need be, never of two plans, and nothing missing unsaid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.judge import judge
from harness.compare.kinds import FindingKind
from harness.errors import Exit, StoreError, UsageError
from harness.formats import render
from harness.model import Attempt, Record, Run
from harness.store.joining import Part, joined, plan_digest
from harness.store.merge import MergeResult, merge
from harness.store.store import Store
from harness.store.transfer import export, export_digest, import_file
from tests.unit.builders import HOST, STARTED, cell, healthy, record, run
from tests.unit.sharded import as_shards, exported_shards, kept, shard_of_run

CELLS = tuple(cell(f"c{number}") for number in range(5))
WHOLE = run(*CELLS, reference="c0")
RECORDS = [one for each in CELLS for one in healthy(each)]
OWN = ("c1", "c4")
"""What is dealt to the second of three shards below."""


def merged_in(folder: Path, files: Sequence[Path], name: str = "merged") -> tuple[MergeResult, str]:
    """What a merge came to, and the digest of the run's export."""
    with Store(folder / f"{name}.sqlite3") as store:
        came = merge(store, files)
        assert came.run is not None
        return came, export_digest(store, came.run.id)


def parts(runs: Sequence[Run]) -> list[Part]:
    return [Part(run=one, source=f"{one.id}.jsonl") for one in runs]


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_order_and_any_repetition_give_the_same_run(data: st.DataObject) -> None:
    dealt = data.draw(st.lists(st.integers(1, 4), min_size=5, max_size=5))
    shards = as_shards(WHOLE, dealt, 4)
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = exported_shards(folder, shards, RECORDS)
        order = data.draw(st.lists(st.sampled_from(files), max_size=6))
        mixed = data.draw(st.permutations([*files, *order]))
        first, digest = merged_in(folder, files, "first")
        other, again = merged_in(folder, mixed, "other")
        assert digest == again
        one_by_one = merged_in(folder, mixed, "other")[1]
        assert digest == one_by_one
    assert first.run is not None
    assert first.run == other.run
    assert "complete" == first.run.state
    assert () == first.missing
    assert CELLS == first.run.cells


@given(st.lists(st.integers(1, 4), min_size=5, max_size=5), st.data())
def test_every_planned_key_of_a_merged_run_is_that_of_the_whole(
    dealt: list[int], data: st.DataObject
) -> None:
    shards = as_shards(WHOLE, dealt, 4)
    there = data.draw(st.lists(st.sampled_from(shards), min_size=1, unique_by=lambda one: one.id))
    made = joined(parts(there))
    keys = {(key.cell, key.round, key.probe) for key in made.planned()}
    assert {(key.cell, key.round, key.probe) for key in WHOLE.planned()} == keys
    assert {one.number for one in made.merged or () if one.run} == {
        one.shard.number for one in there if one.shard
    }
    assert ("complete" if len(there) == len(shards) else "interrupted") == made.state


def test_a_merged_run_is_judged_reported_and_exported_as_the_whole_is(tmp_path: Path) -> None:
    files = exported_shards(tmp_path, as_shards(WHOLE, [1, 2, 2, 3, 1], 4), RECORDS)
    came, _ = merged_in(tmp_path, files)
    assert came.run is not None
    with Store(tmp_path / "merged.sqlite3") as store:
        records = store.records(came.run.id)
        judged = judge(store.run(came.run.id), records)
        export(store, came.run.id, tmp_path / "again.jsonl")
        assert [came.run] == list(store.runs_between("default", "", "9999"))
        assert (came.run, True) == store.newest_run("default")
    alone = judge(WHOLE, RECORDS)
    assert "c0" == judged.reference == alone.reference
    assert alone.exit is judged.exit is Exit.OK
    assert [one.verdict for one in alone.cells] == [one.verdict for one in judged.cells]
    assert "merged from 3 of 3 shards" in render("terminal", judged, width=400)
    with Store(tmp_path / "elsewhere.sqlite3") as store:
        assert came.run == import_file(store, tmp_path / "again.jsonl")


def test_a_missing_shard_fails_the_merged_run_by_name(tmp_path: Path) -> None:
    shards = as_shards(WHOLE, [1, 2, 2, 3, 1], 3)
    files = exported_shards(tmp_path, [shards[0], shards[2]], RECORDS)
    came, _ = merged_in(tmp_path, files)
    assert [2] == [one.number for one in came.missing]
    with Store(tmp_path / "merged.sqlite3") as store:
        assert came.run is not None
        judged = judge(came.run, store.records(came.run.id))
    lost = [one for one in judged.findings if one.kind is FindingKind.SHARD_MISSING]
    assert ["c1", "c2"] == [one.cell for one in lost]
    assert "shard 2 of 3, which was to run this cell, is missing" == lost[0].title
    assert Exit.INFRASTRUCTURE is judged.exit
    assert all(lost[0].title in render(name, judged) for name in ("terminal", "markdown"))


def test_a_shard_that_comes_late_makes_another_run_whole(tmp_path: Path) -> None:
    files = exported_shards(tmp_path, as_shards(WHOLE, [1, 2, 2, 3, 1], 3), RECORDS)
    early, _ = merged_in(tmp_path, files[:2])
    late, _ = merged_in(tmp_path, files)
    assert early.run is not None
    assert late.run is not None
    assert early.run.id != late.run.id
    assert ("interrupted", "complete") == (early.run.state, late.run.state)


def test_an_empty_shard_is_not_missed(tmp_path: Path) -> None:
    files = exported_shards(tmp_path, as_shards(WHOLE, [1, 1, 3, 3, 1], 8), RECORDS)
    came, _ = merged_in(tmp_path, files)
    assert () == came.missing


def test_stores_and_exports_are_united_by_content_with_their_other_runs(tmp_path: Path) -> None:
    shards = as_shards(WHOLE, [1, 2, 2, 1, 1], 2)
    files = exported_shards(tmp_path, shards, RECORDS)
    earlier = replace(WHOLE, id="earlier", started="2026-11-19T00:00:00Z")
    before = [replace(one, run="earlier") for one in RECORDS]
    for job in sorted(tmp_path.glob("job-*.sqlite3")):
        with Store(job) as store:  # every job had the history
            kept(store, earlier, before)
    stores = sorted(tmp_path.glob("job-*.sqlite3"))
    came, digest = merged_in(tmp_path, [stores[0], files[1], stores[1]])
    assert came.run is not None
    assert ["earlier"] == [one.id for one in came.others]
    with Store(tmp_path / "merged.sqlite3") as store:
        assert {"earlier", came.run.id} == {one.id for one in store.runs()}
        assert len(before) == len(store.records("earlier"))
    assert digest == merged_in(tmp_path, files, "exports")[1]


def changed(shard: Run, **fields: object) -> Run:
    """A shard of another plan."""
    assert shard.shard is not None
    other = replace(shard, **fields)  # type: ignore[arg-type]
    return replace(other, shard=replace(shard.shard, plan=plan_digest(other, shard.shard)))


OTHERS = (
    ({"suite_digest": "sha256:other"}, "another matrix.yaml"),
    ({"version": "9"}, "another version of harness"),
    ({"rounds": 2}, "other rounds"),
    ({"rules": replace(WHOLE.rules, reference="c1")}, "other rules"),
)


@pytest.mark.parametrize(("fields", "said"), OTHERS, ids=[said for _, said in OTHERS])
def test_shards_of_two_plans_are_refused_and_nothing_is_taken_in(
    tmp_path: Path, fields: dict[str, object], said: str
) -> None:
    one, two = as_shards(WHOLE, [1, 2, 2, 1, 1], 2)
    with pytest.raises(UsageError, match=f"different plans: .* have {said}"):
        joined(parts([one, changed(two, **fields)]))


@given(
    st.lists(st.integers(1, 3), min_size=5, max_size=5),
    st.lists(st.integers(1, 3), min_size=5, max_size=5),
)
def test_shards_that_were_dealt_otherwise_are_refused(one: list[int], two: list[int]) -> None:
    ours, theirs = as_shards(WHOLE, one, 3), as_shards(replace(WHOLE, id="other"), two, 3)
    mixed = [*ours[:1], *theirs[1:]]
    if one == two:
        assert joined(parts(mixed)).merged
    elif len(mixed) > 1:
        with pytest.raises(UsageError, match="dealt otherwise, by another history"):
            joined(parts(mixed))


def test_nothing_is_taken_in_where_plans_are_mixed(tmp_path: Path) -> None:
    one = exported_shards(tmp_path, as_shards(WHOLE, [1, 2, 2, 1, 1], 2)[:1], RECORDS)
    other = as_shards(replace(WHOLE, id="o"), [1, 2, 2, 2, 1], 2)[1:]
    files = [*one, *exported_shards(tmp_path, other, RECORDS)]
    with (
        Store(tmp_path / "merged.sqlite3") as store,
        pytest.raises(UsageError, match="shards of different plans"),
    ):
        merge(store, files)
    with Store(tmp_path / "merged.sqlite3") as store:
        assert () == store.runs()


def test_two_runs_of_one_shard_are_refused_with_both_names() -> None:
    one, two = as_shards(WHOLE, [1, 2, 2, 1, 1], 2)
    rerun = replace(two, id=f"{two.id}-again")
    with pytest.raises(UsageError, match="shard 2 of 2 is there twice") as refused:
        joined(parts([one, two, rerun]))
    assert two.id in str(refused.value)
    assert f"{rerun.id}.jsonl" in str(refused.value)


def test_a_file_that_is_neither_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("hello\n")
    with Store(tmp_path / "merged.sqlite3") as store:
        for name in ("x", "nowhere"):
            with pytest.raises(UsageError, match=name):
                merge(store, [tmp_path / name])


def test_a_shard_that_contradicts_itself_is_refused() -> None:
    one, _ = as_shards(WHOLE, [1, 2, 2, 1, 1], 2)
    assert one.shard is not None
    for wrong in (
        replace(one, cells=one.cells[:1]),
        replace(one, pairs=one.pairs[1:]),
        replace(one, shard=replace(one.shard, number=3)),
        replace(one, shard=replace(one.shard, dealt=(1, 2))),
        replace(one, shard=replace(one.shard, dealt=(1, 2, 2, 1, 9))),
        replace(one, shard=replace(one.shard, plan="sha256:00")),
        replace(one, shard=replace(one.shard, cells=(CELLS[0],) * 5)),
    ):
        with pytest.raises(UsageError, match="is no whole shard"):
            joined(parts([wrong]))


def test_a_shard_that_was_exported_while_it_ran_is_completed_by_a_later_export(
    tmp_path: Path,
) -> None:
    one, two = as_shards(WHOLE, [1, 2, 2, 1, 1], 2)
    (first,) = exported_shards(tmp_path, [one], RECORDS)
    lost = replace(record("mnist", of="c1", reason="gone"), run=two.id)
    with Store(tmp_path / "two.sqlite3") as store:
        store.begin(replace(two, state="running", ended=""))
        for each in RECORDS:
            if each.cell == "c1" and each.probe != "mnist":
                store.record(replace(each, run=two.id))
        store.attempt(Attempt(record=lost, reason="engine-gone"))
        export(store, two.id, tmp_path / "early.jsonl")
        for each in RECORDS:
            if each.cell in ("c1", "c2"):
                store.record(replace(each, run=two.id))
        store.finish(two.id, ended=STARTED)
        export(store, two.id, tmp_path / "late.jsonl")
    early, _ = merged_in(tmp_path, [first, tmp_path / "early.jsonl"])
    assert early.run is not None
    assert "interrupted" == early.run.state
    late, digest = merged_in(tmp_path, [first, tmp_path / "late.jsonl"])
    assert late.run is not None
    assert (early.run.id, "complete") == (late.run.id, late.run.state)
    with Store(tmp_path / "merged.sqlite3") as store:
        assert ["engine-gone"] == [one.reason for one in store.attempts(late.run.id)]
    both = [tmp_path / "late.jsonl", first, tmp_path / "early.jsonl"]
    assert digest == merged_in(tmp_path, both, "both")[1]


def test_two_records_of_one_key_are_refused(tmp_path: Path) -> None:
    one, two = as_shards(WHOLE, [1, 2, 2, 1, 1], 2)
    files = exported_shards(tmp_path, [one, two], RECORDS)
    other = tmp_path / "other"
    other.mkdir()
    altered = [replace(each, noise="other") for each in RECORDS]
    files += exported_shards(other, [two], altered)
    with (
        Store(tmp_path / "merged.sqlite3") as store,
        pytest.raises(StoreError, match="another record"),
    ):
        merge(store, files)


def test_each_cell_keeps_the_engine_and_the_host_that_it_ran_on() -> None:
    one, two, three = as_shards(WHOLE, [1, 2, 2, 3, 1], 3)
    other = replace(HOST, cpu_model="another")
    made = joined(parts([three, replace(two, host=other), one]))
    assert other == made.of("c1").host == made.of("c2").host
    assert HOST == made.of("c0").host == made.of("c3").host
    assert 1 == len(made.beside or ()), "cells of one kind of host stand together"


def test_cells_of_two_jobs_are_never_held_against_each_other_in_time() -> None:
    slow = [
        replace(one, facts={**one.facts, "mnist.step_seconds": (9.0, 9.0, 9.0)})
        if (one.cell, one.probe) == ("c1", "mnist")
        else one
        for one in RECORDS
    ]
    made = joined(parts(as_shards(WHOLE, [1, 2, 2, 1, 1], 2)))
    moved: list[Record] = [replace(one, run=made.id) for one in slow]
    told = render("markdown", judge(made, moved))
    assert "times as long" not in told
    assert "times as long" in render("markdown", judge(WHOLE, slow))


def test_a_shard_is_compared_with_the_plans_reference_and_with_no_other() -> None:
    different = [
        replace(one, facts={"package.numpy": "9.9"})
        if (one.cell, one.probe) == ("c2", "packages")
        else one
        for one in RECORDS
    ]
    shard = shard_of_run(WHOLE, [1, 2, 2, 1, 1], 2, 2)
    own = [replace(one, run=shard.id) for one in different if one.cell in ("c1", "c2")]
    judged = judge(shard, own)
    assert "" == judged.reference
    assert Exit.OK is judged.exit, "c2 is not compared with c1, which is no reference"
    assert any("compared with c0, which is in another shard" in one for one in judged.notices)
    assert "shard 2 of 2" in render("terminal", judged, width=400)


def test_shards_that_began_days_apart_are_told() -> None:
    one, two = as_shards(WHOLE, [1, 2, 2, 1, 1], 2)
    made = joined(parts([one, replace(two, started="2026-11-23T23:45:02Z")]))
    assert any("up to 3 days apart" in notice for notice in made.notices)


def test_json_says_which_share_of_a_plan_a_run_is() -> None:
    shard = as_shards(WHOLE, [1, 2, 3, 1, 2], 3)[1]
    told = json.loads(render("json", judge(shard, [one for one in RECORDS if one.cell in OWN])))
    (described,) = told["runs"]
    assert shard.shard is not None
    digest = shard.shard.plan
    assert {"number": 2, "count": 3, "plan": digest, "plan_cells": 5} == described["shard"]
    assert "merged" not in described


def test_json_says_which_shards_a_run_was_merged_from_and_which_was_missing(tmp_path: Path) -> None:
    shards = as_shards(WHOLE, [1, 2, 3, 1, 2], 3)
    files = exported_shards(tmp_path, shards, RECORDS)
    came, _ = merged_in(tmp_path, [files[0], files[2]])
    assert came.run is not None
    told = json.loads(render("json", judge(came.run, [])))
    (described,) = told["runs"]
    assert "shard" not in described
    assert [
        {"number": 1, "run": shards[0].id, "missing": False, "cells": ["c0", "c3"]},
        {"number": 2, "run": "", "missing": True, "cells": ["c1", "c4"]},
        {"number": 3, "run": shards[2].id, "missing": False, "cells": ["c2"]},
    ] == described["merged"]


def test_json_of_a_run_that_did_its_whole_plan_names_no_shards() -> None:
    (described,) = json.loads(render("json", judge(WHOLE, RECORDS)))["runs"]
    assert not {"shard", "merged"} & described.keys()
