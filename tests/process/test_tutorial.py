"""The wheel, installed in an empty environment elsewhere, does what the tutorials say it does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from harness import PROJECT_URL, __version__
from tests.process.transcript import Reader, pattern, steps

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "pytest.md": 9,
    "tutorials/first-suite.md": 8,
    "tutorials/pytest.md": 4,
    "howto/write-a-probe.md": 2,
}
"""The pages that can be followed from an empty folder, and how many commands each has."""


def quietly(*command: str | Path) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert 0 == ended.returncode, ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "wheel")
    quietly(*pip, "--no-build-isolation", "--no-deps", "--wheel-dir", folder, ROOT)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment variables of a shell in which that wheel, and pytest, are installed."""
    home = tmp_path_factory.mktemp("elsewhere")
    quietly(sys.executable, "-m", "venv", home / "venv")
    # The versions that everything else here is tested with; their hashes were checked for those.
    pins = [
        line.rstrip(" \\")
        for line in (ROOT / "requirements" / "test.txt").read_text("utf-8").splitlines()
        if line[:1].isalnum()
    ]
    (home / "pins.txt").write_text("\n".join(pins))
    pip = (home / "venv" / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    quietly(*pip, "install", "-c", home / "pins.txt", wheel, "pytest", "pytest-xdist")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HARNESS_", "PYTEST_", "PYTHON", "VIRTUAL_ENV"))
    }
    return {
        **kept,
        "PATH": f"{home / 'venv' / 'bin'}:{os.environ['PATH']}",
        "HARNESS_STORE": str(home / "store.sqlite3"),
        "HARNESS_CACHE": str(home / "cache"),
        "HARNESS_REPORTS": str(home / "reports"),
        "HARNESS_DOWNLOAD": "0",
    }


def test_the_wheel_brings_all_it_needs_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
    for folder in ("probes", "dockerfiles"):
        shipped = {Path(name).name for name in names if f"harness/standard/{folder}/" in name}
        assert {path.name for path in (ROOT / folder).rglob("*.*") if path.is_file()} <= shipped
    assert {"harness/standard/matrix.yaml", "harness/commands/starter.yaml"} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "docs/", "benchmarks/"))]
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert {f"harness/standard/{page}" for page in pages} <= set(names)


def test_the_page_of_the_package_has_links_that_lead_somewhere_from_there(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        (name,) = [one for one in file.namelist() if one.endswith(".dist-info/METADATA")]
        metadata = message_from_bytes(file.read(name))
    links = dict(line.split(", ") for line in metadata.get_all("Project-URL", []))
    assert {"Documentation", "Changelog", "Issues", "Source"} <= links.keys()
    assert all(link.startswith(PROJECT_URL) for link in links.values())
    targets = re.findall(r"\]\(([^)\s]+)\)", str(metadata.get_payload()))
    assert len(targets) > 20
    for target in targets:
        of_file = re.fullmatch(
            rf"{PROJECT_URL}/(?:blob|raw)/v{__version__}/([^#]+)(?:#.*)?", target
        )
        assert of_file, target
        assert (ROOT / of_file[1]).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_followed_with_the_wheel_elsewhere(
    page: str, installed: dict[str, str], tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "pytest", project / "examples" / "pytest")
    reader = Reader(folder=tmp_path, project=project, environment=installed)
    assert PAGES[page] == reader.follow((ROOT / "docs" / page).read_text("utf-8"))


def test_the_documentation_is_found_from_the_wheel(
    installed: dict[str, str], tmp_path: Path
) -> None:
    def said(command: str) -> str:
        ended = subprocess.run(
            command.split(), env=installed, cwd=tmp_path, stdout=subprocess.PIPE, check=True
        )
        return ended.stdout.decode()

    folder = Path(said("harness docs").splitlines()[0])
    assert ROOT not in folder.parents
    page = (ROOT / "docs" / "howto" / "gpu-host.md").read_text("utf-8")
    assert page == (folder / "howto" / "gpu-host.md").read_text("utf-8")
    assert page == said("harness docs howto/gpu-host")


def test_the_default_suite_and_the_knowledge_are_in_the_wheel(
    installed: dict[str, str], tmp_path: Path
) -> None:
    for command, expected in (
        ("harness plan --suite standard tf2.21.0-py3.13", "tf2.21.0-py3.13"),
        ("harness explain", "cuda"),
    ):
        said = subprocess.run(
            command.split(), env=installed, cwd=tmp_path, stdout=subprocess.PIPE, check=True
        )
        assert expected in said.stdout.decode().lower()


def test_a_page_that_promises_something_else_is_not_followed() -> None:
    (step,) = steps("```console\n$ echo here\nthere\n...\n```\n")
    assert not pattern(step.printed).fullmatch("here\n")
    assert pattern(step.printed).fullmatch("there\nand more\n")
    assert pattern("a ... c\n=== d ===\n").fullmatch("a b c\n= d ======\n")
    assert not pattern("a\n").fullmatch("a\nb\n")
