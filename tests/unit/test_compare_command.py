"""`harness compare`: whose records answer, and whose rules judge."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.commands import compare as command
from harness.compare.judgement import Comparison
from harness.engines import Obtained, Workshop
from harness.errors import EngineError, Exit, UsageError
from harness.formats import render
from harness.model import Cell, EngineInfo, Fact, Outcome, Record, Rules, Run, Suite, Verdict
from harness.probing.probe import suite_probes
from harness.recipes.orders import Order
from harness.running.progress import progress_for
from harness.store.store import Store
from harness.suite.matrix import load_suite
from tests.unit.builders import image, run

DIGEST = "registry.test/image@sha256:" + "1" * 64
OLD, NEWER, NEWEST = (f"2026112{day}T000000Z-000{day}" for day in (0, 1, 2))
LENIENT = [{"facts": "*", "rule": "allowed", "reason": "it is meant to differ"}]
NUMPY = "package.numpy"


class Asked(Exception):
    """A cell was going to be run: no record answered for it."""

    def __init__(self, suite: Suite, cell: Cell, engine: str) -> None:
        super().__init__(f"{suite.name}:{cell.id} on {engine}")
        self.suite, self.cell, self.engine = suite, cell, engine


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store of its own, and no engine: what would be run is raised instead."""
    monkeypatch.setenv("HARNESS_STORE", str(tmp_path / "store.sqlite3"))
    monkeypatch.chdir(tmp_path)

    def perform(suite: Suite, cells: list[Cell], _: object, wanted: Any, *__: object) -> None:
        raise Asked(suite, cells[0], wanted.engine)

    monkeypatch.setattr(command, "perform", perform)
    with Store(tmp_path / "store.sqlite3") as opened:
        yield opened


def suite(folder: Path, name: str = "mine", **more: Any) -> Suite:
    """A suite of two images, which are asked for their Python and packages."""
    cells = [{"id": one, "image": DIGEST, "level": "L0"} for one in ("a", "b")]
    described = {"version": 1, "name": name, "probes": ["python", "packages"], "cells": cells}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "matrix.yaml").write_text(json.dumps({**described, **more}, indent=1), "utf-8")
    return load_suite(folder)


def keep(
    store: Store,
    of: Suite,
    run_id: str,
    *,
    engine: str = "docker",
    probes: tuple[str, ...] = (),
    facts: Mapping[str, Mapping[str, Fact]] | None = None,
    rules: Rules | None = None,
    imported: bool = False,
) -> Run:
    """A finished run of the suite; by cell, what packages it has."""
    asked = suite_probes(of, probes)
    day = f"2026-11-{run_id[6:8]}T00:00:00Z"
    made = replace(
        run(*of.cells, probes=asked, run_id=run_id, started=day),
        suite=of.name,
        engine=EngineInfo(name=engine),
        rules=of.rules if rules is None else rules,
    )
    records = [
        Record(
            run=run_id,
            cell=key.cell,
            round=1,
            probe=key.probe,
            outcome=Outcome.OK,
            facts=(facts or {}).get(key.cell, {}) if key.probe == "packages" else {},
            probe_digest=next(one.digest for one in asked if one.name == key.probe),
            image=image("one"),
            started=day,
        )
        for key in made.planned()
    ]
    if imported:
        return store.take_in(made, records)
    store.begin(made)
    for record in records:
        store.record(record)
    store.finish(run_id, ended=day)
    return made


DRIFTED: Mapping[str, Mapping[str, Fact]] = {"a": {NUMPY: "1.0"}, "b": {NUMPY: "2.0"}}


def compared(one: str, other: str, named: Path | None = None, engine: str = "auto") -> Comparison:
    return command.compare(named, one, other, engine, progress_for(io.StringIO()))


def runs_of(made: Comparison) -> tuple[str, str]:
    return made.reference_run.id, made.candidate_run.id


# --- whose rules judge -----------------------------------------------------------------------


@pytest.mark.attack(
    "rules", "a run that drifts is compared from the folder of a suite that allows everything"
)
def test_a_finished_run_is_judged_by_its_own_rules_wherever_one_calls_from(
    store: Store, tmp_path: Path, says: Callable[[str], None]
) -> None:
    keep(store, suite(tmp_path / "strict"), OLD, facts=DRIFTED)
    suite(tmp_path, "lenient", expectations=LENIENT)
    made = compared(f"{OLD}:a", f"{OLD}:b")
    says(f"{made.candidate.verdict}, exit status {int(made.exit)}")
    assert (Verdict.DRIFT, Exit.FINDINGS) == (made.candidate.verdict, made.exit)


