"""Which cells a command is about."""

import pytest

from harness.errors import UsageError
from harness.model import Cell, Excluded, Suite
from harness.suite.selection import select

SUITE = Suite(
    name="s",
    root="/s",
    digest="",
    cells=(
        Cell(id="tf1.2.1-py2.7", image="a:1", tags=("quick", "nightly")),
        Cell(id="tf1.2.1-py3.6", image="a:2", tags=("nightly",)),
        Cell(id="hub-2.11", image="a:3", tags=("registry",)),
    ),
    excluded=(Excluded(id="tf1.2.1-py3.13", reason="there is no wheel"),),
    default=("quick",),
)


def ids(cells: tuple[Cell, ...]) -> list[str]:
    return [cell.id for cell in cells]


def test_without_a_selection_the_default_tags_choose() -> None:
    assert ["tf1.2.1-py2.7"] == ids(select(SUITE))


def test_without_default_tags_every_cell_is_chosen() -> None:
    suite = Suite(name="s", root="/s", digest="", cells=SUITE.cells)

    assert suite.cells == select(suite)


@pytest.mark.parametrize(
    ("cells", "tags", "chosen"),
    [
        (["*py3.6"], [], ["tf1.2.1-py3.6"]),
        (["hub-*", "tf*2.7"], [], ["tf1.2.1-py2.7", "hub-2.11"]),
        (["tf1.2.1-py[23].[67]"], [], ["tf1.2.1-py2.7", "tf1.2.1-py3.6"]),
        ([], ["nightly"], ["tf1.2.1-py2.7", "tf1.2.1-py3.6"]),
        ([], ["registry", "quick"], ["tf1.2.1-py2.7", "hub-2.11"]),
        (["*py2.7", "hub-*"], ["nightly"], ["tf1.2.1-py2.7"]),
    ],
)
def test_globs_and_tags_choose_in_the_suites_order_and_together_both_must_hold(
    cells: list[str], tags: list[str], chosen: list[str]
) -> None:
    assert chosen == ids(select(SUITE, cells, tags))


@pytest.mark.parametrize(
    ("cells", "tags", "message", "remedy"),
    [
        (["tf1.2.1-py27"], [], "no cell matches `tf1.2.1-py27`", "did you mean `tf1.2.1-py2.7`?"),
        (["TF*"], [], "no cell matches `TF*`", "the cells are: hub-2.11, tf1.2.1-py2.7"),
        ([], ["quik"], "no cell has the tag `quik`", "did you mean `quick`?"),
        (["hub-*"], ["quick"], "no cell matches `hub-*` and has one of the tags `quick`", "alone"),
        (["*py3.13"], [], "cell `tf1.2.1-py3.13` is left out: there is no wheel", ""),
    ],
)
def test_what_selects_nothing_is_a_usage_error_that_says_what_there_is(
    cells: list[str], tags: list[str], message: str, remedy: str
) -> None:
    with pytest.raises(UsageError) as caught:
        select(SUITE, cells, tags)

    assert message == caught.value.message
    assert remedy in caught.value.remedy
