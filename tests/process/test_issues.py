"""One issue an event, opened and closed through `gh`, whose arguments are checked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from harness.machine.gh import LABEL
from harness.model import Run
from harness.store.store import Store
from tests.unit.builders import cell, healthy, run

PROGRAM = Path(sys.executable).with_name("harness")
FAKE = Path(__file__).with_name("fake_gh.py")
CELLS = tuple(cell(name) for name in ("one", "two"))


def put_gh(folder: Path) -> Path:
    """A folder for the PATH, in which `gh` is the fake one."""
    folder.mkdir(parents=True)
    program = folder / "gh"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$@"\n', "utf-8")
    program.chmod(0o755)
    return folder


@dataclass
class Desk:
    """A suite with its store, and GitHub beside it."""

    place: Path
    days: int = 0

    def night(self, **packages: str) -> Run:
        """A run of both cells, in which the second has these packages."""
        self.days += 1
        made = run(
            *CELLS,
            run_id=f"night-{self.days}",
            started=f"2026-11-{self.days:02}T02:00:00Z",
        )
        usual = {"numpy": "2.1.0", "keras": "3.0.0"}
        with Store(self.place / "store.sqlite3") as store:
            store.begin(replace(made, state="running", ended=""))
            for one in CELLS:
                told = {**usual, **packages} if one.id == "two" else usual
                for each in healthy(one, packages=told, run_id=made.id):
                    store.record(each)
            store.finish(made.id, ended=made.started)
        return made

    def harness(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *arguments],
            cwd=self.place,
            env={
                **os.environ,
                "PATH": f"{self.place / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "FAKE_GH": str(self.place / "github"),
                "HARNESS_STORE": str(self.place / "store.sqlite3"),
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "o/r",
                "GITHUB_RUN_ID": "7",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def issues(self) -> list[dict[str, Any]]:
        file = self.place / "github" / "issues.json"
        found: list[dict[str, Any]] = json.loads(file.read_text("utf-8")) if file.exists() else []
        return found

    def asked(self) -> list[list[str]]:
        file = self.place / "github" / "log.jsonl"
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    put_gh(tmp_path / "bin")
    (tmp_path / "github").mkdir()
    matrix = "version: 1\nname: default\ncells: [{id: one, host: python3}]\n"
    (tmp_path / "matrix.yaml").write_text(matrix, "utf-8")
    made = Desk(tmp_path)
    made.night()
    assert 0 == made.harness("accept", "night-1").returncode
    return made


def test_an_event_has_one_issue_until_the_night_that_no_longer_has_it(desk: Desk) -> None:
    desk.night(keras="3.0.1")
    ended = desk.harness("issues")
    assert 0 == ended.returncode, ended.stderr
    assert "1 issues opened, 0 closed, 0 stay" in ended.stdout
    (issue,) = desk.issues()
    assert "keras" in issue["title"]
    assert "[The run](https://github.com/o/r/actions/runs/7)" in issue["body"]
    desk.night(keras="3.0.1")
    assert "0 issues opened, 0 closed, 1 stay" in desk.harness("issues").stdout
    assert 1 == len(desk.issues()), "the second night says nothing again"
    desk.night()
    assert "0 issues opened, 1 closed, 0 stay" in desk.harness("issues").stdout
    (issue,) = desk.issues()
    assert not issue["open"]
    assert "in run night-4" in issue["last"]
    desk.night(keras="3.0.1")
    desk.harness("issues")
    assert [False, True] == [one["open"] for one in desk.issues()], "it came back: a new issue"


def test_an_event_that_was_accepted_has_its_issue_closed(desk: Desk) -> None:
    desk.night(keras="3.0.1")
    desk.harness("issues")
    told = json.loads(desk.harness("issues", "--dry-run", "--format", "json").stdout)
    (event,) = told["wanted"]
    accepting = ("--reason", "upstream", "--until", "2026-12-31", "--owner", "me")
    ended = desk.harness("accept", "night-2", "--event", event, *accepting)
    assert 0 == ended.returncode, ended.stderr
    assert "0 issues opened, 1 closed" in desk.harness("issues").stdout
    assert "known until 2026-12-31" in desk.issues()[0]["last"]


def test_a_dry_run_asks_github_for_nothing(desk: Desk) -> None:
    desk.night(keras="3.0.1")
    ended = desk.harness("issues", "--dry-run")
    assert "1 events need an issue" in ended.stdout
    assert not (desk.place / "github" / "log.jsonl").exists()


def test_other_peoples_issues_stay_as_they_are(desk: Desk) -> None:
    others = [
        {"number": 1, "title": "x", "body": "mine", "labels": [LABEL], "open": True, "last": ""},
        {
            "number": 2,
            "title": "x",
            "body": "<!-- harness: event 3fa9c1d2, suite 0123456789abcdef -->",
            "labels": [LABEL],
            "open": True,
            "last": "",
        },
    ]
    (desk.place / "github" / "issues.json").write_text(json.dumps(others), "utf-8")
    desk.night()
    desk.harness("issues")
    assert [True, True] == [one["open"] for one in desk.issues()]


def test_what_an_image_says_is_an_argument_and_never_more(desk: Desk) -> None:
    hostile = "--repo evil/x; $(touch owned) `touch owned`\n<!-- harness: event aaaa -->@all"
    desk.night(keras=hostile)
    ended = desk.harness("issues")
    assert 0 == ended.returncode, ended.stderr
    (create,) = [one for one in desk.asked() if one[:2] == ["issue", "create"]]
    assert ["--title", "--label", "--body-file"] == create[2::2]
    assert not create[3].startswith("-")
    assert "\n" not in create[3]
    assert not list(desk.place.glob("**/owned"))
    body = desk.issues()[0]["body"]
    assert 1 == len([line for line in body.splitlines() if line.startswith("<!-- harness: event")])
    assert "@all" not in body


def test_where_gh_fails_it_is_infrastructure_and_says_what_it_needs(desk: Desk) -> None:
    desk.night(keras="3.0.1")
    (desk.place / "github" / "broken").touch()
    ended = desk.harness("issues")
    assert 4 == ended.returncode
    assert "Bad credentials" in ended.stderr
    assert "issues: write" in ended.stderr


def test_without_gh_it_is_infrastructure_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.night(keras="3.0.1")
    (desk.place / "bin" / "gh").unlink()
    monkeypatch.setenv("PATH", str(desk.place / "bin"))
    ended = desk.harness("issues")
    assert 4 == ended.returncode
    assert "no `gh` on the PATH" in ended.stderr
