"""Reports: the registry of formats, and one module for each, found by its name.

A format is a module that offers `render(value, ...) -> str`: in this package for reports on runs
and comparisons, in `checks` for pages of a check, in `answers` for what other commands say. What it
needs besides (`rich`, `tabulate`) is imported when the format is asked for. Never here: judging.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module, resources
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.check.page import CheckPage
    from harness.compare.judgement import Comparison, Judgement
    from harness.formats.answers import Reply


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """A kind of value that can be rendered, and the package of its formats."""

    what: str
    package: str

    def names(self) -> tuple[str, ...]:
        """The formats there are, in alphabetical order; none is imported for that."""
        files = [one for one in resources.files(self.package).iterdir() if one.name[-3:] == ".py"]
        offering = [one for one in files if "\ndef render(" in one.read_text(encoding="utf-8")]
        return tuple(sorted(one.name[:-3] for one in offering if one.name != "__init__.py"))

    def known(self, name: str) -> str:
        """The name of a format. Raises UsageError where there is no such format."""
        if name not in self.names():
            raise UsageError(
                f"there is no format {name!r} for {self.what}",
                remedy=f"use one of: {', '.join(self.names())}",
            )
        return name

    def render(self, name: str, value: Any, options: dict[str, int | bool]) -> str:
        """A value in the format `name`. Raises UsageError where there is no such format."""
        text: str = import_module(f"{self.package}.{self.known(name)}").render(value, **options)
        return text


REPORT = Rendered(what="a report", package=__name__)
PAGE = Rendered(what="the page of a check", package=f"{__name__}.checks")
ANSWER = Rendered(what="what this command answers", package=f"{__name__}.answers")
RENDERED = (REPORT, PAGE, ANSWER)
"""Everything that has formats to choose from."""


def render(name: str, judged: Judgement | Comparison, **options: int | bool) -> str:
    """The report on a run (or on two cells) in the format `name`.

    Options of the terminal format: `width` (columns, 100) and `color` (False). The same judgement
    and options give the same text. Raises UsageError where there is no such format.
    """
    from harness.formats.report import report_on

    return REPORT.render(REPORT.known(name), report_on(judged), options)


def render_page(name: str, page: CheckPage, **options: int | bool) -> str:
    """The page of a check in the format `name`; options and errors as of `render`."""
    return PAGE.render(name, page, options)


def render_answer(name: str, answer: Reply) -> str:
    """What a command answers that is no report, in the format `name`; errors as of `render`."""
    return ANSWER.render(name, answer, {})


def grid(judged: Judgement, *, width: int = 100, color: bool = False) -> str:
    """Only the grid of cells, the summary and the notices of the terminal format, for those who
    tell the findings themselves."""
    from harness.formats.report import report_on
    from harness.formats.terminal import render_grid

    return render_grid(report_on(judged), width=width, color=color)
