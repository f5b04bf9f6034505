"""The tables of who reads whose files: made of the committed result, and of nothing else."""

from __future__ import annotations

import json

from scripts import file_table
from scripts.file_table import PAGE, RESULT, page_with, rows


def result() -> dict[str, object]:
    found: dict[str, object] = json.loads(RESULT.read_text("utf-8"))
    return found


def test_the_page_has_the_table_of_the_committed_result() -> None:
    page = PAGE.read_text("utf-8")
    assert page == page_with(page, result()), "run python scripts/file_table.py"


def test_every_reader_was_asked_about_every_file() -> None:
    told = list(rows(result()))
    assert "not asked" not in "\n".join(told)
    readers = json.loads(RESULT.read_text("utf-8"))["readers"]
    assert 4 <= len(readers)
    assert len(file_table.FORMATS) == len(
        [one for one in told if one.startswith("| written by | ")]
    )
    for version in readers:
        written = [line for line in told if line.startswith(f"| {version} | ")]
        unwritten = [line for line in told if "Not written" in line and f" {version}" in line]
        assert len(file_table.FORMATS) == len(written) + len(unwritten)
        assert {2 + len(readers)} == {line.count("|") for line in written}


def test_what_was_not_written_is_below_its_table_and_errors_that_begin_alike_are_one() -> None:
    long = f"ValueError: {'x' * 120}"
    readers = {
        version: {
            "reads": ["1.0 savedmodel", "2.0 savedmodel"],
            "cannot_read": [f"2.0 hdf5: {long}{version}", "1.0 frozen: `A|B`"],
            "not_written": ["1.0 hdf5: no h5py", "1.0 keras: no h5py", "2.0 keras: not yet"],
        }
        for version in ("1.0", "2.0")
    }
    told = list(rows({"readers": readers, "measured_by": "a test"}))
    hdf5 = told[told.index("## HDF5") : told.index("## .keras")]
    assert ["| 2.0 | 1 | 1 |", "", "Not written by 1.0 (2).", ""] == hdf5[4:]
    assert "Not written by 1.0 (2); by 2.0 (3)." in told
    assert f"1. `{long[:120]}...`" in told
    assert "4. `'A|B'`" in told
    assert "| 2.0 | not asked | not asked |" in told


def test_a_release_reads_what_it_has_written_itself() -> None:
    for version, facts in json.loads(RESULT.read_text("utf-8"))["readers"].items():
        for kind in file_table.FORMATS:
            own = f"{version} {kind}"
            unwritten = any(one.startswith(f"{own}: ") for one in facts["not_written"])
            assert unwritten or own in facts["reads"], own


def test_what_reads_is_within_its_bound() -> None:
    for facts in json.loads(RESULT.read_text("utf-8"))["readers"].values():
        assert len(facts["reads"]) == len(facts["largest_difference"])
        assert all(0 <= one <= 1e-5 for one in facts["largest_difference"])
        assert 1 == len(facts["images_sha256"]), "every writer predicted of the same images"
