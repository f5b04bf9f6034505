"""The hashed requirements are whole, agree with pyproject.toml, and name no machine's place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from harness.pytest_plugin import BEFORE, OLDEST, suits

ROOT = Path(__file__).resolve().parents[2]
FILES = ("setup", "run", "test", "oldest-pytest", "docs", "ray")


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
    if name == "docs":
        return [Requirement(line) for line in project["dependency-groups"]["docs"]]
    if name == "ray":
        return [Requirement(line) for line in project["project"]["optional-dependencies"]["ray"]]
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    if name == "test":
        wanted += project["dependency-groups"]["test"]
    if name == "oldest-pytest":
        wanted += project["project"]["optional-dependencies"]["pytest"]
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


def test_ray_goes_beside_what_the_tests_have() -> None:
    tested = pins("test")
    assert {name: pin for name, pin in pins("ray").items() if name in tested}.items() <= (
        tested.items()
    )


def test_the_plugin_is_tested_with_the_oldest_and_the_newest_pytest_it_is_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (extra,) = project["project"]["optional-dependencies"]["pytest"]
    said = {(one.operator, one.version) for one in Requirement(extra).specifier}
    oldest, before = (".".join(map(str, one)) for one in (OLDEST, BEFORE))
    assert {(">=", oldest.removesuffix(".0")), ("<", before.removesuffix(".0"))} == said
    assert Version(oldest) == Version(pins("oldest-pytest")["pytest"])
    assert BEFORE[0] - 1 == Version(pins("test")["pytest"]).major
    rest = {name: pin for name, pin in pins("oldest-pytest").items() if name != "pytest"}
    assert rest.items() <= pins("test").items(), "everything else is the same"


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("7.4.4", False),
        ("8.0.0rc1", True),
        ("8.4.2", True),
        ("9.2.0", True),
        ("9.3.0.dev12+g1234", True),
        ("10.0.0", False),
    ],
)
def test_the_plugin_knows_which_pytest_it_is_for(version: str, fits: bool) -> None:
    assert fits == suits(version)
