from __future__ import annotations

import json
import random
from dataclasses import replace
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest
from typer.testing import CliRunner

import harness.formats
from harness.cli import app
from harness.compare.comparison import Side, compare_cells
from harness.compare.judge import judge, judge_cell
from harness.compare.judgement import Comparison, Judgement
from harness.errors import UsageError
from harness.formats import RENDERED, REPORT, Rendered, render
from harness.formats.json import schema_text
from harness.formats.markdown import BUDGET
from harness.formats.progress import finished_line
from harness.model import Expectation, Outcome, Record, Run
from tests.unit.builders import LIBCUSOLVER, cell, healthy, mnist_facts, record, run, without

GOLDEN = Path(__file__).parent / "golden"
NEW = cell()
OLD = cell("tf1.2.1-py3.13", "1.2.1", "3.13")
BROKEN = cell("tf1.2.1-gpu-py3.13", "1.2.1", "3.13")
RULES = (
    Expectation(facts="python.*", rule="allowed", reason="by intent", until="2026-12-01"),
    Expectation(facts="*version", rule="allowed", reason="by intent"),
)
PACKAGES = {"numpy": "1.16.6", "tensorflow": "1.2.1", "mock": "3.0.5"}


def small() -> tuple[Run, list[Record]]:
    records = [
        *healthy(NEW, packages={"numpy": "2.1.0", "tensorflow": "2.21.0", "rich": "14.0.0"}),
        *healthy(
            OLD,
            packages=PACKAGES,
            mnist=mnist_facts("1.2.1", 0.9436, 0.196, 3.8812766075134277),
        ),
        *without(healthy(BROKEN, packages=PACKAGES), "devices", "mnist"),
        *(
            record(one, of=BROKEN.id, outcome=Outcome.RAISED, raised=LIBCUSOLVER)
            for one in ("devices", "mnist")
        ),
    ]
    notice = "the full MNIST was not found: the shipped subset is used"
    return run(OLD, BROKEN, NEW, expectations=RULES, reference=NEW.id, notices=(notice,)), records


def judgement() -> Judgement:
    return judge(*small())


def comparison() -> Comparison:
    of, records = small()
    return compare_cells(
        Side(run=of, records=records, cell=NEW.id),
        Side(run=of, records=records, cell=OLD.id),
        rules=of.rules,
        at=None,
    )


def test_the_formats_are_found_by_their_files() -> None:
    assert ("github", "html", "json", "junit", "markdown", "terminal") == REPORT.names()
    with pytest.raises(UsageError, match="there is no format 'pdf' for a report"):
        render("pdf", judgement())


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in RENDERED for name in kind.names()]
)
def test_every_format_is_a_module_that_renders_and_says_what_it_is(
    kind: Rendered, name: str
) -> None:
    module = import_module(f"{kind.package}.{name}")
    assert module.__doc__
    parameters = list(signature(module.render).parameters.values())
    assert [one.default is one.empty for one in parameters] == [True] + [False] * (
        len(parameters) - 1
    )


def test_every_package_of_formats_is_in_the_registry() -> None:
    folder = Path(harness.formats.__file__).parent
    offering = {
        one.parent.name
        for one in folder.glob("*/*.py")
        if "\ndef render(" in one.read_text(encoding="utf-8")
    }
    packages = {f"harness.formats.{one}" for one in offering}
    assert packages | {"harness.formats"} == {kind.package for kind in RENDERED}


@pytest.mark.parametrize("command", [["run"], ["report"], ["compare", "a", "b"], ["check", "a"]])
def test_an_unknown_format_is_refused_before_anything_is_done(command: list[str]) -> None:
    refused = CliRunner().invoke(app, [*command, "--format", "pdf"])
    assert isinstance(refused.exception, UsageError)
    assert "there is no format 'pdf' for " in str(refused.exception)


@pytest.mark.parametrize("name", ["terminal", "markdown", "json"])
@pytest.mark.parametrize("kind", ["run", "comparison"])
def test_a_small_report_reads_as_written_down(name: str, kind: str) -> None:
    ending = {"terminal": "txt", "markdown": "md", "json": "json"}[name]
    golden = GOLDEN / f"{kind}.{ending}"
    shown = render(name, judgement() if kind == "run" else comparison())
    assert golden.read_text(encoding="utf-8") == shown


