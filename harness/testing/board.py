"""What a test session's processes tell each other: a folder with what is wanted and how far it is.

A session has one run, in a process of its own. Who collected the tests writes what they need; the
run writes its state; everybody reads. Each file is replaced as a whole.
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
    """The session's run could not be done at all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What the selected tests need to have been run."""

    suite: str
    """Path of its matrix.yaml, absolute."""
    cells: tuple[str, ...]
    """Ids, in the suite's order, the reference among them."""
    probes: tuple[str, ...]
    reference: str = ""
    rounds: int = 1
    engine: str = "auto"
    recordings: str = ""
    """Folder that the engine replay answers from; empty: as the environment says."""
    tags: tuple[str, ...] = ()
    """By which the cells are selected: they decide what is asked more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """How far the session's run is."""

    owner: str
    """The process that runs it."""
    run: str = ""
    """Its id, once it has one."""
    store: str = ""
    finished: tuple[str, ...] = ()
    """Cells that have all their records."""
    ended: bool = False
    """Nothing more will come."""
    error: str = ""
    """Why it could not be done, for a person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Board:
    """The folder of one suite's run. Nothing is made before something is written."""

    folder: Path
    owner: str
    """The process the session belongs to: while it lives, nobody sweeps the folder."""

    def write_needs(self, needs: Needs) -> None:
        """Say what is needed. Every process that collects says the same."""
        self._make()
        _replace(self.folder / _NEEDS, encode(needs))

    def needs(self) -> Needs | None:
        """What is needed; None where nothing is."""
        return self._read(Needs, _NEEDS)

    def write_state(self, state: State) -> None:
        """Say how far the run is."""
        _replace(self.folder / _STATE, encode(state))

    def state(self) -> State | None:
        """How far the run is; None before it was started."""
        return self._read(State, _STATE)

    def said(self) -> str:
        """What the run said so far."""
        try:
            return self.log().read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def log(self) -> Path:
        """Where the run says what it does."""
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
    """The folder of a whole session, with a board for each suite it is about."""

    folder: Path
    owner: str

    @classmethod
    def new(cls, cache: Path) -> Boards:
        """A place for this process's session under `cache`; nothing is made there yet."""
        return cls(folder=cache / "sessions" / token_hex(6), owner=owner_token())

    def of(self, suite: str) -> Board:
        """The board of a suite, by the absolute path of its matrix.yaml."""
        name = sha256(suite.encode("utf-8", "surrogateescape")).hexdigest()[:12]
        return Board(folder=self.folder / name, owner=self.owner)

    def wanted(self) -> tuple[Board, ...]:
        """The boards on which something is needed."""
        found = sorted(self.folder.glob(f"*/{_NEEDS}"))
        return tuple(Board(folder=path.parent, owner=self.owner) for path in found)

    def sweep(self) -> None:
        """Remove the folders of sessions whose process is dead."""
        for folder in dead_sessions(self.folder.parent):
            remove_session(folder)

    def remove(self) -> None:
        """Take this session's folder away."""
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
    """Take a session's folder away."""
    shutil.rmtree(folder, ignore_errors=True)


def _replace(path: Path, content: bytes) -> None:
    """Replace a file as a whole. Nothing here outlives the session, so nothing waits for a disk."""
    beside = path.with_name(f".{path.name}-{token_hex(4)}")
    beside.write_bytes(content)
    beside.replace(path)
