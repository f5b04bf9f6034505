"""The pytest plugin: a version matrix as tests, its records as fixtures. docs/pytest.md tells how.

Thin: what is collected is in harness/testing, what an outcome means in harness/compare/items.
Nothing of that is imported before a session has to do with a matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from harness.compare.judgement import Comparison
    from harness.model import Cell, Fact, Record, Verdict
    from harness.testing.containers import CellContainer
    from harness.testing.plugged import Plugged
    from harness.testing.selected import Selection

_FILE = "matrix.yaml"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("harness", "environments, verified (harness)")
    group.addoption(
        "--harness-cell", action="append", default=[], metavar="GLOB", help="cells; repeatable"
    )
    group.addoption(
        "--harness-tag",
        action="append",
        default=[],
        metavar="TAG",
        help="cells with this tag; repeatable; without either: the suite's `default:`, else all",
    )
    group.addoption(
        "--harness-engine",
        default="auto",
        metavar="NAME",
        help="docker, podman, host, replay; auto: what answers, else host",
    )
    group.addoption(
        "--harness-rounds", type=int, default=1, metavar="N", help="fresh containers per cell"
    )
    group.addoption(
        "--harness-recordings",
        default="",
        metavar="DIR",
        help="what the engine replay answers from; else HARNESS_RECORDINGS",
    )
    group.addoption(
        "--require-verified", action="store_true", help="a test that is `unverified` fails"
    )
    parser.addini("harness_suite", "matrix.yaml that belongs to these tests", default="")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "harness: tests of a version matrix")
    nothing_named = config.args_source is not pytest.Config.ArgsSource.ARGS
    if config.getini("harness_suite") and nothing_named and not _worker(config):
        from harness.testing.plugged import configured_suite

        config.args.append(str(configured_suite(config)))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix not in (".yaml", ".yml"):
        return None
    if not _meant(parent, file_path):
        return None
    from harness.testing.nodes import MatrixFile

    made: pytest.Collector = MatrixFile.from_parent(parent, path=file_path)
    return made


def _meant(parent: pytest.Collector, path: Path) -> bool:
    """Whether a file was named, on the command line or by the configuration."""
    if path.name == _FILE and parent.session.isinitpath(path):
        return True
    if not parent.config.getini("harness_suite"):
        return False
    from harness.testing.plugged import configured_suite

    return path.resolve() == configured_suite(parent.config)


def _worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


# --- one run for a session -----------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Say what the tests need, before a controller hears that they are collected."""
    config = session.config
    ours = _plugged(config)
    if ours is None or config.getoption("collectonly"):
        return
    from harness.testing.needed import needed

    _say_aloud(config, ours)
    ours.need(needed(session.items))


def _plugged(config: pytest.Config) -> Plugged | None:
    """What this session holds of matrices; None where it has come to nothing of the kind."""
    from sys import modules

    if "harness.testing.plugged" not in modules:
        return None
    from harness.testing.plugged import if_plugged

    return if_plugged(config)


def _say_aloud(config: pytest.Config, ours: Plugged) -> None:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")
    if terminal is None or capture is None or ours.is_worker or terminal.verbosity < 0:
        return

    from harness.text import plain

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled():
            terminal.ensure_newline()
            terminal.write_line(plain(f"harness: {line}"))

    ours.hear = say


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give a worker of xdist the place where it says what it collected."""
    from harness.testing.place import give

    give(node.config, node.workerinput)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:
    """Start what the workers need; they all collect the same, so the first one says it all."""
    from harness.testing.place import boards_of

    if boards_of(node.config).wanted():
        from harness.testing.plugged import plugged

        plugged(node.config).start_all()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The grid of cells, from the store: whatever became of the session."""
    config = terminalreporter.config
    ours = _plugged(config)
    if ours is None or ours.is_worker or config.option.collectonly:
        return
    from harness.testing.summary import summary

    for text in summary(
        ours,
        width=terminalreporter._tw.fullwidth,
        color=terminalreporter.hasmarkup,
        strict=config.getoption("require_verified"),
    ):
        terminalreporter.section("harness")
        terminalreporter.write(text)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """No test is left that waits: what still runs is ended, and closed as interrupted."""
    ours = _plugged(session.config)
    if ours is not None and not ours.is_worker:
        ours.stop()


def pytest_unconfigure(config: pytest.Config) -> None:
    ours = _plugged(config)
    if ours is not None and not ours.is_worker:
        ours.boards.remove()


# --- fixtures ------------------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`cell` takes every selected cell in turn, where it is ours and nobody chose for it."""
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
    """Ends a test as its verdict asks: unverified is a skip, the rest ends it, where it is still
    being set up as an error."""
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
    """Our errors without a traceback, which would say nothing about the test."""
    from harness.errors import HarnessError
    from harness.text import plain

    try:
        yield
    except HarnessError as error:
        pytest.fail(plain(str(error)), pytrace=False)


@pytest.fixture(scope="session")
def cell(request: pytest.FixtureRequest) -> Cell:
    """A cell of the suite: the test runs for each that is selected."""
    suite = _suite(request).suite
    wanted = getattr(request, "param", None)
    found = next((one for one in suite.cells if one.id == wanted), None)
    if found is None:
        pytest.fail(f"the suite has no cell {wanted!r}", pytrace=False)
    return found


@pytest.fixture(scope="session")
def records(request: pytest.FixtureRequest, cell: Cell) -> tuple[Record, ...]:
    """What every probe said of the cell, in every round: outcomes, facts, durations."""
    from harness.testing.plugged import plugged

    with _shortly():
        return plugged(request.config).reader(_suite(request).path).records(cell.id)


@pytest.fixture(scope="session")
def facts(request: pytest.FixtureRequest, cell: Cell) -> Mapping[str, Fact]:
    """The facts of the cell by key. One that is not there ends the test with the reason."""
    from harness.testing.facts import CellFacts
    from harness.testing.plugged import plugged

    with _shortly():
        run, found = plugged(request.config).reader(_suite(request).path).run(cell.id)
    return CellFacts(run, cell.id, found, _refuse(request))


@pytest.fixture(scope="session")
def compare(request: pytest.FixtureRequest, cell: Cell) -> Callable[..., Comparison]:
    """`compare()` holds the cell against the suite's reference, `compare(ID)` against another."""
    from harness.testing.comparing import comparing
    from harness.testing.plugged import plugged

    chosen = _suite(request)
    return comparing(plugged(request.config).reader(chosen.path), chosen, cell, _refuse(request))


@pytest.fixture
def container(request: pytest.FixtureRequest, cell: Cell) -> Iterator[CellContainer]:
    """A testcontainers container of the cell's image, not started yet, under its own limits.

    No run measures while it is there. It is removed at the end, whatever becomes of the test.
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
