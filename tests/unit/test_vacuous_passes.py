"""docs/vacuous-passes.md counts the ways to be green with nothing behind it that tests try."""

from __future__ import annotations

from pathlib import Path

from tests.attack_table import rows_of
from tests.vacuous_passes import PAGE, PASSES, folders, page

DOCS = Path(__file__).parents[2] / "docs"
WANTED, WANTED_REAL = 30, 8
NAMED = [test for tests in PASSES.values() for test in tests]


def test_the_page_has_what_tests_try_in_the_words_of_the_harness() -> None:
    assert page(rows_of((DOCS / "attacks.md").read_text("utf-8"))) == (DOCS / PAGE).read_text(
        "utf-8"
    )


def test_there_are_as_many_as_were_asked_for_and_none_is_counted_twice() -> None:
    assert len(NAMED) == len(set(NAMED)) >= WANTED
    assert WANTED_REAL <= sum(folders()[name] == "real" for name in NAMED)
