"""The CPythons of a machine are found where pyenv, uv and the PATH keep them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.machine.interpreters import Interpreter, find_interpreters, inspect_interpreter

pytestmark = pytest.mark.guest

VERSION = "{}.{}.{}".format(*sys.version_info[:3])


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def saying(version: str, prefix: Path, executable: Path, name: str = "cpython") -> str:
    return f"""echo '["{name}", "{version}", "{executable}", "{prefix}"]'"""


def installed(folder: Path, version: str) -> Path:
    path = folder / version / "bin" / "python3"
    return program(path, saying(version, path.parent.parent, path))


def test_pyenv_uv_and_the_path_are_searched(tmp_path: Path) -> None:
    installed(tmp_path / "pyenv" / "versions", "3.10.1")
    installed(tmp_path / "uv", "3.9.7")
    on_path = program(tmp_path / "bin" / "python3.14", "")
    program(on_path, saying("3.14.0rc1", tmp_path, on_path))

    found = find_interpreters(
        {
            "HOME": str(tmp_path),
            "PYENV_ROOT": str(tmp_path / "pyenv"),
            "UV_PYTHON_INSTALL_DIR": str(tmp_path / "uv"),
            "PATH": f"{tmp_path}/bin:relative:/nonexistent",
        }
    )

    assert [("3.9.7", "uv"), ("3.10.1", "pyenv"), ("3.14.0rc1", "path")] == [
        (one.version, one.origin) for one in found
    ]
    assert ["3.9", "3.10", "3.14"] == [one.minor for one in found]


def test_usual_places_are_searched_where_nothing_names_them(tmp_path: Path) -> None:
    installed(tmp_path / ".pyenv" / "versions", "3.10.1")
    installed(tmp_path / ".local" / "share" / "uv" / "python", "3.9.7")

    found = find_interpreters({"HOME": str(tmp_path)})

    assert ["uv", "pyenv"] == [one.origin for one in found]


def test_the_same_interpreter_under_many_names_is_one(tmp_path: Path) -> None:
    path = installed(tmp_path / ".pyenv" / "versions", "3.10.1")
    names = tmp_path / "bin"
    names.mkdir()
    for name in ("python3", "python", "python3.10"):
        (names / name).symlink_to(path)

    found = find_interpreters({"HOME": str(tmp_path), "PATH": f"{names}:{names}"})

    assert ["pyenv"] == [one.origin for one in found]


@pytest.mark.parametrize(
    "text",
    [
        "exit 1",
        "echo nonsense",
        "echo '[]'",
        "echo '[1, 2, 3, 4]'",
        "kill -9 $$",
        "head -c 99999 /dev/zero",
        saying("3.9.0", Path("/x"), Path("/x/python"), name="pypy"),
    ],
)
def test_what_is_no_cpython_is_left_out(tmp_path: Path, text: str) -> None:
    odd = program(tmp_path / ".pyenv" / "versions" / "odd" / "bin" / "python", text)

    assert () == find_interpreters({"HOME": str(tmp_path)})
    assert inspect_interpreter(odd) is None


def test_what_never_answers_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.machine.interpreters._PATIENCE_S", 0.2)

    assert inspect_interpreter(program(tmp_path / "python", "exec sleep 60")) is None


def test_an_interpreter_is_described_by_itself() -> None:
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info[1]}"
    found = inspect_interpreter(base)

    assert found is not None
    assert VERSION == found.version
    assert str(base) == found.path
    assert Path(sys.base_prefix).resolve() == Path(found.prefix).resolve()


def test_a_virtual_environment_is_inspected_as_itself_but_not_found(tmp_path: Path) -> None:
    folder = tmp_path / ".pyenv" / "versions" / "mine"
    (folder / "bin").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text(f"home = {sys.base_prefix}/bin\n")
    (folder / "bin" / "python3").symlink_to(Path(sys.base_prefix) / "bin" / "python3")

    found = inspect_interpreter(folder / "bin" / "python3")

    assert found is not None
    assert str(folder / "bin" / "python3") == found.path
    assert () == find_interpreters({"HOME": str(tmp_path)})


def test_every_interpreter_found_here_is_one(interpreter: Interpreter) -> None:
    assert interpreter.version.startswith(interpreter.minor)
    assert Path(interpreter.path).is_file()
    assert Path(interpreter.prefix).is_dir()
