"""The engine `host`: interpreters of this machine, with the same locks, probes and records.

In place of a cell's base it uses a CPython of that version found on this machine, and it installs
the lock into a virtual environment. `host:PYTHON` cells use the interpreter as it is. Nothing is
isolated. What this engine cannot provide (images, other Python versions) ends as host-incompatible.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.engines import Engine, Obtained, Pass, Performed, Say, Workshop
from harness.engines.files import opinion_of
from harness.engines.hostfiles import packed
from harness.engines.onhost import OnHost, run_on_host
from harness.engines.virtualenv import EnvironmentFailed, make_environment
from harness.errors import InfrastructureError, WrongLockError
from harness.images.file_tree import Asked
from harness.images.second_opinion import read_files
from harness.machine.hostclass import host_class
from harness.machine.interpreters import Interpreter, find_interpreters
from harness.machine.owner import owner_alive
from harness.machine.workfolder import sweep_folders, work_folder
from harness.model import EngineInfo, HostClass, ImageIdentity, Outcome, SecondOpinion
from harness.probing.outside import is_outside
from harness.recipes import recipe
from harness.recipes.orders import Order


def make(workshop: Workshop) -> Engine:
    """Make the engine of this host."""
    return HostEngine(workshop)


class HostEngine:
    """An engine that runs interpreters of this machine."""

    name = "host"
    here = True

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    @property
    def stock(self) -> None:
        """None: it has no images."""
        return None

    def describe(self) -> EngineInfo:
        """Return the name and version of this host's kernel."""
        system = os.uname()
        return EngineInfo(name=self.name, version=system.release, detail={"os": system.sysname})

    def host(self) -> HostClass:
        """Return the class of this host."""
        return host_class()

    def sweep(self) -> tuple[str, ...]:
        """Remove the work folders whose owner is dead; return their names."""
        return sweep_folders(owner_alive)

    def stop(self) -> None:
        """Stop making environments."""
        self._workshop.stop.set()

    def release(self, run: str) -> None:
        """Do nothing: every pass removes its own folder."""

    def obtain(self, order: Order, say: Say) -> Obtained:
        """Make a virtual environment from the cell's lock, or find the interpreter it names."""
        cell = order.cell
        if cell.host:
            return _as_it_is(cell.host)
        if order.dockerfile is not None:
            return Obtained(
                outcome=Outcome.HOST_INCOMPATIBLE,
                reason="it is built of a Dockerfile: the host engine runs interpreters only",
            )
        if order.recipe is None:
            return Obtained(
                outcome=Outcome.HOST_INCOMPATIBLE,
                reason=f"{cell.image} is an image: the host engine runs interpreters only",
            )
        interpreter = _of_version(order.recipe.base.python)
        if interpreter is None:
            return Obtained(
                outcome=Outcome.HOST_INCOMPATIBLE,
                reason=f"no CPython {order.recipe.base.python} on this host",
            )
        digest = recipe.digest((recipe.digest(order.recipe.lock), interpreter.path))
        folder = self._workshop.cache / "environments" / f"{cell.id}-{digest[:16]}"
        log = self._workshop.logs / f"{cell.id}.log"
        try:
            made = make_environment(folder, interpreter, order.recipe, self._workshop, log, say)
        except EnvironmentFailed as error:
            return Obtained(outcome=Outcome.BUILD_FAILED, reason=str(error), log=str(log))
        except InfrastructureError as error:
            return Obtained(outcome=Outcome.PULL_FAILED, reason=error.message, log=str(log))
        except WrongLockError as error:
            reason = f"{error.message} ({error.remedy})"
            return Obtained(outcome=Outcome.BUILD_FAILED, reason=reason, log=str(log))
        identity = ImageIdentity(
            id=f"environment:{digest}",
            recipe=recipe.digest(order.recipe),
            base=f"{interpreter.origin} {interpreter.version}",
            origin="virtual environment, " + ("made" if made else "reused"),
        )
        return Obtained(image=identity, interpreter=str(folder / "bin" / "python"), log=str(log))

    def second_opinion(self, run: str, cell: str, obtained: Obtained) -> SecondOpinion | None:
        """Read the interpreter's folders, each time anew, since they may change."""
        del run  # Nothing is created that would have to be labelled with the run.
        if obtained.image is None:
            return None
        interpreter = str(Path(_binary(obtained.interpreter)).absolute())
        asked = Asked(interpreter=interpreter, pythonpath=os.environ.get("PYTHONPATH", ""))
        read = read_files(packed(interpreter, self._workshop.stop), asked)
        return opinion_of(cell, obtained.image, read)

    def perform(self, request: Pass) -> Performed:
        """Run the guest runner as a process in a folder of its own."""
        if any(is_outside(question.probe) for question in request.questions):
            return Performed(
                answers={},
                outcome=Outcome.HOST_INCOMPATIBLE,
                reason="it is checked from outside a container, but the host engine starts none",
            )
        with work_folder(self._workshop.owner, "guest") as folder:
            on = OnHost(
                interpreter=request.obtained.interpreter,
                folder=folder,
                environment={**os.environ, **dict(request.profile.environment)},
            )
            return run_on_host(request, on)


_WHERE = "import sys; sys.stdout.write(sys.executable)"
_WHICH = "import sys; sys.stdout.write('%d.%d.%d' % sys.version_info[:3])"


def _as_it_is(named: str) -> Obtained:
    """Find the interpreter that a user names by path, by name on PATH, or by version; it may be
    that of a virtual environment."""
    of_version = _of_version(named)
    program = of_version.path if of_version else shutil.which(named)
    if program is None:
        return Obtained(outcome=Outcome.NO_INTERPRETER, reason=f"{named} is no Python on this host")
    try:
        asked = subprocess.run(
            [program, "-c", _WHICH], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return Obtained(outcome=Outcome.NO_INTERPRETER, reason=f"{named} does not run: {error}")
    content = hashlib.sha256(Path(_binary(program)).resolve().read_bytes()).hexdigest()
    identity = ImageIdentity(id=f"host:{content}", base=asked.stdout[:20], origin="host")
    return Obtained(image=identity, interpreter=program)


def _binary(program: str) -> str:
    """Return the interpreter's own binary: the program itself or, if that is a script (a shim of
    pyenv, a wrapper), the interpreter that it starts."""
    path = Path(program)
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        with path.open("rb") as file:
            if file.read(2) != b"#!":
                return program
        asked = subprocess.run(
            [program, "-c", _WHERE], capture_output=True, text=True, timeout=30, check=True
        )
        if Path(asked.stdout).is_file():
            return asked.stdout
    return program


def _of_version(python: str) -> Interpreter | None:
    fitting = [each for each in find_interpreters() if each.minor == python]
    return max(fitting, key=lambda each: each.order, default=None)
