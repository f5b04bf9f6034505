"""The cell that stands in for an old image: which one, and that a whole suite is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness import standard
from harness.check.emitted import suite_text
from harness.check.instead import Instead, instead_of
from harness.check.subject import Subject, subject_of
from harness.commands.emit import emit_cell
from harness.errors import UsageError
from harness.model import Cell, Suite
from harness.recipes.orders import lock_of, locked_recipe
from harness.recipes.recipe import digest
from harness.suite.document import read_document
from harness.suite.matrix import load_suite
from tests.unit.check_builders import HERE, cpu_image, host, reading, subject

SUITE = load_suite(standard.default_suite())
LOCKED = {cell.id for cell in SUITE.cells if cell.base and not cell.gpu}


def of(version: str, python: str = "3.11") -> Subject:
    config = cpu_image(version, python)
    return subject_of(reading(config, f"tensorflow/tensorflow:{version}"))


def chosen(about: Subject, **machine: object) -> Instead:
    return instead_of(about, host(**machine), SUITE, lambda cell: cell.id in LOCKED)  # type: ignore[arg-type]


def silent(_: str) -> None:
    raise AssertionError("nothing is resolved where there is a lock")


def test_the_same_release_on_the_same_major_python_is_taken_first() -> None:
    found = chosen(subject())
    assert ("1.2.1", True) == (dict(found.cell.framework)["tensorflow"], found.locked)
    assert found.cell.python in ("2.7", "3.6")
    assert "the same release (tensorflow 1.2.1)" in found.why


def test_a_cell_that_is_there_to_fail_is_never_taken() -> None:
    assert "tf1.2.1-gpu-py3.6" in LOCKED
    assert "tf1.2.1-gpu-py3.6" != chosen(subject()).cell.id
    with_gpu = {"gpu": "Tesla K80", "capability": "3.7"}
    assert "tf1.2.1-gpu-py3.6" != chosen(subject(), **with_gpu).cell.id


def test_a_release_that_was_seen_to_work_becomes_a_new_row() -> None:
    found = chosen(of("2.16.2"))
    cell = found.cell
    assert ("tensorflow-2.16.2-py3.12", "3.12", False) == (cell.id, cell.python, found.locked)
    assert ("tensorflow-cpu==2.16.2", "setuptools") == cell.install
    assert "setuptools==80.9.0" in cell.constraints


@pytest.mark.parametrize(
    ("asked", "given"), [("1.3.0", "1.2.1"), ("2.11.0", "2.11.1"), ("0.12.0", "1.2.1")]
)
def test_else_the_nearest_release_is_taken_and_that_is_said(asked: str, given: str) -> None:
    found = chosen(of(asked))
    assert given == dict(found.cell.framework)["tensorflow"]
    assert f"tensorflow {given}, not {asked}" in found.why


def test_a_release_that_this_cpu_cannot_run_is_not_taken() -> None:
    found = chosen(of("2.15.0"), flags=("sse2",))
    assert dict(found.cell.framework)["tensorflow"] in ("1.2.1", "1.4.1")


def test_what_nobody_knows_has_nothing_instead() -> None:
    with pytest.raises(UsageError, match="not known which framework"):
        chosen(subject({"architecture": "amd64"}, "127.0.0.1:5000/own/image:1"))
    with pytest.raises(UsageError, match="has no cell of tensorflow"):
        instead_of(subject(), HERE, SUITE, lambda _: False)


@pytest.mark.parametrize(
    "cell",
    sorted(LOCKED - {"tf1.2.1-gpu-py3.6"} - {one.id for one in SUITE.cells if not one.framework}),
)
def test_what_is_written_builds_the_very_image_of_the_suite(cell: str, tmp_path: Path) -> None:
    original = next(one for one in SUITE.cells if one.id == cell)
    version = dict(original.framework)["tensorflow"]
    found, folder = emit_cell(of(version, original.python), HERE, tmp_path / "new", silent)
    written = load_suite(folder)
    (row,) = written.cells
    assert found.cell.id == row.id
    own = next(one for one in SUITE.cells if one.id == row.id)
    assert _recipe(SUITE, own) == _recipe(written, row)
    assert SUITE.rules.bands == written.rules.bands
    assert own.level == row.level


def _recipe(suite: Suite, cell: Cell) -> str:
    return digest(locked_recipe(suite, cell, lock_of(suite, cell)))


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    with pytest.raises(UsageError, match="already exists"):
        emit_cell(subject(), HERE, tmp_path / "new", silent)


def test_a_new_row_that_cannot_be_locked_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise UsageError("no engine")

    monkeypatch.setattr("harness.commands.emit.lock", refuse)
    with pytest.raises(UsageError, match="no engine"):
        emit_cell(of("2.16.2"), HERE, tmp_path / "new", silent)
    assert not (tmp_path / "new").exists()


def test_the_new_row_is_read_back_as_it_was_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.commands.emit.lock", lambda *_: None)
    found, folder = emit_cell(of("2.16.2"), HERE, tmp_path / "new", silent)
    (row,) = load_suite(folder).cells
    same = ("id", "framework", "python", "base", "install", "constraints", "as_of")
    assert {name: getattr(found.cell, name) for name in same} == {
        name: getattr(row, name) for name in same
    }
    assert (folder / "matrix.yaml").read_text("utf-8").startswith("# Instead of ")


@pytest.mark.parametrize(
    "text",
    ["no", "3.10", "1e5", "0o7", "~", "null", "# a", "a: b", "- a", "", "{a}"],
)
def test_a_text_stays_a_text_whatever_it_looks_like(text: str) -> None:
    tree = {"bases": {"b": {"python": text, "sources": [{"kind": text}]}}}
    written = suite_text(tree, Cell(id="c", base="b", install=(text,)), "said")
    read = read_document(written.encode(), "matrix.yaml")
    assert ((), tree["bases"]) == (tuple(read.problems), read.value["bases"])
    assert [text] == read.value["cells"][0]["install"]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@example("\x85")
@example("a\u2028b")
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    tree = {"bases": {"b": {"python": text}}}
    written = suite_text(tree, Cell(id="c", base="b", install=(text, text)), text)
    read = read_document(written.encode("utf-8"), "matrix.yaml")
    assert tree["bases"] == read.value["bases"]
    assert [text, text] == read.value["cells"][0]["install"]
    # Control characters are written so that they can be read, and refused by who reads them.
    assert all("cannot stand in a text" in one.message for one in read.problems)


@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028", "\v", "\f"])
def test_what_is_said_on_top_stays_a_comment(end: str) -> None:
    tree = {"bases": {"b": {"python": "3.12"}}}
    written = suite_text(tree, Cell(id="c", base="b"), f"Instead of a{end}version: 2{end}")
    assert 1 == read_document(written.encode(), "matrix.yaml").value["version"]
    assert all(line[:1] == "#" for line in written.splitlines()[:2])
