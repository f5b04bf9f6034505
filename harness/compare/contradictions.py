"""Finds what a cell's answers contradict: themselves, each other, or what the harness knows.

All facts are statements of the environment itself. What cannot be true beside what was asked, given
and measured here is a failure of the cell, whatever else its facts are worth. Each row is a
function from answers to sentences; to detect another contradiction, add another row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from harness.compare.answered import Answered, Learned
from harness.compare.clocks import clock
from harness.compare.judgement import Finding, finding
from harness.compare.kept import KeptByIdentity
from harness.compare.kinds import FindingKind
from harness.compare.learned import (
    data_given,
    losses_move,
    same_weights,
    shares_are_shares,
    shares_count_images,
    steps_asked,
    weights_moved,
)
from harness.compare.training_asked import (
    another_seed,
    classes_there,
    threads_kept,
    wrong_images_counted,
)
from harness.model import Cell, EvidenceKind, Record

CONTAINER_ENGINES = ("docker", "podman")
_GPU_RUNTIME = "nvidia"
_LISTED = 6

Saying = tuple[str, tuple[Answered, ...]]
"""A sentence that describes the contradiction, and the answers it rests on."""


def _gpu_from_nowhere(one: Answered) -> Iterator[str]:
    """Check that no GPU answers in a container that was given none."""
    runtime = one.run.engine.detail.get("runtime", "")
    if one.record.engine not in CONTAINER_ENGINES or one.cell.gpu or _GPU_RUNTIME in runtime:
        return
    for evidence in one.probe.evidence:
        value = one.record.facts.get(evidence.fact)
        listed = value if isinstance(value, tuple) else (value,)
        if evidence.kind == EvidenceKind.DEVICES and any(
            str(each).endswith("GPU") for each in listed
        ):
            yield f"{evidence.fact} lists a GPU, but its container was given none"
        if evidence.kind == EvidenceKind.COMPUTES and value == "works":
            yield f"{evidence.fact} says that a GPU works, but its container was given none"


def _no_packages(answers: Sequence[Answered]) -> Iterator[Saying]:
    """Check that some package is installed where a framework was imported."""
    for one in answers:
        if one.record.probe != "packages" or _some_package(one.record):
            continue
        importers = tuple(
            other
            for other in answers
            if other.record.round == one.record.round and _imported(other)
        )
        if importers:
            fact = _imported(importers[0])
            yield (
                f"no package is installed, but {fact} says that one was imported",
                (one, *importers),
            )


def _some_package(record: Record) -> bool:
    return any(fact.startswith("package.") for fact in record.facts)


def _imported(one: Answered) -> str:
    """Return the fact that holds the version of an imported framework; empty where there is
    none."""
    claimed = [each.fact for each in one.probe.evidence if each.kind == EvidenceKind.CLAIMED]
    return next((fact for fact in claimed if one.record.facts.get(fact)), "")


def _rounds_apart(answers: Sequence[Answered]) -> Iterator[Saying]:
    """Check that rounds with equal final weights give the same answers."""
    if len({one.record.round for one in answers}) < 2:
        return
    every = _of_training(answers)
    for at, learned in enumerate(every):
        for earlier in every[:at]:
            if earlier.stem == learned.stem and earlier.of.record.round != learned.of.record.round:
                for said in (*same_weights(earlier, learned), *another_seed(earlier, learned)):
                    yield said, (earlier.of, learned.of)


OF_ONE: tuple[tuple[str, Callable[[Answered], Iterable[str]]], ...] = (
    ("clock", clock),
    ("gpu", _gpu_from_nowhere),
)
"""Rows that look at one answer, each with a word for its subject."""
OF_LEARNING: tuple[tuple[str, Callable[[Learned], Iterable[str]], tuple[str, ...]], ...] = (
    ("steps", steps_asked, ()),
    ("data set", data_given, ()),
    ("weights", weights_moved, ("initial_weights_sha256",)),
    ("losses", losses_move, ("loss",)),
    ("shares", shares_are_shares, ("test_accuracy", "test_error", "validation_error")),
    ("counted images", shares_count_images, ("test_accuracy", "validation_error")),
    ("threads", threads_kept, ("threads_within_operation", "cpus_busy")),
    ("wrong images", wrong_images_counted, ("wrong_test_images",)),
    ("labels", classes_there, ("test_images_per_class",)),
)
"""Rows that look at one answer about learning, each with facts without any of which it finds
nothing; none: it may find that a fact is missing."""
OF_ALL: tuple[tuple[str, Callable[[Sequence[Answered]], Iterable[Saying]]], ...] = (
    ("packages", _no_packages),
    ("rounds", _rounds_apart),
)
"""Rows that look at all answers of a cell."""
BETWEEN: tuple[tuple[str, Callable[[Learned, Learned], Iterable[str]]], ...] = (
    ("equal weights", same_weights),
)
"""Rows that compare a cell's answer about learning with its reference's."""


def of_contradictions(cell: Cell, answers: Sequence[Answered]) -> tuple[Finding, ...]:
    """Return a finding for each row that finds a contradiction in a cell's own answers."""
    rows: list[tuple[str, list[Saying]]] = [
        (about, [(said, (one,)) for one in answers for said in row(one)]) for about, row in OF_ONE
    ]
    told: dict[str, list[Saying]] = {}
    for each in _of_training(answers):
        for about, row in _rows_for(tuple(each.of.record.facts), each.stem):
            for said in row(each):
                told.setdefault(about, []).append((said, (each.of,)))
    rows += [(about, told[about]) for about, _, _ in OF_LEARNING if about in told]
    rows += [(about, list(of_all(answers))) for about, of_all in OF_ALL]
    return tuple(_finding(cell, about, said) for about, said in rows if said)


