"""What an engine says, recorded and said again: the same records, whatever it was."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.engines import Obtained, Pass, Performed, Say, Workshop, names
from harness.engines.recording import RecordingEngine
from harness.engines.recordings import RecordedData, load
from harness.engines.replay import ReplayEngine
from harness.errors import EngineError, UsageError
from harness.model import (
    Cell,
    EngineInfo,
    HostClass,
    ImageIdentity,
    Outcome,
    Probe,
    Raised,
    Record,
)
from harness.outcomes import TELLING
from harness.probing.answer import Answer
from harness.recipes.orders import Order
from harness.running.task import Task
from harness.running.worker import work

CELLS = (Cell(id="a", image="one:1"), Cell(id="b", image="two:1"))
PROBES = tuple(
    Probe(name=name, question="?", source="", digest=f"sha256:{name}", settings=(("steps", 3),))
    for name in ("first", "second", "third")
)
HOST = HostClass(machine="x", cpu_model="a CPU", cpu_flags=(), cores=1, memory_gib=1)
ENDS = [one for one in Outcome if one not in (Outcome.NOT_APPLICABLE, Outcome.RAISED)]
INSIDE = [Outcome.OK, Outcome.RAISED, Outcome.CRASHED, Outcome.TIMED_OUT]


@dataclass
class Scripted:
    """An engine that says what it is told to."""

    obtained: Mapping[str, Outcome]
    passes: list[tuple[Outcome, tuple[Outcome | None, ...]]]
    name: str = "docker"
    here: bool = True
    performed: int = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def describe(self) -> EngineInfo:
        return EngineInfo(name=self.name, version="1")

    def host(self) -> HostClass:
        return HOST

    def sweep(self) -> tuple[str, ...]:
        return ()

    def release(self, run: str) -> None:
        return None

    def obtain(self, order: Order, say: Say) -> Obtained:
        outcome = self.obtained.get(order.cell.id, Outcome.OK)
        if outcome is not Outcome.OK:
            return Obtained(outcome=outcome, reason="so it is", log="/somewhere/log")
        image = ImageIdentity(id=f"sha256:{order.cell.id}")
        return Obtained(image=image, interpreter="/somewhere/python")

    def second_opinion(self, run: str, cell: str, obtained: Obtained) -> None: ...

    def perform(self, request: Pass) -> Performed:
        outcome, answers = self.passes[self.performed % len(self.passes)]
        self.performed += 1
        said = {
            asked.probe.name: answer(asked.probe.name, inside)
            for asked, inside in zip(request.questions, answers, strict=False)
            if inside is not None
        }
        return Performed(
            answers=said, outcome=outcome, reason="it did", noise="noise\x1b", seconds=2.5
        )


def answer(name: str, outcome: Outcome) -> Answer:
    raised = Raised(type="E", message="m", traceback="t") if outcome is Outcome.RAISED else None
    facts = {f"{name}.value": (1.5, "x", None), f"{name}.flag": True}
    return Answer(
        probe=name,
        outcome=outcome,
        facts=facts if outcome is Outcome.OK else {},
        raised=raised,
        noise="said",
        durations={"probe": 0.25},
        observed={"load": 1},
    )


def task(probes: tuple[Probe, ...] = PROBES, rounds: int = 2) -> Task:
    orders = tuple(Order(cell=cell) for cell in CELLS)
    return Task(run="r", orders=orders, probes=probes, rounds=rounds)


def said(engine: Scripted | RecordingEngine | ReplayEngine, what: Task) -> list[Record]:
    """The records without what is of the moment and of the engine's name, in one order."""
    records = [
        replace(
            record,
            engine="",
            started="",
            durations={k: v for k, v in record.durations.items() if k != "obtain"},
            observed={k: v for k, v in record.observed.items() if not k.startswith("host.")},
        )
        for record in work(engine, what, lambda *_: None)
        if isinstance(record, Record)
    ]
    return sorted(records, key=lambda record: record.key)


def replayed(folder: Path, what: Task) -> list[Record]:
    shop = Workshop(cache=folder, logs=folder, bases={}, owner="", recordings=folder)
    with ReplayEngine(shop) as engine:
        return said(engine, what)


@pytest.fixture(autouse=True)
def _no_waiting_for_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


