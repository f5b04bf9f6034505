"""Times of a night: the baseline's image is run again in turns with it, or they are untold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.commands import times
from harness.commands.baseline import KnownBaseline, asked_again
from harness.compare.kinds import FindingKind
from harness.compare.view import views
from harness.engines import Obtained, Say
from harness.errors import Exit
from harness.model import Cell, ImageIdentity, Outcome, Probe, Record, Run, Suite, Verdict
from harness.nights.night import JudgedRun, Nights
from harness.nights.times import OF_BASELINE, kept_under, to_run_again
from harness.nights.values import Event, Night
from harness.recipes.orders import Order, orders
from harness.running.runner import PlannedRun
from harness.running.wanted import Wanted
from harness.store.store import Store
from tests.unit.builders import HOST
from tests.unit.measuring import CANDIDATE, REFERENCE, measured_run, noisy
from tests.unit.nightly import World, accepted, cells_of, night
from tests.unit.scripted import PROBES as ASKED
from tests.unit.scripted import SUITE, Scripted, execute

CELLS = tuple(replace(one, base="", image=f"team/{one.id}:1") for one in cells_of(3))
ROW = CELLS[1].id
MOVED = World(images={ROW: "other"})
ELSEWHERE = replace(HOST, cpu_model="another processor")
Again = tuple[Run, Sequence[Record]]


def in_turns(shift: float = 0.0, rounds: int = 8, gone: str = "") -> Again:
    """The cell beside its image of the baseline: so much slower; `gone`: why that has no answer."""
    names = {REFERENCE.id: f"{ROW}{OF_BASELINE}", CANDIDATE.id: ROW}
    cells = tuple(replace(one, id=names[one.id]) for one in (REFERENCE, CANDIDATE))
    made = replace(measured_run(rounds, cells=cells), id="times", suite=kept_under("night"))
    records = [
        replace(one, run="times", cell=names[one.cell]) for one in noisy(rounds, shift=shift)
    ]
    if gone:
        records = [
            replace(one, outcome=Outcome.PULL_FAILED, facts={}, image=None, reason=gone)
            if one.cell.endswith(OF_BASELINE)
            else one
            for one in records
        ]
    return made, records


def told(world: World, *again: Again) -> Night:
    first, last = night(0, CELLS), night(1, CELLS, world)
    judged = Nights(first, accepted())
    tonight = JudgedRun(judgement=last.judgement, records=last.records, again=again)
    return judged.night(last.judgement, judged.seen(tonight), ())


def of_times(shown: Night) -> list[Event]:
    kinds = (FindingKind.TIME_DRIFTS, FindingKind.TIME_UNTOLD, FindingKind.UNDECIDED)
    return [one for one in shown.events if {each.kind for each in one.findings} & {*kinds}]


def evidence(event: Event) -> str:
    return "\n".join(line for one in event.findings for line in one.evidence)


def test_a_time_that_drifts_from_the_baselines_image_is_new_and_joins_what_changed() -> None:
    (event,) = of_times(told(MOVED, in_turns(shift=0.3)))
    assert (ROW,) == event.cells
    drifting = [one for one in event.findings if one.kind is FindingKind.TIME_DRIFTS]
    assert {("mnist.step_seconds",), ("mnist.import_seconds",), ("mnist.evaluation_seconds",)} == {
        one.subject for one in drifting
    }
    assert all("the baseline" in one.title for one in drifting)
    assert event.cause is not None
    assert event.cause.what.startswith("image")
    assert "mnist.step_seconds: longer" in event.values


def test_times_that_are_the_same_in_turns_are_no_event() -> None:
    shown = told(MOVED, in_turns())
    assert [] == of_times(shown)
    assert Verdict.UNVERIFIED not in {one.verdict for one in shown.events}


def test_without_turns_times_are_unverified_and_it_is_said_how_they_could_be_told() -> None:
    (event,) = of_times(told(MOVED))
    assert event.verdict is Verdict.UNVERIFIED
    assert "--baseline --rounds auto" in evidence(event)


def test_where_the_baselines_image_is_gone_that_is_the_reason() -> None:
    (event,) = of_times(told(MOVED, in_turns(gone="sha256:12 is not on the engine")))
    assert [FindingKind.TIME_UNTOLD] == [one.kind for one in event.findings]
    assert "the baseline's image could not be run again: sha256:12 is not on" in evidence(event)


def test_on_another_kind_of_host_turns_say_nothing_of_how_times_moved() -> None:
    (event,) = of_times(told(replace(MOVED, host=ELSEWHERE), in_turns(shift=0.3)))[:1]
    assert {FindingKind.TIME_UNTOLD} == {one.kind for one in event.findings}
    assert "another kind of host" in evidence(event)


def test_too_few_rounds_leave_it_open_and_say_so() -> None:
    made, records = in_turns(shift=0.12, rounds=2)
    shown = told(MOVED, (replace(made, noise=None), records))
    assert {FindingKind.UNDECIDED} == {
        one.kind for event in of_times(shown) for one in event.findings
    }


def test_nothing_is_judged_where_nothing_changed_whatever_was_run() -> None:
    assert [] == of_times(told(World(), in_turns(shift=0.3)))


def test_the_cells_whose_image_changed_are_run_again_each_as_its_very_image() -> None:
    first, last = night(0, CELLS), night(1, CELLS, MOVED)
    (pair,) = to_run_again(*(views(one.judgement.run, one.records) for one in (first, last)))
    assert (f"{ROW}{OF_BASELINE}", ROW) == tuple(one.id for one in pair.cells)
    images = [
        next(one.image.id for one in each.records if one.cell == ROW and one.image)
        for each in (first, last)
    ]
    assert images == [one.image for one in pair.cells]
    assert images[0] != images[1]
    assert {"", ()} == {
        value for one in pair.cells for value in (one.base, one.install, one.environment)
    }
    assert "mnist" in pair.probes
    assert "packages" not in pair.probes


@pytest.mark.parametrize(
    "world",
    [World(), World(probes={"mnist": "sha256:99"}), replace(MOVED, host=ELSEWHERE)],
    ids=["nothing changed", "only a probe", "another host"],
)
def test_what_turns_would_not_tell_is_not_run_again(world: World) -> None:
    first, last = night(0, CELLS), night(1, CELLS, world)
    assert () == to_run_again(*(views(one.judgement.run, one.records) for one in (first, last)))


# --- running them --------------------------------------------------------------------------------


class Timed(Scripted):
    """Has images by their ids, but for those that are gone."""

    gone: frozenset[str] = frozenset()

    def obtain(self, order: Order, say: Say) -> Obtained:
        super().obtain(order, say)
        name = order.cell.image
        if name in self.gone:
            return Obtained(outcome=Outcome.PULL_FAILED, reason=f"{name} is not on the engine")
        return Obtained(image=ImageIdentity(id=name))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite3") as opened:
        yield opened


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Timed:
    """What the runs of pairs are performed on, without opening anything."""
    made = Timed(name="docker")

    def perform(
        suite: Suite,
        cells: Sequence[Cell],
        probes: Sequence[Probe],
        wanted: Wanted,
        store: Store,
        progress: Any,
    ) -> tuple[Run, Exit]:
        assert wanted.offline, "what an engine made is in no registry"
        planned = PlannedRun(
            suite=suite,
            orders=orders(suite, cells),
            probes=tuple(probes),
            rounds=wanted.rounds,
            dataset=None,
        )
        run = execute(planned, made, store, tell=lambda *_: None, recorded=lambda _: None)
        return run, Exit.OK

    monkeypatch.setattr(times, "perform", perform)
    monkeypatch.setattr(times, "suite_probes", lambda _suite, _names: ASKED)
    return made


def nights(engine_name: str = "docker") -> tuple[KnownBaseline, tuple[Run, Sequence[Record]]]:
    first, last = (
        replace(one, judgement=replace(one.judgement, run=_on(one.judgement.run, engine_name)))
        for one in (night(0, CELLS), night(1, CELLS, MOVED))
    )
    known = KnownBaseline(accepted=accepted(), run=first.judgement.run, records=first.records)
    return known, (last.judgement.run, last.records)


def _on(run: Run, engine: str) -> Run:
    return replace(run, engine=replace(run.engine, name=engine))


def again(store: Store, wanted: Wanted, engine_name: str = "docker") -> Exit:
    known, tonight = nights(engine_name)
    return times.run_again(known, tonight, SUITE, wanted, store, None)  # type: ignore[arg-type]


def test_both_images_take_turns_in_a_run_of_their_own(store: Store, engine: Timed) -> None:
    assert Exit.OK == again(store, Wanted(rounds=3))
    _, (run, _) = nights()
    ((made, records),) = asked_again(store, run.id)
    assert f"{ROW}{OF_BASELINE}" == made.rules.reference
    assert 3 == made.rounds
    turns = list(dict.fromkeys((number, cell) for cell, number, _ in engine.asked))
    assert [1, 1, 2, 2, 3, 3] == [number for number, _ in turns]
    assert turns[0][1] == turns[3][1], "each second round takes them in the reverse order"
    assert 2 == len({one.image.id for one in records if one.image})


def test_pairs_that_were_asked_are_not_asked_again(store: Store, engine: Timed) -> None:
    again(store, Wanted(rounds=2))
    count = len(engine.asked)
    assert count
    again(store, Wanted(rounds=2))
    assert count == len(engine.asked)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (Wanted(rounds=1), "docker"),
        (Wanted(rounds=5), "replay"),
        (Wanted(rounds=5), "host"),
        (Wanted(rounds=5, record_to=Path("recordings")), "docker"),
    ],
    ids=["one round", "replayed", "interpreters", "recorded"],
)
def test_nothing_is_run_where_no_time_would_be_told(
    store: Store, engine: Timed, wanted: Wanted, name: str
) -> None:
    assert Exit.OK == again(store, wanted, name)
    assert [] == engine.obtained


def test_an_image_that_is_gone_is_recorded_as_that(store: Store, engine: Timed) -> None:
    known, (run, _) = nights()
    image = next(one.image.id for one in known.records if one.cell == ROW and one.image)
    engine.gone = frozenset({image})
    again(store, Wanted(rounds=2))
    ((_, records),) = asked_again(store, run.id)
    lost = [one for one in records if one.outcome is Outcome.PULL_FAILED]
    assert {f"{ROW}{OF_BASELINE}"} == {one.cell for one in lost}
    assert f"{image} is not on the engine" == lost[0].reason
