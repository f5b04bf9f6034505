"""The hashed requirements are whole, agree with pyproject.toml, and name no machine's place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
FILES = ("setup", "run", "test")


def text(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")


def pins(name: str) -> dict[str, str]:
    """Distribution -> version, those of one line per environment joined."""
    found: dict[str, str] = {}
    for line in re.findall(r"^[^#\s-].*$", text(name), re.MULTILINE):
        pinned = Requirement(line.rstrip("\\ "))
        (version,) = pinned.specifier
        assert "==" == version.operator
        key = canonicalize_name(pinned.name)
        found[key] = " ".join(filter(None, [found.get(key), version.version]))
    return found


def asked(name: str) -> list[Requirement]:
    if name == "setup":
        return [Requirement("uv")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    if name == "test":
        wanted += project["dependency-groups"]["test"]
    return [Requirement(line) for line in wanted]


@pytest.mark.parametrize("name", FILES)
def test_what_the_project_asks_for_is_pinned_to_a_version_it_admits(name: str) -> None:
    pinned = pins(name)
    for wanted in asked(name):
        assert canonicalize_name(wanted.name) in pinned, "run scripts/lock-requirements"
        for version in pinned[canonicalize_name(wanted.name)].split():
            assert wanted.specifier.contains(version), "run scripts/lock-requirements"


@pytest.mark.parametrize("name", FILES)
def test_every_pin_has_hashes(name: str) -> None:
    for entry in re.split(r"\n(?=[^#\s])", text(name)):
        if not entry.startswith("#"):
            assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry.partition(" ")[0]


@pytest.mark.parametrize("name", FILES)
def test_no_index_and_no_path_is_named(name: str) -> None:
    assert [] == re.findall(r"https?:|file:|--(?:index|extra|find|trusted)|(?<=\s)/\w+", text(name))


def test_tests_run_with_what_users_run() -> None:
    assert pins("run").items() <= pins("test").items()
