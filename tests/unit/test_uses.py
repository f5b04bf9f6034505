"""Who needs which images, and since when nobody does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.engines.oci.uses import Uses
from harness.errors import InfrastructureError
from harness.machine.owner import owner_token


@pytest.fixture
def mine(tmp_path: Path) -> Uses:
    return Uses(tmp_path, owner_token())


@pytest.fixture
def other(tmp_path: Path) -> Uses:
    return Uses(tmp_path, owner_token())


def test_what_one_holds_the_other_sees_until_it_is_let_go(mine: Uses, other: Uses) -> None:
    mine.hold(["harness-cell/a:1", "harness-cell/b:2"])
    other.hold(["harness-cell/c:3"])
    with mine.turn():
        assert {"harness-cell/c:3"} == mine.elsewhere()
        assert {"harness-cell/a:1", "harness-cell/b:2"} == other.elsewhere()
        assert mine.all() == other.all()
    mine.let_go(["harness-cell/a:1", "never held"])
    assert {"harness-cell/b:2"} == other.elsewhere()
    mine.close()
    assert set() == other.elsewhere()


def test_the_dead_hold_nothing(mine: Uses, tmp_path: Path) -> None:
    boot, namespace, process, start, host = owner_token().split(":")
    dead = Uses(tmp_path, f"{boot}:{namespace}:{process}:{start}0:{host}")  # started later
    dead.hold(["x:1"])
    (left,) = (tmp_path / "images" / "held").iterdir()
    (tmp_path / "images" / "held" / "half-written").write_text("")
    assert left.read_text().endswith("x:1")
    assert frozenset() == mine.elsewhere()
    assert [] == list((tmp_path / "images" / "held").iterdir())


def test_an_image_was_last_needed_when_it_was_let_go(mine: Uses, other: Uses) -> None:
    assert mine.last("x:1") is None
    mine.hold(["x:1"])
    assert mine.last("x:1") is None
    mine.let_go(["x:1"])
    first = other.last("x:1")
    assert first is not None
    for marker in (mine._last).iterdir():
        os.utime(marker, (1, 1))
    assert 1 == other.last("x:1")
    other.hold(["x:1"])
    other.close()
    again = mine.last("x:1")
    assert again is not None
    assert again >= first
    mine.forget("x:1")
    assert mine.last("x:1") is None


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "images").write_text("in the way")
    with pytest.raises(InfrastructureError, match="cannot be written") as refused:
        Uses(tmp_path, owner_token()).hold(["x:1"])
    assert "HARNESS_CACHE" in refused.value.remedy
