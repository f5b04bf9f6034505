"""The matrix in pytest's XML report (`--junitxml`): names that viewers show whole, kinds of
failure.

Viewers split a class name at its dots into packages. So the class of a matrix test is its suite and
its cell with the dots replaced, and the test's name ends with the cell's id unchanged. The `type`
of a failure is its verdict, which distinguishes drift from failure.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from pathlib import PurePosixPath

import pytest
from _pytest.junitxml import LogXML, xml_key

from harness.testing.properties import CELL, EXPECTATION, PROBE, RUN, VERDICT
from harness.testing.selected import EXPECTATIONS


def xml_of(config: pytest.Config) -> LogXML | None:
    """The writer of this session's XML report; None if there is no such report."""
    return config.stash.get(xml_key, None)


def tell_runs(config: pytest.Config, runs: Iterable[str]) -> None:
    """Write the ids of the runs as properties of the whole report."""
    xml = xml_of(config)
    for run in runs:
        if xml is not None:
            xml.add_global_property(RUN, run)


class JUnitNames:
    """The plugin that is registered if there is an XML report."""

    def __init__(self, xml: LogXML) -> None:
        self._xml = xml

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None]:
        """Name a test before the report takes it, and set the type of its failure afterwards."""
        told = {name: str(value) for name, value in report.user_properties}
        names = self._names(report.nodeid, told)
        if names:
            reporter = self._xml.node_reporter(report)
            for attribute, name in zip(("classname", "name"), names, strict=True):
                reporter.add_attribute(attribute, name)
        yield
        if report.failed and VERDICT in told and report.when != "teardown":
            for node in self._xml.node_reporter(report).nodes:
                if node.tag in ("failure", "error"):
                    node.set("type", told[VERDICT])

    def _names(self, node: str, told: Mapping[str, str]) -> tuple[str, str] | None:
        """The class and name of a matrix test; None for a hand-written test, which keeps its
        own."""
        if PROBE in told:
            group, name = undotted(told[CELL]), f"{told[PROBE]}[{told[CELL]}]"
        elif EXPECTATION in told:
            group, name = EXPECTATIONS, told[EXPECTATION]
        else:
            return None
        prefix = [self._xml.prefix] if self._xml.prefix else []
        return ".".join([*prefix, suite_name(node.split("::")[0]), group]), name


def suite_name(path: str) -> str:
    """The name of a suite from the path of its file: folders become packages, as pytest does for
    modules."""
    parts = [part for part in PurePosixPath(path).with_suffix("").parts if part not in ("..", "/")]
    return ".".join(map(undotted, parts))


def undotted(name: str) -> str:
    """A name with its dots replaced. Two names may become equal, so the id is shown beside it."""
    return name.replace(".", "_")
