"""A run that was interrupted is taken on: what it has is kept, only what it lacks is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness.compare.judge import judge
from harness.compare.kinds import FindingKind
from harness.engines import Obtained, Say
from harness.errors import Exit, UsageError
from harness.model import (
    Cell,
    EngineInfo,
    HostClass,
    ImageIdentity,
    Key,
    Level,
    Outcome,
    Probe,
    Record,
    Run,
    Suite,
)
from harness.recipes.orders import Order
from harness.running.executor import site_of
from harness.running.resume import check_same, resumable
from harness.running.runner import PlannedRun, RunInterrupted
from harness.running.turns import Turn, turns
from harness.running.wanted import Wanted
from harness.store.store import Store
from tests.unit.builders import HOST, PYTHON, record
from tests.unit.builders import run as run_of
from tests.unit.scripted import ONE, PROBES, SUITE, TWO, Scripted, execute


@pytest.fixture(autouse=True)
def _as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells take their turns as they are written: which one is interrupted is known then."""

    def written(seed: str, number: int, cells: Sequence[str], *, drawn: bool) -> tuple[Turn, ...]:
        return turns(seed, number, cells, drawn=False)

    monkeypatch.setattr("harness.running.worker.turns", written)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite3") as opened:
        yield opened


def done(
    store: Store,
    engine: Scripted,
    resumed: Run | None = None,
    probes: tuple[Probe, ...] = PROBES,
    rounds: int = 2,
) -> Run:
    plan = PlannedRun(
        suite=SUITE,
        orders=(Order(cell=ONE), Order(cell=TWO)),
        probes=probes,
        rounds=rounds,
        dataset=None,
        resumed=resumed,
    )
    return execute(plan, engine, store, tell=lambda *_: None, recorded=lambda _: None)


def interrupted(
    store: Store, engine: Scripted, probes: tuple[Probe, ...] = PROBES, rounds: int = 2
) -> Run:
    with pytest.raises(RunInterrupted):
        done(store, engine, probes=probes, rounds=rounds)
    run = store.latest_run()
    assert run is not None
    assert "interrupted" == run.state
    return run


def keys(run: Run, *found: tuple[str, int, str]) -> set[Key]:
    return {Key(run=run.id, cell=cell, round=number, probe=probe) for cell, number, probe in found}


def test_only_the_missing_keys_are_asked_and_the_others_stay(store: Store) -> None:
    run = interrupted(store, Scripted(interrupted_in="two"))
    before = {record.key: record for record in store.records(run.id)}
    assert keys(run, ("one", 1, "a"), ("one", 1, "b")) == before.keys()

    engine = Scripted()
    finished = done(store, engine, run)

    assert (run.id, "complete") == (finished.id, store.run(run.id).state)
    after = {record.key: record for record in store.records(run.id)}
    assert set(run.planned()) == after.keys()
    assert before == {key: after[key] for key in before}
    assert set(run.planned()) - before.keys() == keys(run, *engine.asked)
    assert 1 == len(store.runs())


def test_a_cell_that_lacks_nothing_is_not_even_obtained(store: Store) -> None:
    run = interrupted(store, Scripted(interrupted_in="two"), rounds=1)
    engine = Scripted()
    done(store, engine, run, rounds=1)

    assert ["two"] == engine.obtained
    with pytest.raises(UsageError, match="it is complete"):
        done(store, Scripted(), run, rounds=1)


def test_a_round_that_goes_on_has_another_container(store: Store) -> None:
    probes = (*PROBES, replace(PROBES[0], name="c", digest="sha256:c"))
    run = interrupted(store, Scripted(interrupted_in="one", first_only=True), probes)
    assert {"a", "b"} == {record.probe for record in store.records(run.id)}
    done(store, Scripted(), run, probes)

    ordinals = {
        record.probe: record.container
        for record in store.records(run.id)
        if (record.cell, record.round) == ("one", 1)
    }
    assert {"a": 1, "b": 1, "c": 2} == ordinals


def test_a_run_of_somebody_alive_is_not_taken_from_him(store: Store) -> None:
    run = interrupted(store, Scripted(interrupted_in="two"))
    store.reopen(run.id)

    with pytest.raises(UsageError, match="it is running"):
        store.reopen(run.id)
    with pytest.raises(UsageError, match="it is unknown"):
        store.reopen("nothing")


@pytest.fixture
def begun(store: Store) -> Run:
    return interrupted(store, Scripted(interrupted_in="two"))


@pytest.mark.parametrize(
    ("expected", "wanted", "suite"),
    [
        ("its cells, probes and rounds already", Wanted(cells=("one",)), SUITE),
        ("its cells, probes and rounds already", Wanted(rounds=3), SUITE),
        ("begun on scripted, not on docker", Wanted(engine="docker"), SUITE),
        ("the suite s has changed", Wanted(), replace(SUITE, digest="sha256:t")),
        ("the probe a has changed", Wanted(), SUITE),
    ],
)
def test_what_has_changed_since_is_told_before_anything_starts(
    begun: Run, expected: str, wanted: Wanted, suite: Suite
) -> None:
    with pytest.raises(UsageError, match=expected):
        resumable(begun, suite, wanted)


def test_another_host_or_another_recipe_is_refused(store: Store, begun: Run) -> None:
    class Elsewhere(Scripted):
        def host(self) -> HostClass:
            return replace(HOST, cores=64)

    records = store.records(begun.id)
    check_same(begun, records, (), site_of(Scripted()), None)
    with pytest.raises(UsageError, match="not of the class"):
        check_same(begun, records, (), site_of(Elsewhere()), None)
    built = [
        replace(one, image=ImageIdentity(id="i", recipe="sha256:r"), dataset_digest="sha256:d")
        for one in records
    ]
    with pytest.raises(UsageError, match=r"recipe of cell one has changed.*data set is not"):
        check_same(begun, built, (Order(cell=ONE),), site_of(Scripted()), None)


