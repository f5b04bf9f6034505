"""A matrix in pytest's XML report (`--junitxml`): names that viewers keep whole, kinds of failure.

Viewers split a class's name at its dots into packages. So the class of a question is its suite and
its cell with other signs for the dots, and its name ends with the cell's id as it is. A failure's
`type` is its verdict, which keeps drift apart from failure.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from pathlib import PurePosixPath

import pytest
from _pytest.junitxml import LogXML, xml_key

from harness.testing.properties import CELL, EXPECTATION, PROBE, RUN, VERDICT
from harness.testing.selected import EXPECTATIONS


def xml_of(config: pytest.Config) -> LogXML | None:
    """What writes the report of this session; None where none was asked for."""
    return config.stash.get(xml_key, None)


def tell_runs(config: pytest.Config, runs: Iterable[str]) -> None:
    """Name the runs that answered, as properties of the report as a whole."""
    xml = xml_of(config)
    for run in runs:
        if xml is not None:
            xml.add_global_property(RUN, run)


class JUnitNames:
    """Registered where there is such a report."""

    def __init__(self, xml: LogXML) -> None:
        self._xml = xml

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None]:
        """Give a test its names before the report takes it, and its failure a type after."""
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
        """The class and the name of a question; None of a test by hand, which keeps its own."""
        if PROBE in told:
            group, name = undotted(told[CELL]), f"{told[PROBE]}[{told[CELL]}]"
        elif EXPECTATION in told:
            group, name = EXPECTATIONS, told[EXPECTATION]
        else:
            return None
        prefix = [self._xml.prefix] if self._xml.prefix else []
        return ".".join([*prefix, suite_name(node.split("::")[0]), group]), name


def suite_name(path: str) -> str:
    """A suite by the path of its file: folders are packages, as pytest has it for modules."""
    parts = [part for part in PurePosixPath(path).with_suffix("").parts if part not in ("..", "/")]
    return ".".join(map(undotted, parts))


def undotted(name: str) -> str:
    """A name without dots. Two may come to the same; that is why the id stands beside it."""
    return name.replace(".", "_")
