"""docs/attacks.md has a row for every attack that a test carries out, and no other."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.attack_table import Attack, merged, page, rows_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "attacks.md").read_text("utf-8")


def carried_out() -> set[tuple[str, str, str]]:
    """(area, what is done, test) of every `pytest.mark.attack(area, done)`."""
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for mark in function.decorator_list:
                if (
                    isinstance(mark, ast.Call)
                    and isinstance(mark.func, ast.Attribute)
                    and mark.func.attr == "attack"
                ):
                    area, done = (ast.literal_eval(one) for one in mark.args)
                    found.add((area, done, function.name))
    return found


def test_every_attack_has_its_row_and_no_other_has() -> None:
    assert carried_out() == {(row.area, row.done, row.test) for row in rows_of(PAGE)}


def test_the_page_reads_as_it_was_written() -> None:
    assert page(rows_of(PAGE)) == PAGE


def test_rows_of_tests_that_ran_replace_those_that_stood_there() -> None:
    old = Attack(area="a", done="b", said="before", test="test_x")
    other = Attack(area="c", done="d", said="x | y\nz", test="test_y")
    new = Attack(area="a", done="b", said="now", test="test_x")

    text = merged(page([old, other]), [new])

    assert ["now", "x \\| y z"] == [row.said for row in rows_of(text)]
    assert text == merged(text, [new])
