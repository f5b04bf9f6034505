"""Reasons and the answer they come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from harness.check.foreseen import NO, Change, Foreseen, Sign
from harness.errors import Exit
from harness.knowledge import library


class Weight(StrEnum):
    """What a reason does to the answer; the heaviest first."""

    BLOCKS = "blocks"
    UNTOLD = "untold"
    """Something that decides is not known."""
    CPU = "cpu"
    """The GPU cannot be used; the CPU can."""
    CHANGE = "change"
    """It works after something is done."""
    NOTE = "note"
    """Worth knowing; decides nothing."""
    FINE = "fine"
    """Speaks for it."""
    REFUTED = "refuted"
    """Was foreseen, and is not so: it weighs nothing."""


class Confidence(StrEnum):
    """How well a reason is founded."""

    MEASURED = "measured"
    READ = "read in the image"
    TABLE = "table"
    THUMB = "rule of thumb"


class PredictionStanding(StrEnum):
    """What a measurement says of a prediction."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNTESTED = "not tested"


class ReuseAnswer(StrEnum):
    """May this image be reused here?"""

    REUSE = "reuse"
    CPU = "reuse on the CPU only"
    CHANGES = "reuse with these changes"
    NOT = "do not reuse here"
    UNTOLD = "cannot tell"

    @property
    def exit(self) -> Exit:
        """0, 1, or 5 where it cannot be told."""
        if self is ReuseAnswer.UNTOLD:
            return Exit.NOTHING
        return Exit.OK if self is ReuseAnswer.REUSE else Exit.FINDINGS


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One reason, with all that is needed to believe it or to act on it."""

    weight: Weight
    title: str
    """One sentence."""
    evidence: tuple[str, ...] = ()
    remedy: str = ""
    source: str = ""
    confidence: Confidence
    explain: str = ""
    """Id in the knowledge base."""
    rule: str = ""
    """Id of its row in the table of reasons; empty: running the image gave it."""
    about: str = ""
    """What it speaks for, or leaves open."""
    foresees: tuple[Foreseen, ...] = ()
    """What running it would show; empty: no probe shows it."""
    change: Change | None = None
    """What is to mend it, where that can be tried."""
    standing: PredictionStanding | None = None
    """What running it said of this; None: it was not run."""
    seen: str = ""
    """What was seen when it was run, where something was."""

    @property
    def needed(self) -> bool:
        """Whether it is a change without which nothing runs."""
        return self.weight is Weight.CHANGE and any(
            one.sign in (Sign.STARTS, Sign.IMPORTS) and one.value == NO for one in self.foresees
        )


def reason(
    id: str,
    evidence: Iterable[str] = (),
    foresees: tuple[Foreseen, ...] | None = None,
    /,
    **facts: str,
) -> Reason:
    """The reason that the knowledge base has under an id, with what the rule knows filled in.

    `foresees` is given where only the rule can say what running the image would show. A text that
    comes from an image is filled in as it is: only the row's own text is a template.
    """
    row = library.reasons()[id]
    known = library.known().get(row.known)

    def filled(template: str) -> str:
        return template.format(known=known, **facts)

    if foresees is None:
        foresees = tuple(Foreseen(sign=Sign(k), value=v) for k, v in row.foresees.items())
    return Reason(
        weight=Weight(row.weight),
        title=filled(row.headline),
        evidence=tuple(evidence),
        remedy=filled(row.remedy),
        source=filled(row.source),
        confidence=Confidence(row.confidence),
        explain=filled(row.explain),
        rule=id,
        about=row.about,
        foresees=foresees,
    )


_ANSWERS = (
    (Weight.BLOCKS, ReuseAnswer.NOT),
    (Weight.UNTOLD, ReuseAnswer.UNTOLD),
    (Weight.CPU, ReuseAnswer.CPU),
    (Weight.CHANGE, ReuseAnswer.CHANGES),
)


BY_ANSWER = {
    ReuseAnswer.REUSE: (Weight.FINE,),
    ReuseAnswer.UNTOLD: (Weight.UNTOLD,),
    **{answer: (weight,) for weight, answer in _ANSWERS},
}
"""The weight of the reasons that each answer rests on."""


def answer_to(reasons: Iterable[Reason]) -> ReuseAnswer:
    """What the reasons come to. Nothing known is never `reuse`: that takes a reason for it.

    Who may use the CPU only, and that after a change, is told of the change.
    """
    reasons = tuple(reasons)
    weights = {reason.weight for reason in reasons}
    if not weights & {Weight.FINE, Weight.BLOCKS}:
        return ReuseAnswer.UNTOLD
    answer = next((answer for weight, answer in _ANSWERS if weight in weights), ReuseAnswer.REUSE)
    if answer is ReuseAnswer.CPU and any(reason.needed for reason in reasons):
        return ReuseAnswer.CHANGES
    return answer


def without_empty_praise(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """The same reasons; what speaks for something that another one leaves open is only a note."""
    every = tuple(reasons)
    left = {one.about for one in every if one.weight is Weight.UNTOLD and one.about}
    return tuple(
        replace(one, weight=Weight.NOTE) if one.weight is Weight.FINE and one.about in left else one
        for one in every
    )


def in_order(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """By weight; within one weight as they were found."""
    order = list(Weight)
    return tuple(sorted(dict.fromkeys(reasons), key=lambda reason: order.index(reason.weight)))
