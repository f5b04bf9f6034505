"""Compares times with the baseline's by running the baseline's image again, in turns with
tonight's.

Times of two nights are never compared directly, because they include whatever else the host was
doing. So where a cell's image changed, the baseline's image is run once more beside tonight's, in a
run of these two whose rounds take turns, and their times are judged by the rule for rounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from harness.compare.differences import Compared
from harness.compare.images import distinct
from harness.compare.judgement import Finding, finding
from harness.compare.kinds import FindingKind
from harness.compare.measurement import Measured
from harness.compare.rounds import HeldCell, by_rounds
from harness.compare.statistics.paired import Scale
from harness.compare.view import Own, View, views
from harness.model import Cell, Expectation, Nature, Outcome, Record, Rules, Run
from harness.nights.inputs import changed, inputs_of, kind_of_input

OF_BASELINE = "-baseline"
"""Suffix of the name of a cell that stands for the baseline's image of the cell named before it."""
INTERPRETER = "python.executable"
_DECIDING = ("image", "probe", "host class", "driver")
"""Kinds of inputs that decide about times. Where none of them changed, there is nothing to
judge."""
_OF_ROUNDS = (FindingKind.TIME_DRIFTS, FindingKind.UNDECIDED, FindingKind.TOO_BUSY)
_NOT_RUN_AGAIN = (
    "the baseline's image was not run again in turns with this one: `harness run --baseline "
    "--rounds auto` does that, if the image still exists"
)


def kept_under(run: str) -> str:
    """Return the name of the suite under which the runs that time a run's images again are
    stored."""
    return f"harness times of {run}"


@dataclass(frozen=True, kw_only=True, slots=True)
class BesideBaseline:
    """A cell whose times can be judged by running the baseline's image beside tonight's."""

    baseline: Cell
    tonight: Cell
    probes: tuple[str, ...]
    """The probes that measure times."""

    @property
    def cells(self) -> tuple[Cell, Cell]:
        """Both cells, the reference first."""
        return self.baseline, self.tonight

    @property
    def rules(self) -> Rules:
        """The rules of such a run, with the baseline's image as the reference."""
        return Rules(reference=self.baseline.id)


def to_run_again(baseline: Iterable[View], tonight: Iterable[View]) -> tuple[BesideBaseline, ...]:
    """Return the cells that measure times and whose image changed, where engine and host class are
    the same."""
    before = {view.row: view for view in baseline}
    found = []
    for view in tonight:
        other = before.get(view.row)
        if other is None or not _timed(other, view) or _apart(other, view):
            continue
        if "image" not in _moved(other, view):
            continue
        images = [_only_image(one) for one in (other, view)]
        if not all(images):
            continue
        was, now = (_as_image(one, image) for one, image in zip((other, view), images, strict=True))
        found.append(
            BesideBaseline(
                baseline=replace(was, id=f"{view.row}{OF_BASELINE}"),
                tonight=now,
                probes=tuple(sorted({view.facts[name].probe for name in _timed(other, view)})),
            )
        )
    return tuple(found)


def _as_image(view: View, image: str) -> Cell:
    """Return the cell as the exact image that its records come from, with the interpreter it was
    asked with."""
    stated = view.facts.get(INTERPRETER)
    python = stated.value if stated is not None else ""
    return replace(
        view.cell,
        id=view.row,
        image=image,
        interpreter=python if isinstance(python, str) else "",
        base="",
        install=(),
        constraints=(),
        as_of="",
        environment=(),
        expect=None,
    )


def _only_image(view: View) -> str:
    """Return the engine's id of the cell's only image; empty where it has none or several."""
    records = [one for one in view.answers.values() if one.outcome is Outcome.OK]
    images = distinct(view.cell, (one.image for one in records))
    return images[-1].id if len(images) == 1 and not view.cell.host else ""


def _moved(before: View, view: View) -> tuple[str, ...]:
    """Return which of the kinds of inputs that decide about times changed."""
    inputs = changed(inputs_of(before), inputs_of(view))
    if not inputs:
        return ()
    kinds = {kind_of_input(name) for name in inputs}
    return tuple(one for one in _DECIDING if one in kinds)


def _timed(before: View, view: View) -> list[str]:
    """Return the times that both sides measured."""
    return [
        name
        for name, merged in view.facts.items()
        if merged.nature is Nature.TIMING and name in before.facts
    ]


