"""A cell's own account: what it was made of, and what its rounds gave. It is shown as it is; what
is judged stands beside it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model import Fact, ImageIdentity, Nature, Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundSeries:
    """Numbers that one round gave, all of them finite."""

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
    """A fact that is shown as the cell said it: the value that stands for all its rounds."""

    fact: str
    value: Fact
    nature: Nature


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What is shown of one cell."""

    engine: str = ""
    """What it ran on, with its version; empty: not known."""
    images: tuple[ImageIdentity, ...] = ()
    """What its containers were started from, each once, in the order of rounds."""
    losses: tuple[RoundSeries, ...] = ()
    """The training loss of each round, from its first step on."""
    loss_every: int = 1
    """Steps from one of the losses to the next."""
    step_seconds: tuple[RoundSeries, ...] = ()
    """How long the training steps of each round took."""
    accuracies: tuple[RoundSeries, ...] = ()
    """The test accuracy of each round, one value each."""
    test_images: int = 0
    """How many images each accuracy is a share of; 0: not known."""
    facts: tuple[ShownFact, ...] = ()
    """The system, the framework's build, devices and each step to a GPU."""
    silences: tuple[Silence, ...] = ()
    """Planned questions that got no answer, in the order of rounds and probes."""


NO_ACCOUNT = Account()
"""Of a cell of which nothing is shown."""