@settings(max_examples=40, deadline=None)
@given(
    obtained=st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(ENDS), max_size=2),
    passes=st.lists(
        st.tuples(
            st.sampled_from(ENDS),
            st.tuples(*[st.none() | st.sampled_from(INSIDE)] * 3),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_a_replay_gives_the_records_that_were_recorded(
    obtained: Mapping[str, Outcome],
    passes: list[tuple[Outcome, tuple[Outcome | None, ...]]],
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        recording = RecordingEngine(Scripted(obtained, passes), folder)
        first = said(recording, task())
        assert first == said(Scripted(obtained, passes), task()), "recording changes nothing"
        assert first == replayed(folder, task())
        again = TemporaryDirectory()
        with again as other:
            said(RecordingEngine(Scripted(obtained, passes), Path(other)), task())
            assert answers_in(folder) == answers_in(Path(other)), "the same gives the same bytes"


def answers_in(folder: Path) -> dict[str, bytes]:
    found = sorted(folder.rglob("round-*/*.json"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def recorded(folder: Path, **changes: str) -> None:
    data = RecordedData(name="d", digest="1", notice=changes.get("notice", ""))
    engine = Scripted({}, [(Outcome.OK, (Outcome.OK,) * 3)])
    said(RecordingEngine(engine, folder, data), task(rounds=1))


def reasons(records: list[Record]) -> set[tuple[Outcome, str]]:
    return {(record.outcome, record.reason) for record in records}


def test_what_was_not_recorded_is_host_incompatible_and_says_so(tmp_path: Path) -> None:
    assert {
        (Outcome.HOST_INCOMPATIBLE, "there is no recording of a"),
        (Outcome.HOST_INCOMPATIBLE, "there is no recording of b"),
    } == reasons(replayed(tmp_path, task()))
    recorded(tmp_path)
    two = replayed(tmp_path, task())
    assert {
        (Outcome.OK, ""),
        *(
            (Outcome.HOST_INCOMPATIBLE, f"there is no recording of {probe} in round 2 of {cell}")
            for probe in ("first", "second", "third")
            for cell in "ab"
        ),
    } == reasons(two)


def test_a_question_that_has_changed_is_not_answered_and_the_others_are(tmp_path: Path) -> None:
    recorded(tmp_path)
    changed = (
        replace(PROBES[0], digest="sha256:other"),
        replace(PROBES[1], settings=(("steps", 4),)),
        PROBES[2],
    )
    found = {record.probe: record for record in replayed(tmp_path, task(changed, 1))}
    assert Outcome.OK is found["third"].outcome
    assert Outcome.HOST_INCOMPATIBLE is found["first"].outcome
    assert "the probe has changed since it was recorded" in found["first"].reason
    assert "recorded with other settings: steps 3, not 4" in found["second"].reason


def test_a_cell_that_has_changed_is_not_what_was_recorded(tmp_path: Path) -> None:
    recorded(tmp_path)
    moved = tuple(Order(cell=replace(cell, image="three:1")) for cell in CELLS)
    found = replayed(tmp_path, replace(task(), orders=moved))
    assert {
        (Outcome.HOST_INCOMPATIBLE, f"{cell} has changed since it was recorded") for cell in "ab"
    } == reasons(found)


def test_recording_a_cell_again_replaces_what_was_recorded_of_it(tmp_path: Path) -> None:
    engine = Scripted({}, [(Outcome.OK, (Outcome.OK,) * 3)])
    said(RecordingEngine(engine, tmp_path), task(rounds=3))
    other = tmp_path / "a" / "mine.txt"
    other.write_text("kept")
    recorded(tmp_path)
    assert {1} == {number for _, number, _ in load(tmp_path).answers}
    assert "kept" == other.read_text()


def test_nothing_of_this_hosts_paths_is_recorded(tmp_path: Path) -> None:
    recorded(tmp_path)
    assert not [path for path in tmp_path.rglob("*.json") if b"/somewhere" in path.read_bytes()]


def test_a_replay_says_what_it_is(tmp_path: Path) -> None:
    recorded(tmp_path)
    shop = Workshop(cache=tmp_path, logs=tmp_path, bases={}, owner="", recordings=tmp_path)
    with ReplayEngine(shop) as engine:
        info = engine.describe()
        assert ("replay", "docker 1") == (info.name, info.detail["recorded by"])
        assert HOST == engine.host()
        assert "nothing was run" in engine.notice()
    with pytest.raises(EngineError, match="not open"):
        engine.describe()


def test_a_replay_needs_recordings(tmp_path: Path) -> None:
    shop = Workshop(cache=tmp_path, logs=tmp_path, bases={}, owner="")
    with pytest.raises(UsageError, match="none are named"), ReplayEngine(shop):
        pass
    nowhere = replace(shop, recordings=tmp_path / "nowhere")
    with pytest.raises(UsageError, match="not a folder"), ReplayEngine(nowhere):
        pass


def test_recordings_made_with_two_data_sets_are_refused(tmp_path: Path) -> None:
    with_data = tuple(replace(probe, dataset="d") for probe in PROBES)
    engine = Scripted({}, [(Outcome.OK, (Outcome.OK,) * 3)])
    first = RecordingEngine(engine, tmp_path, RecordedData(name="d", digest="1", notice="small"))
    said(first, task(with_data, 1))
    assert RecordedData(name="d", digest="1", notice="small") == load(tmp_path).data()
    second = RecordingEngine(engine, tmp_path, RecordedData(name="d", digest="2"))
    said(second, replace(task(with_data, 1), orders=(Order(cell=CELLS[1]),)))
    with pytest.raises(UsageError, match="different data sets: d \\(1\\), d \\(2\\)"):
        load(tmp_path).data()


def test_replay_is_an_engine_and_recording_is_none() -> None:
    assert "replay" in names()
    assert "recording" not in names()


def test_every_outcome_of_a_container_can_be_recorded() -> None:
    assert set(TELLING) - {Outcome.NOT_APPLICABLE} == {*ENDS, *INSIDE}