def test_two_finished_runs_need_no_suite_at_all(store: Store, tmp_path: Path) -> None:
    keep(store, suite(tmp_path / "strict"), OLD, facts=DRIFTED)
    (tmp_path / "matrix.yaml").write_text("nonsense: [", "utf-8")
    assert Exit.FINDINGS is compared(f"{OLD}:a", f"{OLD}:b").exit


@pytest.mark.attack("rules", "a suite is named whose rules are not those kept with the run")
def test_the_rules_of_a_suite_that_is_named_judge_and_the_report_says_so(
    store: Store, tmp_path: Path, says: Callable[[str], None]
) -> None:
    keep(store, suite(tmp_path / "strict"), OLD, facts=DRIFTED)
    suite(tmp_path / "lenient", "lenient", expectations=LENIENT)
    made = compared(f"{OLD}:a", f"{OLD}:b", tmp_path / "lenient")
    expected = (
        "judged by the rules of the suite lenient, which was named, not by those kept with the runs"
    )
    says(made.notices[0])
    assert (Verdict.PASS, expected) == (made.candidate.verdict, made.notices[0])
    for name in ("terminal", "markdown", "json"):
        told = " ".join(render(name, made).replace("\\", "").split())
        assert expected in told
    assert f"--suite {tmp_path / 'lenient'}" in " ".join(render("terminal", made).split())


@pytest.mark.attack("rules", "two runs are compared that were kept with different rules")
def test_where_the_rules_differ_the_candidates_judge_and_what_the_others_say_is_told(
    store: Store, tmp_path: Path, says: Callable[[str], None]
) -> None:
    strict = suite(tmp_path / "strict")
    keep(store, strict, OLD, facts=DRIFTED)
    keep(store, suite(tmp_path / "lenient", expectations=LENIENT), NEWER, facts=DRIFTED)
    made = compared(f"{OLD}:a", f"{NEWER}:b")
    says(made.notices[0])
    assert Verdict.PASS is made.candidate.verdict
    assert (
        f"the two runs were kept with different rules: those of run {NEWER} judge, since its "
        f"cell is compared with the other; by those of run {OLD} it would be `drift`"
    ) == made.notices[0]
    assert Verdict.DRIFT is compared(f"{NEWER}:a", f"{OLD}:b").candidate.verdict


def test_rules_that_are_the_same_need_no_words(store: Store, tmp_path: Path) -> None:
    strict = suite(tmp_path / "strict")
    keep(store, strict, OLD)
    keep(store, strict, NEWER, rules=replace(strict.rules, reference="b"))
    assert not [one for one in compared(f"{OLD}:a", f"{NEWER}:b").notices if "rules" in one]


def test_an_interpreter_of_the_host_is_judged_by_the_rules_of_the_run_it_is_held_against(
    store: Store, tmp_path: Path
) -> None:
    kept = keep(store, suite(tmp_path / "strict", expectations=LENIENT), OLD)
    with pytest.raises(Asked) as asked:
        compared(f"{OLD}:a", "host:python3")
    assert kept.rules == asked.value.suite.rules
    assert "host" == asked.value.engine


def test_that_the_suite_here_has_other_rules_since_is_said(store: Store, tmp_path: Path) -> None:
    keep(store, suite(tmp_path), OLD, facts=DRIFTED)
    suite(tmp_path, expectations=LENIENT)
    made = compared("a", "b")
    assert Verdict.DRIFT is made.candidate.verdict
    assert [f"the rules of the suite mine have changed since run {OLD}"] == [
        one.partition(":")[0] for one in made.notices if "changed" in one
    ]


# --- whose records answer --------------------------------------------------------------------


@pytest.mark.attack(
    "records", "a cell of the same name was run by another suite, from another image"
)
def test_a_cell_is_not_answered_from_another_suite(
    store: Store, tmp_path: Path, says: Callable[[str], None]
) -> None:
    keep(store, suite(tmp_path / "theirs", "theirs"), OLD)
    suite(tmp_path, "mine")
    with pytest.raises(Asked) as asked:
        compared("a", "b")
    says(f"nothing answers: {asked.value} is run")
    assert "mine:a on auto" == str(asked.value)


@pytest.mark.attack("records", "the suite's row names another image than the stored run was of")
def test_a_row_that_names_another_image_is_not_answered_from_the_old_one(
    store: Store, tmp_path: Path, says: Callable[[str], None]
) -> None:
    keep(store, suite(tmp_path), OLD)
    there = f"registry.test/not-there@sha256:{'2' * 64}"
    suite(tmp_path, cells=[{"id": one, "image": there, "level": "L0"} for one in ("a", "b")])
    with pytest.raises(Asked) as asked:
        compared("a", "b")
    says("nothing answers: the cell is run")
    assert there == asked.value.cell.image


