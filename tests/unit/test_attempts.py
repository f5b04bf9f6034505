"""What infrastructure ended is kept as evidence, asked again on request, and never counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.compare.attempts import MOST, of_attempts
from harness.compare.judge import judge
from harness.engines import Pass, Performed, ProbeQuestion
from harness.errors import Exit, StoreError, UsageError
from harness.formats import render
from harness.model import Attempt, Outcome, Record, Run, Scalar, Verdict
from harness.outcomes import TELLING
from harness.probing.answer import Answer
from harness.recipes.orders import Order
from harness.running.runner import PlannedRun, RunInterrupted
from harness.running.settling import settle
from harness.serial import UnreadableError, decode, decode_untrusted, encode
from harness.store.store import Store
from harness.store.transfer import export, import_file
from tests.unit.builders import record, run
from tests.unit.scripted import ONE, PROBES, SUITE, TWO, Scripted, execute

GONE = "engine-gone: it hung up"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite3") as opened:
        yield opened


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "elsewhere.sqlite3") as opened:
        yield opened


def done(store: Store, engine: Scripted, resumed: Run | None = None) -> Run:
    planned = PlannedRun(
        suite=SUITE,
        orders=(Order(cell=ONE), Order(cell=TWO)),
        probes=PROBES,
        rounds=1,
        dataset=None,
        resumed=resumed,
    )
    return execute(planned, engine, store, tell=lambda *_: None, recorded=lambda _: None)


def outcomes(store: Store, of: Run) -> dict[tuple[str, str], Outcome]:
    return {(one.cell, one.probe): one.outcome for one in store.records(of.id)}


def kept(store: Store, of: Run) -> list[tuple[str, str, Outcome, str]]:
    found = store.attempts(of.id)
    return [(one.record.cell, one.record.probe, one.record.outcome, one.reason) for one in found]


def test_an_answer_from_a_container_that_infrastructure_ended_is_kept_and_not_counted(
    store: Store,
) -> None:
    of = done(store, Scripted(gone_in="two"))

    assert "complete" == of.state
    assert {
        ("one", "a"): Outcome.OK,
        ("one", "b"): Outcome.OK,
        ("two", "a"): Outcome.ENGINE_GONE,
        ("two", "b"): Outcome.ENGINE_GONE,
    } == outcomes(store, of)
    assert [("two", "a", Outcome.OK, GONE)] == kept(store, of)
    assert {"a.x": 1} == store.attempts(of.id)[0].record.facts
    assert {} == store.records(of.id, "two")[0].facts


def test_what_infrastructure_ended_is_asked_again_and_stays_as_evidence(store: Store) -> None:
    of = done(store, Scripted(gone_in="two"))
    (one_a, one_b, *_) = store.records(of.id)
    engine = Scripted()
    finished = done(store, engine, of)

    assert [("two", 1, "a"), ("two", 1, "b")] == engine.asked
    assert (of.id, "complete") == (finished.id, store.run(of.id).state)
    assert {Outcome.OK} == set(outcomes(store, of).values())
    assert (one_a, one_b) == store.records(of.id)[:2]
    assert {
        ("two", "a", Outcome.OK, GONE),
        ("two", "a", Outcome.ENGINE_GONE, GONE),
        ("two", "b", Outcome.ENGINE_GONE, GONE),
    } == set(kept(store, of))
    assert [1, 1, 2, 2] == [one.container for one in store.records(of.id)]
    with pytest.raises(UsageError, match="it is complete"):
        done(store, Scripted(), of)


def test_a_run_that_is_taken_on_and_dies_again_has_lost_nothing(store: Store) -> None:
    of = done(store, Scripted(gone_in="two"))
    with pytest.raises(RunInterrupted):
        done(store, Scripted(interrupted_in="two"), of)

    assert "interrupted" == store.run(of.id).state
    assert {("one", "a"), ("one", "b")} == outcomes(store, of).keys()
    assert 3 == len(kept(store, of))
    done(store, Scripted(), of)
    assert {Outcome.OK} == set(outcomes(store, of).values())
    assert 3 == len(kept(store, of))


def test_a_run_that_is_lost_twice_keeps_both(store: Store) -> None:
    of = done(store, Scripted(gone_in="two"))
    done(store, Scripted(gone_in="two"), of)
    done(store, Scripted(), of)

    containers = [(one.record.probe, one.record.container) for one in store.attempts(of.id)]
    assert [("a", 1), ("a", 1), ("a", 2), ("a", 2), ("b", 1), ("b", 2)] == sorted(containers)
    assert 3 == store.records(of.id, "two")[0].container


@pytest.mark.parametrize("format", ["terminal", "markdown", "json"])
def test_every_report_says_what_was_lost(store: Store, format: str) -> None:
    of = done(store, Scripted(gone_in="two"))
    done(store, Scripted(), of)
    (first,) = of_attempts(store.attempts(of.id))
    judged = judge(store.run(of.id), store.records(of.id), attempts=store.attempts(of.id))

    assert (
        f"two: infrastructure ended an attempt in round 1 ({GONE}); it is kept as evidence and "
        "not counted: a, b"
    ) == first
    assert first in judged.notices
    shown = " ".join(render(format, judged).replace("\\", "").split())
    assert "infrastructure ended an attempt in round 1" in shown
    without = judge(store.run(of.id), store.records(of.id))
    assert (without.exit, without.findings) == (judged.exit, judged.findings)
    assert first not in without.notices


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.OK])
def test_a_whole_answer_is_lost_only_where_infrastructure_ended_its_container(
    outcome: Outcome,
) -> None:
    questions = [ProbeQuestion(probe=probe, settings={}) for probe in PROBES]
    answer = Answer(probe="a", outcome=Outcome.OK, facts={"x": 1})
    settled = settle(questions, Performed(answers={"a": answer}, outcome=outcome, reason="r"))

    infrastructure = TELLING[outcome].verdict is Verdict.INFRASTRUCTURE
    lost = [(one.question.probe.name, one.answer) for one in settled.lost]
    assert ([("a", answer)] if infrastructure else []) == lost
    ended = {one.question.probe.name: one.outcome for one in settled.ended}
    assert {"a": outcome if infrastructure else Outcome.OK, "b": outcome} == ended


def test_no_attempt_says_nothing() -> None:
    assert () == of_attempts(())


def test_a_flood_of_attempts_does_not_flood_a_report() -> None:
    many = [
        Attempt(record=replace(record("python"), round=number), reason="engine-gone: it hung up")
        for number in range(1, 1000)
    ]
    notices = of_attempts(many)
    assert MOST + 1 == len(notices)
    assert f"{999 - MOST} more attempts that infrastructure ended are kept" == notices[-1]


def test_a_hostile_reason_is_inert_in_every_report() -> None:
    hostile = Attempt(record=record("python"), reason="\x1b[31m::error::<script>@you\n# x")
    judged = judge(run(), [], attempts=[hostile])
    for format in ("terminal", "markdown", "json"):
        shown = render(format, judged)
        assert "\x1b" not in shown
        assert "\n::error" not in shown
    assert "<script>" not in render("markdown", judged)


def exported(store: Store, of: Run, file: Path) -> Path:
    export(store, of.id, file)
    return file


def test_exports_of_every_stage_are_taken_in_in_any_order(
    store: Store, elsewhere: Store, tmp_path: Path
) -> None:
    of = done(store, Scripted(gone_in="two"))
    lost = exported(store, of, tmp_path / "lost.jsonl")
    with pytest.raises(RunInterrupted):
        done(store, Scripted(interrupted_in="two"), of)
    between = exported(store, of, tmp_path / "between.jsonl")
    done(store, Scripted(), of)
    whole = exported(store, of, tmp_path / "whole.jsonl")

    import_file(elsewhere, lost)
    assert "complete" == elsewhere.run(of.id).state
    import_file(elsewhere, between)
    assert "interrupted" == elsewhere.run(of.id).state
    assert {("one", "a"), ("one", "b")} == outcomes(elsewhere, of).keys()
    import_file(elsewhere, lost)
    assert {("one", "a"), ("one", "b")} == outcomes(elsewhere, of).keys()
    for file in (whole, between, lost, whole):
        import_file(elsewhere, file)
        assert "complete" == elsewhere.run(of.id).state
        assert store.records(of.id) == elsewhere.records(of.id)
        assert store.attempts(of.id) == elsewhere.attempts(of.id)
    assert whole.read_bytes() == exported(elsewhere, of, tmp_path / "again.jsonl").read_bytes()


def test_a_later_export_replaces_what_was_lost_at_once(
    store: Store, elsewhere: Store, tmp_path: Path
) -> None:
    of = done(store, Scripted(gone_in="two"))
    import_file(elsewhere, exported(store, of, tmp_path / "lost.jsonl"))
    done(store, Scripted(), of)
    import_file(elsewhere, exported(store, of, tmp_path / "whole.jsonl"))
    assert store.records(of.id) == elsewhere.records(of.id)
    assert store.attempts(of.id) == elsewhere.attempts(of.id)


def test_a_record_is_not_replaced_where_no_attempt_says_what_became_of_it(
    store: Store, elsewhere: Store, tmp_path: Path
) -> None:
    of = done(store, Scripted(gone_in="two"))
    import_file(elsewhere, exported(store, of, tmp_path / "lost.jsonl"))
    with Store(tmp_path / "forged.sqlite3") as forged:
        forged.begin(of)
        for one in store.records(of.id):
            forged.record(replace(one, outcome=Outcome.OK, reason=""))
        forged.finish(of.id, ended=of.ended)
        file = exported(forged, of, tmp_path / "forged.jsonl")
    with pytest.raises(StoreError, match="already has another record"):
        import_file(elsewhere, file)
    assert store.records(of.id) == elsewhere.records(of.id)


def test_the_store_where_it_was_made_takes_in_no_older_export(store: Store, tmp_path: Path) -> None:
    of = done(store, Scripted(gone_in="two"))
    lost = exported(store, of, tmp_path / "lost.jsonl")
    done(store, Scripted(), of)
    before = store.records(of.id), store.attempts(of.id)
    import_file(store, lost)
    assert before == (store.records(of.id), store.attempts(of.id))


def test_a_run_taken_on_after_infrastructure_ended_it_is_no_longer_infrastructure(
    store: Store,
) -> None:
    of = done(store, Scripted(gone_in="two"))
    assert Exit.INFRASTRUCTURE == judge(of, store.records(of.id)).exit
    done(store, Scripted(), of)
    assert Exit.INFRASTRUCTURE != judge(of, store.records(of.id)).exit


@pytest.mark.parametrize(
    ("written", "container", "rest"),
    [
        ({"container.ordinal": 2, "load": 1}, 2, {"load": 1}),
        ({"load": 1}, 0, {"load": 1}),
        ({"container.ordinal": "many"}, 0, {"container.ordinal": "many"}),
        ({"container.ordinal": True}, 0, {"container.ordinal": True}),
    ],
)
def test_the_container_of_a_record_is_written_as_it_was_before_it_was_a_field(
    written: dict[str, Scalar], container: int, rest: dict[str, Scalar]
) -> None:
    before = replace(record("python"), observed={})
    tree = json.loads(encode(before))
    assert "container" not in tree
    tree["observed"] = written
    data = json.dumps(tree, sort_keys=True, separators=(",", ":")).encode()
    read = decode(Record, data)
    assert (container, rest) == (read.container, read.observed)
    assert data == encode(read)


def test_an_export_cannot_say_the_container_twice() -> None:
    tree = {"record": {**json.loads(encode(record("python"))), "container": 3}}
    with pytest.raises(UnreadableError, match="container: unknown field"):
        decode_untrusted({"record": RecordLine}, json.dumps(tree).encode())


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordLine:
    record: Record


def test_a_guest_cannot_say_which_container_it_ran_in(store: Store) -> None:
    class Lying(Scripted):
        def perform(self, request: Pass) -> Performed:
            performed = super().perform(request)
            lies = {"container.ordinal": 7, "load": 1}
            return replace(
                performed,
                answers={
                    name: replace(one, observed=lies) for name, one in performed.answers.items()
                },
            )

    of = done(store, Lying())
    assert {(1, 1)} == {
        (one.container, one.observed["load"]) for one in store.records(of.id) if one.cell == "one"
    }