@pytest.mark.parametrize("name", REPORT.names())
def test_the_same_records_give_the_same_bytes(name: str) -> None:
    of, records = small()
    shuffled = list(records)
    random.Random(1).shuffle(shuffled)
    assert render(name, judge(of, records)) == render(name, judge(of, shuffled))


def test_the_terminal_report_stays_within_its_width() -> None:
    for width in (60, 80, 100, 140):
        lines = render("terminal", judgement(), width=width).split("\n")
        commands = [line for line in lines if line.startswith("  - harness ")]
        assert commands, "what is broken in two cannot be pasted"
        assert max(len(line) for line in lines if line not in commands) <= width


def test_the_environment_of_the_reader_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = render("terminal", judgement(), color=True)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "JUPYTER_COLUMNS"):
        monkeypatch.setenv(name, "7")
    assert before == render("terminal", judgement(), color=True)
    assert "\x1b[32m" in before
    assert "\x1b" not in render("terminal", judgement())


def test_the_grid_comes_before_the_findings_and_those_before_the_differences() -> None:
    for name in ("terminal", "markdown"):
        shown = render(name, judgement())
        places = [shown.index(word) for word in ("verdict", "Findings", "What differs")]
        assert sorted(places) == places


def test_twelve_packages_are_shown_before_the_rest_is_counted() -> None:
    many = {f"package-{number:03}": "1.0" for number in range(424)}
    records = [*healthy(NEW), *healthy(OLD, packages=many)]
    judged = judge(run(NEW, OLD), records)
    shown = render("terminal", judged)
    assert "... and 413 more (harness report 20261120T234501Z-3f9a --format markdown)" in shown
    assert shown.index("numpy") < shown.index("... and 413 more")
    assert "package-423" in render("markdown", judged)


def test_markdown_keeps_its_budget_and_says_what_it_left_out() -> None:
    cells = [replace(OLD, id=f"cell-{number}") for number in range(40)]
    many = {f"{'p' * 100}-{number}": "v" * 150 for number in range(300)}
    records = healthy(NEW)
    for one in cells:
        records += healthy(one, packages=many)
    shown = render("markdown", judge(run(NEW, *cells), records))
    assert len(shown.encode()) <= BUDGET
    assert "more parts were left out" in shown
    assert "## Next" in shown


def test_many_cells_fit_a_narrow_terminal() -> None:
    cells = [replace(OLD, id=f"cell-{number}") for number in range(12)]
    records = [*healthy(NEW), *(one for of in cells for one in healthy(of))]
    shown = render("terminal", judge(run(NEW, *cells), records))
    assert "... and 9 more cells" in shown
    assert all(f"cell-{number}" in shown for number in range(12))


def test_the_published_schema_is_the_one_the_report_follows() -> None:
    published = Path(harness.formats.__file__).parent / "report.schema.json"
    assert published.read_text(encoding="utf-8") == schema_text()


def test_json_tells_numbers_as_numbers_and_what_is_not_finite_as_text() -> None:
    odd = healthy(NEW, mnist={**mnist_facts(), "mnist.loss": (1.0, float("nan"), float("-inf"))})
    told = json.loads(render("json", judge(run(NEW), odd)))
    values = {one["fact"]: one["values"][NEW.id] for one in told["not_judged"]}
    assert [1.0, "nan", "-inf"] == values["mnist.loss"]
    assert 0.9512 == told["cells"][0]["test_accuracy"]
    assert 1 == told["schema_version"]


def test_a_finished_cell_is_one_line() -> None:
    of, records = small()
    passed = finished_line(2, 4, judge_cell(of, records, OLD.id), 41.23)
    failed = finished_line(3, 4, judge_cell(of, records, BROKEN.id), 5.0)
    assert "[2/4] tf1.2.1-py3.13            pass  L3  41.2 s" == passed
    assert failed.startswith(
        "[3/4] tf1.2.1-gpu-py3.13        fail  L0  5.0 s  libcusolver.so.8.0: "
    )


def test_an_empty_run_says_so() -> None:
    for name in ("terminal", "markdown", "html"):
        assert "No cell was run." in render(name, judge(run(), []))
