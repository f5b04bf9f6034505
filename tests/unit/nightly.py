"""Synthetic nights: runs of a few cells whose packages, bases, hosts and answers move at will."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from harness.compare.judge import judge
from harness.model import (
    Cell,
    Expectation,
    Fact,
    HostClass,
    ImageIdentity,
    Outcome,
    Probe,
    Raised,
    Record,
)
from harness.nights.night import JudgedRun, Nights
from harness.nights.seen import SeenNight
from harness.nights.values import Acceptance, Accepted, Baseline, Event, Night
from tests.unit.builders import HOST, MNIST, PROBES, cell, healthy, image, run

BEGAN = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)
ALLOWED = tuple(
    Expectation(facts=facts, rule="allowed", reason="the cells are of different releases")
    for facts in ("package.*", "framework.*", "mnist.framework_version", "python.*")
)
EXPORT = "ab" * 32


@dataclass(frozen=True, kw_only=True)
class World:
    """What goes into the cells on one night, and what some of them answer."""

    packages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By cell: packages that are others than usual; an empty version: it is missing."""
    bases: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    host: HostClass = HOST
    probes: Mapping[str, str] = field(default_factory=dict)
    """By probe: its digest."""
    version: str = "0.1.0"
    raised: Mapping[str, str] = field(default_factory=dict)
    """By cell: what its training raises."""
    accuracy: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Mapping[str, Fact]] = field(default_factory=dict)
    """By cell: further facts of its Python."""
    gone: frozenset[str] = frozenset()
    """Cells that are not in the run."""
    lost: frozenset[str] = frozenset()
    """Cells whose engine went away."""


USUAL = {"numpy": "2.1.0", "keras": "3.0.0", "six": "1.16.0"}


def cells_of(count: int) -> tuple[Cell, ...]:
    return tuple(
        replace(cell(f"cell{number:02}"), base=f"base{number % 3}") for number in range(count)
    )


def night(number: int, cells: Sequence[Cell], world: World = World(), **more: object) -> JudgedRun:
    """The judged run of a night, counted from 0."""
    started = (BEGAN + timedelta(days=number)).isoformat().replace("+00:00", "Z")
    name = f"202611{1 + number:02}T020000Z-{number:04x}"
    there = [one for one in cells if one.id not in world.gone]
    probes = tuple(_probe(one, world) for one in PROBES)
    made = run(
        *there,
        probes=probes,
        host=world.host,
        expectations=more.pop("expectations", ALLOWED),  # type: ignore[arg-type]
        run_id=name,
        started=started,
        **more,  # type: ignore[arg-type]
    )
    made = replace(made, version=world.version)
    records = [each for one in there for each in _records(one, world, name)]
    return JudgedRun(judgement=judge(made, records), records=records)


def _probe(one: Probe, world: World) -> Probe:
    return replace(one, digest=world.probes.get(one.name, one.digest))


def _records(one: Cell, world: World, name: str) -> list[Record]:
    packages = {**USUAL, **world.packages.get(one.id, {})}
    packages = {name: version for name, version in packages.items() if version}
    content = _digest(
        (sorted(packages.items()), world.bases.get(one.base), world.images.get(one.id))
    )
    identity = replace(
        image(content) if one.image else image(one.id),
        layers=(content,),
        base=world.bases.get(one.base, f"sha256:{one.base}"),
        recipe="sha256:aa",
    )
    answers = healthy(one, packages=packages, run_id=name)
    return [_answer(each, one, world, identity) for each in answers]


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:12]


def _answer(each: Record, one: Cell, world: World, identity: ImageIdentity) -> Record:
    each = replace(
        each, image=identity, probe_digest=world.probes.get(each.probe, each.probe_digest)
    )
    if one.id in world.lost:
        return replace(each, outcome=Outcome.ENGINE_GONE, facts={}, image=None, reason="gone")
    if each.probe == "python":
        return replace(each, facts={**each.facts, **world.facts.get(one.id, {})})
    if each.probe != MNIST.name:
        return each
    if one.id in world.raised:
        message = world.raised[one.id]
        told = (
            f'Traceback (most recent call last):\n  File "probe.py", line 1\nTypeError: {message}'
        )
        raised = Raised(type="TypeError", message=message, traceback=told)
        return replace(each, outcome=Outcome.RAISED, facts={}, raised=raised)
    if one.id in world.accuracy:
        facts = {**each.facts, "mnist.test_accuracy": world.accuracy[one.id]}
        return replace(each, facts=facts)
    return each


