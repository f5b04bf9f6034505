from __future__ import annotations

from pathlib import Path

import pytest

from harness.machine.places import Places

HOME = Path("/home/ada")


def places(**env: str) -> Places:
    return Places.from_environment(env, HOME)


def test_without_variables_everything_lies_in_the_home_folder() -> None:
    assert (
        Places(
            store=HOME / ".local/state/harness/store.sqlite3",
            cache=HOME / ".cache/harness",
            data=None,
            reports=Path("reports"),
        )
        == places()
    )


def test_xdg_variables_move_store_and_cache() -> None:
    moved = places(XDG_STATE_HOME="/s", XDG_CACHE_HOME="/c")
    assert Path("/s/harness/store.sqlite3") == moved.store
    assert Path("/c/harness") == moved.cache


@pytest.mark.parametrize("value", ["", "relative/folder"])
def test_an_empty_or_relative_xdg_variable_counts_as_unset(value: str) -> None:
    assert places() == places(XDG_STATE_HOME=value, XDG_CACHE_HOME=value)


@pytest.mark.parametrize(
    ("variable", "place"),
    [
        ("HARNESS_STORE", "store"),
        ("HARNESS_CACHE", "cache"),
        ("HARNESS_DATA", "data"),
        ("HARNESS_REPORTS", "reports"),
    ],
)
def test_each_variable_moves_its_own_place_and_no_other(variable: str, place: str) -> None:
    moved = places(**{variable: "/elsewhere", "XDG_STATE_HOME": "/s"})
    plain = places(XDG_STATE_HOME="/s")
    names = ("store", "cache", "data", "reports")
    assert Path("/elsewhere") == getattr(moved, place)
    assert [place] == [name for name in names if getattr(moved, name) != getattr(plain, name)]


def test_an_empty_variable_counts_as_unset() -> None:
    assert places() == places(HARNESS_STORE="", HARNESS_CACHE="", HARNESS_DATA="")


@pytest.mark.parametrize(
    ("written", "meant"), [("~", HOME), ("~/d", HOME / "d"), ("~bob/d", Path("~bob/d"))]
)
def test_a_tilde_is_the_home_folder_of_the_user(written: str, meant: Path) -> None:
    assert meant == places(HARNESS_DATA=written).data


def test_help_names_every_place_with_the_variable_that_moves_it() -> None:
    expected = (
        ("store", "/home/ada/.local/state/harness/store.sqlite3", "HARNESS_STORE"),
        ("cache", "/home/ada/.cache/harness", "HARNESS_CACHE"),
        ("data", "/data", "HARNESS_DATA"),
        ("reports", "reports", "HARNESS_REPORTS"),
    )
    assert expected == places(HARNESS_DATA="/data").rows()


def test_help_says_where_data_sets_come_from_when_none_were_named() -> None:
    expected = ("data", "/home/ada/.cache/harness, then the subset that is shipped", "HARNESS_DATA")
    assert expected in places().rows()
