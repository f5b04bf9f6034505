"""The plugin with the oldest pytest that it says it is for, in an environment of its own; and with
one that is older. The newest is what all other tests run with."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTED = (
    "test_collecting.py",
    "test_asked.py",
    "test_reported.py",
    "test_xdist.py::test_two_workers_share_one_run_that_the_controller_owns",
)
"""Whatever touches what differs between versions: collecting, options, reports, workers."""
PATIENCE_S = 540


def run(*command: str | Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """A command, without what is set here for our own pytest and pip."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HARNESS_", "PYTEST_", "PYTHON", "VIRTUAL_ENV"))
    }
    return subprocess.run(
        command,
        cwd=folder,
        env=kept,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the oldest pytest; CI fails where none can be made."""
    home = tmp_path_factory.mktemp("oldest")
    python = home / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--quiet", "--quiet", "--disable-pip-version-check")
    pip += ("--python", str(python), "install", "--no-deps")
    for command in (
        (sys.executable, "-m", "venv", "--without-pip", str(home)),
        (*pip, "--require-hashes", "-r", "requirements/oldest-pytest.txt"),
        (*pip, "--no-build-isolation", "-e", "."),
    ):
        ended = run(*command)
        if ended.returncode:
            told = f"no environment with the oldest pytest: {' '.join(command)}\n{ended.stdout}"
            assert not os.environ.get("CI"), told
            pytest.skip(told)
    return python


def test_the_plugin_does_with_the_oldest_pytest_what_it_does_with_the_newest(python: Path) -> None:
    oldest = re.search(
        r"^pytest==(\S+)", (ROOT / "requirements" / "oldest-pytest.txt").read_text(), re.M
    )
    assert oldest is not None
    assert f"pytest {oldest[1]}\n" == run(python, "-m", "pytest", "--version").stdout
    ended = run(
        *(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2"),
        *(f"tests/plugin/{name}" for name in TESTED),
    )
    assert 0 == ended.returncode, ended.stdout
    assert re.search(r"^\d\d passed in ", ended.stdout, re.M), ended.stdout


OLDER = """
import sys
import pytest
pytest.__version__ = "7.4.4"
sys.exit(pytest.main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("examples/pytest/matrix.yaml",),
        ("--harness-cell=one", "tests/unit/test_text.py"),
        ("-c", "examples/pytest/pytest.ini", "examples/pytest"),
    ],
)
def test_an_older_pytest_says_so_in_one_error_where_a_matrix_is_meant(
    arguments: tuple[str, ...],
) -> None:
    ended = run(sys.executable, "-c", OLDER, "-p", "no:cacheprovider", *arguments)
    assert pytest.ExitCode.USAGE_ERROR == ended.returncode
    assert [
        "ERROR: harness works with pytest 8 and 9, and this is pytest 7.4.4",
        "   = help: python -m pip install 'harness[pytest]' (or leave harness out of this session: "
        "pytest -p no:harness)",
    ] == ended.stdout.strip().splitlines()


def test_an_older_pytest_is_left_alone_where_no_matrix_is_meant(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n")
    ended = run(sys.executable, "-c", OLDER, "-p", "no:cacheprovider", "-q", folder=tmp_path)
    assert 0 == ended.returncode, ended.stdout
    assert "1 passed" in ended.stdout
