"""What a command writes: looked at before anything starts, and never lost."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness import cli
from harness.commands.output import put_out, written
from harness.commands.run import write_reports
from harness.compare.judge import judge
from harness.distributions.cache import DistributionCache
from harness.distributions.fetch import fetch_missing
from harness.distributions.index import IndexFile, IndexUnreachable, PackageIndex
from harness.errors import InfrastructureError, NothingToRunError, UsageError, WrongLockError
from harness.machine.files import check_file, check_folder
from harness.machine.places import places_here
from harness.model import Artifact, Band, Excluded, Expectation, Place
from harness.store.store import Store
from harness.suite.selection import select
from tests.unit.builders import MNIST, PYTHON, cell, healthy, python_facts, record, run
from tests.unit.scripted import SUITE

FULL = Path("/dev/full")


@pytest.fixture
def harness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """The command line in this process: status, output, errors."""
    for name in ("STORE", "REPORTS", "CACHE"):
        monkeypatch.setenv(f"HARNESS_{name}", str(tmp_path / name))

    def ran(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["harness", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return ran


@pytest.mark.parametrize(
    "option",
    [
        ("--output", "/nonexistent/x"),
        ("--output", "/dev"),
        ("--output", "/dev/null"),
        ("--record-to", "/dev/null/x"),
        ("--format", "jsn"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_written_is_refused_before_anything_starts(
    harness: Callable[..., tuple[int, str, str]], tmp_path: Path, option: tuple[str, str]
) -> None:
    status, out, err = harness("run", "--suite", "standard", *option)
    assert (2, "") == (status, out)
    assert err.startswith("error: ")
    assert "= help: " in err
    assert [] == list(tmp_path.iterdir())


def test_a_reports_folder_that_cannot_be_is_refused_before_anything_starts(
    harness: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_REPORTS", "/dev/null/reports")
    status, _, err = harness("run", "--suite", "standard")
    assert 2 == status
    assert "/dev/null/reports cannot be a folder: /dev/null is none" in err
    assert [] == list(tmp_path.iterdir())


def test_looking_at_a_place_leaves_nothing_there(tmp_path: Path) -> None:
    check_file(tmp_path / "report.md")
    check_folder(tmp_path / "a" / "b")
    assert [] == list(tmp_path.iterdir())
    (tmp_path / "link").symlink_to(tmp_path / "x")
    with pytest.raises(UsageError, match="symbolic link"):
        check_file(tmp_path / "link")


def test_a_full_disk_behind_standard_output_is_said_and_is_no_bug(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with FULL.open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(InfrastructureError, match="No space left on device"):
            put_out("a report\n")


def test_a_closed_standard_output_is_said_and_is_no_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(InfrastructureError, match="it is closed"):
        put_out("a report\n")


def test_a_reader_who_has_gone_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        put_out("a report\n" * 10_000)
        put_out("and more\n")


def test_signs_that_an_output_does_not_know_are_written_as_escapes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HARNESS_STORE", str(tmp_path / "store"))
    of = run(cell())
    with Store(tmp_path / "store") as store:
        store.begin(of)
        for one in healthy(cell()):
            store.record(one)
        store.finish(of.id, ended=of.ended, state="complete")
    kept = tmp_path / "out"
    with kept.open("wb") as raw:
        stream = io.TextIOWrapper(raw, encoding="ascii")
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(sys, "argv", ["harness", "report", of.id])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        monkeypatch.undo()
        stream.flush()
    assert 0 == ended.value.code
    assert "\\u2713 tf2.21.0-py3.13" in kept.read_bytes().decode("ascii")


def test_a_report_whose_file_is_refused_at_last_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InfrastructureError, match="it was printed instead"):
        written("the report", tmp_path / "gone" / "report.md")
    assert "the report\n" == capsys.readouterr().out


def test_a_run_leaves_its_report_as_text_for_programs_and_as_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_REPORTS", str(tmp_path))
    judged = judge(run(cell()), healthy(cell()))
    markdown, tree, page = write_reports(judged)
    assert ("report.md", "report.json", "report.html") == (markdown.name, tree.name, page.name)
    for path, begins in ((markdown, "# run "), (tree, "{\n"), (page, "<!doctype html>")):
        assert path.parent == tmp_path / judged.run.id
        assert path.read_text("utf-8").startswith(begins)


def test_copies_of_a_report_that_cannot_be_written_are_refused_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_REPORTS", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        write_reports(judge(run(cell()), healthy(cell())))


def test_a_suite_whose_every_cell_is_left_out_says_so_cell_by_cell() -> None:
    left_out = (
        Excluded(id="a", reason="no wheel", place=Place(path="matrix.yaml", line=7)),
        Excluded(id="b", reason="too old"),
    )
    suite = replace(SUITE, cells=(), excluded=left_out)
    with pytest.raises(NothingToRunError) as error:
        select(suite)
    assert 5 == error.value.exit
    told = "every cell of the suite s is left out:\n  a: no wheel (matrix.yaml:7)\n  b: too old"
    assert told == error.value.message
    with pytest.raises(NothingToRunError):
        select(suite, ["a"])


def test_default_tags_that_no_cell_has_are_named() -> None:
    with pytest.raises(UsageError, match="no cell has one of the default tags `quick`"):
        select(replace(SUITE, default=("quick",)))


WHEEL = Artifact(name="six", version="1.16.0", filename="six-1.whl", sha256="a" * 64, size=1)


class Listing(PackageIndex):
    """An index that lists one file."""

    def __init__(self, filename: str) -> None:
        super().__init__("")
        self.filename = filename

    def files(self, project: str) -> tuple[IndexFile, ...]:
        """One file with another hash."""
        return (
            IndexFile(
                project=project,
                filename=self.filename,
                url="",
                sha256="b" * 64,
                version="1.16.0",
                requires_python="",
                uploaded="",
                yanked=False,
            ),
        )


def test_a_wrong_hash_is_a_mistake_in_the_lock(tmp_path: Path) -> None:
    cache = DistributionCache(tmp_path)
    with pytest.raises(WrongLockError, match="the lock is wrong: it gives six-1") as error:
        fetch_missing([WHEEL], cache, Listing("six-1.whl"))
    assert not isinstance(error.value, InfrastructureError)


def test_a_file_that_left_the_index_is_no_mistake_in_the_lock(tmp_path: Path) -> None:
    with pytest.raises(IndexUnreachable, match="is not on the package index"):
        fetch_missing([WHEEL], DistributionCache(tmp_path), Listing("six-2.whl"))


@pytest.mark.parametrize("home", ["", "relative"])
def test_without_a_home_nothing_lies_in_the_root(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: str
) -> None:
    for name in ("HARNESS_STORE", "HARNESS_CACHE", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", home)
    with pytest.raises(UsageError, match="HOME is"):
        places_here()
    monkeypatch.setenv("HARNESS_STORE", str(tmp_path / "s"))
    with pytest.raises(UsageError, match="HOME is"):
        places_here()
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "c"))
    assert tmp_path / "s" == places_here().store


def test_a_level_that_nothing_shows_names_the_probe_that_would() -> None:
    of = replace(run(cell(), probes=(PYTHON,)), unasked=(MNIST,))
    (found,) = judge(of, [record("python", python_facts())]).findings
    assert (
        "L1 (starts) is unverified: no probe that shows it was run; mnist can show it"
        == found.title
    )
    assert "add --probe mnist, or leave out --probe to run every probe" == found.remedy


def test_a_cell_without_a_framework_is_told_to_claim_one() -> None:
    bare = replace(cell(), framework=())
    of = replace(run(bare, probes=(PYTHON,)), unasked=(MNIST,))
    (found,) = judge(of, [record("python", python_facts())]).findings
    assert "the cell claims no framework" in found.title
    assert "claim one in the cell's row (`framework:`): tensorflow" == found.remedy


def test_rules_for_what_was_not_asked_are_no_news() -> None:
    rules = (
        Expectation(facts="mnist.loss", rule="exact"),
        Expectation(facts="package.numpy", rule="exact"),
        Expectation(facts="python.versoin", rule="exact"),
    )
    bands = (Band(fact="mnist.test_accuracy", dataset="mnist", steps=200, low=0.9, high=1.0),)
    of = run(cell(), probes=(PYTHON,), expectations=rules, bands=bands)
    records = [record("python", python_facts())]
    told = judge(replace(of, unasked=(MNIST,)), records).notices
    assert (
        "the rule for `python.versoin` matched no fact: did you mean `python.version`?",
    ) == told
    assert any("these bands judged nothing" in one for one in judge(of, records).notices)
