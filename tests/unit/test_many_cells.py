"""Reports on very many cells: what is told whole, which pages there are, what is told on demand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness.commands.output import written_beside
from harness.commands.report import of_cells
from harness.compare import many
from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.compare.narrowed import narrowed
from harness.errors import Exit, UsageError
from harness.formats import pages_beside, render
from harness.formats.many import told_whole
from harness.model import Expectation, Outcome, Record, Verdict
from tests.unit.builders import MNIST, PYTHON, cell, healthy, record, run, without

COUNT = many.MANY
BROKEN, SLOW = "c007", "c011"
ALLOWED = (Expectation(facts="python.*", rule="allowed", reason="other builds"),)


def judged(count: int = COUNT, broken: Sequence[str] = (BROKEN, SLOW)) -> Judgement:
    """So many cells, each with a Python of its own; some of them raise."""
    cells = [replace(cell(f"c{number:03}"), base="") for number in range(count)]
    made = run(*cells, probes=(PYTHON, MNIST), expectations=ALLOWED, reference="c000")
    records: list[Record] = []
    for number, one in enumerate(cells):
        answers = healthy(one, python={"python.version": f"3.13.{number}"})
        records += without(answers, "packages", "devices")
        if one.id in broken:
            records[-1] = record("mnist", of=one.id, outcome=Outcome.CRASHED, reason="it died")
    return judge(made, records)


@pytest.fixture(scope="module")
def large() -> Judgement:
    return judged()


def test_few_cells_are_all_told_whole_and_have_no_pages() -> None:
    few = judged(12, broken=(BROKEN,))
    assert {one.cell.id for one in few.cells} == told_whole(few.cells, few.reference)
    assert [] == list(pages_beside(few))
    tree = json.loads(render("json", few))
    assert all("differences_left_out" not in one for one in tree["cells"])


def test_of_many_cells_those_with_findings_and_the_reference_are_told_whole(
    large: Judgement,
) -> None:
    whole = {"c000", BROKEN, SLOW}
    assert whole == told_whole(large.cells, large.reference)
    tree = {one["id"]: one for one in json.loads(render("json", large))["cells"]}
    assert COUNT == len(tree)
    assert whole == {name for name, one in tree.items() if "differences_left_out" not in one}
    quiet = tree["c020"]
    assert ("pass", "L3", [], 1) == (
        quiet["verdict"],
        quiet["level"],
        quiet["differences"],
        quiet["differences_left_out"],
    )


def test_each_cell_that_is_told_whole_has_a_page_that_the_report_leads_to(
    large: Judgement,
) -> None:
    page = render("html", large)
    beside = dict(pages_beside(large))
    folder = f"{large.run.id}-cells"
    assert {f"{folder}/cell-{one}.html" for one in ("c000", BROKEN, SLOW)} == set(beside)
    for place, text in beside.items():
        assert f'href="{place}"' in page
        assert text.startswith("<!doctype html>")
    assert "crashed" in beside[f"{folder}/cell-{BROKEN}.html"]
    assert SLOW not in beside[f"{folder}/cell-{BROKEN}.html"]
    assert f"harness report {large.run.id} --cell ID" in page
    assert len(page) < 2_000_000


def test_a_cell_among_many_is_judged_as_it_is_among_them(large: Judgement) -> None:
    alone = narrowed(large, {BROKEN})
    assert ["c000", BROKEN] == [one.cell.id for one in alone.cells]
    assert next(one for one in large.cells if one.cell.id == BROKEN) == alone.cells[1]
    assert {BROKEN} == {one.cell for one in alone.findings}
    assert Exit.FINDINGS == alone.exit
    assert ((Verdict.FAIL, 1),) == alone.counts


def test_a_quiet_cell_is_told_with_all_its_differences_on_demand(large: Judgement) -> None:
    alone = of_cells(large, ["c02[0]"])
    (quiet,) = [one for one in json.loads(render("json", alone))["cells"] if one["id"] == "c020"]
    assert ["python.version"] == [one["fact"] for one in quiet["differences"]]
    assert Exit.OK == alone.exit
    (use,) = alone.let_pass
    assert (1, ("c020",)) == (use.differences, use.cells)
    assert "3.13.20" in render("html", alone)


def test_a_cell_that_the_run_does_not_have_is_refused_with_the_nearest(large: Judgement) -> None:
    with pytest.raises(UsageError, match="has no cell 'c99x'") as refused:
        of_cells(large, [BROKEN, "c99x"])
    assert "did you mean" in refused.value.remedy
    with pytest.raises(KeyError):
        narrowed(large, {"nowhere"})


def test_markdown_and_terminal_of_many_cells_name_how_the_others_are_told(
    large: Judgement,
) -> None:
    assert f"{COUNT - 3} more cells are shown by" in render("markdown", large)
    assert BROKEN in render("terminal", large)


def test_pages_are_written_beside_the_file_and_nowhere_without_one(
    tmp_path: Path, large: Judgement
) -> None:
    written_beside(pages_beside(large), None)
    written_beside(pages_beside(large), Path("-"))
    assert [] == list(tmp_path.iterdir())
    written_beside(pages_beside(large), tmp_path / "report.html")
    (folder,) = tmp_path.iterdir()
    assert f"{large.run.id}-cells" == folder.name
    assert 3 == len(list(folder.iterdir()))