def _apart(before: View, view: View) -> str:
    """Return why no run on this host can tell how times changed; empty where one can."""
    if before.run.engine.name != view.run.engine.name:
        return f"the baseline ran on {before.run.engine.name}, this run on {view.run.engine.name}"
    if before.run.host != view.run.host:
        return "the baseline ran on another kind of host"
    return ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Retimed:
    """The two images of a cell as they were asked in turns."""

    baseline: View
    tonight: View

    @property
    def silent(self) -> str:
        """Why the two cannot be compared; empty where both answered."""
        for one, whose in ((self.baseline, "the baseline's image"), (self.tonight, "its image")):
            if not one.answered:
                why = next((each.reason for each in one.answers.values() if each.reason), "")
                return f"{whose} could not be run again" + (f": {why}" if why else "")
        return ""


def retimed(
    runs: Iterable[tuple[Run, Sequence[Record]]],
) -> Mapping[str, Retimed]:
    """Return, by row, the cells that these runs asked beside their baseline's image. Where several
    runs asked the same cell, the first counts."""
    found: dict[str, Retimed] = {}
    for run, records in runs:
        seen = {view.row: view for view in views(run, records)}
        for row, view in seen.items():
            other = seen.get(f"{row}{OF_BASELINE}")
            if other is not None:
                found.setdefault(row, Retimed(baseline=other, tonight=view))
    return found


def of_times(
    pairs: Sequence[tuple[View, View]],
    again: Mapping[str, Retimed],
    rules: Sequence[Expectation],
    at: date | None,
    named: str,
) -> Mapping[str, tuple[tuple[Finding, ...], Mapping[str, Measured]]]:
    """Return, by row, the findings about the times of cells, with the measurements behind them.

    Each pair holds a cell's view in the baseline and its view tonight. A cell is left out where the
    same image was asked the same way on the same kind of host, or where nothing was timed. Where
    both images were asked in turns, the rule for rounds decides; otherwise the finding says that
    times are not judged, and why. `named` is the text that stands for the baseline in findings.
    """
    found: dict[str, tuple[tuple[Finding, ...], Mapping[str, Measured]]] = {}
    held = []
    for before, view in pairs:
        what = _moved(before, view)
        if not what or not _timed(before, view):
            continue
        asked = again.get(view.row)
        why = _apart(before, view) or (_not_again(what) if asked is None else asked.silent)
        if asked is None or why:
            found[view.row] = (_untold(before, view, what, why), {})
            continue
        reference = replace(asked.baseline, cell=replace(asked.baseline.cell, id=named))
        candidate = replace(asked.tonight, cell=replace(asked.tonight.cell, id=view.cell.id))
        held.append(
            HeldCell(
                reference=reference,
                view=candidate,
                own=Own(findings=(), notes=()),
                compared=Compared(differences=(), same=0),
            )
        )
    by_row = {view.row: (before, view) for before, view in pairs}
    for judged in by_rounds(held, rules, at, (Scale.RATIO,)):
        times = {one.metric.fact: one for one in judged.measured}
        told = tuple(
            one
            for one in judged.findings
            if one.kind in _OF_ROUNDS and set(one.subject) <= times.keys()
        )
        if not any(one.decided.rounds for one in times.values()):
            left_out = [why for one in times.values() for why in one.pairing.left_out]
            before, view = by_row[judged.row]
            why = left_out[0] if left_out else "no time was measured in interleaved rounds"
            told = _untold(before, view, _moved(before, view), why)
        found[judged.row] = (told, times)
    return found


def _not_again(what: Sequence[str]) -> str:
    """Return why nothing was run again; empty where the image is the same, since running it again
    would tell nothing."""
    return _NOT_RUN_AGAIN if "image" in what else ""


def _untold(before: View, view: View, what: Sequence[str], why: str) -> tuple[Finding, ...]:
    """Return the finding that times are not judged."""
    words = {"what": " and ".join(what)}
    probes = sorted({view.facts[name].probe for name in _timed(before, view)})
    return (
        finding(
            FindingKind.TIME_UNTOLD,
            view.cell,
            words,
            evidence=[why] if why else (),
            probes=probes,
            subject=("times",),
        ),
    )
