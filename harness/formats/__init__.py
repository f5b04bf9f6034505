"""Reports: one module for each format, found by its name.

A format is a module of this package that offers `render(report, ...) -> str`; what it needs
besides (`rich`, `tabulate`) is imported when the format is asked for. Never here: judging.
"""

from __future__ import annotations

from importlib import import_module, resources
from typing import TYPE_CHECKING

from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.compare.judgement import Comparison, Judgement


def names() -> tuple[str, ...]:
    """The formats there are, in alphabetical order; none is imported for that."""
    modules = [entry for entry in resources.files(__name__).iterdir() if entry.name[-3:] == ".py"]
    offering = [one for one in modules if "\ndef render(" in one.read_text(encoding="utf-8")]
    return tuple(sorted(one.name[:-3] for one in offering if one.name != "__init__.py"))


def render(name: str, judged: Judgement | Comparison, **options: int | bool) -> str:
    """The report on a run (or on two cells) in the format `name`.

    Options of the terminal format: `width` (columns, 100) and `color` (False). The same judgement
    and options give the same text. Raises UsageError where there is no such format.
    """
    if name not in names():
        known = ", ".join(names())
        raise UsageError(f"there is no report format {name!r}", remedy=f"use one of: {known}")
    from harness.formats.report import report_on

    text: str = import_module(f"{__name__}.{name}").render(report_on(judged), **options)
    return text


def grid(judged: Judgement, *, width: int = 100, color: bool = False) -> str:
    """Only the grid of cells, the summary and the notices of the terminal format, for those who
    tell the findings themselves."""
    from harness.formats.report import report_on
    from harness.formats.terminal import render_grid

    return render_grid(report_on(judged), width=width, color=color)
