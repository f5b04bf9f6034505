"""Plots as inline SVG: scales, ticks and axes come from leather, the marks are drawn here.

Colours are custom properties of the page's style, so a plot follows light, dark, print and forced
colours, and none needs a script. No mark is distinguished by colour alone: lines have dashes, every
mark has a title, and the figures stand in a table beside the plot.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as Tree

from leather import Axis, Linear, Ordinal

from harness.text import clean_line

COLORS = 8
"""The custom properties `--line-1` to `--line-8`."""
DASHES = ("", "7 3", "2 3")
MARKS = COLORS * len(DASHES)
"""How many lines can be distinguished."""
LARGEST = 1e12
"""Values farther from zero than this are drawn at it: a scale wide enough for them would show
nothing else."""
_WIDTH = 760
_PLOT = 320
_ROW = 26
_TOP, _RIGHT, _BOTTOM = 12, 34, 60
_LABEL = 26
"""Characters of a name beside a row."""
_CHARACTER = 7.6
"""Width of one such character, in drawing units."""
_BAR = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line; `mark` selects its colour and dashes."""

    name: str
    href: str
    mark: int
    points: tuple[tuple[float, float], ...]
    """(x, y), in rising order of x."""
    told: str
    """The title, shown when the line is pointed at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SpanRow:
    """One row: a range, optionally an inner range, a middle, and single values."""

    name: str
    href: str
    low: float
    high: float
    middle: float
    inner: tuple[float, float] | None = None
    dots: tuple[float, ...] = ()
    told: str
    """The title, shown when the row is pointed at."""


def color(mark: int) -> str:
    """The colour of a line, as a CSS value."""
    return f"var(--line-{mark % COLORS + 1})"


def dashes(mark: int) -> str:
    """The dash pattern of a line; empty for a solid line."""
    return DASHES[mark // COLORS % len(DASHES)]


def line_plot(
    lines: Sequence[Line], *, title: str, across: str, up: str, number: Callable[[float], str]
) -> str:
    """Draw lines over common axes; `across` and `up` are the axis labels."""
    ends = [_drawn(x) for one in lines for x, _ in one.points]
    heights = [_drawn(y) for one in lines for _, y in one.points]
    x_scale, y_scale = _scale(ends), _scale([0.0, *heights])
    axes = (_axis(across, number), _axis(up, number))
    left = axes[1].estimate_label_margin(y_scale, "left") + 6
    width = _WIDTH - left - _RIGHT
    root, canvas = _canvas(title, left, _PLOT + _TOP + _BOTTOM)
    canvas.append(axes[0].to_svg(width, _PLOT, x_scale, "bottom"))
    canvas.append(axes[1].to_svg(width, _PLOT, y_scale, "left"))
    to_x, to_y = _onto(x_scale, 0, width), _onto(y_scale, _PLOT, 0)
    for one in lines:
        way = " ".join(f"{to_x(x):.1f},{to_y(y):.1f}" for x, y in one.points)
        drawn = Tree.SubElement(
            _linked(canvas, one.name, one.href, one.told),
            "polyline",
            {"points": way, "fill": "none", "stroke": color(one.mark), "class": "line"},
        )
        if dashes(one.mark):
            drawn.set("stroke-dasharray", dashes(one.mark))
    return _written(root)


def span_plot(
    spans: Sequence[SpanRow],
    *,
    title: str,
    across: str,
    number: Callable[[float], str],
    always: tuple[float, ...] = (),
) -> str:
    """Draw a row for each span, the first on top. The axis includes the values in `always`, which
    are drawn as vertical lines."""
    names = [f"{place} {one.name}" for place, one in enumerate(spans)]
    values = [_drawn(v) for one in spans for v in (one.low, one.high, one.middle, *one.dots)]
    x_scale, y_scale = _scale([*values, *always]), Ordinal(list(reversed(names)))
    shown = {name: _short(one.name) for name, one in zip(names, spans, strict=True)}
    height = _ROW * len(spans)
    left = _CHARACTER * max(len(one) for one in shown.values()) + 14
    width = _WIDTH - left - _RIGHT
    root, canvas = _canvas(title, left, height + _TOP + _BOTTOM)
    canvas.append(_axis(across, number).to_svg(width, height, x_scale, "bottom"))
    rows = Axis(tick_formatter=lambda value, *_: shown[value])
    canvas.append(rows.to_svg(width, height, y_scale, "left"))
    to_x = _onto(x_scale, 0, width)
    for value in always:
        x = f"{to_x(value):.1f}"
        upright = {"x1": x, "x2": x, "y1": "0", "y2": str(height), "class": "always"}
        Tree.SubElement(canvas, "line", upright)
    for name, one in zip(names, spans, strict=True):
        y = float(y_scale.project(name, height, 0))
        _span(_linked(canvas, one.name, one.href, one.told), one, to_x, y)
    return _written(root)


def _span(group: Tree.Element, one: SpanRow, to_x: Callable[[float], float], y: float) -> None:
    def line(low: float, high: float, top: float, bottom: float, kind: str) -> None:
        ends = {"x1": low, "x2": high, "y1": top, "y2": bottom}
        Tree.SubElement(group, "line", {k: f"{v:.1f}" for k, v in ends.items()} | {"class": kind})

    low, high, middle = to_x(one.low), to_x(one.high), to_x(one.middle)
    line(low, high, y, y, "reach")
    for end in (low, high):
        line(end, end, y - _BAR, y + _BAR, "reach")
    if one.inner is not None:
        start, stop = (to_x(each) for each in one.inner)
        box = {"x": start, "y": y - _BAR - 2, "width": max(1.0, stop - start)}
        sizes = {k: f"{v:.1f}" for k, v in box.items()} | {"height": str(2 * _BAR + 4)}
        Tree.SubElement(group, "rect", sizes | {"class": "inner"})
    line(middle, middle, y - _BAR - 3, y + _BAR + 3, "middle")
    for dot in one.dots:
        place = {"cx": f"{to_x(dot):.1f}", "cy": f"{y:.1f}", "r": "3.5", "class": "dot"}
        Tree.SubElement(group, "circle", place)


def _scale(values: Sequence[float]) -> Any:
    """A scale that includes the values, with ticks at round numbers. If all values are (nearly)
    equal, the scale surrounds that value."""
    low, high = min(values), max(values)
    least = max(abs(low), abs(high), 1e-9) * 1e-6
    if high - low < least:
        low, high = low - max(abs(low) * 0.01, 1e-6), high + max(abs(high) * 0.01, 1e-6)
    if low < 0 < high and min(-low, high) < (high - low) * 1e-3:
        # Ticks are counted outwards from zero: a sliver on its other side would need thousands of
        # them.
        low, high = (low, 0.0) if -low > high else (0.0, high)
    return Linear(low, high)


def _onto(scale: Any, start: float, end: float) -> Callable[[float], float]:
    """Map values to positions between `start` and `end`; those outside are placed at the edge."""
    ticks = [float(one) for one in scale.ticks()]
    low, high = ticks[0], ticks[-1]

    def place(value: float) -> float:
        share = (_drawn(value) - low) / (high - low)
        return start + (end - start) * min(1.0, max(0.0, share))

    return place


def _drawn(value: float) -> float:
    if -LARGEST <= value <= LARGEST:  # The usual case: a page has ten thousand points.
        return value
    return max(-LARGEST, min(LARGEST, value)) if math.isfinite(value) else LARGEST


def _axis(name: str, number: Callable[[float], str]) -> Any:
    return Axis(name=name, tick_formatter=lambda value, *_: number(float(value)))


def _canvas(title: str, left: float, height: float) -> tuple[Tree.Element, Tree.Element]:
    root = Tree.Element(
        "svg", {"viewBox": f"0 0 {_WIDTH} {height:.0f}", "class": "plot", "role": "group"}
    )
    root.set("aria-label", clean_line(title))
    return root, Tree.SubElement(root, "g", {"transform": f"translate({left:.1f} {_TOP})"})


def _linked(canvas: Tree.Element, name: str, href: str, told: str) -> Tree.Element:
    """A group that links to a place on the page, has a title, and can be hidden by its name."""
    link = Tree.SubElement(
        canvas, "a", {"href": f"#{href}", "data-cell": clean_line(name), "class": "mark"}
    )
    Tree.SubElement(link, "title").text = clean_line(told)
    return link


def _short(name: str) -> str:
    told = clean_line(name, 200)
    return told if len(told) <= _LABEL else f"{told[: _LABEL - 1]}…"


def _written(root: Tree.Element) -> str:
    # leather sets its own fonts and colours as attributes; the page's style sheet decides here.
    for one in root.iter():
        for name in ("font-family", "font-size", "fill", "stroke", "stroke-width"):
            if one.tag in ("text", "line") and name in one.attrib:
                del one.attrib[name]
        for name in ("x", "y", "x1", "x2", "y1", "y2"):
            if name in one.attrib:
                one.set(name, f"{float(one.attrib[name]):.1f}".removesuffix(".0"))
        if one.attrib.get("transform") == "":
            del one.attrib["transform"]
    return Tree.tostring(root, encoding="unicode")
