"""Reads the files of an environment for its second opinion, once for each image id; the result is
kept in the cache."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock

from harness.errors import EngineError
from harness.images.file_tree import Asked
from harness.images.second_opinion import FilesRead, read_files, reader
from harness.machine.files import atomic_write
from harness.model import Facts, ImageIdentity, SecondOpinion
from harness.serial import UnreadableError, decode, encode

Opened = AbstractContextManager[Iterable[bytes]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _KeptFiles:
    facts: Facts
    problem: str


class FileReader:
    """Reads one file tree at a time, and caches the result for each image."""

    def __init__(self, cache: Path, stop: Event) -> None:
        self._folder = cache / "files"
        self._stop = stop
        self._lock = Lock()

    def read(self, image: str, asked: Asked, opened: Callable[[], Opened]) -> FilesRead:
        """Read the files of `image`, or return the cached result of an earlier reading.

        Raises what opening and reading raise, and EngineError once `stop` is set.
        """
        with self._lock:
            path = self._folder / f"{self._key(image, asked)}.json"
            if (kept := _kept(path)) is not None:
                return FilesRead(facts=kept.facts, problem=kept.problem)
            with opened() as chunks:
                found = read_files(self._until_stopped(chunks), asked)
            if not found.problem:
                path.parent.mkdir(parents=True, exist_ok=True)
                atomic_write(path, encode(_KeptFiles(facts=found.facts, problem="")))
            return found

    def _key(self, image: str, asked: Asked) -> str:
        words = (reader(), image, asked.interpreter, asked.path, asked.pythonpath)
        return hashlib.sha256(encode(words)).hexdigest()

    def _until_stopped(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self._stop.is_set():
                raise EngineError("reading an image's files was given up")
            yield chunk


def opinion_of(cell: str, image: ImageIdentity, read: FilesRead) -> SecondOpinion:
    """Return what was read as the second opinion on a cell."""
    return SecondOpinion(cell=cell, image=image.id, facts=read.facts, problem=read.problem)


def _kept(path: Path) -> _KeptFiles | None:
    try:
        return decode(_KeptFiles, path.read_bytes())
    except (OSError, UnreadableError):
        return None
