"""What the site makes of docs/: navigation and links; what its pages ask a reader to type."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from harness import PROJECT_URL
from harness.cli import app
from harness.model import Outcome
from harness.suite.matrix import read_suite
from scripts.docs_site import (
    DECISIONS,
    decisions,
    expanded,
    on_page_markdown,
    project_url,
    resolved,
)
from tests.process.transcript import steps

ROOT = Path(__file__).resolve().parents[2]
FOLLOWED = ("docs/tutorials", "docs/howto")
NEW_PAGES = sorted(
    [
        *(page for folder in FOLLOWED for page in (ROOT / folder).glob("*.md")),
        ROOT / "docs/install.md",
        ROOT / "docs/troubleshooting.md",
        ROOT / "docs/index.md",
    ]
)


class Pages:
    """The pages of a site, as the hook asks for them."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def get_file_from_path(self, name: str) -> str | None:
        return name if name in self.names else None


def test_a_pattern_stands_for_every_page_that_is_not_listed_beside_it() -> None:
    nav = [{"Guide": ["guide/first.md", "guide/*.md"]}, {"Name": "a.md"}]
    pages = ["a.md", "guide/b.md", "guide/first.md", "guide/z.md"]
    assert [
        {"Guide": ["guide/first.md", "guide/b.md", "guide/z.md"]},
        {"Name": "a.md"},
    ] == expanded(nav, pages)


def test_a_section_with_nothing_in_it_is_left_out() -> None:
    assert [{"Name": "a.md"}] == expanded([{"Guide": ["guide/*.md"]}, {"Name": "a.md"}], ["a.md"])


@pytest.mark.parametrize(
    ("here", "target", "leads"),
    [
        ("docs/ci.md", "nights.md", "nights.md"),
        ("docs/ci.md", "decisions/", DECISIONS),
        ("docs/ci.md", "../CONTRIBUTING.md", "project/contributing.md"),
        ("docs/ci.md", "../action.yml", f"{PROJECT_URL}/blob/main/action.yml"),
        ("docs/ci.md", "../examples/pytest", f"{PROJECT_URL}/tree/main/examples/pytest"),
        ("CONTRIBUTING.md", "docs/nights.md", "nights.md"),
        ("SECURITY.md", "CHANGELOG.md", "project/changelog.md"),
        ("docs/ci.md", "nowhere.md", "nowhere.md"),
    ],
)
def test_a_link_leads_to_a_page_of_the_site_or_to_the_repository(
    here: str, target: str, leads: str
) -> None:
    assert leads == resolved(here, target, Pages("nights.md", "ci.md"))  # type: ignore[arg-type]


def test_a_link_is_written_from_where_its_page_is_and_code_is_left_alone() -> None:
    class Written:
        class file:  # noqa: N801 # as MkDocs calls it
            src_uri = "howto/a.md"

    page: Any = Written
    files: Any = Pages("nights.md")
    text = "[n](../nights.md#x)\n```text\n[n](../../action.yml)\n```\n[a](../../action.yml)\n"
    assert (
        "[n](../nights.md#x)\n```text\n[n](../../action.yml)\n```\n"
        f"[a]({PROJECT_URL}/blob/main/action.yml)\n"
    ) == on_page_markdown(text, page, files)


def test_every_decision_is_listed_under_its_number() -> None:
    listed = re.findall(r"^- (\d{4}) \[(.+)\]\((\S+)\)$", decisions(ROOT / "docs"), re.MULTILINE)
    assert {path.name for path in (ROOT / "docs/decisions").glob("*.md")} == {
        name for _, _, name in listed
    }
    assert all(name.startswith(f"{number}-") for number, _, name in listed)


def test_the_site_has_its_address_from_the_package() -> None:
    assert PROJECT_URL == project_url()


def commands_of(page: Path) -> list[list[str]]:
    """The harness commands on a page, word by word: those in its consoles and those in its text."""
    found = []
    text = page.read_text("utf-8")
    consoles = [step.command for step in steps(text) if step.command]
    for command in [*consoles, *re.findall(r"`([^`\n]*harness [a-z][^`\n]*)`", text)]:
        words = shlex.split(command, comments=True)
        while words and "=" in words[0]:
            words = words[1:]
        if words and words[0].endswith("harness"):
            found.append(words[1:])
    return found


def test_pages_that_ask_a_reader_to_type_something_are_looked_at() -> None:
    assert sum(len(commands_of(page)) for page in NEW_PAGES) >= 25


@pytest.mark.parametrize("page", NEW_PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_has_the_options_it_is_given(page: Path) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, *words in commands_of(page):
        if name.startswith("-"):
            continue
        assert name in commands, f"{page.name}: harness {name}"
        known = {flag for one in commands[name].params for flag in one.opts}
        used = {word.partition("=")[0] for word in words if word.startswith("-")}
        assert used <= known | {"--help"}, f"{page.name}: harness {name} {' '.join(words)}"


def test_the_outcomes_that_troubleshooting_explains_are_outcomes() -> None:
    page = (ROOT / "docs/troubleshooting.md").read_text("utf-8")
    (section,) = re.findall(r"^## A cell does not come up\n(.*?)^## ", page, re.M | re.S)
    named = set(re.findall(r"^\| `([a-z-]+)`", section, re.M))
    assert {"build-failed", "no-answer", "timed-out"} <= named <= set(Outcome)


@pytest.mark.parametrize("page", NEW_PAGES, ids=lambda page: page.name)
def test_every_suite_on_a_page_is_a_suite(page: Path) -> None:
    fenced = r"^```yaml[^\n]*\n(version:.*?)^```"
    for text in re.findall(fenced, page.read_text("utf-8"), re.M | re.S):
        assert read_suite(text.encode(), page.name, ROOT).cells
