"""A folder through which the processes of a test session communicate: what is needed, how far the
run is.

A session has one run for each suite, in a process of its own. The process that collected the tests
writes what they need, the run writes its state, and all of them read both. Each file is replaced as
a whole.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

from harness.errors import InfrastructureError, InternalError
from harness.machine.owner import owner_alive, owner_token
from harness.serial import UnreadableError, decode, encode

T = TypeVar("T")

_NEEDS, _STATE, _OWNER, _LOG = "needs.json", "state.json", "owner", "log"


class RunFailed(InfrastructureError):
    """The session's run could not be done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What must be run for the selected tests."""

    suite: str
    """Absolute path of the suite's matrix.yaml."""
    cells: tuple[str, ...]
    """Ids in the suite's order, the reference included."""
    probes: tuple[str, ...]
    reference: str = ""
    rounds: int = 1
    engine: str = "auto"
    recordings: str = ""
    """Folder that the engine replay answers from; if empty, the environment decides."""
    tags: tuple[str, ...] = ()
    """The tags by which cells were selected; they decide which further probes are asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """How far the session's run is."""

    owner: str
    """The process that runs it."""
    run: str = ""
    """The run's id, once it has one."""
    store: str = ""
    finished: tuple[str, ...] = ()
    """Cells that have all their records."""
    ended: bool = False
    """The run has ended, with or without success."""
    error: str = ""
    """Why the run could not be done, as text for a person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Board:
    """The folder of one suite's run. It is created when the first file is written."""

    folder: Path
    owner: str
    """Token of the process that the session belongs to; while it lives, the folder is not
    removed."""

    def write_needs(self, needs: Needs) -> None:
        """Write what is needed. Every process that collects writes the same."""
        self._make()
        _replace(self.folder / _NEEDS, encode(needs))

    def needs(self) -> Needs | None:
        """Read what is needed; None if nothing is."""
        return self._read(Needs, _NEEDS)

    def write_state(self, state: State) -> None:
        """Write how far the run is."""
        _replace(self.folder / _STATE, encode(state))

    def state(self) -> State | None:
        """Read how far the run is; None before it was started."""
        return self._read(State, _STATE)

    def said(self) -> str:
        """The output of the run so far."""
        try:
            return self.log().read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def log(self) -> Path:
        """The file that the run writes its output to."""
        return self.folder / _LOG

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        _replace(self.folder.parent / _OWNER, self.owner.encode())

    def _read(self, kind: type[T], name: str) -> T | None:
        try:
            data = (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        try:
            return decode(kind, data)
        except UnreadableError as error:
            raise InternalError(f"{self.folder / name} is not what we wrote: {error}") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class Boards:
    """The folder of a whole session, with one board for each suite."""

    folder: Path
    owner: str

    @classmethod
    def new(cls, cache: Path) -> Boards:
        """A place for this process's session under `cache`; nothing is created yet."""
        return cls(folder=cache / "sessions" / token_hex(6), owner=owner_token())

    def of(self, suite: str) -> Board:
        """The board of a suite, by the absolute path of its matrix.yaml."""
        name = sha256(suite.encode("utf-8", "surrogateescape")).hexdigest()[:12]
        return Board(folder=self.folder / name, owner=self.owner)

    def wanted(self) -> tuple[Board, ...]:
        """The boards on which needs were written."""
        found = sorted(self.folder.glob(f"*/{_NEEDS}"))
        return tuple(Board(folder=path.parent, owner=self.owner) for path in found)

    def sweep(self) -> None:
        """Remove the folders of sessions whose process is dead."""
        for folder in dead_sessions(self.folder.parent):
            remove_session(folder)

    def remove(self) -> None:
        """Remove this session's folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def dead_sessions(sessions: Path) -> tuple[Path, ...]:
    """The folders of sessions whose process is dead."""
    dead = []
    for folder in sorted(sessions.glob("*")):
        try:
            owner = (folder / _OWNER).read_text(encoding="utf-8")
        except OSError:
            continue
        if not owner_alive(owner):
            dead.append(folder)
    return tuple(dead)


def remove_session(folder: Path) -> None:
    """Remove a session's folder."""
    shutil.rmtree(folder, ignore_errors=True)


def _replace(path: Path, content: bytes) -> None:
    """Replace a file as a whole, without fsync: nothing here has to survive the session."""
    beside = path.with_name(f".{path.name}-{token_hex(4)}")
    beside.write_bytes(content)
    beside.replace(path)
