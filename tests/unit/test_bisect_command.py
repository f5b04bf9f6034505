"""`harness bisect-day` from command line to store, over an engine and an index of a test."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from harness.commands import bisect_day
from harness.engines import Obtained, Pass, Performed, Say
from harness.errors import InfrastructureError, UsageError
from harness.model import Artifact, Base, Cell, ImageIdentity, Lock, Outcome, Raised, Suite
from harness.moments import last_moment
from harness.probing.answer import Answer
from harness.recipes.orders import Order
from harness.running.runner import RunInterrupted
from harness.running.then import BISECTIONS
from harness.store.store import Store
from tests.unit.scripted import Scripted

MATRIX = """version: 1
name: mine
bases: {py3.9: {python: "3.9", sources: [{debian: bullseye, packages: [python3.9]}]}}
cells: [{id: built, base: py3.9, install: [homemade], level: L0}, {id: found, image: "a/b:1"}]
probes: [python]
"""
UPLOADED = {"1": "2021-10-31T00:00:00Z", "2": "2021-11-03T15:53:09Z", "3": "2021-11-05T00:00:00Z"}


def artifact(version: str) -> Artifact:
    name = f"homemade-{version}-py3-none-any.whl"
    return Artifact(name="homemade", version=version, filename=name, sha256=version * 64, size=1)


@dataclass(kw_only=True)
class Resolving(Scripted):
    """Installs the newest that there is; a probe raises where that is `bad` or newer."""

    bad: str = "2"
    lost: str = ""
    """The version with which the engine has no room."""
    interrupted: str = ""
    resolved: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)

    def resolve(self, cell: Cell, base: Base, say: Say) -> Lock:
        self.resolved.append(cell.as_of)
        there = [one for one, at in UPLOADED.items() if last_moment(at) <= last_moment(cell.as_of)]
        if not there:
            raise UsageError("no lock could be resolved:\nnothing fits")
        return Lock(
            cell=cell.id,
            python="3.9.2",
            request="",
            as_of=cell.as_of,
            tools=(),
            distributions=(artifact(max(there)),),
        )

    def obtain(self, order: Order, say: Say) -> Obtained:
        assert order.recipe is not None
        (one,) = order.recipe.lock.distributions
        if one.version == self.lost:
            return Obtained(outcome=Outcome.DISK_FULL, reason="no space left")
        self.versions.append(one.version)
        return Obtained(image=ImageIdentity(id=f"sha256:{one.sha256}"))

    def perform(self, request: Pass) -> Performed:
        assert request.obtained.image is not None
        version = request.obtained.image.id[-1]
        if version == self.interrupted:
            raise RunInterrupted(15)
        answer = Answer(probe="python", outcome=Outcome.OK, facts={"python.version": "3.9.2"})
        if version >= self.bad:
            raised = Raised(type="ValueError", message="no", traceback="")
            answer = Answer(probe="python", outcome=Outcome.RAISED, raised=raised)
        return Performed(answers={"python": answer})


Asked = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, place in (("STORE", "store.sqlite3"), ("REPORTS", "reports"), ("CACHE", "cache")):
        monkeypatch.setenv(f"HARNESS_{name}", str(tmp_path / place))
    monkeypatch.setenv("CI", "true")
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "matrix.yaml").write_text(MATRIX, "utf-8")
    return tmp_path / "suite"


@pytest.fixture
def ask(
    suite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Resolving], Asked]:
    """Ask with an engine in the place of the real one, and no index."""

    def over(engine: Resolving) -> Asked:
        @contextmanager
        def opened(_suite: Suite, _name: str) -> Iterator[Resolving]:
            yield engine

        monkeypatch.setattr(bisect_day, "container_engine", opened)
        monkeypatch.setattr(bisect_day, "uploaded", lambda _, one: UPLOADED[one.version])

        def asked(*more: str, good: str = "2021-11-01", bad: str = "2021-11-09") -> Any:
            days = ("--good", good, "--bad", bad, "--suite", str(suite), "--format", "json")
            arguments = ["harness", "bisect-day", *(more or ("built",)), *days]
            monkeypatch.setattr(sys, "argv", arguments)
            with pytest.raises(SystemExit) as ended:
                cli.main()
            said = capsys.readouterr()
            return int(ended.value.code or 0), said.out and json.loads(said.out), said.err

        return asked

    return over


def test_the_upload_is_named_and_each_step_is_one_line(
    ask: Callable[[Resolving], Asked], tmp_path: Path
) -> None:
    engine = Resolving()
    status, told, err = ask(engine)()

    assert 0 == status
    assert "built was broken by homemade 2, uploaded 2021-11-03 at 15:53:09 UTC" == told["said"]
    assert 3 == told["built"] == len(engine.versions)
    lines = err.splitlines()
    assert len(told["tried"]) == len(lines)
    assert all(one["as_of"].partition("T")[0] in err for one in told["tried"])
    with Store(tmp_path / "store.sqlite3", readonly=True) as store:
        runs = store.runs()
        assert 3 == len(runs)
        assert {BISECTIONS} == {store.run(one.id).suite for one in runs}
    assert not list((tmp_path / "suite").rglob("*.json")), "no lock is written"


@pytest.mark.parametrize(
    ("days", "status", "end"),
    [
        (("2021-11-04", "2021-11-09"), 1, "good-is-bad"),
        (("2021-11-01", "2021-11-02"), 1, "same"),
    ],
)
def test_days_that_do_not_differ_as_was_said_end_in_1(
    ask: Callable[[Resolving], Asked], days: tuple[str, str], status: int, end: str
) -> None:
    ended, told, _ = ask(Resolving())(good=days[0], bad=days[1])
    assert (status, end) == (ended, told["end"])
    assert told["said"].startswith("not reproducible")
    assert [] == told["suspects"]


def test_a_cell_that_works_on_both_days_ends_in_1(ask: Callable[[Resolving], Asked]) -> None:
    ended, told, _ = ask(Resolving(bad="9"))()
    assert (1, "bad-is-good") == (ended, told["end"])


def test_infrastructure_ends_the_search_with_4_and_is_said(
    ask: Callable[[Resolving], Asked],
) -> None:
    status, told, err = ask(Resolving(lost="3"))()
    assert (4, "") == (status, told)
    assert "has no result for built" in err


def test_a_signal_ends_it_with_its_own_status(ask: Callable[[Resolving], Asked]) -> None:
    status, told, _ = ask(Resolving(interrupted="3"))()
    assert (143, "interrupted") == (status, told["end"])


@pytest.mark.parametrize(
    ("more", "days", "said"),
    [
        (("built",), ("yesterday", "2021-11-09"), "--good takes a day"),
        (("built",), ("2021-11-01", "2021-11-31"), "--bad takes a day"),
        (("built",), ("2021-11-09", "2021-11-01"), "is not before the bad day"),
        (("built",), ("2021-11-01", "2021-11-01"), "is not before the bad day"),
        (("found",), ("2021-11-01", "2021-11-09"), "is not built from distributions"),
        (("*",), ("2021-11-01", "2021-11-09"), "matches several cells"),
        (("none",), ("2021-11-01", "2021-11-09"), "no cell matches"),
        (("built", "--engine", "host"), ("2021-11-01", "2021-11-09"), "engine host has none"),
        (("built", "--probe", "nothing"), ("2021-11-01", "2021-11-09"), "nothing"),
        (("built",), ("2021-10-01", "2021-11-09"), "nothing fits"),
    ],
)
def test_what_cannot_be_searched_ends_in_2_and_nothing_is_built(
    ask: Callable[[Resolving], Asked], more: tuple[str, ...], days: tuple[str, str], said: str
) -> None:
    engine = Resolving()
    status, told, err = ask(engine)(*more, good=days[0], bad=days[1])
    assert (2, "") == (status, told)
    assert said in err
    assert [] == engine.versions


def test_a_cell_with_a_lock_is_searched_only_when_that_is_asked_for(
    ask: Callable[[Resolving], Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = Resolving().resolve(
        Cell(id="built", as_of="2021-11-09"), Base(id="b", python="3.9", sources=()), print
    )
    monkeypatch.setattr(bisect_day, "find_lock", lambda *_: replace(lock, as_of="2021-11-01"))
    status, _, err = ask(Resolving())()
    assert 2 == status
    assert "--fresh" in err
    assert 0 == ask(Resolving())("built", "--fresh")[0]


def test_an_index_that_is_gone_is_infrastructure(
    ask: Callable[[Resolving], Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(Resolving())

    def gone(*_: object) -> str:
        raise InfrastructureError("the package index did not answer")

    monkeypatch.setattr(bisect_day, "uploaded", gone)
    status, told, err = asked()
    assert (4, "") == (status, told)
    assert "did not answer" in err
