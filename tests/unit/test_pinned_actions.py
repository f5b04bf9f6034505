"""Every action of a workflow is pinned to a commit, the same everywhere, and tells its version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [*sorted((ROOT / ".github/workflows").glob("*.yml")), ROOT / "action.yml"]
USED = re.compile(r"^\s*(?:- )?uses: (\S+)(.*)$", re.MULTILINE)
PINNED = re.compile(r"([\w.-]+/[\w.-]+)@([0-9a-f]{40})")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_action_is_named_by_its_commit_and_tells_its_version(path: Path) -> None:
    used = USED.findall(path.read_text("utf-8"))
    assert used
    for action, behind in used:
        assert action == "./" or (PINNED.fullmatch(action) and re.fullmatch(r" # v[\d.]+", behind))


def test_an_action_has_one_commit_everywhere() -> None:
    found: dict[str, set[tuple[str, str]]] = {}
    for path in FILES:
        for action, behind in USED.findall(path.read_text("utf-8")):
            if pinned := PINNED.fullmatch(action):
                found.setdefault(pinned[1], set()).add((pinned[2], behind))
    assert {} == {name: commits for name, commits in found.items() if len(commits) > 1}


@pytest.mark.parametrize("path", FILES[:-1], ids=lambda path: path.name)
def test_a_workflow_may_write_nothing_unless_a_job_says_so(path: Path) -> None:
    text = path.read_text("utf-8")
    assert re.search(r"^permissions:\n  contents: read\n(?! )", text, re.MULTILINE)
