from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import InfrastructureError, UsageError
from harness.machine.files import atomic_write


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_holds_all_chunks_and_nothing_else_is_left(tmp_path: Path) -> None:
    atomic_write(tmp_path / "report", iter([b"one\n", b"two\n"]))
    assert (tmp_path / "report").read_bytes() == b"one\ntwo\n"
    assert names(tmp_path) == ["report"]


def test_a_file_that_is_there_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "report"
    target.write_bytes(b"a longer old text")
    with target.open("rb") as reader:
        atomic_write(target, b"new")
        assert reader.read() == b"a longer old text"
    assert target.read_bytes() == b"new"


def test_content_that_fails_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    def content() -> Iterator[bytes]:
        yield b"half"
        raise KeyboardInterrupt

    (tmp_path / "report").write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        atomic_write(tmp_path / "report", content())
    assert (tmp_path / "report").read_bytes() == b"old"
    assert names(tmp_path) == ["report"]


def test_a_symbolic_link_is_refused_and_what_it_points_to_is_untouched(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"old")
    (tmp_path / "report").symlink_to("precious")
    with pytest.raises(UsageError, match="is a symbolic link"):
        atomic_write(tmp_path / "report", b"new")
    assert (tmp_path / "precious").read_bytes() == b"old"
    assert names(tmp_path) == ["precious", "report"]


def test_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="is a folder"):
        atomic_write(tmp_path.parent / tmp_path.name, b"new")
    with pytest.raises(UsageError, match="not a regular file"):
        atomic_write(tmp_path / "pipe", b"new")
    assert names(tmp_path) == ["pipe"]


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="missing/report cannot be written: No such file"):
        atomic_write(tmp_path / "missing/report", b"new")


def test_a_full_disk_is_infrastructure_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "report").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InfrastructureError, match="No space left on device"):
        atomic_write(tmp_path / "report", b"new")
    assert (tmp_path / "report").read_bytes() == b"old"
    assert names(tmp_path) == ["report"]


def test_what_a_killed_writer_left_is_removed_and_a_living_writers_file_is_not(
    tmp_path: Path,
) -> None:
    (tmp_path / ".harness-dead.tmp").write_bytes(b"half")
    (tmp_path / ".harness-linked.tmp").symlink_to("elsewhere")
    with (tmp_path / ".harness-living.tmp").open("wb") as living:
        fcntl.flock(living, fcntl.LOCK_EX)
        atomic_write(tmp_path / "report", b"new")
        assert names(tmp_path) == [".harness-linked.tmp", ".harness-living.tmp", "report"]
