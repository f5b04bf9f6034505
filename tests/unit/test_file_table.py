"""The table of who reads whose files: made of the committed result, and of nothing else."""

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
    table = list(rows(result()))
    assert "not asked" not in "\n".join(table)
    readers = json.loads(RESULT.read_text("utf-8"))["readers"]
    assert 4 <= len(readers)
    lines = [line for line in table if line.startswith("| ") and "---" not in line][1:]
    assert len(readers) * len(file_table.FORMATS) == len(lines)


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
