"""The systems from the field: what is told of their original Dockerfiles, and their pages."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from harness.commands import check_dockerfile as command
from harness.commands.check import CheckRequest
from harness.commands.check_dockerfile import check_dockerfile
from harness.formats import render_answer
from harness.formats.dockerfile_page import dockerfile_reply
from harness.suite.matrix import load_suite

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/field-guide"
ORIGINALS = sorted((ROOT / "dockerfiles/field").glob("*/original/findings.txt"))
TOLD_ON = datetime.date(2026, 11, 29)


class Today(datetime.date):
    @classmethod
    def today(cls) -> datetime.date:
        return TOLD_ON


def system(findings: Path) -> str:
    return findings.parents[1].name


@pytest.mark.parametrize("findings", ORIGINALS, ids=system)
def test_what_is_told_of_an_original_dockerfile_is_committed(
    findings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "date", Today)
    monkeypatch.chdir(findings.parent)
    found = check_dockerfile(CheckRequest(image="Dockerfile"))
    assert findings.read_text("utf-8") == render_answer("terminal", dockerfile_reply(found))


@pytest.mark.parametrize("findings", ORIGINALS, ids=system)
def test_a_system_has_a_page_that_the_index_leads_to(findings: Path) -> None:
    name = system(findings)
    page = (GUIDE / f"{name}.md").read_text("utf-8")
    assert f"]({name}.md)" in (GUIDE / "index.md").read_text("utf-8")
    assert findings.read_text("utf-8").split("\n")[0] in page, "the page quotes what is told"


@pytest.mark.parametrize("findings", ORIGINALS, ids=system)
def test_a_system_has_a_cell_of_the_tag_field_that_needs_no_network(findings: Path) -> None:
    folder = f"dockerfiles/field/{system(findings)}/"
    built = [
        cell
        for cell in load_suite(ROOT).cells
        if cell.build is not None and cell.build.dockerfile.startswith(folder)
    ]
    assert all(cell.promise is not None for cell in built)
    assert any(
        "field" in cell.tags and cell.build is not None and not cell.build.network for cell in built
    )
