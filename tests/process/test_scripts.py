"""The scripts that set up, run and test: quick when nothing changed, plain when something lacks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = (
    "scripts/setup",
    "scripts/run",
    "scripts/test",
    "scripts/quick",
    "scripts/docs",
    "scripts/build",
    "scripts/lock-requirements",
    ".ci/run",
)
NO_ENGINE = "unix:///nonexistent/engine.sock"


def started(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def set_up() -> None:
    """This checkout was set up by its script, and these tests run there."""
    if Path(sys.prefix).resolve() != (ROOT / ".venv").resolve():
        pytest.skip("these tests run in another environment than the .venv of scripts/setup")


def test_set_up_changes_nothing_when_nothing_changed(set_up: None) -> None:
    stamp = ROOT / ".venv" / "harness-setup"
    before = (stamp.read_bytes(), stamp.stat().st_mtime_ns)
    ended = started("scripts/setup", "--tests")
    assert 0 == ended.returncode
    assert "installing" not in ended.stderr
    assert before == (stamp.read_bytes(), stamp.stat().st_mtime_ns)


def test_without_an_engine_set_up_says_what_cannot_be_verified(set_up: None) -> None:
    ended = started("scripts/setup", "--tests", DOCKER_HOST=NO_ENGINE)
    assert 0 == ended.returncode
    assert f"nothing answers at DOCKER_HOST={NO_ENGINE}" in ended.stderr
    assert "the host engine stands in" in ended.stderr
    assert "cannot verify images" in ended.stderr


def test_an_unknown_option_is_told_how_set_up_is_used() -> None:
    ended = started("scripts/setup", "--no-such-option")
    assert 2 == ended.returncode
    assert "scripts/setup [--tests] [--ray] [--no-engine] [--yes]" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "status"), [((), 0), (("--require-engine",), 1)], ids=["plain", "required"]
)
def test_a_missing_engine_is_a_counted_skip_and_where_required_a_failure(
    arguments: tuple[str, ...], status: int
) -> None:
    # `-q` hides neither the reasons of skips nor the closing line.
    test = "tests/real/test_existing_images.py"
    program = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test)
    ended = started(*program, *arguments, DOCKER_HOST=NO_ENGINE)
    assert status == ended.returncode
    lines = ended.stdout.strip().splitlines()
    assert "no container engine answers" in ended.stdout
    assert "real images built and probed: 0" in lines
    if status:
        assert any(line.startswith("error: --require-engine: 0 real images") for line in lines)
        assert " error" in lines[-1]
    else:
        assert re.match(r"[1-9]\d* skipped in ", lines[-1])


def test_passing_tests_are_not_enough_where_real_images_are_required() -> None:
    test = "tests/unit/test_runid.py"
    program = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test)
    ended = started(*program, "--require-engine")
    assert 1 == ended.returncode
    assert "0 real images were probed, 4 are wanted" in ended.stdout
    assert " passed" in ended.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_strict_executable_and_clean(script: str) -> None:
    path = ROOT / script
    assert os.access(path, os.X_OK)
    text = path.read_text("utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text or 'exec "$(dirname "$0")/' in text
    ended = started(str(Path(sys.executable).with_name("shellcheck")), script)
    assert (0, "") == (ended.returncode, ended.stdout)
