"""The reasons for and against reusing an image, and the answer that follows from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from harness.check.foreseen import NO, Change, Foreseen, Sign
from harness.errors import Exit
from harness.knowledge import library


class Weight(StrEnum):
    """How a reason affects the answer, the heaviest first."""

    BLOCKS = "blocks"
    UNTOLD = "untold"
    """Something that decides the answer is not known."""
    CPU = "cpu"
    """The GPU cannot be used; the CPU can."""
    CHANGE = "change"
    """The image works after a change."""
    NOTE = "note"
    """Worth knowing, without influence on the answer."""
    FINE = "fine"
    """Speaks for reusing the image."""
    REFUTED = "refuted"
    """Was predicted, and running the image showed otherwise: it weighs nothing."""


class Confidence(StrEnum):
    """How certain a reason is."""

    MEASURED = "measured"
    READ = "read in the image"
    TABLE = "table"
    THUMB = "rule of thumb"


class PredictionStanding(StrEnum):
    """The result of comparing a prediction with a measurement."""

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
        """The exit status: 0 to reuse, 5 where it cannot be told, 1 for every other answer."""
        if self is ReuseAnswer.UNTOLD:
            return Exit.NOTHING
        return Exit.OK if self is ReuseAnswer.REUSE else Exit.FINDINGS


_NEEDED = (Sign.STARTS, Sign.IMPORTS, Sign.FITS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One reason, with the evidence to check it and the remedy to act on it."""

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
    """Id of its row in the table of reasons; empty if it comes from running the image."""
    about: str = ""
    """The topic that it speaks for or leaves open; see `without_empty_praise`."""
    foresees: tuple[Foreseen, ...] = ()
    """What running the image would show; empty if no probe shows it."""
    change: Change | None = None
    """The change that should mend it, where it can be tried here."""
    standing: PredictionStanding | None = None
    """Whether running the image confirmed it; None if it was not run."""
    seen: str = ""
    """What running the image showed about it; empty if nothing."""

    @property
    def needed(self) -> bool:
        """Whether it asks for a change without which Python, the import or Keras would fail."""
        return self.weight is Weight.CHANGE and any(
            one.sign in _NEEDED and one.value == NO for one in self.foresees
        )


def reason(
    id: str,
    evidence: Iterable[str] = (),
    foresees: tuple[Foreseen, ...] | None = None,
    /,
    **facts: str,
) -> Reason:
    """The reason that the knowledge base has under an id, with the rule's `facts` filled in.

    `foresees` is given where only the rule can say what running the image would show. Text from an
    image is inserted unchanged and never used as a template.
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
    """The answer that the reasons lead to. Without a reason that speaks for it, it is never
    `reuse`.

    If only the CPU can be used, and that only after a change, the answer names the change.
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
    """The same reasons, with those turned into notes that speak for something another reason
    leaves open."""
    every = tuple(reasons)
    left = {one.about for one in every if one.weight is Weight.UNTOLD and one.about}
    return tuple(
        replace(one, weight=Weight.NOTE) if one.weight is Weight.FINE and one.about in left else one
        for one in every
    )


def in_order(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """The reasons without duplicates, sorted by weight, in their own order within one weight."""
    order = list(Weight)
    return tuple(sorted(dict.fromkeys(reasons), key=lambda reason: order.index(reason.weight)))
