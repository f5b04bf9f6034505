"""The plots of a report: curves, accuracies and step times, each with its text."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from harness.compare.judgement import CellJudgement
from harness.compare.measurement import Measured
from harness.compare.shown import seconds
from harness.compare.statistics.paired import Scale
from harness.compare.telling import said, verdict_of_rounds
from harness.formats.page.charts import SpanRow, span_plot
from harness.formats.page.curves import curves, curves_apart
from harness.formats.page.plot import Plot, drawn, more, plain

ROWS = 60
"""At most so many rows in a plot."""
COVERED = 0.95
"""Confidence level of the interval of an accuracy."""
_Z = statistics.NormalDist().inv_cdf((1 + COVERED) / 2)
_INNER = (0.05, 0.25, 0.75, 0.95)


def plots_of(
    cells: Sequence[CellJudgement], reference: str, places: Mapping[str, str]
) -> tuple[Plot, ...]:
    """The plots of a report, without those that have no measurements. `places` maps cell ids to
    anchors."""
    made = (
        curves(cells, reference, places),
        curves_apart(cells, reference, places),
        _accuracies(cells, places),
        _held(cells, places),
        _step_times(cells, places),
    )
    return tuple(one for one in made if one is not None)


def _accuracies(cells: Sequence[CellJudgement], places: Mapping[str, str]) -> Plot | None:
    told = [one for one in cells if one.account.accuracies]
    shown = drawn(told, "", ROWS)
    if not shown:
        return None
    spans = []
    for one in shown:
        account = one.account
        values = [series.values[0] for series in account.accuracies]
        middle = statistics.fmean(values)
        if len(values) == 1 and account.test_images:
            low, high = wilson(middle, account.test_images)
            what = f"{low:.4f} to {high:.4f} for {account.test_images} test images"
        else:
            low, high = min(values), max(values)
            what = f"{len(values)} rounds from {low:.4f} to {high:.4f}"
        spans.append(
            SpanRow(
                name=one.cell.id,
                href=places[one.cell.id],
                low=low,
                high=high,
                middle=middle,
                dots=tuple(values) if len(values) > 1 else (),
                told=f"{one.cell.id}: test accuracy {middle:.4f} ({what})",
            )
        )
    several = any(one.dots for one in spans)
    caption = (
        "A dot for each round, the stroke is their mean, the line goes from the least to the "
        "greatest."
        if several
        else "The stroke is the accuracy of the one model that was trained; the line is the 95 % "
        "interval (Wilson's) that the choice of test images leaves. What another training would "
        "give is not in it: that takes rounds."
    )
    return Plot(
        anchor="accuracy",
        heading="Test accuracy",
        caption=caption + more(len(told), len(shown), "cells"),
        svg=span_plot(spans, title="Test accuracy of each cell", across="accuracy", number=plain),
    )


def _held(cells: Sequence[CellJudgement], places: Mapping[str, str]) -> Plot | None:
    """Accuracies compared with the reference's over the rounds, with the intervals that were
    judged."""
    pairs = [(cell, one) for cell in cells for one in cell.measured if _is_held(one)]
    if not pairs:
        return None
    shown = pairs[:ROWS]
    spans = [
        SpanRow(
            name=cell.cell.id,
            href=places[cell.cell.id],
            low=100 * one.decided.low,
            high=100 * one.decided.high,
            middle=100 * one.decided.estimate,
            told=f"{cell.cell.id}: {verdict_of_rounds(one)}, {said(one)}",
        )
        for cell, one in shown
    ]
    margin = 100 * shown[0][1].decided.tolerance.margin
    return Plot(
        anchor="accuracy-held",
        heading="Accuracy compared with the reference",
        caption=f"The difference over rounds in points, with its 95 % interval. A cell is the same "
        f"where the whole of it is shown to lie between the outer upright lines ({margin:.2g} "
        f"points).{more(len(pairs), len(shown), 'cells')}",
        svg=span_plot(
            spans,
            title="Accuracy: difference from the reference",
            across="points of accuracy from the reference",
            number=plain,
            always=(-margin, 0.0, margin),
        ),
    )


def _is_held(one: Measured) -> bool:
    return (
        one.primary
        and one.metric.scale is Scale.SHARE
        and one.decided.df > 0
        and one.decided.rounds > 1
    )


def _step_times(cells: Sequence[CellJudgement], places: Mapping[str, str]) -> Plot | None:
    timed = [one for one in cells if one.account.step_seconds]
    shown = drawn(timed, "", ROWS)
    if not shown:
        return None
    spans = []
    for one in shown:
        rounds = one.account.step_seconds
        every = sorted(value for series in rounds for value in series.values)
        medians = [statistics.median(series.values) for series in rounds]
        low, first, third, high = (_quantile(every, share) for share in _INNER)
        middle = statistics.median(medians)
        spans.append(
            SpanRow(
                name=one.cell.id,
                href=places[one.cell.id],
                low=1e3 * low,
                high=1e3 * high,
                inner=(1e3 * first, 1e3 * third),
                middle=1e3 * middle,
                dots=tuple(1e3 * each for each in medians) if len(medians) > 1 else (),
                told=f"{one.cell.id}: a step takes {seconds(middle)} in the median, half of them "
                f"{seconds(first)} to {seconds(third)}, nine in ten {seconds(low)} to "
                f"{seconds(high)}",
            )
        )
    dots = " A dot for each round's median." if any(one.dots for one in spans) else ""
    return Plot(
        anchor="step-times",
        heading="Step times",
        caption="How long training steps took, the first of a training left out: half of them lie "
        f"in the box, nine in ten on the line.{dots} Steps inside a round are no samples: what is "
        f"judged are rounds.{more(len(timed), len(shown), 'cells')}",
        svg=span_plot(
            spans,
            title="Times of training steps of each cell",
            across="milliseconds",
            number=plain,
            always=(0.0,),
        ),
    )


def wilson(share: float, images: int) -> tuple[float, float]:
    """The interval that covers the true share in 95 % of samples of `images` images (Wilson 1927,
    the score interval). It stays within 0 to 1."""
    middle = share + _Z**2 / (2 * images)
    reach = _Z * math.sqrt(max(0.0, share * (1 - share)) / images + _Z**2 / (4 * images**2))
    whole = 1 + _Z**2 / images
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """A quantile, interpolated linearly between its two neighbours (numpy's default definition)."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
