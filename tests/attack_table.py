"""The table of attacks in docs/attacks.md: what was done, and what the harness said.

A test that carries `pytest.mark.attack(AREA, DONE)` hands the harness's own words to the fixture
`says`. Where HARNESS_ATTACK_TABLE names the page, the rows of the tests that ran replace those that
stand there; rows of tests that did not run stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

HEAD = """# Attacks: what was done, what the harness says

Each row was written by a test that does to an image, a host or a command what stands in the second
column, and reads what the harness says of it (`HARNESS_ATTACK_TABLE=docs/attacks.md scripts/test`
writes the page again). Those that would be green with nothing behind it are counted in
[vacuous-passes.md](vacuous-passes.md). What an image that wants to lie can still do is in
[untrusted.md](untrusted.md).

| area | what was done | what the harness says | test |
| --- | --- | --- | --- |
"""


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Attack:
    """One row."""

    area: str
    done: str
    said: str
    test: str


def page(rows: Iterable[Attack]) -> str:
    """The whole page."""
    lines = [
        f"| {row.area} | {row.done} | {plain(row.said)} | `{row.test}` |" for row in sorted(rows)
    ]
    return HEAD + "\n".join(lines) + "\n"


def rows_of(text: str) -> list[Attack]:
    """The rows that stand on a page."""
    found = []
    for line in text.splitlines():
        cells = line.removeprefix("| ").removesuffix(" |").split(" | ")
        if line.startswith("| ") and len(cells) == 4 and cells[3].startswith("`"):
            area, done, said, test = cells
            found.append(Attack(area=area, done=done, said=said, test=test.strip("`")))
    return found


def merged(text: str, ran: Iterable[Attack]) -> str:
    """The page with the rows of the tests that ran in place of those that stood there."""
    new = {(row.area, row.done): row for row in ran}
    kept = [row for row in rows_of(text) if (row.area, row.done) not in new]
    return page([*kept, *new.values()])


def plain(text: str) -> str:
    """Text as a cell of the table has it."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(shown.split()).replace("\\|", "|").replace("|", "\\|")
