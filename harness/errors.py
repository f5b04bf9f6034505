"""All errors a user can meet, with the exit status that each leads to.

HarnessError
  UsageError             2   the command line or the configuration is wrong; nothing was started
    MatrixError          2   matrix.yaml is wrong: all its problems at once
      AcceptedError      2   accepted.yaml is wrong: all its problems at once
  FailedError            1   something was started and did not have the result it should
    WrongLockError       1   a lock names what the package index does not have in that form
  InternalError          3   a bug of ours
  InfrastructureError    4   engine, registry, disk, store: the results are incomplete
    EngineError          4   the engine did not do what was asked, or went away
    StoreError           4   the store cannot be read or written
  NothingToRunError      5   every cell is left out: there is nothing to run

A cell that fails is not an error but a record. Drift is not an error but a verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """The exit statuses of every command; where several apply, `worst` decides."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    INTERNAL = 3
    INFRASTRUCTURE = 4
    NOTHING = 5
    INTERRUPTED = 130
    TERMINATED = 143


_WORST_FIRST = (
    Exit.INTERRUPTED,
    Exit.TERMINATED,
    Exit.INTERNAL,
    Exit.USAGE,
    Exit.INFRASTRUCTURE,
    Exit.FINDINGS,
    Exit.NOTHING,
    Exit.OK,
)


def cause_of(error: BaseException) -> str:
    """Return the innermost reason of a wrapped error, in the system's own words: one line of at
    most 200 characters. The errors around it often contain a whole address, which may include a
    password."""
    inner = error
    for _ in range(10):
        further = inner.__cause__ or inner.__context__
        if further is None:
            break
        inner = further
    text = str(inner) or str(error)
    return text.splitlines()[0][:200] if text else type(inner).__name__


def worst(statuses: Iterable[Exit]) -> Exit:
    """Return the status with which a command exits when several apply."""
    held = set(statuses)
    return next((status for status in _WORST_FIRST if status in held), Exit.OK)


class HarnessError(Exception):
    """A failure described in one clear sentence, with the next step for the user."""

    exit = Exit.INTERNAL

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n   = help: {self.remedy}" if self.remedy else self.message


class UsageError(HarnessError):
    """The command line or the configuration is wrong; nothing was started."""

    exit = Exit.USAGE


class FailedError(HarnessError):
    """Something was started and did not have the result it should; everything else that was asked
    is done."""

    exit = Exit.FINDINGS


class WrongLockError(FailedError):
    """A lock names what the package index does not have in that form: a mistake in the lock."""


class NothingToRunError(HarnessError):
    """Every cell is left out: there is nothing to run."""

    exit = Exit.NOTHING


class InternalError(HarnessError):
    """A bug of ours."""

    exit = Exit.INTERNAL


class InfrastructureError(HarnessError):
    """Something around the cells failed: the results are incomplete, and no cell is to blame."""

    exit = Exit.INFRASTRUCTURE


class EngineError(InfrastructureError):
    """The engine did not do what was asked, or went away."""


class StoreError(InfrastructureError):
    """The store cannot be read or written."""


class UnreadableRunError(StoreError):
    """One run of a store cannot be read back; the others can."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One problem in a document, with its place. Lines and columns count from 1."""

    message: str
    path: str
    line: int
    column: int
    excerpt: str = ""
    length: int = 1
    note: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        margin = " " * len(str(self.line))
        lines = [f"error: {self.message}", f"{margin}--> {self.path}:{self.line}:{self.column}"]
        if self.excerpt:
            marks = "^" * max(1, self.length) + (f" {self.note}" if self.note else "")
            lines += [
                f"{margin} |",
                f"{self.line} | {self.excerpt}",
                f"{margin} | {' ' * (self.column - 1)}{marks}",
            ]
        if self.remedy:
            lines.append(f"{margin} = help: {self.remedy}")
        return "\n".join(lines)


class MatrixError(UsageError):
    """A suite's matrix.yaml is wrong; `problems` holds everything found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n\n".join(str(problem) for problem in self.problems))


class AcceptedError(MatrixError):
    """The accepted.yaml beside a suite is wrong; `problems` holds everything found."""


class DockerfileError(MatrixError):
    """A Dockerfile cannot be built as a cell asks; `problems` holds everything found."""
