"""Makes a virtual environment from a lock: the host engine's counterpart of a built image.

A marker file is written last; a folder without it is incomplete and made anew.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from threading import Event

from harness.distributions.cache import DistributionCache
from harness.distributions.fetch import fetch_missing
from harness.distributions.index import PackageIndex
from harness.engines import Say, Workshop
from harness.engines.guestwork import install_list
from harness.machine.interpreters import Interpreter
from harness.machine.process import run_program
from harness.machine.workfolder import work_folder
from harness.model import Lock, Recipe

_MARKER = "harness-complete"
_LIMIT_S = 1800


class EnvironmentFailed(Exception):
    """The environment could not be made; the text has the last lines of output."""


def make_environment(
    folder: Path,
    interpreter: Interpreter,
    wanted: Recipe,
    workshop: Workshop,
    log: Path,
    say: Say,
) -> bool:
    """Make the environment unless it exists; return whether it was made now.

    Raises EnvironmentFailed, InfrastructureError (from fetching) and WrongLockError.
    """
    if (folder / _MARKER).exists():
        return False
    lock = wanted.lock
    cache = DistributionCache(workshop.cache / "distributions")
    index = None if workshop.offline else PackageIndex()
    fetch_missing((*lock.tools, *lock.distributions), cache, index, say)
    say(f"making a virtual environment of CPython {interpreter.version}")
    log.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with work_folder(workshop.owner, "install") as source:
        # A package such as wheel may be both a tool and a distribution.
        files = {each.filename: each.sha256 for each in (*lock.tools, *lock.distributions)}
        for filename, sha256 in files.items():
            (source / filename).symlink_to(cache.path(sha256).absolute())
        for file, text in wanted.files:
            (source / file).write_text(text, encoding="utf-8")
        (source / "lock.json").write_bytes(install_list(lock))
        _run(_creating(interpreter, lock, source, folder), log, workshop.stop)
        installing = [str(source / "install.py"), "--from", str(source), "--here"]
        _run([str(folder / "bin/python"), *installing], log, workshop.stop)
    (folder / _MARKER).write_text(lock.request, encoding="utf-8")
    return True


def _creating(interpreter: Interpreter, lock: Lock, source: Path, folder: Path) -> list[str]:
    if not interpreter.version.startswith("2."):
        return [interpreter.path, "-m", "venv", "--without-pip", str(folder)]
    tool = next((each for each in lock.tools if each.name == "virtualenv"), None)
    if tool is None:
        raise EnvironmentFailed("its lock names no virtualenv, which Python 2 needs on a host")
    # virtualenv 16 is a single module, which can be run from its wheel without downloads.
    start = "import sys; sys.path.insert(0, sys.argv.pop(1)); import virtualenv; virtualenv.main()"
    bare = ["--no-download", "--no-pip", "--no-setuptools", "--no-wheel"]
    return [interpreter.path, "-c", start, str(source / tool.filename), *bare, str(folder)]


def _run(command: list[str], log: Path, stop: Event) -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))
    }
    try:
        ended = run_program(command, log=log, limit_s=_LIMIT_S, stop=stop, environment=environment)
    except OSError as error:
        raise EnvironmentFailed(str(error)) from error
    if ended.why or ended.status != 0:
        raise EnvironmentFailed("\n".join(filter(None, (ended.why, *ended.last_lines))))
