"""Reports: the registry of formats. Each format is one module, found by its name.

A format is a module with a function `render(value, ...) -> str`. This package has those for reports
on runs and comparisons, `checks` those for the page of a check, `differences` those for two images,
`answers` those for what other commands print. Libraries that a format needs (`rich`, `jinja2`) are
imported only when that format is asked for. Never here: judging.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module, resources
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.check.difference import DifferencePage
    from harness.check.page import CheckPage
    from harness.compare.judgement import Comparison, Judgement
    from harness.formats.answers import Reply
    from harness.history.past import Past
    from harness.nights.values import Night


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """A kind of value that can be rendered, and the package that holds its formats."""

    what: str
    package: str

    def names(self) -> tuple[str, ...]:
        """The names of the formats, in alphabetical order, found without importing any of them."""
        files = [one for one in resources.files(self.package).iterdir() if one.name[-3:] == ".py"]
        offering = [one for one in files if "\ndef render(" in one.read_text(encoding="utf-8")]
        return tuple(sorted(one.name[:-3] for one in offering if one.name != "__init__.py"))

    def known(self, name: str) -> str:
        """Return the name if it is a format. Raises UsageError if it is not."""
        if name not in self.names():
            raise UsageError(
                f"there is no format {name!r} for {self.what}",
                remedy=f"use one of: {', '.join(self.names())}",
            )
        return name

    def render(self, name: str, value: Any, options: dict[str, int | bool | str]) -> str:
        """Render a value in the format `name`. Raises UsageError if there is no such format."""
        text: str = import_module(f"{self.package}.{self.known(name)}").render(value, **options)
        return text


REPORT = Rendered(what="a report", package=__name__)
PAGE = Rendered(what="the page of a check", package=f"{__name__}.checks")
ANSWER = Rendered(what="what this command answers", package=f"{__name__}.answers")
DIFFERENCE = Rendered(what="what differs between images", package=f"{__name__}.differences")
RENDERED = (REPORT, PAGE, ANSWER, DIFFERENCE)
"""Every kind of value that has formats to choose from."""


def render(
    name: str,
    judged: Judgement | Comparison | Night,
    past: Past | None = None,
    **options: int | bool | str,
) -> str:
    """Render the report on a run, a night or two cells in the format `name`; `past` is the history
    that the HTML page shows.

    Options of the format terminal: `width` (columns, 100) and `color` (False); of the format
    github: `budget` (bytes) and `link` (a URL where the whole report is). The same judgement,
    history and options give the same text. Raises UsageError if there is no such format.
    """
    from harness.formats.report import report_on

    return REPORT.render(REPORT.known(name), report_on(judged, past), options)


def pages_beside(judged: Judgement | Comparison | Night) -> Iterator[tuple[str, str]]:
    """Yield the HTML pages of single cells that accompany the HTML report on very many cells, as
    (path relative to the report, text). Yields nothing if there are few cells."""
    from harness.compare.judgement import Comparison
    from harness.formats.many import parts
    from harness.nights.values import Night

    if isinstance(judged, Comparison):
        return
    for place, part in parts(judged.judgement if isinstance(judged, Night) else judged):
        yield place, render("html", part)


def render_page(name: str, page: CheckPage, **options: int | bool | str) -> str:
    """Render the page of a check in the format `name`; options and errors as in `render`."""
    return PAGE.render(name, page, options)


def render_difference(name: str, page: DifferencePage, **options: int | bool | str) -> str:
    """Render what differs between two images in the format `name`; options and errors as in
    `render`."""
    return DIFFERENCE.render(name, page, options)


def render_answer(name: str, answer: Reply) -> str:
    """Render what a command prints, other than a report, in the format `name`; errors as in
    `render`."""
    return ANSWER.render(name, answer, {})


def grid(judged: Judgement, *, width: int = 100, color: bool = False) -> str:
    """The grid of cells, the summary and the notices of the terminal format, without the findings.
    For callers that print the findings themselves."""
    from harness.formats.report import report_on
    from harness.formats.terminal import render_grid

    return render_grid(report_on(judged), width=width, color=color)
