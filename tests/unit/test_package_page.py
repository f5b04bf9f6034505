"""The package's page: links of the README that lead somewhere from there, all from one address."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from trove_classifiers import classifiers

from package_page import constant, readable_elsewhere, urls
from scripts.release_check import refused

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = '__version__ = "1.2.3"\n\nPROJECT_URL = "https://code.example/o/r"\n'
DATED = "# Changelog\n\n## 1.2.3 (2026-12-01)\n"


def test_a_relative_link_leads_to_the_file_as_it_was_in_that_version() -> None:
    text = "[a](docs/a.md#b) ![p](docs/p.png) [w](https://else.example/x) [h](#here)"
    assert (
        "[a](https://c.example/r/blob/v1/docs/a.md#b) ![p](https://c.example/r/raw/v1/docs/p.png) "
        "[w](https://else.example/x) [h](#here)"
    ) == readable_elsewhere(text, "https://c.example/r", "1")


def test_every_link_of_the_package_begins_with_the_one_address() -> None:
    assert all(
        one.startswith("https://c.example/r") for one in urls("https://c.example/r", "1").values()
    )


def test_a_constant_is_read_and_one_that_is_not_there_is_an_error() -> None:
    assert "1.2.3" == constant(PACKAGE, "__version__")
    with pytest.raises(ValueError, match="unpack"):
        constant(PACKAGE, "NAME")


def test_the_address_of_the_project_stands_in_one_file() -> None:
    url = constant((ROOT / "harness" / "__init__.py").read_text("utf-8"), "PROJECT_URL")
    places = [
        ROOT / "pyproject.toml",
        ROOT / "mkdocs.yml",
        *ROOT.glob("*.md"),
        *ROOT.glob("scripts/*"),
    ]
    places += [*ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/**/*.*ml"), ROOT / "package_page.py"]
    assert [] == [path.name for path in places if path.is_file() and url in path.read_text("utf-8")]


def test_the_classifiers_are_those_of_the_index_and_name_every_python_that_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(project["classifiers"]) <= classifiers
    quick = (ROOT / ".github/workflows/quick.yml").read_text("utf-8")
    (tested,) = re.findall(r"python: \[(.*)\]", quick)
    for version in re.findall(r'"([\d.]+)"', tested):
        assert f"Programming Language :: Python :: {version}" in project["classifiers"]


@pytest.mark.parametrize(
    ("tag", "address", "changelog", "says"),
    [
        ("v1.2.4", "https://code.example/o/r", DATED, "the tag is v1.2.4"),
        ("1.2.3", "https://code.example/o/r", DATED, "the tag is 1.2.3"),
        ("v1.2.3", "https://code.example/fork/r", DATED, "this is https://code.example/fork/r"),
        ("v1.2.3", "https://code.example/o/r", "## 1.2.3 (not released yet)\n", "no section"),
        ("v1.2.3", "https://code.example/o/r", "## 1.2.30 (2026-12-01)\n", "no section"),
    ],
)
def test_a_release_that_would_not_say_what_it_is_is_refused(
    tag: str, address: str, changelog: str, says: str
) -> None:
    (problem,) = refused(tag, address, PACKAGE, changelog)
    assert says in problem


def test_a_release_that_says_what_it_is_is_not_refused() -> None:
    assert [] == refused("v1.2.3", "https://code.example/o/r", PACKAGE, DATED)
