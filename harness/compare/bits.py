"""Finds which cells computed the same bits, and where the others diverge. This needs no
statistics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.compare.facts import Merged, last_named
from harness.model import Fact

_BITS = "final_weights_sha256"
"""Last name of facts with the digest of what training ended in."""
_DIGESTS, _TENSORS = "digests", "tensors"
"""Last names of facts with a digest of every tensor for each step, and with the names of a step's
tensors."""
_GIVEN = ("initial_weights_sha256", "batches_sha256", "steps")
"""Last names of the facts beside them that describe the input of the computation."""

Told = Sequence[tuple[str, Mapping[str, Merged]]]
"""Cells as (id, facts)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BitsGroup:
    """One or more cells that computed the same bits in every round."""

    cells: tuple[str, ...]
    parts: str = ""
    """Where they first diverge from the first group, for a person. It quotes texts of an image, so
    a report must escape it. Empty for the first group itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BitsOf:
    """All cells that have one such fact, grouped by their bits."""

    fact: str
    groups: tuple[BitsGroup, ...]
    """The reference's group first, if it answers, then in the order of cells."""
    unsteady: tuple[str, ...] = ()
    """Cells whose own rounds disagree; they are in no group."""


def equal_bits(cells: Iterable[tuple[str, Mapping[str, Merged]]]) -> tuple[tuple[str, ...], ...]:
    """Return the groups of at least two cells whose training ended with equal bits in every round,
    in the order of cells.

    Cells are given as (id, facts); one without such facts is in no group.
    """
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
    """Return the groups of equal bits for every fact with digests of tensors, which the probe
    `bits` gives in deterministic mode."""
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
    steady.sort(key=lambda one: one[0] != reference)  # Stable: the others keep their order.
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
    """Return the step and the tensor at which two cells first diverge, for a person; empty where
    they do not."""
    if _key(name, one) == _key(name, other):
        return ""
    for given in _GIVEN:
        if _value(one, _beside(name, given)) != _value(other, _beside(name, given)):
            return f"it computes from other numbers: {given.removesuffix('_sha256')}"
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
