"""What the store promises when its process is killed, the disk is full, or another one writes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.machine.owner import owner_alive, owner_token
from harness.model import EngineInfo, HostClass, Outcome, Record, Run
from harness.store.store import Store

ROUNDS = 5000
KILLS = 10

CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.process.test_store_kill import run_of, record_of
from harness.errors import StoreError
from harness.store.store import Store

path, first, run = Path(sys.argv[2]), int(sys.argv[3]), run_of(sys.argv[4])
with Store(path) as store:
    store.begin(run)
    for number in range(first, run.rounds + 1):
        try:
            store.record(record_of(run, number))
        except StoreError as error:
            print("refused", error, flush=True)
            break
        print(number, flush=True)
sys.stdin.read()
"""


def run_of(name: str) -> Run:
    return Run(
        id=name,
        started="2026-11-20T00:00:00Z",
        engine=EngineInfo(name="host"),
        host=HostClass(machine="m", cpu_model="c", cpu_flags=(), cores=2, memory_gib=4),
        cells=(),
        probes=(),
        rounds=ROUNDS,
        pairs=(("cell", "probe"),),
    )


def record_of(run: Run, number: int) -> Record:
    return Record(
        run=run.id,
        cell="cell",
        round=number,
        probe="probe",
        outcome=Outcome.OK,
        facts={"number": number, "ballast": "x" * 2000},
    )


def child(
    path: Path,
    name: str,
    first: int = 1,
    before: tuple[str, ...] = (),
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[str]:
    """A process that acknowledges records, one number a line, from `first` on.

    With a pipe as its standard input it lives until that is closed.
    """
    here = Path(__file__).resolve()
    return subprocess.Popen(
        [*before, sys.executable, "-c", CHILD, str(here.parents[2]), str(path), str(first), name],
        stdin=stdin,
        stdout=subprocess.PIPE,
        text=True,
        cwd=here.parents[2],
        env=os.environ | {"PYTHONPATH": str(here.parents[2])},
    )


def whole(path: Path) -> bool:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()


def numbers_kept(path: Path, run: Run) -> list[int]:
    with Store(path) as store:
        records = store.records(run.id)
    for record in records:
        assert record_of(run, record.round) == record
    return [record.round for record in records]


def test_every_acknowledged_record_survives_sigkill_and_none_is_doubled(tmp_path: Path) -> None:
    path, run = tmp_path / "store.sqlite3", run_of("r1")
    chance = random.Random(20261120)
    acknowledged = 0
    for _ in range(KILLS):
        with child(path, run.id, acknowledged + 1) as writer:
            assert writer.stdout is not None
            for _ in range(chance.randrange(1, 40)):
                assert acknowledged + 1 == int(writer.stdout.readline())
                acknowledged += 1
            writer.send_signal(signal.SIGKILL)
            # Acknowledged before the kill came, read after it.
            acknowledged += len([line for line in writer.stdout if line.endswith("\n")])
        assert writer.returncode == -signal.SIGKILL
        kept = numbers_kept(path, run)
        assert list(range(1, len(kept) + 1)) == kept
        # One more may have been written whose acknowledgement was never sent.
        assert acknowledged <= len(kept) <= acknowledged + 1
        assert whole(path)


def test_a_run_whose_process_was_killed_is_interrupted_and_a_living_one_is_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.sqlite3"
    with child(path, "r1", ROUNDS, stdin=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert f"{ROUNDS}\n" == writer.stdout.readline()
        with Store(path) as store:
            store.begin(run_of("r2"), owner=owner_token())
            assert store.interrupted(owner_alive) == ()
            writer.kill()
            writer.wait()
            assert store.interrupted(owner_alive) == ("r1",)
            assert store.run("r2").state == "running"


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    first = ROUNDS - 29
    with child(path, "r1", first) as one, child(path, "r2", first) as other:
        for writer in (one, other):
            assert writer.stdout is not None
            assert [str(number) for number in range(first, ROUNDS + 1)] == (
                writer.stdout.read().split()
            )
    for name in ("r1", "r2"):
        assert list(range(first, ROUNDS + 1)) == numbers_kept(path, run_of(name))
    assert whole(path)


def acknowledged_until_refused(writer: subprocess.Popen[str], cause: str) -> int:
    assert writer.stdout is not None
    *numbers, refusal = writer.stdout.read().split("refused", 1)
    assert cause in refusal
    assert "HARNESS_STORE" in refusal
    count = len("".join(numbers).split())
    assert 0 < count < ROUNDS
    return count


def mounted(folder: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one and a half MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mounted(folder, "size=1536k"):
        pytest.skip("a small disk can only be mounted by root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_on_a_full_disk_the_cause_is_named_and_what_was_acknowledged_stays(
    small_disk: Path,
) -> None:
    path, run = small_disk / "store.sqlite3", run_of("r1")
    with child(path, run.id) as writer:
        count = acknowledged_until_refused(writer, "its disk is full")
    assert list(range(1, count + 1)) == numbers_kept(path, run)
    assert whole(path)


def test_beyond_a_limit_on_file_sizes_what_was_acknowledged_stays(tmp_path: Path) -> None:
    path, run = tmp_path / "store.sqlite3", run_of("r1")
    limited = ("sh", "-c", 'ulimit -f 1600; exec "$@"', "sh")
    with child(path, run.id, before=limited) as writer:
        count = acknowledged_until_refused(writer, "its disk")
    assert list(range(1, count + 1)) == numbers_kept(path, run)
    assert whole(path)


def test_when_fsync_fails_nothing_is_acknowledged_and_writing_again_heals(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("needs strace to make fsync fail")
    path, run = tmp_path / "store.sqlite3", run_of("r1")
    with Store(path) as store:
        store.begin(run)
    failing = (
        *("strace", "-f", "-qq", "-o", str(tmp_path / "trace")),
        *("-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=4+"),
    )
    with child(path, run.id, before=failing) as writer:
        count = acknowledged_until_refused(writer, "its disk failed to read or write")
    # The refused record may or may not be there: so writing it again must be harmless.
    assert numbers_kept(path, run)[:count] == list(range(1, count + 1))
    with Store(path) as store:
        store.record(record_of(run, count + 1))
    assert list(range(1, count + 2)) == numbers_kept(path, run)
    assert whole(path)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    if os.geteuid():
        folder.chmod(0o500)
        try:
            yield
        finally:
            folder.chmod(0o700)
    elif not bound(folder):
        pytest.skip("nothing can be mounted here")
    else:
        try:
            yield
        finally:
            subprocess.run(["umount", str(folder)], check=True)


def bound(folder: Path) -> bool:
    """Mount a folder onto itself, read-only: permissions do not stop root."""
    steps = (["--bind", str(folder), str(folder)], ["-o", "remount,ro,bind", str(folder)])
    return all(
        subprocess.run(["mount", *step], capture_output=True).returncode == 0 for step in steps
    )


def test_a_store_in_a_read_only_folder_is_read_but_not_written(tmp_path: Path) -> None:
    path = tmp_path / "state" / "store.sqlite3"
    with Store(path) as store:
        store.begin(run_of("r1"))
    with read_only(path.parent):
        with Store(path, readonly=True) as store:
            assert run_of("r1") == store.run("r1")
        with Store(path) as store, pytest.raises(StoreError, match=r"cannot be (opened|written)"):
            store.begin(run_of("r2"))
