"""The training curves of all cells in one plot, and each curve minus the reference's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from harness.compare.account import RoundSeries
from harness.compare.judgement import CellJudgement
from harness.formats.page.charts import MARKS, Line, color, dashes, line_plot
from harness.formats.page.plot import KeyRow, Plot, drawn, more, plain
from harness.formats.sentences import verdict_word

POINTS = 200
"""At most so many points a line: more cannot be seen on a screen."""


def curves(
    cells: Sequence[CellJudgement], reference: str, places: Mapping[str, str]
) -> Plot | None:
    """The loss of each cell by step; None if nothing was trained."""
    trained = [one for one in cells if one.account.losses and len(one.account.losses[0].values) > 1]
    shown = drawn(trained, reference, MARKS)
    if not shown:
        return None
    lines, key = [], []
    for mark, one in enumerate(shown):
        loss, every = one.account.losses[0], one.account.loss_every
        last = loss.values[-1]
        steps = 1 + (len(loss.values) - 1) * every
        told = f"{one.cell.id}: loss {loss.values[0]:.4g} at step 1, {last:.4g} at step {steps}"
        lines.append(
            Line(
                name=one.cell.id,
                href=places[one.cell.id],
                mark=mark,
                points=_thinned(loss, every),
                told=told,
            )
        )
        figures = (verdict_word(one), f"{loss.values[0]:.4g}", f"{last:.4g}", str(steps))
        key.append(KeyRow(cell=one.cell.id, color=color(mark), dashes=dashes(mark), told=figures))
    rounds = sorted({one.account.losses[0].round for one in shown})
    several = any(len(one.account.losses) > 1 for one in shown)
    which = f" Of each cell its first round, round {rounds[0]}, in which every cell starts from the"
    caption = "Training loss by step." + (
        f"{which} same weights and sees the same images." if several and len(rounds) == 1 else ""
    )
    return Plot(
        anchor="curves",
        heading="Training curves",
        caption=caption + more(len(trained), len(shown), "cells"),
        svg=line_plot(
            lines, title="Training loss by step", across="training step", up="loss", number=plain
        ),
        columns=("verdict", "first loss", "last loss", "steps"),
        key=tuple(key),
    )


def curves_apart(
    cells: Sequence[CellJudgement], reference: str, places: Mapping[str, str]
) -> Plot | None:
    """The curves minus the reference's, which separates lines that coincide in the first plot."""
    trained = [one for one in cells if one.account.losses and len(one.account.losses[0].values) > 1]
    shown = drawn(trained, reference, MARKS)
    base = next((one for one in shown if one.cell.id == reference), None)
    if base is None:
        return None
    wanted = base.account.losses[0]
    lines = []
    for mark, one in enumerate(shown):
        loss = one.account.losses[0]
        alike = (loss.round, len(loss.values)) == (wanted.round, len(wanted.values))
        if one is base or not alike or one.account.loss_every != base.account.loss_every:
            continue
        apart = tuple(here - there for here, there in zip(loss.values, wanted.values, strict=True))
        largest = max(abs(value) for value in apart)
        lines.append(
            Line(
                name=one.cell.id,
                href=places[one.cell.id],
                mark=mark,
                points=_thinned(
                    RoundSeries(round=loss.round, values=apart), base.account.loss_every
                ),
                told=f"{one.cell.id}: at most {largest:.3g} from the reference's loss",
            )
        )
    if not lines:
        return None
    return Plot(
        anchor="curves-apart",
        heading="Training curves, less the reference's",
        caption=f"The loss of each cell less that of {reference}, in the same round and step. The "
        "lines are those of the key above.",
        svg=line_plot(
            lines,
            title="Training loss less the reference's, by step",
            across="training step",
            up="difference in loss",
            number=plain,
        ),
    )


def _thinned(series: RoundSeries, every: int) -> tuple[tuple[float, float], ...]:
    """Every n-th point, and the last one."""
    count = len(series.values)
    stride = max(1, math.ceil(count / POINTS))
    places = [*range(0, count, stride)]
    if places[-1] != count - 1:
        places.append(count - 1)
    return tuple((float(1 + place * every), series.values[place]) for place in places)
