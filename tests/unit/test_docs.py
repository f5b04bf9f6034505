"""The documentation says what is there: commands, links, and a report that really came about."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.cli import app
from harness.compare.judge import judge
from harness.formats import render
from harness.places import Places
from harness.store import Store
from harness.transfer import import_file

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLE = ROOT / "reports" / "example"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_the_readme_names_every_command() -> None:
    for command in app.registered_commands:
        name = command.name or command.callback.__name__  # type: ignore[union-attr]
        assert f"harness {name}" in README, f"README.md does not mention `harness {name}`"


def test_the_readme_says_where_everything_lies_and_what_moves_it() -> None:
    for what, _, variable in Places.from_environment({}, Path("/home/x")).rows():
        assert variable in README, f"README.md does not say how to move the {what}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize(
    ("name", "file"),
    [("terminal", "report.txt"), ("markdown", "report.md"), ("json", "report.json")],
)
def test_the_example_records_still_give_the_committed_bytes(
    tmp_path: Path, name: str, file: str
) -> None:
    with Store(tmp_path / "store.sqlite3") as store:
        run = import_file(store, EXAMPLE / "records.jsonl")
        judgement = judge(run, store.records(run.id))
    text = render(name, judgement)
    assert (EXAMPLE / file).read_text("utf-8") == text + ("" if text.endswith("\n") else "\n")


def test_the_report_in_the_readme_is_the_beginning_of_the_example() -> None:
    blocks = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    report = (EXAMPLE / "report.txt").read_text("utf-8")
    assert 1 == len(blocks)
    assert report.startswith(blocks[0])
    assert 10 <= blocks[0].count("\n")
