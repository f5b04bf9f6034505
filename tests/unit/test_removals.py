"""What builds are done with is removed beside what comes next, and waited for before a probe."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import cast

import pytest
from docker import APIClient

from harness.engines.oci.builder import Removal
from harness.engines.oci.removals import Removals
from harness.errors import EngineError

LONG_S = 30
NOBODY = cast("APIClient", None)
"""No connection: nothing was kept."""


class Connection:
    """Stands for a connection; notes that it was closed."""

    def __init__(self, closed: list[str]) -> None:
        self._closed = closed

    def close(self) -> None:
        self._closed.append("closed")


@pytest.fixture
def closed() -> list[str]:
    return []


@pytest.fixture
def removals(closed: list[str]) -> Iterator[Removals]:
    made = Removals(lambda: cast("APIClient", Connection(closed)))
    yield made
    made.close()


def test_a_removal_is_begun_without_waiting_and_waited_for_at_the_end(
    removals: Removals, closed: list[str]
) -> None:
    may_end, gone = Event(), list[str]()

    def removal(_: APIClient) -> None:
        assert may_end.wait(LONG_S)
        gone.append("container")

    removals.begin(removal)
    assert [] == gone
    may_end.set()
    removals.finish(NOBODY)
    assert ["container"] == gone
    assert ["closed"] == closed


def test_what_was_not_removed_is_an_error_where_it_is_waited_for(
    removals: Removals, closed: list[str]
) -> None:
    def failing(_: APIClient) -> None:
        raise EngineError("the engine does not answer")

    removals.begin(failing)
    with pytest.raises(EngineError, match="does not answer"):
        removals.finish(NOBODY)
    removals.finish(NOBODY)
    assert ["closed"] == closed


def test_closing_waits_and_does_not_raise(closed: list[str]) -> None:
    removals, gone = Removals(lambda: cast("APIClient", Connection(closed))), list[str]()

    def of(name: str) -> Removal:
        return lambda _: gone.append(name)

    removals.begin(of("one"))
    removals.begin(of("other"))
    removals.close()
    assert {"one", "other"} == set(gone)