@pytest.mark.attack("records", "after a whole run on docker, one probe is replayed and run alone")
def test_replayed_runs_and_runs_of_one_probe_do_not_answer(
    store: Store, tmp_path: Path, says: Callable[[str], None]
) -> None:
    here = suite(tmp_path)
    keep(store, here, OLD, facts=DRIFTED)
    keep(store, here, NEWER, engine="replay")
    keep(store, here, NEWEST, probes=("python",))
    made = compared("a", "b")
    says(f"the whole run {OLD} on docker answers: {made.candidate.verdict}")
    assert (OLD, OLD) == runs_of(made)
    assert Verdict.DRIFT is made.candidate.verdict


@pytest.mark.attack("records", "--engine podman is asked, and the records are of docker")
def test_the_engine_that_is_asked_for_is_the_only_one_that_answers(
    store: Store, tmp_path: Path, says: Callable[[str], None]
) -> None:
    here = suite(tmp_path)
    keep(store, here, OLD, engine="podman")
    keep(store, here, NEWER, engine="docker")
    keep(store, here, NEWEST, engine="host")
    assert (NEWER, NEWER) == runs_of(compared("a", "b"))
    assert (OLD, OLD) == runs_of(compared("a", "b", engine="podman"))
    assert (NEWEST, NEWEST) == runs_of(compared("a", "b", engine="host"))
    with pytest.raises(Asked) as asked:
        compared("a", "b", engine="replay")
    says(f"only runs on podman answer; for an engine without runs: {asked.value} is run")
    assert "replay" == asked.value.engine


@pytest.mark.attack("records", "a suite of the same name has the same rows, and a probe of its own")
def test_a_probe_of_the_same_name_with_another_text_is_another_question(
    store: Store, tmp_path: Path, says: Callable[[str], None]
) -> None:
    keep(store, suite(tmp_path / "theirs"), OLD)
    suite(tmp_path / "mine")
    assert (OLD, OLD) == runs_of(compared("a", "b", tmp_path / "mine"))
    own = tmp_path / "mine" / "probes"
    own.mkdir()
    text = 'PROBE = {"question": "?"}\ndef probe(settings):\n    return {}\n'
    (own / "python.py").write_text(text, "ascii")
    with pytest.raises(Asked) as asked:
        compared("a", "b", tmp_path / "mine")
    says(f"nothing answers: {asked.value} is run")


@pytest.mark.attack("records", "this host's clock was a year ahead when the newest run was made")
def test_a_run_of_a_later_date_than_now_is_told_as_one(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: Callable[[str], None]
) -> None:
    keep(store, suite(tmp_path), OLD)
    monkeypatch.setattr(command, "utc_now", lambda: "2025-11-20T00:00:00Z")
    head = " ".join(render("terminal", compared("a", "b")).splitlines()[:2])
    told = "2026-11-20 00:00 UTC (later than this host's clock)"
    assert told in head
    says(told)


def test_a_suite_that_was_moved_is_the_same_suite(store: Store, tmp_path: Path) -> None:
    keep(store, suite(tmp_path / "before"), OLD)
    suite(tmp_path / "after")
    assert (OLD, OLD) == runs_of(compared("a", "b", tmp_path / "after"))


def test_an_imported_run_answers_only_by_its_id(store: Store, tmp_path: Path) -> None:
    keep(store, suite(tmp_path), OLD, imported=True)
    with pytest.raises(Asked):
        compared("a", "b")
    assert (OLD, OLD) == runs_of(compared(f"{OLD}:a", f"{OLD}:b"))


