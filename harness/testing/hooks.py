"""The pytest hooks: collecting a matrix, one run for all tests of a session, reporting.

They are thin: no other module of the harness is imported until a session involves a matrix.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.testing.named import FILE_NAME, beside, configured_suite, node_id, tell_worker

if TYPE_CHECKING:
    from harness.testing.plugged import Plugged


# --- collecting ----------------------------------------------------------------------------------


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a matrix.yaml that was named on the command line or in the configuration."""
    if file_path.suffix not in (".yaml", ".yml") or not _meant(parent, file_path):
        return None
    from harness.testing.nodes import MatrixFile

    made: pytest.Collector = MatrixFile.from_parent(parent, path=file_path)
    return made


def _meant(parent: pytest.Collector, path: Path) -> bool:
    if path.name == FILE_NAME and parent.session.isinitpath(path):
        return True
    if not parent.config.getini("harness_suite"):
        return False
    found = path.resolve()
    return found == configured_suite(parent.config) and found not in beside(parent.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Add the suites that pytest does not collect by itself to the session."""
    report = yield
    if isinstance(collector, pytest.Session) and report.passed:
        for path in beside(collector.config):
            from harness.testing.nodes import MatrixFile

            name = node_id(collector.config, path)
            report.result.append(MatrixFile.from_parent(collector, path=path, nodeid=name))
    return report


# --- one run for a session -----------------------------------------------------------------------


def pytest_sessionstart(session: pytest.Session) -> None:
    """If pytest writes an XML report, register the plugin that names the tests there."""
    if session.config.getoption("xmlpath", None):
        from harness.testing.junit import JUnitNames, xml_of

        xml = xml_of(session.config)
        if xml is not None:
            session.config.pluginmanager.register(JUnitNames(xml))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Publish what the tests need before xdist's controller hears that they are collected."""
    config = session.config
    ours = _plugged(config)
    if ours is None or config.getoption("collectonly"):
        return
    from harness.testing.needed import needed

    _say_aloud(config, ours)
    ours.need(needed(session.items))


def _plugged(config: pytest.Config) -> Plugged | None:
    """Our part of the session; None if it does not involve a matrix."""
    if "harness.testing.plugged" not in sys.modules:
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
    """Tell a worker of xdist which suites to collect and where to write what it collected."""
    from harness.testing.place import give

    give(node.config, node.workerinput)
    tell_worker(node.config, node.workerinput)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:
    """Start the runs that the workers need. All workers collect the same, so the first report is
    enough."""
    from harness.testing.place import boards_of

    if boards_of(node.config).wanted():
        from harness.testing.plugged import plugged

        plugged(node.config).start_all()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Wait for the run before a test begins, so that the run's time counts neither as the test's
    duration nor towards its time-out.

    It must be the outermost wrapper, because pytest-timeout also starts its clock in one.
    """
    ours = _plugged(item.config)
    if ours is not None:
        from harness.testing.needed import wait_for

        ours.compared.clear()
        wait_for(item)
    return (yield)


# --- what is reported ----------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report the time that the probe took as the test's; show what a failed test compared."""
    report = yield
    ours = _plugged(item.config)
    if ours is not None:
        from harness.testing.nodes import MatrixItem

        if isinstance(item, MatrixItem):
            item.time(report)
        elif report.failed and report.when == "call":
            report.sections += [("harness: " + one.title, one.told) for one in ours.compared]
    return report


def pytest_assertrepr_compare(left: object, right: object) -> list[str] | None:
    """Print findings readably when a comparison with them fails."""
    if "harness.testing.comparing" not in sys.modules:
        return None
    from harness.testing.comparing import told_in_assertion

    return told_in_assertion(left, right)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the grid of cells from the store, however the session ended."""
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
    """No test waits any more: stop runs that are still going, and close them as interrupted."""
    ours = _plugged(session.config)
    if ours is not None and not ours.is_worker:
        ours.stop()
        if session.config.getoption("xmlpath", None):
            from harness.testing.junit import tell_runs

            tell_runs(session.config, ours.runs())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the session's folder."""
    ours = _plugged(config)
    if ours is not None and not ours.is_worker:
        ours.boards.remove()
