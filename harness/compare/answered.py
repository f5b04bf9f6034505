"""An answer with everything known about how it was asked, as input for finding contradictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.compare.facts import as_number, as_numbers
from harness.compare.kept import KeptByIdentity
from harness.model import Cell, Fact, Facts, Nature, Outcome, Probe, Record, Run

MNIST = "mnist"
"""The standard probe that trains. The names of its facts are known, so a missing one can be
noticed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """A record whose outcome is `ok`."""

    run: Run
    cell: Cell
    probe: Probe
    record: Record
    first: bool = False
    """Whether it was the first one of its container, so that its time includes starting the
    runner."""

    @property
    def stems(self) -> tuple[str, ...]:
        """The first name parts of its facts about learning: `mnist` in `mnist.test_accuracy`."""
        found = _stems(self.record.facts)
        own = self.record.probe == MNIST and MNIST not in found
        return tuple(sorted((*found, MNIST))) if own else found

    def learned(self) -> tuple[Learned, ...]:
        """Return its facts about learning, one value for each stem."""
        return tuple(Learned(of=self, stem=stem) for stem in self.stems)


_LEARNED = (".test_accuracy", ".final_weights_sha256")


def _stems_in(facts: Facts) -> tuple[str, ...]:
    return tuple(sorted({name.rpartition(".")[0] for name in facts if name.endswith(_LEARNED)}))


_stems = KeptByIdentity(_stems_in)


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """The facts of one answer about learning that begin with the same stem."""

    of: Answered
    stem: str

    def named(self, name: str) -> str:
        """Return the full name of a fact."""
        return f"{self.stem}.{name}"

    def fact(self, name: str) -> Fact:
        """Return a fact; None where there is none."""
        return self.of.record.facts.get(self.named(name))

    def number(self, name: str) -> float | None:
        """Return a fact as a finite number; None where it is not one, or missing."""
        return as_number(self.fact(name))

    def count(self, name: str) -> int | None:
        """Return a fact as a whole number above zero; None where it is not one."""
        number = self.number(name)
        return int(number) if number is not None and number > 0 and number == int(number) else None

    def series(self, name: str) -> tuple[float, ...] | None:
        """Return a fact as finite numbers; None where it is not a series of them."""
        return as_numbers(self.fact(name))

    @property
    def standard(self) -> bool:
        """Whether it belongs to the standard probe, none of whose facts may be missing."""
        return self.stem == MNIST and self.of.record.probe == MNIST


def answered(run: Run, cell: Cell, records: Iterable[Record]) -> tuple[Answered, ...]:
    """Return the answers among a cell's records, by round and in the order in which they were
    asked."""
    probes = _by_name(run.probes)
    there = [one for one in records if one.probe in probes]
    ordered = sorted(there, key=lambda one: (one.round, probes[one.probe][0]))
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
                    probe=probes[record.probe][1],
                    record=record,
                    first=was_asked and container not in begun,
                )
            )
        if was_asked:
            begun.add(container)
    return tuple(found)


def _places(probes: tuple[Probe, ...]) -> Mapping[str, tuple[int, Probe]]:
    return {probe.name: (at, probe) for at, probe in enumerate(probes)}


_by_name = KeptByIdentity(_places, most=64)
"""The probes of a run by name, each with its place in the order in which they are asked."""


def is_time(nature: Nature, fact: str) -> bool:
    """Tell whether a fact is a time in seconds."""
    return nature is Nature.TIMING and fact.endswith("_seconds")
