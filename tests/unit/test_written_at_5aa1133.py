"""What the harness wrote at commit 5aa1133 loads and judges as it did then, byte for byte.

`written_at_5aa1133/` holds a store with a run of the quick cells that was made there and a nightly
run that was imported, the export of the first run, and its three reports.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.commands.report import judged
from harness.commands.transfer import export_run, import_run
from harness.errors import Exit
from harness.model import Level, Verdict
from harness.store.store import Store

REPORTS = Path(__file__).resolve().parents[2] / "reports"
WRITTEN = Path(__file__).with_name("written_at_5aa1133")
RUN = "20261128T210550Z-25d8"
NIGHTLY = "20261121T165718Z-2300"
CELLS = ("tf1.2.1-py2.7", "tf1.14.0-py2.7", "tf2.11.1-py3.9", "tf2.21.0-py3.13")


def content(name: str) -> bytes:
    """A file as it was written, unpacked."""
    packed = WRITTEN / f"{name}.gz"
    return (
        gzip.decompress(packed.read_bytes()) if packed.exists() else (WRITTEN / name).read_bytes()
    )


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of the store that commands use; there is none yet."""
    path = tmp_path / "store.sqlite3"
    monkeypatch.setenv("HARNESS_STORE", str(path))
    return path


@pytest.fixture
def old(store: Path) -> Path:
    """The store as it was written."""
    store.write_bytes(content("store.sqlite3"))
    return store


def said(*words: str, status: Exit = Exit.OK) -> bytes:
    """What the command line prints."""
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert status == done.exit_code
    return done.stdout_bytes


def test_the_store_opens_and_lists_its_runs(old: Path) -> None:
    with Store(old, readonly=True) as store:
        runs = {run.id: (run.recorded, run.planned, run.imported) for run in store.runs()}
        assert {RUN: (24, 24, False), NIGHTLY: (114, 114, True)} == runs
        latest = store.latest_run()
        assert latest is not None
        assert RUN == latest.id
        assert () == store.attempts(RUN)
    listed = said("report", "--list").decode()
    lines = {line.split("  ")[0]: line for line in listed.splitlines()}
    assert f"{RUN}  pass  complete  24/24 records    4 cells   docker  tensorflow" in lines[RUN]
    assert lines[NIGHTLY].startswith(f"{NIGHTLY}  fail")
    assert lines[NIGHTLY].endswith("  imported")


def test_a_native_run_is_judged_as_it_was(old: Path) -> None:
    judgement = judged(RUN)
    found = {one.cell.id: (one.verdict, one.level) for one in judgement.cells}
    assert dict.fromkeys(CELLS, (Verdict.PASS, Level.L3)) == found
    assert Exit.OK == judgement.exit


def test_an_imported_run_is_judged_as_it_was(old: Path) -> None:
    judgement = judged(NIGHTLY)
    wrong = {one.cell.id: (one.verdict, one.level) for one in judgement.cells if one.findings}
    assert {
        "tf1.2.1-gpu-py3.6": (Verdict.FAIL, Level.L0),
        "tf2.14.1-cuda11-py3.11": (Verdict.UNVERIFIED, Level.L1),
        "tf2.18.1-cuda12-py3.12": (Verdict.UNVERIFIED, Level.L1),
        "tf2.18.1-cudnn8-py3.12": (Verdict.DRIFT, Level.L1),
    } == wrong
    assert 19 == len(judgement.cells)
    assert Exit.FINDINGS == judgement.exit


@pytest.mark.parametrize("format", ["terminal", "markdown", "json"])
def test_a_report_has_the_bytes_it_had(old: Path, format: str) -> None:
    assert content(f"report.{format}") == said("report", RUN, "--format", format)


def test_a_run_is_exported_with_the_bytes_it_had(old: Path, tmp_path: Path) -> None:
    export_run(RUN, tmp_path / "again.jsonl")
    assert content("export.jsonl") == (tmp_path / "again.jsonl").read_bytes()


@pytest.mark.parametrize("format", ["terminal", "markdown", "json"])
def test_an_export_taken_in_elsewhere_is_judged_the_same(
    store: Path, tmp_path: Path, format: str
) -> None:
    file = tmp_path / "export.jsonl"
    file.write_bytes(content("export.jsonl"))
    assert f"imported run {RUN}" in import_run(file).text
    assert content(f"report.{format}") == said("report", RUN, "--format", format)


def test_taking_the_export_into_the_store_it_came_from_changes_nothing(
    old: Path, tmp_path: Path
) -> None:
    file = tmp_path / "export.jsonl"
    file.write_bytes(content("export.jsonl"))
    with Store(old, readonly=True) as store:
        before = store.records(RUN)
    import_run(file)
    with Store(old, readonly=True) as store:
        assert before == store.records(RUN)


@pytest.mark.parametrize(
    ("folder", "format", "file", "status"),
    [
        ("example", "terminal", "report.txt", Exit.OK),
        ("example", "markdown", "report.md", Exit.OK),
        ("example", "json", "report.json", Exit.OK),
        ("nightly", "terminal", "report.txt", Exit.FINDINGS),
    ],
)
def test_a_committed_report_is_what_its_committed_records_give(
    store: Path, folder: str, format: str, file: str, status: Exit
) -> None:
    import_run(REPORTS / folder / "records.jsonl")
    with Store(store, readonly=True) as opened:
        (run,) = opened.runs()
    expected = (REPORTS / folder / file).read_bytes()
    assert expected == said("report", run.id, "--format", format, status=status)
