"""How scripts/setup installs: with uv where there is one, by the same hashes; else with pip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NO_ENGINE = "unix:///nonexistent/engine.sock"
NO_INDEX = "http://127.0.0.1:9/simple"
FAKE_UV = """#!/bin/sh
echo "index=$UV_DEFAULT_INDEX" "$@" >>"{heard}"
exit {status}
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What setting up reads, without a .venv."""
    made = tmp_path / "checkout"
    (made / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "setup", made / "scripts")
    shutil.copy(ROOT / "pyproject.toml", made)
    shutil.copytree(ROOT / "requirements", made / "requirements")
    return made


def set_up(checkout: Path, *, uv_ends_with: int) -> tuple[subprocess.CompletedProcess[str], str]:
    """Set up with an uv on the PATH that installs nothing; what it was asked for."""
    heard = checkout.parent / "heard"
    programs = checkout.parent / "programs"
    programs.mkdir()
    program = programs / "uv"
    program.write_text(FAKE_UV.format(heard=heard, status=uv_ends_with), encoding="utf-8")
    program.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HARNESS_PYTHON": sys.executable,
        "DOCKER_HOST": NO_ENGINE,
        "PIP_INDEX_URL": NO_INDEX,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "",
        "PIP_RETRIES": "0",
    }
    environment.pop("UV_DEFAULT_INDEX", None)
    ended = subprocess.run(
        [checkout / "scripts" / "setup"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ended, heard.read_text("utf-8")


def test_an_uv_on_the_path_installs_by_the_same_hashes_from_the_index_of_pip(
    checkout: Path,
) -> None:
    ended, heard = set_up(checkout, uv_ends_with=0)
    assert (0, "") == (ended.returncode, ended.stdout)
    requirements, itself = heard.splitlines()
    assert f"index={NO_INDEX} " == requirements[: len(f"index={NO_INDEX} ")]
    assert "--require-hashes --no-deps -r requirements/run.txt" in requirements
    assert itself.endswith("--no-build-isolation --no-deps -e .")
    assert ", with " in ended.stderr
    assert [] == list(checkout.glob("*.lock"))
    assert "run " in (checkout / ".venv" / "harness-setup").read_text("utf-8")


def test_where_uv_fails_pip_installs_and_its_own_failure_ends_the_set_up(checkout: Path) -> None:
    ended, _ = set_up(checkout, uv_ends_with=1)
    assert 2 == ended.returncode
    assert "uv could not, so pip does it" in ended.stderr
    assert "error: the requirements could not be installed" in ended.stderr
    assert not (checkout / ".venv" / "harness-setup").exists()
