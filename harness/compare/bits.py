"""Which cells computed the same bits, and where the others part: what needs no statistics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.compare.facts import Merged, last_named
from harness.model import Fact

_BITS = "final_weights_sha256"
"""Facts that end so say, to the bit, what training ended in."""
_DIGESTS, _TENSORS = "digests", "tensors"
"""Facts that end so tell a digest of every tensor, step after step, and what a step's are named."""
_GIVEN = ("initial_weights_sha256", "batches_sha256", "steps")
"""What is computed of, beside them."""

Told = Sequence[tuple[str, Mapping[str, Merged]]]
"""Cells as (id, facts)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BitsGroup:
    """Cells that computed the same bits in every round: one, or more."""

    cells: tuple[str, ...]
    parts: str = ""
    """Where they first compute other bits than the first group, for a person: of the texts of an
    image, so that a report must escape it. Empty: that is the first group, or cannot be told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BitsOf:
    """All cells that answer one such fact, by their bits."""

    fact: str
    groups: tuple[BitsGroup, ...]
    """The reference's first, if it answers, then in the order of cells."""
    unsteady: tuple[str, ...] = ()
    """Cells whose own rounds do not agree: they are in no group."""


def equal_bits(cells: Iterable[tuple[str, Mapping[str, Merged]]]) -> tuple[tuple[str, ...], ...]:
    """The groups of at least two cells, given as (id, facts), whose training ended in equal bits in
    every round: in the order of cells. A cell that does not tell is in none."""
    groups: dict[tuple[tuple[str, tuple[Fact, ...]], ...], list[str]] = defaultdict(list)
    for cell, facts in cells:
        told = tuple(
            (name, facts[name].values)
            for name in last_named(facts, _BITS)
            if all(isinstance(each, str) for each in facts[name].values)
        )
        if told:
            groups[told].append(cell)
    return tuple(tuple(found) for found in groups.values() if len(found) > 1)


def bits_of(
    cells: Iterable[tuple[str, Mapping[str, Merged]]], reference: str
) -> tuple[BitsOf, ...]:
    """The groups of equal bits of every fact that tells digests of tensors: what the probe `bits`
    answers in deterministic mode."""
    told = tuple(cells)
    names = sorted(
        {
            name
            for _, facts in told
            for name in last_named(facts, _DIGESTS)
            if _beside(name, _TENSORS) in facts
        }
    )
    return tuple(_by_bits(name, told, reference) for name in names)


def _tells(name: str, facts: Mapping[str, Merged]) -> bool:
    return name in facts and _beside(name, _TENSORS) in facts


def _by_bits(name: str, told: Told, reference: str) -> BitsOf:
    answered = [(cell, facts) for cell, facts in told if _tells(name, facts)]
    steady = [
        (cell, facts)
        for cell, facts in answered
        if facts[name].steady and not facts[name].lacking and _strings(facts[name].value)
    ]
    steady.sort(key=lambda one: one[0] != reference)  # the others keep their order
    groups: dict[tuple[Fact, ...], list[tuple[str, Mapping[str, Merged]]]] = defaultdict(list)
    for cell, facts in steady:
        groups[_key(name, facts)].append((cell, facts))
    known = {cell for cell, _ in steady}
    return BitsOf(
        fact=name,
        groups=tuple(
            BitsGroup(
                cells=tuple(cell for cell, _ in found),
                parts=_parting(name, steady[0][1], found[0][1]),
            )
            for found in groups.values()
        ),
        unsteady=tuple(cell for cell, _ in answered if cell not in known),
    )


def _key(name: str, facts: Mapping[str, Merged]) -> tuple[Fact, ...]:
    return (facts[name].value, *(_value(facts, _beside(name, one)) for one in _GIVEN))


def _parting(name: str, one: Mapping[str, Merged], other: Mapping[str, Merged]) -> str:
    """The step and the tensor at which two cells first compute other bits."""
    if _key(name, one) == _key(name, other):
        return ""
    for given in _GIVEN:
        if _value(one, _beside(name, given)) != _value(other, _beside(name, given)):
            return f"it computes of other numbers: {given.removesuffix('_sha256')}"
    tensors = [_value(each, _beside(name, _TENSORS)) for each in (one, other)]
    mine, theirs = one[name].value, other[name].value
    if tensors[0] != tensors[1] or not isinstance(mine, tuple) or not isinstance(theirs, tuple):
        return "its steps have other tensors"
    names = tensors[0]
    if not isinstance(names, tuple) or not names or len(mine) != len(theirs):
        return "its steps have other tensors"
    place = next(at for at, pair in enumerate(zip(mine, theirs, strict=True)) if pair[0] != pair[1])
    step, tensor = divmod(place, len(names))
    return f"first apart at step {step + 1}, in {names[tensor]}"


def _strings(value: Fact) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(one, str) for one in value)


def _value(facts: Mapping[str, Merged], name: str) -> Fact:
    return facts[name].value if name in facts else None


def _beside(name: str, other: str) -> str:
    return f"{name.rpartition('.')[0]}.{other}"
