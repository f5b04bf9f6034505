"""The process that reads an image's files: bounded, and never believed without an end."""

from __future__ import annotations

import io
import os
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.engines.files import FileReader
from harness.engines.hostfiles import packed
from harness.errors import EngineError
from harness.images.file_tree import Asked
from harness.images.file_worker import MEMORY
from harness.images.second_opinion import read_files

SITE = "usr/local/lib/python3.11/site-packages"


def archive(count: int = 1, size: int = 100) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for number in range(count):
            entry = tarfile.TarInfo(f"{SITE}/m{number}.py")
            entry.size = size
            tar.addfile(entry, io.BytesIO(b"x" * size))
        program = tarfile.TarInfo("usr/local/bin/python3.11")
        program.size = 4
        tar.addfile(program, io.BytesIO(b"\x7fELF"))
    return out.getvalue()


_KEPT = 256 * 1024
ASKED = Asked(interpreter="/usr/local/bin/python3.11")


def greedy() -> Iterator[bytes]:
    """More small files that are kept than there is memory for."""
    for number in range(MEMORY // _KEPT + 100):
        entry = tarfile.TarInfo(f"{SITE}/m{number}.pth")
        entry.size = _KEPT
        yield entry.tobuf() + b"#" * _KEPT


def test_a_tree_is_read_within_its_memory() -> None:
    read = read_files([archive(count=3_000, size=10)], ASKED)
    assert "" == read.problem
    assert "/usr/local/bin/python3.11" == read.facts["outside.python.path"]
    assert read.peak_kib * 1024 < MEMORY


@pytest.mark.parametrize(
    "content",
    [b"", b"no tar at all" * 1000, archive()[:700], os.urandom(100_000)],
    ids=["nothing", "text", "cut short", "noise"],
)
def test_what_is_no_whole_tar_gives_no_fact_of_a_program(content: bytes) -> None:
    read = read_files([content], ASKED)
    assert "outside.python.path" not in read.facts


def test_a_tar_that_is_cut_short_says_so() -> None:
    assert "" != read_files([archive(size=5000)[:3000]], ASKED).problem


def test_a_tree_that_asks_for_more_memory_gives_no_facts_and_says_so() -> None:
    read = read_files(greedy(), ASKED)
    assert {} == dict(read.facts)
    assert "it needs more than 150 MB of memory" == read.problem


def test_what_was_read_of_an_image_is_kept_and_nothing_is_opened_again(tmp_path: Path) -> None:
    reader = FileReader(tmp_path, threading.Event())
    opened = 0

    class Opened:
        def __enter__(self) -> list[bytes]:
            nonlocal opened
            opened += 1
            return [archive()]

        def __exit__(self, *_: object) -> None: ...

    first = reader.read("sha256:i", ASKED, Opened)  # type: ignore[arg-type]
    again = FileReader(tmp_path, threading.Event()).read("sha256:i", ASKED, Opened)  # type: ignore[arg-type]
    assert 1 == opened
    assert first.facts == again.facts
    reader.read("sha256:other", ASKED, Opened)  # type: ignore[arg-type]
    assert 2 == opened


def test_reading_ends_when_everything_is_to_stop(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()

    class Opened:
        def __enter__(self) -> list[bytes]:
            return [archive()]

        def __exit__(self, *_: object) -> None: ...

    with pytest.raises(EngineError):
        FileReader(tmp_path, stop).read("sha256:i", ASKED, Opened)  # type: ignore[arg-type]


def test_an_interpreter_of_this_host_is_read_the_same_way(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "python3.11"
    program.parent.mkdir()
    program.write_bytes(b"\x7fELF")
    (tmp_path / "bin" / "python3").symlink_to("python3.11")
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    (site / "zz.pth").write_text("import evil\n", "utf-8")
    started = str(tmp_path / "bin" / "python3")
    read = read_files(packed(started, threading.Event()), Asked(interpreter=started))
    assert "" == read.problem
    assert str(program) == read.facts["outside.python.path"]
    assert (f"{site / 'zz.pth'} runs: import evil",) == read.facts["outside.pth"]
