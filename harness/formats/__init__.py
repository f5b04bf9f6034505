"""Reports: the registry of formats, and one module for each, found by its name.

A format is a module that offers `render(value, ...) -> str`: in this package for reports on runs
and comparisons, in `checks` for pages of a check, in `differences` for two images, in `answers` for
what other commands say. What it needs besides (`rich`, `jinja2`) is imported when the format is
asked for. Never here: judging.
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

    def render(self, name: str, value: Any, options: dict[str, int | bool | str]) -> str:
        """A value in the format `name`. Raises UsageError where there is no such format."""
        text: str = import_module(f"{self.package}.{self.known(name)}").render(value, **options)
        return text


REPORT = Rendered(what="a report", package=__name__)
PAGE = Rendered(what="the page of a check", package=f"{__name__}.checks")
ANSWER = Rendered(what="what this command answers", package=f"{__name__}.answers")
DIFFERENCE = Rendered(what="what differs between images", package=f"{__name__}.differences")
RENDERED = (REPORT, PAGE, ANSWER, DIFFERENCE)
"""Everything that has formats to choose from."""


def render(
    name: str,
    judged: Judgement | Comparison | Night,
    past: Past | None = None,
    **options: int | bool | str,
) -> str:
    """The report on a run (or a night, or two cells) in the format `name`; `past` is the history
    that the HTML page shows.

    Options of the terminal format: `width` (columns, 100) and `color` (False); of the format
    github: `budget` (bytes) and `link` (to where everything is). The same judgement, history and
    options give the same text. Raises UsageError where there is no such format.
    """
    from harness.formats.report import report_on

    return REPORT.render(REPORT.known(name), report_on(judged, past), options)


def pages_beside(judged: Judgement | Comparison | Night) -> Iterator[tuple[str, str]]:
    """The HTML pages of single cells that belong beside the HTML report on very many: (place from
    where the report lies, text), one after the other. None where there are few cells."""
    from harness.compare.judgement import Comparison
    from harness.formats.many import parts
    from harness.nights.values import Night

    if isinstance(judged, Comparison):
        return
    for place, part in parts(judged.judgement if isinstance(judged, Night) else judged):
        yield place, render("html", part)


def render_page(name: str, page: CheckPage, **options: int | bool | str) -> str:
    """The page of a check in the format `name`; options and errors as of `render`."""
    return PAGE.render(name, page, options)


def render_difference(name: str, page: DifferencePage, **options: int | bool | str) -> str:
    """What differs between two images in the format `name`; options and errors as of `render`."""
    return DIFFERENCE.render(name, page, options)


def render_answer(name: str, answer: Reply) -> str:
    """What a command answers that is no report, in the format `name`; errors as of `render`."""
    return ANSWER.render(name, answer, {})


def grid(judged: Judgement, *, width: int = 100, color: bool = False) -> str:
    """Only the grid of cells, the summary and the notices of the terminal format, for those who
    tell the findings themselves."""
    from harness.formats.report import report_on
    from harness.formats.terminal import render_grid

    return render_grid(report_on(judged), width=width, color=color)
