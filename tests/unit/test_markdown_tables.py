"""Tables in Markdown, as people and GitHub read them."""

from __future__ import annotations

from harness.formats.table import long_table, table


def test_columns_are_padded_and_to_the_left() -> None:
    told = table(["fact", "why"], [["`a`", ""], ["a long one", " x "]])
    assert told.splitlines() == [
        "| fact       | why   |",
        "|:-----------|:------|",
        "| `a`        |       |",
        "| a long one | x     |",
    ]


def test_a_table_without_rows_has_its_head() -> None:
    assert table(["a"], []).splitlines() == ["| a   |", "|-----|"]
    assert table([""], [["b"]]).splitlines() == ["|    |", "|:---|", "| b  |"]


def test_a_long_table_reads_as_any_other() -> None:
    head, rows = ["fact", "why"], [["`a`", ""], ["a long one", " x "]]
    assert long_table(head, rows) == table(head, rows)
