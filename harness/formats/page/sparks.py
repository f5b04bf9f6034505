"""The nights of a series as one small plot: a line over the nights, with its changes marked."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Tree

from harness.formats.page.charts import LARGEST
from harness.text import clean_line

WIDTH, HEIGHT = 180, 30
_EDGE = 4
_DOT = "2.2"


def spark_plot(
    values: Sequence[float | None],
    *,
    title: str,
    changed: Sequence[int] = (),
    aside: Sequence[int] = (),
) -> str:
    """Draw a value for each night, None where there is none. `changed` has the positions of the
    first nights after a change, drawn as vertical lines. `aside` has those of nights that were set
    aside: they do not affect the scale, and are dots at the edge if they lie outside it."""
    root = Tree.Element("svg", {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "class": "spark"})
    root.set("role", "img")
    root.set("aria-label", clean_line(title))
    fit = [None if one is None else max(-LARGEST, min(LARGEST, one)) for one in values]
    told = [value for value in fit if value is not None]
    kept = [value for place, value in enumerate(fit) if value is not None and place not in aside]
    scale = _scale(kept or told)
    places = _places(len(fit))
    for place in changed:
        x = f"{places[place] - (places[1] - places[0]) / 2:.1f}"
        ends = {"x1": x, "x2": x, "y1": "0", "y2": str(HEIGHT), "class": "changed"}
        Tree.SubElement(root, "line", ends)
    spots = [
        None if value is None else (x, _height(scale, value))
        for x, value in zip(places, fit, strict=True)
    ]
    for way in _ways([None if place in aside else spot for place, spot in enumerate(spots)]):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in way)
        Tree.SubElement(root, "polyline", {"points": points, "fill": "none", "class": "line"})
    last = max((place for place, spot in enumerate(spots) if spot is not None), default=None)
    for place, spot in enumerate(spots):
        lonely = place in aside or not _joined(spots, place)
        if spot is not None and (lonely or place == last):
            kind = "lone" if place in aside else "last"
            dot = {"cx": f"{spot[0]:.1f}", "cy": f"{spot[1]:.1f}", "r": _DOT, "class": kind}
            Tree.SubElement(root, "circle", dot)
    return Tree.tostring(root, encoding="unicode")


def _scale(values: Sequence[float]) -> tuple[float, float]:
    """The least and the greatest value; if all are equal, a range with the value in its middle."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    if high - low <= max(abs(low), abs(high), 1e-9) * 1e-9:
        reach = max(abs(low) * 0.01, 1e-6)
        return low - reach, high + reach
    return low, high


def _height(scale: tuple[float, float], value: float) -> float:
    """The height of a value, in units of the drawing from its top; one outside the range is at the
    edge.

    A scale of the plotting library would do the same, but it looks for round tick marks first,
    which these plots do not have, and takes a third of the time of a whole page.
    """
    low, high = scale
    there = HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * ((value - low) / (high - low))
    return min(float(HEIGHT - _EDGE), max(float(_EDGE), there))


def _places(count: int) -> list[float]:
    """The horizontal position of each night."""
    each = (WIDTH - 2 * _EDGE) / max(1, count - 1)
    return [_EDGE + number * each for number in range(count)]


def _joined(spots: Sequence[object], place: int) -> bool:
    """Whether a night has a neighbour that a line joins it with."""
    return any(
        0 <= other < len(spots) and spots[other] is not None for other in (place - 1, place + 1)
    )


def _ways(
    spots: Sequence[tuple[float, float] | None],
) -> list[list[tuple[float, float]]]:
    """The stretches of consecutive nights without a gap."""
    ways: list[list[tuple[float, float]]] = [[]]
    for spot in spots:
        if spot is None:
            ways.append([])
        else:
            ways[-1].append(spot)
    return [way for way in ways if len(way) > 1]