@lru_cache(maxsize=1024)
def _rows_for(
    names: tuple[str, ...], stem: str
) -> tuple[tuple[str, Callable[[Learned], Iterable[str]]], ...]:
    """Return the rows that may find something in an answer with facts of these names."""
    there = frozenset(names)
    return tuple(
        (about, row)
        for about, row, needs in OF_LEARNING
        if not needs or any(f"{stem}.{name}" in there for name in needs)
    )


def _learned_in(answers: Sequence[Answered]) -> tuple[Learned, ...]:
    return tuple(each for one in answers for each in one.learned())


_of_training = KeptByIdentity(_learned_in, most=64)
"""The answers of a cell are looked at by themselves, and then beside the reference's."""


def of_contradictions_between(
    reference: Cell, there: Sequence[Answered], cell: Cell, here: Sequence[Answered]
) -> tuple[Finding, ...]:
    """Return a finding for each row that finds a contradiction between a cell's answers and its
    reference's."""
    by_stem, others = _by_stem(there), _by_stem(here)
    rows = [
        (
            about,
            [
                (f"{said} ({reference.id})", (other.of,))
                for stem in sorted({*by_stem} & {*others})
                for one in by_stem[stem]
                for other in others[stem]
                for said in row(one, other)
            ],
        )
        for about, row in BETWEEN
    ]
    return tuple(_finding(cell, about, said) for about, said in rows if said)


def _by_stem(answers: Sequence[Answered]) -> Mapping[str, list[Learned]]:
    found: dict[str, list[Learned]] = {}
    for learned in _of_training(answers):
        found.setdefault(learned.stem, []).append(learned)
    return found


def _finding(cell: Cell, about: str, sayings: Sequence[Saying]) -> Finding:
    """Return one finding for one row: the first sentence is its title, the others are evidence."""
    told: dict[str, dict[str, None]] = {}
    probes: dict[str, None] = {}
    for said, rests_on in sayings:
        for one in rests_on:
            probes[one.record.probe] = None
            told.setdefault(said, {})[f"{one.record.probe} in round {one.record.round}"] = None
    first, *_ = told
    lines = [
        ", ".join(list(where)[:_LISTED]) + ("" if said == first else f": {said}")
        for said, where in told.items()
    ]
    more = len(lines) - _LISTED
    if more > 0:
        lines = [*lines[:_LISTED], f"and {more} more"]
    return finding(
        FindingKind.CONTRADICTED,
        cell,
        {"what": first},
        evidence=lines,
        probes=probes,
        subject=(about, *probes),
    )