@pytest.mark.parametrize("name", ["terminal", "markdown"])
def test_the_head_says_which_run_answered_on_which_engine_and_how_old_it_is(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    here = suite(tmp_path)
    keep(store, here, OLD, engine="podman")
    keep(store, here, NEWER, engine="docker")
    monkeypatch.setattr(command, "utc_now", lambda: "2026-11-22T05:00:00Z")
    told = " ".join(render(name, compared("a", "b")).splitlines()[:4]).replace("\\", "")
    assert NEWER in told
    assert "(1 day old)" in told
    assert "docker" in told
    mixed = compared(f"{OLD}:a", f"{NEWER}:b")
    told = " ".join(render(name, mixed).split()).replace("\\", "")
    assert "(2 days old)" in told
    assert "the two ran on different engines: podman, docker" in told


# --- a name that may have been given to another image ------------------------------------------


def looking(monkeypatch: pytest.MonkeyPatch, found: Obtained | EngineError) -> list[str]:
    """The engines that are asked what a name stands for now; each says the same."""
    asked: list[str] = []

    class Engine:
        def obtain(self, order: Order, say: object) -> Obtained:
            assert isinstance(found, Obtained)
            return found

    @contextmanager
    def opened(kind: str, shop: Workshop) -> Iterator[tuple[Engine, tuple[str, ...]]]:
        asked.append(kind)
        assert shop.offline, "looking does not pull"
        if isinstance(found, EngineError):
            raise found
        yield Engine(), ()

    monkeypatch.setattr(command, "opened_engine", opened)
    return asked


@pytest.mark.attack("records", "the tag of a cell's image was given to another image since the run")
def test_a_tag_that_was_moved_is_not_answered_from_the_image_it_stood_for(
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    says: Callable[[str], None],
) -> None:
    tagged = [{"id": one, "image": "registry.test/image:1", "level": "L0"} for one in ("a", "b")]
    keep(store, suite(tmp_path, cells=tagged), OLD)
    asked = looking(monkeypatch, Obtained(image=image("one")))
    assert (OLD, OLD) == runs_of(compared("a", "b"))
    assert ["docker", "docker"] == asked

    looking(monkeypatch, Obtained(image=image("another")))
    with pytest.raises(Asked) as again:
        compared("a", "b")
    says(f"nothing answers: {again.value} is run")


@pytest.mark.parametrize(
    "found",
    [
        EngineError("docker does not answer"),
        Obtained(outcome=Outcome.PULL_FAILED, reason="offline, and it is not on the engine"),
    ],
    ids=["no engine", "no image"],
)
def test_where_a_tag_cannot_be_looked_up_the_records_answer_and_that_is_said(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Obtained | EngineError
) -> None:
    tagged = [{"id": one, "image": "registry.test/image:1", "level": "L0"} for one in ("a", "b")]
    keep(store, suite(tmp_path, cells=tagged), OLD)
    looking(monkeypatch, found)
    made = compared("a", "b")
    why = found.message if isinstance(found, EngineError) else found.reason
    assert (
        f"it is not known whether registry.test/image:1 still names the image that ran: {why}",
    ) == made.notices


# --- both run now, in turns -------------------------------------------------------------------


def in_turns(one: str, other: str, rounds: str = "auto") -> Comparison:
    return command.compare(None, one, other, "auto", progress_for(io.StringIO()), rounds)


def test_an_interpreter_of_the_host_takes_turns_with_a_cell_and_claims_what_that_claims(
    store: Store, tmp_path: Path
) -> None:
    cells = [{"id": "a", "image": DIGEST, "framework": {"demo": "1.0"}, "level": "L1"}]
    suite(tmp_path, cells=cells)
    for sides in (("host:python3", "a"), ("a", "host:python3")):
        with pytest.raises(Asked) as asked:
            in_turns(*sides)
        made = asked.value.suite
        assert list(sides) == [one.id for one in made.cells]
        assert sides[0] == made.rules.reference
        (mine,) = (one for one in made.cells if one.host)
        assert ("python3", (("demo", "1.0"),)) == (mine.host, mine.framework)


def test_two_interpreters_of_the_host_take_turns_without_any_suite(
    store: Store, tmp_path: Path
) -> None:
    with pytest.raises(Asked) as asked:
        in_turns("host:python3", "host:/opt/python3")
    assert ["python3", "/opt/python3"] == [one.host for one in asked.value.suite.cells]


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (f"{OLD}:a", "b", "is a finished run and cannot take turns with another cell now"),
        ("a", "a", "a would be compared with itself"),
        ("a", "[a]", "a and [a] are the same cell"),
        ("a", "*", "'*' matches several cells"),
        ("host:python3", "host:python3", "would be compared with itself"),
        ("a", "c", "no cell matches `c`"),
    ],
)
def test_what_cannot_take_turns_is_refused_before_anything_starts(
    store: Store, tmp_path: Path, one: str, other: str, said: str
) -> None:
    suite(tmp_path)
    with pytest.raises(UsageError, match=re.escape(said)):
        in_turns(one, other)


def test_a_comparison_whose_run_a_signal_ends_says_so_by_its_status(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = suite(tmp_path)

    def interrupted(*_: object, **__: object) -> tuple[Run, Exit]:
        made = replace(run(*of.cells, run_id=NEWEST), suite=of.name, rules=of.rules)
        store.begin(made)
        store.finish(made.id, ended=made.started, state="interrupted")
        return store.run(made.id), Exit(130)

    monkeypatch.setattr(command, "perform", interrupted)
    assert Exit(130) is in_turns("a", "b").exit
