"""The account of a cell: what it was made of, and what its rounds gave. It is shown as it is,
beside the parts that are judged."""

from __future__ import annotations

from dataclasses import dataclass

from harness.compare.kept import Later
from harness.model import Fact, ImageIdentity, Nature, Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundSeries:
    """The numbers of one round, all of them finite."""

    round: int
    values: tuple[float, ...]
    """At least one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """A probe that gave no answer in one round."""

    probe: str
    round: int
    outcome: Outcome
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownFact:
    """A fact that is shown as the cell gave it, with the value that stands for all its rounds."""

    fact: str
    value: Fact
    nature: Nature


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What reports show about one cell."""

    engine: str = ""
    """The engine it ran on, with its version; empty where not known."""
    images: tuple[ImageIdentity, ...] = ()
    """The images its containers were started from, each once, in the order of rounds."""
    losses: tuple[RoundSeries, ...] = ()
    """The training loss of each round, from its first step on."""
    loss_every: int = 1
    """How many steps lie between two of the losses."""
    step_seconds: tuple[RoundSeries, ...] = ()
    """How long the training steps of each round took, in seconds."""
    accuracies: tuple[RoundSeries, ...] = ()
    """The test accuracy of each round, one value each."""
    test_images: int = 0
    """The number of images that each accuracy refers to; 0 where not known."""
    facts: tuple[ShownFact, ...] = ()
    """The system, the framework's build, the devices, and each step to a GPU."""
    silences: tuple[Silence, ...] = ()
    """Planned questions that got no answer, in the order of rounds and probes."""


NOT_ACCOUNTED = Later(Account)
"""The account of a cell about which nothing is shown."""
