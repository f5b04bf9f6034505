"""What a run shows while it goes on: lines for logs, a live table for people."""

from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from harness.model import Outcome
from harness.recipes.orders import Order
from harness.running.progress import (
    LineProgress,
    LiveProgress,
    Progress,
    StepsAlone,
    progress_for,
)
from harness.running.task import WAITING, Passing, Task
from harness.running.worker import work
from tests.unit.builders import cell, healthy, record, run, without
from tests.unit.scripted import ONE, PROBES, Scripted

OLD = cell("tf1.2.1-py3.13", "1.2.1", "3.13")
NEW = cell("tf2.21.0-py3.13", "2.21.0", "3.13")


def shown(progress: Progress, out: io.StringIO) -> str:
    """A whole run of two cells, the second with a hostile word in what it does."""
    with progress:
        progress.notice("the subset is used")
        progress.begin(run(OLD, NEW))
        for each in (OLD, NEW):
            progress.tell(each.id, "probing \x1b[31m::error::x")
            for answer in healthy(each):
                progress.recorded(answer)
        progress.tell("", "cleaning up")
    return out.getvalue()


@pytest.mark.parametrize("kind", [LineProgress, LiveProgress])
def test_every_finished_cell_is_told_once_with_its_verdict_and_level(
    kind: type[LineProgress] | type[LiveProgress],
) -> None:
    out = io.StringIO()
    lines = shown(kind(out), out).splitlines()
    finished = [line for line in lines if line.startswith("[")]
    assert 2 == len(finished)
    assert finished[0].startswith("[1/2] tf1.2.1-py3.13")
    assert finished[1].startswith("[2/2] tf2.21.0-py3.13")
    assert all("pass" in line and "L3" in line for line in finished)
    assert "note: the subset is used" in lines


def test_lines_for_logs_hold_no_escapes_and_no_commands_of_a_ci() -> None:
    out = io.StringIO()
    text = shown(LineProgress(out), out)
    assert "\x1b" not in text
    assert not any(line.startswith("::") for line in text.splitlines())


def test_a_command_that_says_its_own_steps_hears_only_notices_and_a_heartbeat(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.StringIO()
    progress = StepsAlone(out)
    assert "note: the subset is used\n" == shown(progress, out)
    monkeypatch.setattr("harness.running.progress._HEARTBEAT_S", -1.0)
    monkeypatch.setattr("harness.running.progress._BEAT_S", 0.001)
    beaten = threading.Event()
    monkeypatch.setattr(out, "write", lambda text: beaten.set() if "cleaning up" in text else None)
    with progress:
        assert beaten.wait(10)


def test_a_cell_that_does_not_pass_is_told_with_the_reason() -> None:
    out = io.StringIO()
    progress = LineProgress(out)
    with progress:
        progress.begin(run(NEW))
        late = record("mnist", outcome=Outcome.TIMED_OUT, reason="killed after 900 s")
        for each in (*without(healthy(NEW), "mnist"), late):
            progress.recorded(each)
    told = [line for line in out.getvalue().splitlines() if line.startswith("[1/1]")]
    assert 1 == len(told)
    assert "fail" in told[0]
    assert "900 s" in told[0]


class Listener(io.StringIO):
    """What is written, and whether that which is waited for was."""

    def __init__(self) -> None:
        super().__init__()
        self.awaited = ""
        self.heard = threading.Event()

    def write(self, text: str) -> int:
        if text == self.awaited:
            self.heard.set()
        return super().write(text)


def test_a_log_hears_a_heart_beat_in_every_run_and_none_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("harness.running.progress._HEARTBEAT_S", 0)
    monkeypatch.setattr("harness.running.progress._BEAT_S", 0.01)
    out = Listener()
    progress = LineProgress(out)
    for cell_id in ("first", "second"):
        out.heard.clear()
        out.awaited = f"still at it: {cell_id}: obtaining"
        with progress:
            progress.tell(cell_id, "obtaining")
            assert out.heard.wait(60)
        assert "harness-heartbeat" not in [thread.name for thread in threading.enumerate()]


def test_what_is_no_terminal_gets_lines() -> None:
    assert isinstance(progress_for(io.StringIO()), LineProgress)


def table(progress: LiveProgress) -> list[list[str]]:
    """The words of each line that is drawn now, without its first sign."""
    console = Console(file=io.StringIO(), width=100, legacy_windows=False)
    console.print(progress._table())
    drawn = console.file.getvalue()  # type: ignore[attr-defined]
    return [line.split()[1:] for line in drawn.splitlines()]


def test_a_terminal_shows_which_probe_runs_now_and_which_cells_wait() -> None:
    progress = LiveProgress(io.StringIO())
    progress.begin(run(OLD, NEW))
    assert [[OLD.id, "waiting"], [NEW.id, "waiting"]] == table(progress)
    progress.tell(OLD.id, Passing("probing: mnist (4 of 4)"))
    first, second = table(progress)
    assert [OLD.id, "probing:", "mnist", "(4", "of", "4)"] == first[:-2]
    assert "s" == first[-1]
    assert [NEW.id, "waiting"] == second
    progress.tell(OLD.id, WAITING)
    assert [[OLD.id, "waiting"], [NEW.id, "waiting"]] == table(progress)
    for answer in healthy(OLD):
        progress.recorded(answer)
    assert [[NEW.id, "waiting"]] == table(progress)


def test_many_cells_that_wait_do_not_fill_the_screen() -> None:
    many = [cell(f"cell{number}", "1.0") for number in range(19)]
    progress = LiveProgress(io.StringIO())
    progress.begin(run(*many))
    progress.tell("cell7", "obtaining")
    lines = table(progress)
    assert ["cell7", "obtaining"] == lines[0][:2]
    assert ["and", "13", "more", "waiting"] == lines[-1]
    assert 7 == len(lines)


def test_a_log_has_no_line_for_what_passes_and_its_beat_says_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("harness.running.progress._HEARTBEAT_S", 0)
    monkeypatch.setattr("harness.running.progress._BEAT_S", 0.01)
    out = Listener()
    out.awaited = "still at it: one: probing: mnist (4 of 4)"
    progress = LineProgress(out)
    progress.tell("one", Passing("probing: mnist (4 of 4)"))
    progress.tell("two", WAITING)
    assert "" == out.getvalue()
    with progress:
        assert out.heard.wait(60)
    assert "waiting" not in out.getvalue()


def test_the_worker_says_which_probe_runs_now_and_when_a_cell_waits() -> None:
    heard: list[str] = []
    task = Task(run="r", orders=(Order(cell=ONE),), probes=PROBES, rounds=2)
    list(work(Scripted(), task, lambda _, doing: heard.append(doing)))
    assert [
        "waiting",
        "probing: a (round 1, 1 of 2)",
        "probing: b (round 1, 2 of 2)",
        "waiting",
        "waiting",
        "probing: a (round 2, 1 of 2)",
        "probing: b (round 2, 2 of 2)",
    ] == [doing for doing in heard if isinstance(doing, Passing)]