TAGGED = replace(ONE, base="", image="registry.test/image:1")


def taken_on(store: Store, run: Run, engine: Scripted, cell: Cell) -> dict[str, Record]:
    """The second round's records, by probe, of a run that is taken on with one cell."""
    plan = PlannedRun(
        suite=SUITE, orders=(Order(cell=cell),), probes=PROBES, rounds=2, dataset=None, resumed=run
    )
    execute(plan, engine, store, tell=lambda *_: None, recorded=lambda _: None)
    return {one.probe: one for one in store.records(run.id, cell.id) if one.round == 2}


def begun_with(store: Store, cell: Cell, image: ImageIdentity) -> Run:
    """A run of two rounds that ended after the first."""
    run = Run(
        id="r",
        started="2026-11-20T00:00:00Z",
        engine=EngineInfo(name="scripted"),
        host=HOST,
        cells=(cell,),
        probes=PROBES,
        rounds=2,
        pairs=tuple((cell.id, probe.name) for probe in PROBES),
    )
    store.begin(run)
    for key in run.planned():
        if key.round == 1:
            store.record(
                Record(
                    run="r",
                    cell=cell.id,
                    round=1,
                    probe=key.probe,
                    outcome=Outcome.OK,
                    facts={"x": 1},
                    image=image,
                )
            )
    store.finish("r", ended="later", state="interrupted")
    return store.run("r")


@pytest.mark.attack("images", "a run is taken on after the tag of its image was moved")
def test_a_cell_whose_name_stands_for_another_image_is_refused_with_both_ids(
    store: Store, says: Callable[[str], None]
) -> None:
    run = begun_with(store, TAGGED, ImageIdentity(id="sha256:before"))
    records = taken_on(store, run, Scripted(image="sha256:after"), TAGGED)
    assert {"a": Outcome.INTERFERED, "b": Outcome.INTERFERED} == {
        name: one.outcome for name, one in records.items()
    }
    says(f"{records['a'].outcome}: {records['a'].reason}")
    for image in ("sha256:before", "sha256:after"):
        assert image in records["a"].reason
    judgement = judge(store.run("r"), store.records("r"))
    assert Exit.INFRASTRUCTURE is judgement.exit


def test_it_is_taken_on_once_the_name_is_moved_back(store: Store) -> None:
    run = begun_with(store, TAGGED, ImageIdentity(id="sha256:before"))
    taken_on(store, run, Scripted(image="sha256:after"), TAGGED)
    records = taken_on(store, store.run("r"), Scripted(image="sha256:before"), TAGGED)
    assert {Outcome.OK} == {one.outcome for one in records.values()}
    assert 2 == len(store.attempts("r"))


def test_a_built_image_that_was_made_again_from_its_recipe_with_the_same_layers_goes_on(
    store: Store,
) -> None:
    class MadeAgain(Scripted):
        def obtain(self, order: Order, say: Say) -> Obtained:
            again = ImageIdentity(id="sha256:again", layers=("l",), recipe="r")
            return Obtained(image=again)

    kept = ImageIdentity(id="sha256:before", layers=("l",), recipe="r")
    records = taken_on(store, begun_with(store, ONE, kept), MadeAgain(), ONE)
    assert {Outcome.OK} == {one.outcome for one in records.values()}


def test_an_existing_image_that_inherited_our_labels_has_no_recipe_that_could_change(
    store: Store,
) -> None:
    labelled = ImageIdentity(id="sha256:i", recipe="inherited")
    run = begun_with(store, TAGGED, labelled)
    check_same(run, store.records("r"), (Order(cell=TAGGED),), site_of(Scripted()), None)
    records = taken_on(store, run, Scripted(image="sha256:i"), TAGGED)
    assert {Outcome.OK} == {one.outcome for one in records.values()}


@pytest.mark.attack("images", "the kept rounds of one cell are of two images, all answers equal")
def test_rounds_of_two_images_in_one_cell_are_a_finding(says: Callable[[str], None]) -> None:
    of = run_of(TAGGED, rounds=2, probes=(PYTHON,))
    records = [
        replace(record("python", {"a": 1}, of=TAGGED.id, round_=n), image=ImageIdentity(id=f"i{n}"))
        for n in (1, 2)
    ]
    judgement = judge(of, records)
    assert Exit.INFRASTRUCTURE is judgement.exit
    (found,) = [one for one in judgement.findings if one.kind is FindingKind.IMAGES_DIFFER]
    says(f"{found.verdict}: {found.title}")
    assert ("i1", "i2") == found.evidence


@pytest.mark.attack("rounds", "a static fact is answered in one round of three and not in another")
def test_a_static_fact_that_a_round_lacks_is_a_finding(says: Callable[[str], None]) -> None:
    of = run_of(replace(TAGGED, level=Level.L0), rounds=3, probes=(PYTHON,))
    records = [
        record("python", {"a": 1} if n == 2 else {"a": 1, "python.libc": "x"}, of="one", round_=n)
        for n in (1, 2, 3)
    ]
    (found,) = judge(of, records).findings
    says(f"{found.verdict}: {found.title}; {found.evidence[0]}")
    assert ("python.libc: x in one round, missing in another",) == found.evidence
    assert () == judge(of, [replace(one, facts={"a": 1}) for one in records]).findings


def test_cells_are_those_of_the_run(begun: Run) -> None:
    assert (ONE, TWO) == tuple(replace(one, place=None) for one in begun.cells)
    assert isinstance(begun.cells[0], Cell)
