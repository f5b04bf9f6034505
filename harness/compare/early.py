"""The losses of the first ten training steps: how far apart they are, and what usually causes that.

Two environments that start from the same weights and images differ at first only by their
arithmetic. By step 60 training has amplified that a thousandfold, so later losses say nothing about
the cause. The limits were measured on releases of one framework from 2017 to 2026
(docs/verdicts.md): another order of summation gave 1e-7 to 3e-6 at step 10, another library of
kernels and other releases up to 1.1e-5 at the first step and 7e-5 at the tenth, a compiler's other
random stream 6e-4 at the first step, another seed 2.5e-3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from harness.compare.facts import as_number, as_numbers
from harness.compare.kept import KeptByIdentity
from harness.model import Facts, Outcome, Record

STEPS = 10
_LOSS = ".loss"
_SAME_START = ("initial_weights_sha256", "dataset_sha256", "seed", "batch_size", "steps")


class Likeness(StrEnum):
    """How alike early losses are, from nearest to farthest."""

    EQUAL_BITS = "equal-bits"
    SUMMATION = "summation-order"
    KERNEL = "another-kernel"
    RANDOM_STREAM = "another-random-stream"
    ALGORITHM = "another-algorithm"

    @property
    def rank(self) -> int:
        """The position in that order; 0 is the nearest."""
        return list(Likeness).index(self)

    @property
    def comes_from(self) -> str:
        """What usually causes losses like that, for a person."""
        return _COMES_FROM[self]


_COMES_FROM = {
    Likeness.EQUAL_BITS: "equal bits: the same kernels on the same numbers",
    Likeness.SUMMATION: "another order of summation: threads, or the width of vectors",
    Likeness.KERNEL: "another kernel: another release or build, oneDNN on or off",
    Likeness.RANDOM_STREAM: "another random stream: dropout draws other numbers (XLA, other seeds)",
    Likeness.ALGORITHM: "another algorithm, other data or other weights",
}
_LIMITS = (
    (Likeness.EQUAL_BITS, 0.0, 0.0),
    (Likeness.SUMMATION, 1e-6, 1e-5),
    (Likeness.KERNEL, 1e-4, 1e-3),
    (Likeness.RANDOM_STREAM, 1e-2, 0.3),
)
"""(class, relative distance at the first step, largest within the first ten): the first row whose
limits both hold decides."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlyLosses:
    """How far apart the early losses of two cells are, in the round in which they are farthest."""

    fact: str
    probe: str
    likeness: Likeness
    first: float
    """Relative distance at the first step."""
    largest: float
    """The largest relative distance within the first ten steps."""
    rounds: int

    @property
    def told(self) -> str:
        """The result for a person, with its usual cause."""
        if self.likeness is Likeness.EQUAL_BITS:
            return f"the losses of the first {STEPS} steps have equal bits"
        return (
            f"the losses of the first {STEPS} steps are {self.largest:.1g} apart at most "
            f"({self.first:.1g} at the first): {self.likeness.comes_from}"
        )


Answers = Mapping[tuple[int, str], Record]
"""The records of one cell by (round, probe)."""


def early_losses(reference: Answers, candidate: Answers) -> tuple[EarlyLosses, ...]:
    """Return the likeness of early losses, one for each fact that has them. Only rounds in which
    both started from the same weights, images and seed are compared."""
    told = (_likeness(reference, candidate, probe, fact) for probe, fact in _telling(reference))
    return tuple(one for one in told if one is not None)


def _told_by(reference: Answers) -> tuple[tuple[str, str], ...]:
    """Return (probe, fact) for each fact about losses that a cell has."""
    found = {
        (probe, fact)
        for (_, probe), record in reference.items()
        for fact in _of_losses(record.facts)
    }
    return tuple(sorted(found))


def _losses_in(facts: Facts) -> tuple[str, ...]:
    return tuple(fact for fact in facts if fact.endswith(_LOSS))


_of_losses = KeptByIdentity(_losses_in)
_telling = KeptByIdentity(_told_by, most=64)
"""Most cells have the same reference."""


def likeness_of(first: float, largest: float) -> Likeness:
    """Return the class for a relative distance at the first step and the largest one of ten."""
    for likeness, at_first, at_all in _LIMITS:
        if first <= at_first and largest <= at_all:
            return likeness
    return Likeness.ALGORITHM


def _likeness(reference: Answers, candidate: Answers, probe: str, fact: str) -> EarlyLosses | None:
    apart = []
    for (number, name), one in reference.items():
        other = candidate.get((number, name))
        if name == probe and other is not None and _same_start(fact, one, other):
            distances = _distances(one, other, fact)
            if distances:
                apart.append((distances[0], max(distances)))
    if not apart:
        return None
    first, largest = max(apart, key=lambda one: (likeness_of(*one).rank, one[1]))
    return EarlyLosses(
        fact=fact,
        probe=probe,
        likeness=likeness_of(first, largest),
        first=first,
        largest=largest,
        rounds=len(apart),
    )


def _same_start(fact: str, one: Record, other: Record) -> bool:
    if not (one.outcome is other.outcome is Outcome.OK):
        return False
    stem = fact.removesuffix(_LOSS)
    if one.facts.get(f"{stem}.{_SAME_START[0]}") is None:
        return False
    told = [
        tuple(record.facts.get(f"{stem}.{name}") for name in _SAME_START) for record in (one, other)
    ]
    every = [as_number(record.facts.get(f"{stem}.series_every")) for record in (one, other)]
    return told[0] == told[1] and every in ([1, 1], [None, None])


def _distances(one: Record, other: Record, fact: str) -> tuple[float, ...]:
    a, b = as_numbers(one.facts.get(fact)), as_numbers(other.facts.get(fact))
    if not a or not b or len(a) != len(b):
        return ()
    pairs = zip(a[:STEPS], b[:STEPS], strict=True)
    return tuple(abs(x - y) / max(abs(x), abs(y)) if x != y else 0.0 for x, y in pairs)
