"""Read which failure a row expects of its cell, and find problems with that expectation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.errors import Problem
from harness.model import Cell, ExpectedFailure, Level
from harness.suite.document import Document
from harness.suite.lines import Where
from harness.text import name_remedy

if TYPE_CHECKING:
    from harness.suite.schema import ExpectTable


def expected_failure(table: ExpectTable | None) -> ExpectedFailure | None:
    """The failure that a row expects; None if it expects none."""
    if table is None:
        return None
    return ExpectedFailure(
        level=Level(table.level),
        breakage=table.breakage,
        reason=table.reason,
        until=table.until,
    )


def expect_problems(
    document: Document, cell: Cell, where: Where, reference: str
) -> Iterator[Problem]:
    """The problems of the failure that the row at `where` expects of its cell."""
    expect = cell.expect
    if expect is None:
        return
    inside = (*where, "expect")
    if expect.level.rank >= cell.level.rank:
        yield document.problem(
            f"cell `{cell.id}` is expected to fail after {expect.level}, "
            f"and should reach {cell.level} only: that is no failure",
            (*inside, "level"),
            remedy="expect a level below the cell's `level`",
        )
    if cell.id == reference:
        yield document.problem(
            f"cell `{cell.id}` is the reference, and is expected to fail",
            inside,
            at_key=True,
            remedy="name a `reference` that works, or take `expect` out",
        )
    if expect.breakage:
        yield from _breakage(document, expect.breakage, (*inside, "breakage"))


def _breakage(document: Document, id: str, where: Where) -> Iterator[Problem]:
    from harness.knowledge.library import breakages
    from harness.knowledge.signatures import is_recognised

    known = {one.id: one for one in breakages()}
    recognised = [name for name, one in known.items() if is_recognised(one)]
    if id not in known:
        yield document.problem(
            f"there is no breakage `{id}`",
            where,
            remedy=name_remedy(id, recognised, what="`harness explain` lists them, as"),
        )
    elif id not in recognised:
        yield document.problem(
            f"the breakage `{id}` is not recognised in what a probe prints",
            where,
            remedy="leave `breakage` out, or name one that is",
        )
