"""The four services of the field: what is told of the articles' Dockerfiles, and of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands import check_dockerfile as command
from harness.commands.check import CheckRequest
from harness.commands.check_dockerfile import check_dockerfile
from harness.formats import render_answer
from harness.formats.dockerfile_page import dockerfile_reply
from harness.promises import Check
from harness.suite.matrix import load_suite

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "dockerfiles" / "field" / "model-service"
ORIGINALS = sorted((SERVICES / "original").iterdir())
NAMES = ("hello", "square", "features", "digits")


class Today:
    """The day on which it was told."""

    @staticmethod
    def today() -> Today:
        return Today()

    def isoformat(self) -> str:
        return "2026-11-29"


def told() -> str:
    found = check_dockerfile(CheckRequest(image="Dockerfile"))
    return render_answer("terminal", dockerfile_reply(found))


@pytest.mark.parametrize("folder", ORIGINALS, ids=lambda folder: folder.name)
def test_what_is_told_of_an_original_is_committed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "date", Today)
    monkeypatch.chdir(folder)
    assert (folder / "findings.txt").read_text("utf-8") == told()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_breaks_in_the_dockerfiles_as_they_should_be(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SERVICES / name)
    assert "breaks" not in told().split("\n", 1)[1]
    assert (SERVICES / "original" / name / "Dockerfile").is_file()


def checks_of(cell: str) -> tuple[Check, ...]:
    (found,) = (one for one in load_suite(ROOT).cells if one.id == cell)
    assert found.promise is not None
    return found.promise.serves[0].checks


def test_fifty_numbers_and_ten_images_are_asked_and_every_bad_input() -> None:
    squares = checks_of("square-service")
    assert 50 == len({c.body for c in squares if c.answers and not c.name})
    refused = {check.name for check in squares if check.status in ("400", "413")}
    assert {"no JSON", "text for a number", "50 MB"} <= refused
    cells = [one.id for one in load_suite(ROOT).cells if one.id.startswith("digits-service-")]
    assert 4 == len(cells)
    for cell in cells:
        asked = checks_of(cell)
        assert checks_of(cells[0]) == asked, "the same of every release"
        assert 10 == len({c.content for c in asked if c.answers})
        assert all(0 < c.absolute <= 1e-5 for c in asked if c.answers)
        refused = {check.name for check in asked if check.status in ("400", "413")}
        assert {"no file", "no JSON and no form", "text for an image", "50 MB"} <= refused
        assert max(check.times for check in asked) >= 100, "a distribution of latencies"
