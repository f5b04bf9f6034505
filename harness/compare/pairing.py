"""Pairs the rounds of two cells, keeping only those that may be compared.

A round is one fresh container. Times pair only where both cells took their turn in the same round
of one group on one host. Rounds that were repeated, counted twice, or asked under other conditions
are left out, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from harness.compare.busy import busy_rounds
from harness.compare.classified import WRONG_IMAGES, Classified, classified
from harness.compare.facts import as_number
from harness.compare.measurement import Pairing
from harness.compare.metrics import Metric, value_of
from harness.compare.statistics.paired import Paired, Scale
from harness.compare.view import View
from harness.model import Fact, Outcome, Record

PLACE = "round.place"
"""Observed with each record: the turn of its cell in the round; the first is 1."""
GROUP = "round.group"
"""Observed with each record: its group of cells. Times are interleaved only within a group."""
WEIGHTS = "final_weights_sha256"
"""The fact with the digest of the trained weights."""
_IMAGES = "test_images"


def pair(reference: View, candidate: View, metric: Metric) -> Pairing:
    """Return the rounds of a metric by which two cells can be compared.

    The order of records does not matter. Where no round pairs, `left_out` says why.
    """
    ours, theirs = _rounds(reference, metric), _rounds(candidate, metric)
    both = [number for number in sorted(ours) if number in theirs]
    rows = [(number, ours[number], theirs[number]) for number in both]
    told: list[str] = []
    if metric.scale is Scale.RATIO:
        rows = _timed(reference, candidate, rows, told)
    else:
        rows = _trained(metric, rows, told)
    values = [
        (number, one, other)
        for number, a, b in rows
        if (one := value_of(a.facts[metric.fact])) is not None
        and (other := value_of(b.facts[metric.fact])) is not None
    ]
    if len(values) < len(rows):
        told.append(f"{_count(len(rows) - len(values))} answered no finite number")
    alike = tuple(models for _, a, b in rows if (models := _classified(metric, a, b)))
    paired = Paired(
        fact=metric.fact,
        scale=metric.scale,
        reference=tuple(one for _, one, _ in values),
        candidate=tuple(other for _, _, other in values),
        floor=_floor(metric, rows, alike),
        equal_bits=bool(rows) and all(_equal_bits(metric, a, b) for _, a, b in rows),
    )
    numbers = tuple(number for number, _, _ in values)
    both_sides = (record for number, *sides in rows if number in numbers for record in sides)
    timed = metric.scale is Scale.RATIO
    return Pairing(
        metric=metric,
        paired=paired,
        rounds=numbers,
        left_out=tuple(told),
        classified=alike,
        busy=busy_rounds(both_sides, candidate.run.host.cores) if timed else (),
    )


_Row = tuple[int, Record, Record]


def _rounds(view: View, metric: Metric) -> Mapping[int, Record]:
    if view.parts is not None:  # Its answers are of one round.
        number = next(iter(view.answers), (0, ""))[0]
        record = view.answers.get((number, metric.probe))
        answers = record is not None and record.outcome is Outcome.OK
        return {number: record} if record and answers and metric.fact in record.facts else {}
    return {
        number: record
        for (number, probe), record in view.answers.items()
        if probe == metric.probe and record.outcome is Outcome.OK and metric.fact in record.facts
    }


def _timed(reference: View, candidate: View, rows: list[_Row], told: list[str]) -> list[_Row]:
    """Return the rounds whose times may be compared."""
    if reference.run.id != candidate.run.id:
        told.append("the two ran apart: times are compared only between interleaved rounds")
        return []
    if _shard(reference) != _shard(candidate):
        told.append("two jobs measured the two, so their times cannot be compared")
        return []
    if reference.run.host != candidate.run.host:
        told.append("the two ran on different hosts, so their times cannot be compared")
        return []
    asked = [one for one in rows if not (one[1].repeats or one[2].repeats)]
    if len(asked) < len(rows):
        told.append(f"{_count(len(rows) - len(asked))} repeat an earlier answer: no time is reused")
    kept = [one for one in asked if _same_group(one[1], one[2])]
    if len(kept) < len(asked):
        told.append(f"{_count(len(asked) - len(kept))} were not interleaved with the reference's")
    if _overlapping(kept):
        told.append("rounds overlap or do not follow each other: they were not interleaved")
        return []
    return kept


def _shard(view: View) -> int:
    return view.run.shard_of(view.cell.id)


def _same_group(one: Record, other: Record) -> bool:
    group, place = one.observed.get(GROUP), one.observed.get(PLACE)
    return bool(group) and group == other.observed.get(GROUP) and place != other.observed.get(PLACE)


def _overlapping(rows: list[_Row]) -> bool:
    """Tell whether a later round of either cell began before an earlier one of the other."""
    spans = [sorted((one.started, other.started)) for _, one, other in rows]
    return any(before[1] > after[0] for before, after in pairwise(spans) if all(after))


def _trained(metric: Metric, rows: list[_Row], told: list[str]) -> list[_Row]:
    """Return the rounds that trained a model of their own; equal models count as one
    observation."""
    kept: list[_Row] = []
    seen: tuple[set[Fact], set[Fact]] = (set(), set())
    for row in rows:
        models = [_beside(metric, record, WEIGHTS) for record in row[1:]]
        if any(
            model is not None and model in side for model, side in zip(models, seen, strict=True)
        ):
            continue
        kept.append(row)
        for model, side in zip(models, seen, strict=True):
            side.add(model)
    if len(kept) < len(rows):
        told.append(
            f"{_count(len(rows) - len(kept))} trained the same model again, to the bit: "
            "they count as one"
        )
    return kept


def _equal_bits(metric: Metric, one: Record, other: Record) -> bool:
    ended = _beside(metric, one, WEIGHTS)
    return isinstance(ended, str) and ended == _beside(metric, other, WEIGHTS)


def _classified(metric: Metric, one: Record, other: Record) -> Classified | None:
    images = as_number(_beside(metric, one, _IMAGES))
    if metric.scale is not Scale.SHARE or images is None:
        return None
    if images != as_number(_beside(metric, other, _IMAGES)):
        return None
    told = [_beside(metric, record, WRONG_IMAGES) for record in (one, other)]
    return classified(told[0], told[1], int(images))


def _floor(metric: Metric, rows: Iterable[_Row], alike: tuple[Classified, ...]) -> float:
    """Return the mean variance of a round's difference that is due to the choice of test images.
    Where it is not known which images were classified wrongly, the larger variance of two models
    that err independently is used."""
    if metric.scale is not Scale.SHARE:
        return 0.0
    floors = [one.floor for one in alike]
    known = list(rows)
    if len(floors) < len(known):
        floors = [_independent(metric, one, other) for _, one, other in known]
    return sum(floors) / len(floors) if floors else 0.0


def _independent(metric: Metric, one: Record, other: Record) -> float:
    a, b = value_of(one.facts[metric.fact]), value_of(other.facts[metric.fact])
    images = max(as_number(_beside(metric, one, _IMAGES)) or 1.0, 1.0)
    if a is None or b is None:
        return 1.0
    return max(a + b - 2 * a * b, 1 / images) / images


def _beside(metric: Metric, record: Record, name: str) -> Fact:
    return record.facts.get(f"{metric.fact.rpartition('.')[0]}.{name}")


def _count(rounds: int) -> str:
    return "1 round" if rounds == 1 else f"{rounds} rounds"
