"""The run of a test session, as the process it is: how it ends, and when the session does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.testing.board import Board, Boards, Needs

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "pytest"
CELL = "tf2.21.0-py3.13"
PATIENCE_S = 300


@pytest.fixture
def board(tmp_path: Path) -> Board:
    """Where one probe of one recorded cell is wanted."""
    suite = str(EXAMPLE / "matrix.yaml")
    found = Boards.new(tmp_path / "cache").of(suite)
    found.write_needs(
        Needs(
            suite=suite,
            cells=(CELL,),
            probes=("python",),
            reference=CELL,
            engine="replay",
            recordings=str(EXAMPLE / "recordings"),
        )
    )
    return found


@contextmanager
def running(board: Board, tmp_path: Path, program: tuple[str, ...]) -> Iterator[subprocess.Popen]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HARNESS_")}
    places = {
        "HARNESS_STORE": str(tmp_path / "store.sqlite3"),
        "HARNESS_CACHE": str(tmp_path / "cache"),
        "HARNESS_DOWNLOAD": "0",
    }
    with (
        board.log().open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-P", *program, str(board.folder), board.owner],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**kept, **places},
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def test_a_run_that_ends_before_its_session_ends_without_a_crash(
    board: Board, tmp_path: Path
) -> None:
    with running(board, tmp_path, ("-m", "harness.testing.run")) as process:
        assert 0 == process.wait(PATIENCE_S), board.said()
    state = board.state()
    assert state is not None
    assert (True, "", (CELL,)) == (state.ended, state.error, state.finished)
    assert "Fatal" not in board.said()


HANGS = """
import sys, time
import harness.testing.run as run
def hang(needs, progress):
    print("hangs", flush=True)
    time.sleep(600)
run.run_needs = hang
sys.exit(run.main(*sys.argv[1:]))
"""


def test_a_run_is_told_when_its_session_ends(board: Board, tmp_path: Path) -> None:
    with running(board, tmp_path, ("-c", HANGS)) as process:
        assert process.stdin is not None
        process.stdin.write(b"what is written says nothing")
        process.stdin.flush()
        while "hangs" not in board.said():
            assert process.poll() is None, board.said()
        process.stdin.close()
        assert -signal.SIGTERM == process.wait(PATIENCE_S)
