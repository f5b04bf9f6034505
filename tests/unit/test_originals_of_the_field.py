"""The original Dockerfiles of the field, faults and all: what is told of them is as committed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from harness.commands import check_dockerfile as command
from harness.commands.check import CheckRequest
from harness.commands.check_dockerfile import check_dockerfile
from harness.formats import render_answer
from harness.formats.dockerfile_page import dockerfile_reply

ROOT = Path(__file__).resolve().parents[2]
TOLD = sorted(ROOT.glob("dockerfiles/field/*/original/findings.txt"))


class Today(date):
    @classmethod
    def today(cls) -> Today:
        return cls(2026, 11, 29)


@pytest.mark.parametrize("told", TOLD, ids=lambda path: path.parents[1].name)
def test_what_is_told_of_an_original_is_as_committed(
    told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "date", Today)
    monkeypatch.chdir(told.parent)
    found = check_dockerfile(CheckRequest(image="Dockerfile"))
    assert told.read_text("utf-8") == render_answer("terminal", dockerfile_reply(found))


def test_the_two_systems_with_a_notebook_have_their_originals() -> None:
    assert {"legacy-gpu-tag", "teaching-toolkit"} <= {path.parents[1].name for path in TOLD}