def accepted(*events: Acceptance) -> Accepted:
    return Accepted(baseline=Baseline(run="baseline", export=EXPORT), events=events)


def held(nights: Sequence[JudgedRun], known: Accepted | None = None) -> Night:
    """The last of the nights against the first, with those between."""
    first, *between, last = nights
    judged = Nights(first, known or accepted())
    history = [judged.seen(one) for one in between]
    return judged.night(last.judgement, judged.seen(last), history)


def one_by_one(nights: Sequence[JudgedRun], known: Accepted | None = None) -> list[Night]:
    """What each night but the first was told in its morning."""
    judged = Nights(nights[0], known or accepted())
    shown: list[SeenNight] = []
    told = []
    for one in nights[1:]:
        tonight = judged.seen(one)
        told.append(judged.night(one.judgement, tonight, tuple(shown)))
        shown.append(tonight)
    return told


def brief(events: Sequence[Event]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(str(one.standing), one.title, one.cells) for one in events]


# --- many nights --------------------------------------------------------------------------------

INNOCENT = "innocent"
"""Packages whose names begin so are ignored by a rule: they change, and nothing comes of it."""
IGNORED = Expectation(facts=f"package.{INNOCENT}*", rule="ignore", reason="they may move")


@dataclass(frozen=True, kw_only=True)
class Injected:
    """A cause that is there from one night until before another, and what it breaks."""

    what: str
    """The input that changes, as an event names it."""
    begins: int
    ends: int
    cells: tuple[str, ...]
    """Those that fail then: all in which the input changes."""
    accuracy: bool = False
    """They train badly, instead of raising."""


def injected_night(
    number: int,
    cells: Sequence[Cell],
    causes: Sequence[Injected],
    rng: random.Random,
    innocents: dict[str, dict[str, str]],
    moves: int = 10,
) -> JudgedRun:
    """The run of one night: the causes that are there then, beside so many innocent changes, which
    stay (`innocents` is what they came to so far)."""
    for _ in range(moves if number else 0):
        name = f"{INNOCENT}{rng.randrange(20)}"
        for one in rng.sample([each.id for each in cells], rng.randint(1, len(cells))):
            innocents.setdefault(one, {})[name] = f"1.{number}"
    there = [one for one in causes if one.begins <= number < one.ends]
    packages = {one: dict(moved) for one, moved in innocents.items()}
    bases, images, probes = {}, {}, {}
    host, version = HOST, "0.1.0"
    for one in there:
        kind, _, name = one.what.partition(" ")
        match kind:
            case "package":
                for each in one.cells:
                    packages.setdefault(each, {})[name] = f"9.{one.begins}"
            case "base":
                bases[name] = f"sha256:base{one.begins}"
            case "image":
                images.update(dict.fromkeys(one.cells, f"moved{one.begins}"))
            case "probe":
                probes[name] = f"sha256:probe{one.begins}"
            case "driver":
                host = replace(host, driver=f"580.{one.begins}")
            case "host":
                host = replace(host, cpu_model=f"CPU {one.begins}")
            case _:
                version = f"0.2.{one.begins}"
    world = World(
        packages=packages,
        bases=bases,
        images=images,
        probes=probes,
        host=host,
        version=version,
        raised={
            each: f"broken by cause {one.begins}"
            for one in there
            if not one.accuracy
            for each in one.cells
        },
        accuracy={each: 0.5 for one in there if one.accuracy for each in one.cells},
    )
    return night(number, cells, world, expectations=(IGNORED, *ALLOWED))
