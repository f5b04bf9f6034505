"""Finds the CPythons of this host: pyenv's, uv's, and those on the PATH. Each is run to learn its
version."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

_QUESTION = (
    "import sys; v = sys.version_info; s = v[3][0] + str(v[4]) if v[3] != 'final' else ''; "
    "i = getattr(sys, 'implementation', None); "
    "import json; print(json.dumps(["
    "i.name if i else 'pypy' if 'PyPy' in sys.version else 'cpython', "
    "'%d.%d.%d' % v[:3] + s, sys.executable, getattr(sys, 'base_prefix', sys.prefix)]))"
)
_PATIENCE_S = 10.0
_ANSWER_BYTES = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """A CPython of this host."""

    version: str
    """Full, such as 3.9.18 or 3.15.0a2."""
    path: str
    """Absolute path of the program, without resolving links."""
    prefix: str
    """The folder it is installed in."""
    origin: str
    """`pyenv`, `uv` or `path`."""

    @property
    def minor(self) -> str:
        """The version as major.minor."""
        return ".".join(self.version.split(".")[:2])

    @property
    def order(self) -> tuple[int, ...]:
        digits = "".join(one if one.isdigit() else " " for one in self.version)
        return tuple(int(part) for part in digits.split())


def find_interpreters(environment: Mapping[str, str] | None = None) -> tuple[Interpreter, ...]:
    """Return every installed CPython, oldest first, each prefix and version once; never raises.

    It looks where `environment` (default: this process's) says that pyenv and uv keep theirs, else
    at their usual places, and along the PATH. Virtual environments are left out, and so are
    programs that do not answer in time.
    """
    environment = os.environ if environment is None else environment
    candidates = list(dict.fromkeys(_candidates(environment)))
    with ThreadPoolExecutor(max_workers=4) as pool:
        answers = pool.map(lambda candidate: _installed(*candidate), candidates)
        found: dict[tuple[str, str], Interpreter] = {}
        for one in answers:
            if one is not None:
                found.setdefault((os.path.realpath(one.prefix), one.version), one)
    return tuple(sorted(found.values(), key=lambda one: (one.order, one.prefix)))


def inspect_interpreter(program: str | Path, origin: str = "path") -> Interpreter | None:
    """Inspect a program, given by path or by name on the PATH; None if it is no working CPython.

    It is run without its site-packages and without the environment's PYTHON variables. Its `path`
    stays as it was given, so that a virtual environment stays one.
    """
    found = shutil.which(program)
    if found is None:
        return None
    path = Path(found).absolute()
    try:
        done = subprocess.run(
            [path, "-E", "-s", "-S", "-c", _QUESTION],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE_S,
            check=True,
        )
        implementation, version, executable, prefix = json.loads(done.stdout[:_ANSWER_BYTES])
    except (OSError, subprocess.SubprocessError, ValueError, TypeError):
        return None
    if implementation != "cpython" or not all(
        isinstance(value, str) and value for value in (version, executable, prefix)
    ):
        return None
    if Path(executable).resolve() != path.resolve():
        # The program is a shim for an interpreter elsewhere.
        path = Path(executable)
    return Interpreter(version=version, path=str(path), prefix=prefix, origin=origin)


def _installed(program: Path, origin: str) -> Interpreter | None:
    found = inspect_interpreter(program, origin)
    if found is None or (Path(found.path).parent.parent / "pyvenv.cfg").is_file():
        return None
    return found


def _candidates(environment: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    home = Path(environment.get("HOME", "/nonexistent"))
    pyenv = Path(environment.get("PYENV_ROOT") or home / ".pyenv")
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    uv = Path(environment.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    for folder, origin in ((pyenv / "versions", "pyenv"), (uv, "uv")):
        for prefix in _entries(folder):
            for name in ("python3", "python2.7", "python"):
                program = prefix / "bin" / name
                if os.access(program, os.X_OK):
                    yield program, origin
                    break
    for entry in environment.get("PATH", "").split(os.pathsep):
        folder = Path(entry)
        if not folder.is_absolute() or folder.name == "shims":
            continue
        for program in _entries(folder):
            stem = program.name.removeprefix("python")
            numbered = stem.replace(".", "", 1).isdigit() or not stem
            if program.name != stem and numbered and os.access(program, os.X_OK):
                yield program, "path"


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
