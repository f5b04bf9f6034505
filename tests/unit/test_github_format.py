"""What GitHub shows: a summary that stays small and drops nothing unsaid, annotations on rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli import main
from harness.commands.on_github import matrix_file
from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.formats import render
from harness.formats.github import BUDGET, MOST, SHOWN, commands
from harness.formats.report import report_on
from harness.model import Cell, Place
from harness.nights.values import Standing
from harness.standard import default_suite
from harness.store.store import Store
from tests.unit.builders import cell, healthy, run
from tests.unit.harmless import harmless_commands, harmless_summary
from tests.unit.nightly import World, cells_of, held, night

NEW = replace(cell(), place=Place(path="matrix.yaml", line=12))
OLD = replace(cell("old", "1.2.1", "3.12"), place=Place(path="matrix.yaml", line=34))
LINK = "https://example.org/o/r/actions/runs/7#artifacts"


def differing(count: int, packages: int = 3) -> Judgement:
    """A run of many cells that all differ from the reference, each in its own way."""
    cells = [replace(OLD, id=f"cell-{number:05}") for number in range(count)]
    records = healthy(NEW)
    for place, one in enumerate(cells):
        own = {f"package-{place}-{number}": "1.0" for number in range(packages)}
        records += healthy(one, packages=own)
    return judge(run(NEW, *cells), records)


def test_the_summary_of_nineteen_cells_is_small() -> None:
    told = render("github", differing(18, packages=400))
    assert len(told.encode()) < 100_000
    harmless_summary(told)
    assert "left out" not in told, "all of them fit"


@pytest.mark.parametrize("count", [1, 40, 250])
def test_the_summary_keeps_its_budget_and_says_where_the_rest_is(count: int) -> None:
    judged = differing(count, packages=60)
    told = render("github", judged, link=LINK)
    assert len(told.encode()) <= BUDGET < MOST
    harmless_summary(told.replace(LINK, ""))
    listed = {one.cell.id for one in judged.cells if f"{one.cell.id}: " in told}
    if count == 250:
        assert re.search(r"\*\*\d+ more parts were left out to keep this below 256 KiB", told)
        assert f"[All of it]({LINK})" in told
        assert "`harness report " in render("github", judged)
    else:
        assert "left out" not in told
        assert len(listed) >= count


def test_a_summary_of_no_room_at_all_still_says_so() -> None:
    told = render("github", differing(3), budget=0, link=LINK)
    assert "more parts were left out" in told
    assert len(told) < 400


def test_what_is_new_comes_first_and_what_is_known_is_folded() -> None:
    cells = cells_of(4)
    world = World(packages={cells[0].id: {"keras": "3.0.1"}, cells[1].id: {"numpy": "9.9"}})
    told = held([night(0, cells), night(1, cells, world)])
    first, *others = told.events
    told = replace(told, events=(first, *(replace(o, standing=Standing.KNOWN) for o in others)))
    shown = render("github", told)
    assert shown.startswith("## 1 new, 0 fixed, ")
    assert shown.index(first.id) < shown.index("| cell")
    folded = re.findall(r"<details><summary>(.*?)</summary>", shown)
    assert f"{len(others)} known or fixed" in folded
    quiet = shown.index("known or fixed")
    assert all(shown.index(one.id) > quiet for one in others)


def test_an_annotation_stands_on_the_row_of_its_cell() -> None:
    judged = judge(run(NEW, OLD), [*healthy(NEW), *healthy(OLD)])
    told = commands(report_on(judged), "team/matrix.yaml")
    harmless_commands(told)
    lines = told.splitlines()
    assert lines
    assert all(line.startswith("::error file=team/matrix.yaml,line=34,title=") for line in lines)
    assert all("old: " in line for line in lines)


def test_a_run_where_all_is_well_has_no_annotation() -> None:
    assert "" == commands(report_on(judge(run(NEW), healthy(NEW))))


def test_what_could_not_be_told_is_a_warning() -> None:
    asking = replace(NEW, gpu="all")
    told = commands(report_on(judge(run(asking), healthy(asking))), "matrix.yaml")
    assert told.startswith("::warning file=matrix.yaml,line=12,")


def test_more_than_github_shows_are_counted_in_the_last_one() -> None:
    judged = differing(40)
    findings = {(one.title, one.verdict) for one in judged.findings}
    lines = commands(report_on(judged), "matrix.yaml").splitlines()
    assert SHOWN == len(lines) < len(findings)
    assert "more stand in the summary" in lines[-1]


def test_known_and_fixed_events_are_no_annotations_and_open_ones_only_warn() -> None:
    cells = cells_of(3)
    world = World(packages={cells[0].id: {"keras": "3.0.1"}})
    told = held([night(0, cells), night(1, cells, world)])
    for standing, kind in ((Standing.NEW, "error"), (Standing.OPEN, "warning")):
        of = replace(told, events=tuple(replace(one, standing=standing) for one in told.events))
        assert commands(report_on(of)).startswith(f"::{kind} ")
    for standing in (Standing.KNOWN, Standing.FIXED):
        of = replace(told, events=tuple(replace(one, standing=standing) for one in told.events))
        assert "" == commands(report_on(of))


PIECES = [*"%\r\n:,#[]=;a ", "::", "%0A", "::error::", "##[add-mask]"]
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@given(HOSTILE, HOSTILE)
def test_no_name_forges_a_command(name: str, version: str) -> None:
    odd = replace(OLD, id=name or "x")
    records = [*healthy(NEW), *healthy(odd, packages={"numpy": version})]
    harmless_commands(commands(report_on(judge(run(NEW, odd), records)), name))


# --- where the command line puts them ------------------------------------------------------------


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cell:
    """A run with something to tell, in the store."""
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "GITHUB_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HARNESS_STORE", str(tmp_path / "store.sqlite3"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "team").mkdir()
    matrix = "version: 1\nname: default\ncells: [{id: a, host: python3}]\n"
    (tmp_path / "team" / "matrix.yaml").write_text(matrix, "utf-8")
    made = run(NEW, OLD)
    with Store(tmp_path / "store.sqlite3") as store:
        store.begin(made)
        for one in (*healthy(NEW), *healthy(OLD)):
            store.record(one)
        store.finish(made.id, ended=made.started)
    return OLD


Said = Callable[..., tuple[int, str]]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    def ran(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["harness", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().out

    return ran


REPORT = ("report", "--suite", "team", "--format", "github")


def test_annotations_are_printed_and_the_summary_is_added_to_the_file_of_the_step(
    kept: Cell, said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("what another command wrote\n", "utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    status, out = said(*REPORT)
    assert 1 == status
    harmless_commands(out)
    assert "::error file=team/matrix.yaml,line=34," in out
    written = summary.read_text("utf-8")
    assert written.startswith("what another command wrote\n**2 cells: ")


def test_a_file_that_is_named_takes_the_summary_instead(
    kept: Cell, said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    _, out = said(*REPORT, "--output", "own.md")
    harmless_commands(out)
    assert (tmp_path / "own.md").read_text("utf-8").startswith("**2 cells: ")
    assert not (tmp_path / "summary.md").exists()


def test_elsewhere_the_summary_follows_on_standard_output(kept: Cell, said: Said) -> None:
    _, out = said(*REPORT)
    first, _, rest = out.partition("**2 cells: ")
    harmless_commands(first)
    harmless_summary(rest)


def test_a_step_whose_summary_is_nearly_full_is_not_overfilled(
    kept: Cell, said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_bytes(b"x" * (MOST - 2000))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    said(*REPORT)
    assert summary.stat().st_size <= MOST
    assert "more parts were left out" in summary.read_text("utf-8")


def test_a_summary_that_cannot_be_written_is_printed(
    kept: Cell, said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "folder.md"))
    status, out = said(*REPORT)
    assert 4 == status
    assert "**2 cells: " in out


def test_the_matrix_is_named_below_the_root_of_the_repository(
    kept: Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "" == matrix_file(None), "there is none in this folder"
    assert "team/matrix.yaml" == matrix_file(Path("team"))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "team"))
    assert "matrix.yaml" == matrix_file(Path("team/matrix.yaml"))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    assert "" == matrix_file(Path("team"))
    assert "" == matrix_file(default_suite())
