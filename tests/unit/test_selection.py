"""Which cells a command is about."""

from dataclasses import replace

import pytest

from harness.errors import UsageError
from harness.model import AskedMore, Cell, Excluded, Suite
from harness.suite.selection import select, tags_of, with_tags

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


MORE = replace(
    SUITE,
    asked_more=(
        AskedMore(tag="nightly", probes=("slow",), settings=(("mnist", (("steps", 9),)),)),
        AskedMore(tag="registry", probes=("other",)),
    ),
)


def test_a_run_that_is_selected_by_a_tag_asks_more_of_every_cell() -> None:
    asked = with_tags(MORE, ("nightly",))
    assert ("slow",) == asked.also
    assert {(("mnist", (("steps", 9),)),)} == {cell.settings for cell in asked.cells}


def test_settings_of_a_tag_replace_those_of_the_cell_and_leave_the_others() -> None:
    own = replace(SUITE.cells[0], settings=(("mnist", (("steps", 5), ("threads", 1))),))
    (cell,) = with_tags(replace(MORE, cells=(own,)), ("nightly",)).cells
    assert (("mnist", (("steps", 9), ("threads", 1))),) == cell.settings


def test_without_the_tag_nothing_is_asked_more() -> None:
    assert MORE is with_tags(MORE, ("quick",))


def test_the_tags_of_a_selection_are_those_named_else_the_default_ones() -> None:
    assert ("quick",) == tags_of(SUITE, (), ())
    assert ("nightly",) == tags_of(SUITE, (), ("nightly",))
    assert () == tags_of(SUITE, ("*py2.7",), ())
