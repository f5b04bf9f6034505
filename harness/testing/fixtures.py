"""The fixtures of hand-written tests: a cell, its answers, its comparison, its container.

Modules of the harness are imported only when a test uses a fixture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from harness.model import Cell, Fact, Record, Verdict
    from harness.testing.comparing import CellComparison
    from harness.testing.containers import CellContainer
    from harness.testing.selected import Selection


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize `cell` with every selected cell, if it is our fixture and the test does not
    parametrize it itself."""
    if "cell" not in metafunc.fixturenames:
        return
    definitions = metafunc._arg2fixturedefs.get("cell", ())
    if not definitions or definitions[-1].func.__module__ != __name__:
        return
    from harness.errors import HarnessError
    from harness.testing.plugged import plugged
    from harness.testing.selected import MARK, mark_of
    from harness.text import plain

    plugged(metafunc.config)
    if _chosen(metafunc):
        return
    try:
        suite = plugged(metafunc.config).own_suite()
    except HarnessError as error:
        raise pytest.Collector.CollectError(plain(str(error))) from None
    if suite is not None:
        params = [
            pytest.param(
                one.id,
                id=one.id,
                marks=[getattr(pytest.mark, name) for name in (MARK, *map(mark_of, one.tags))],
            )
            for one in suite.cells
        ]
        metafunc.parametrize("cell", params, indirect=True)


def _chosen(metafunc: pytest.Metafunc) -> bool:
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs.get("argnames", "")
        listed = names.split(",") if isinstance(names, str) else names
        if "cell" in [name.strip() for name in listed]:
            return True
    return False


def _refuse(request: pytest.FixtureRequest) -> Callable[[Verdict, str], NoReturn]:
    """A function that ends the test according to a verdict: unverified skips it, anything else
    fails it (as an error during setup)."""
    from harness.model import Verdict
    from harness.text import plain

    def refuse(verdict: Verdict, why: str) -> NoReturn:
        why = plain(why)
        if verdict is Verdict.UNVERIFIED and not request.config.getoption("require_verified"):
            pytest.skip(why)
        pytest.fail(why, pytrace=False)

    return refuse


def _suite(request: pytest.FixtureRequest) -> Selection:
    from harness.testing.plugged import plugged

    chosen = plugged(request.config).own_suite()
    if chosen is None:
        pytest.fail(
            "no suite: set `harness_suite` in pytest's configuration, or name one matrix.yaml",
            pytrace=False,
        )
    return chosen


@contextmanager
def _shortly() -> Iterator[None]:
    """Turn our errors into failures without a traceback, which would say nothing about the test."""
    from harness.errors import HarnessError
    from harness.text import plain

    try:
        yield
    except HarnessError as error:
        pytest.fail(plain(str(error)), pytrace=False)


@pytest.fixture(scope="session")
def cell(request: pytest.FixtureRequest) -> Cell:
    """A cell of the suite. The test runs once for each selected cell."""
    suite = _suite(request).suite
    wanted = getattr(request, "param", None)
    found = next((one for one in suite.cells if one.id == wanted), None)
    if found is None:
        pytest.fail(f"the suite has no cell {wanted!r}", pytrace=False)
    return found


@pytest.fixture(scope="session")
def records(request: pytest.FixtureRequest, cell: Cell) -> tuple[Record, ...]:
    """The records of the cell: outcome, facts and durations of every probe in every round."""
    from harness.testing.plugged import plugged

    with _shortly():
        return plugged(request.config).reader(_suite(request).path).records(cell.id)


@pytest.fixture(scope="session")
def facts(request: pytest.FixtureRequest, cell: Cell) -> Mapping[str, Fact]:
    """The facts of the cell by name. A missing one ends the test (skips or fails it)."""
    from harness.testing.facts import CellFacts
    from harness.testing.plugged import plugged

    with _shortly():
        run, found = plugged(request.config).reader(_suite(request).path).run(cell.id)
    return CellFacts(run, cell.id, found, _refuse(request))


@pytest.fixture(scope="session")
def compare(request: pytest.FixtureRequest, cell: Cell) -> Callable[..., CellComparison]:
    """`compare()` compares the cell with the suite's reference, `compare(ID)` with another cell."""
    from harness.testing.comparing import comparing
    from harness.testing.plugged import plugged

    chosen, ours = _suite(request), plugged(request.config)
    compared = comparing(ours.reader(chosen.path), chosen, cell, _refuse(request))

    def compare(reference: str = "") -> CellComparison:
        found = compared(reference)
        ours.compared.append(found)
        return found

    return compare


@pytest.fixture
def container(request: pytest.FixtureRequest, cell: Cell) -> Iterator[CellContainer]:
    """A testcontainers container of the cell's image, not started yet, under its own limits.

    While it exists, no run measures. It is removed when the test ends, in any case.
    """
    from harness.model import Verdict
    from harness.outcomes import verdict_of
    from harness.testing.containers import NotObtained, cell_container
    from harness.testing.plugged import plugged

    chosen, ours = _suite(request), plugged(request.config)
    ours.wait_for_quiet()
    try:
        with _shortly(), cell_container(chosen.suite, cell, ours.asked.engine) as made:
            yield made
    except NotObtained as error:
        _refuse(request)(verdict_of(error.outcome) or Verdict.UNVERIFIED, str(error))
