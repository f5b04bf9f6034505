"""Rounds of two cells with times and accuracies, for tests of what is measured."""

from __future__ import annotations

import base64
import hashlib
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from harness.model import Cell, Expectation, Fact, KnownSpread, Nature, Record, Run
from tests.unit.builders import (
    MNIST,
    PACKAGES,
    PYTHON,
    cell,
    mnist_facts,
    python_facts,
    record,
    run,
)

REFERENCE = cell("tf1.2.1-py2.7", "1.2.1", "2.7")
CANDIDATE = cell("tf2.21.0-py3.13", "2.21.0")
TIMED = replace(
    MNIST,
    natures=(("mnist.wrong_test_images", Nature.MEASURED), *MNIST.natures),
)
ASKED = (PYTHON, PACKAGES, TIMED)
QUIET = tuple(
    KnownSpread(metric=metric, variance=variance * factor, df=5)
    for metric, variance in (
        ("*.step_seconds", 0.0009),
        ("*.import_seconds", 0.0009),
        ("*.evaluation_seconds", 0.0009),
        ("*.test_accuracy", 1e-6),
    )
    for factor in (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 0.75, 1.25, 1.0)
)
"""A quiet host's calibrations: 50 degrees of freedom, 3 % of a time, 0.1 points of an accuracy."""


def wrong(images: Iterable[int], of: int = 1000) -> str:
    """Which of so many test images are wrong, as the probe tells it."""
    bits = bytearray((of + 7) // 8)
    for one in images:
        bits[one // 8] |= 128 >> one % 8
    return base64.b64encode(bytes(bits)).decode()


def learned(
    of: Cell,
    number: int,
    *,
    step: float,
    errors: Sequence[int],
    images: int = 1000,
    weights: str = "",
) -> dict[str, Fact]:
    """What the probe mnist answers in a round."""
    made = weights or hashlib.sha256(f"{of.id}/{number}".encode()).hexdigest()
    return {
        **mnist_facts(of.framework[0][1], 1 - len(errors) / images, step),
        "mnist.step_seconds": (step * 0.99, step, step * 1.01),
        "mnist.import_seconds": 2.5 * step / 0.027 + 0.001 * number,
        "mnist.evaluation_seconds": 0.5 * step / 0.027,
        "mnist.test_images": images,
        "mnist.wrong_test_images": wrong(errors, images),
        "mnist.final_weights_sha256": made,
    }


def rounds_of(
    of: Cell,
    answers: Sequence[Mapping[str, Fact]],
    *,
    place: int,
    group: str | None = "g",
    late: int = 0,
) -> list[Record]:
    """Records of rounds in which the cell took its turn at `place`, `late` minutes after them."""
    found = []
    for number, facts in enumerate(answers, start=1):
        at = f"2026-11-20T23:{(number * 3 + place + late) % 60:02}:00Z"
        seen = {"round.place": place, "round.group": group} if group else {}
        for probe, said in (
            ("python", python_facts(f"{of.python}.5")),
            ("packages", {"package.numpy": "2.1.0"}),
            ("mnist", facts),
        ):
            made = record(probe, said, of=of.id, round_=number)
            found.append(replace(made, started=at, observed=seen))
    return found


def noisy(
    rounds: int, *, shift: float = 0.0, sd: float = 0.02, points: int = 0, seed: int = 1
) -> list[Record]:
    """Interleaved rounds of the two cells: the candidate `shift` slower (log), `points` more of
    1,000 images wrong."""
    chance = random.Random(seed)
    ours, theirs = [], []
    for number in range(1, rounds + 1):
        base = 0.027 * math.exp(chance.gauss(0, 0.1))
        other = base * math.exp(shift + chance.gauss(0, sd))
        errors = chance.sample(range(1000), 33)
        ours.append(learned(REFERENCE, number, step=base, errors=errors))
        further = [one for one in range(1000) if one not in errors][: points + chance.randrange(2)]
        theirs.append(learned(CANDIDATE, number, step=other, errors=[*errors[1:], *further]))
    return [
        *rounds_of(REFERENCE, ours, place=1),
        *rounds_of(CANDIDATE, theirs, place=2),
    ]


def measured_run(
    rounds: int,
    *,
    expectations: tuple[Expectation, ...] = (),
    noise: tuple[KnownSpread, ...] | None = QUIET,
    looks: tuple[int, ...] | None = None,
    cells: tuple[Cell, ...] = (REFERENCE, CANDIDATE),
) -> Run:
    """A run of so many rounds, with what was known of its host's noise."""
    usual = (
        Expectation(facts="*framework_version", rule="allowed", reason="releases"),
        Expectation(facts="python.*", rule="allowed", reason="releases"),
    )
    made = run(*cells, probes=ASKED, rounds=rounds, expectations=(*expectations, *usual))
    return replace(made, noise=noise, looks=looks)
