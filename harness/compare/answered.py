"""One answer with all that is known of how it was asked: what contradictions are looked for in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.compare.facts import as_number, as_numbers
from harness.compare.kept import KeptByIdentity
from harness.model import Cell, Fact, Facts, Nature, Outcome, Probe, Record, Run

MNIST = "mnist"
"""The standard probe that trains: what its facts are called is known, so that one may be missed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """A record whose outcome is `ok`."""

    run: Run
    cell: Cell
    probe: Probe
    record: Record
    first: bool = False
    """Whether it was the first of its container: the time its runner took to start is in its
    own."""

    @property
    def stems(self) -> tuple[str, ...]:
        """What its facts about learning begin with: `mnist` of `mnist.test_accuracy`."""
        own = {MNIST} if self.record.probe == MNIST else set()
        return tuple(sorted(_stems(self.record.facts) | own))

    def learned(self) -> tuple[Learned, ...]:
        """What it says of learning, one for each stem."""
        return tuple(Learned(of=self, stem=stem) for stem in self.stems)


_LEARNED = (".test_accuracy", ".final_weights_sha256")


def _stems_in(facts: Facts) -> frozenset[str]:
    return frozenset(name.rpartition(".")[0] for name in facts if name.endswith(_LEARNED))


_stems = KeptByIdentity(_stems_in)


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """The facts of one answer about learning: those that begin with one stem."""

    of: Answered
    stem: str

    def named(self, name: str) -> str:
        """The whole name of a fact."""
        return f"{self.stem}.{name}"

    def fact(self, name: str) -> Fact:
        """A fact; None where there is none."""
        return self.of.record.facts.get(self.named(name))

    def number(self, name: str) -> float | None:
        """A fact as a finite number; None where it is none, or not there."""
        return as_number(self.fact(name))

    def count(self, name: str) -> int | None:
        """A fact as a whole number above zero; None where it is none."""
        number = self.number(name)
        return int(number) if number is not None and number > 0 and number == int(number) else None

    def series(self, name: str) -> tuple[float, ...] | None:
        """A fact as finite numbers; None where it is none."""
        return as_numbers(self.fact(name))

    @property
    def standard(self) -> bool:
        """Whether it speaks for the standard probe, none of whose facts may be missing."""
        return self.stem == MNIST and self.of.record.probe == MNIST


def answered(run: Run, cell: Cell, records: Iterable[Record]) -> tuple[Answered, ...]:
    """The answers among a cell's records, by round and in the order in which they were asked."""
    probes = {probe.name: probe for probe in run.probes}
    order = list(probes)
    there = [one for one in records if one.probe in probes]
    ordered = sorted(there, key=lambda one: (one.round, order.index(one.probe)))
    begun: set[tuple[int, int]] = set()
    found = []
    for record in ordered:
        container = (record.round, record.container)
        was_asked = not record.repeats and record.outcome is not Outcome.NOT_APPLICABLE
        if record.outcome is Outcome.OK:
            found.append(
                Answered(
                    run=run,
                    cell=cell,
                    probe=probes[record.probe],
                    record=record,
                    first=was_asked and container not in begun,
                )
            )
        if was_asked:
            begun.add(container)
    return tuple(found)


def is_time(nature: Nature, fact: str) -> bool:
    """Whether a fact tells seconds."""
    return nature is Nature.TIMING and fact.endswith("_seconds")
