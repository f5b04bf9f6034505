"""Sorts the questions of one container: answered, lost, or left for a fresh container."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.engines import Performed, ProbeQuestion
from harness.model import Outcome
from harness.outcomes import INFRASTRUCTURE
from harness.probing.answer import Answer

_HOPELESS = INFRASTRUCTURE | {Outcome.NO_INTERPRETER, Outcome.HOST_INCOMPATIBLE}
"""Outcomes that a fresh container would only repeat."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """A question and its outcome."""

    question: ProbeQuestion
    answer: Answer | None
    outcome: Outcome
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """The outcomes of all questions of one container."""

    ended: tuple[Settled, ...]
    """The questions that get their record now."""
    lost: tuple[Settled, ...]
    """Whole answers that do not count, because infrastructure ended the container."""
    left: tuple[ProbeQuestion, ...]
    """The questions that are asked again in a fresh container."""


def settle(pending: Iterable[ProbeQuestion], performed: Performed) -> Settlement:
    """Decide which questions are answered or lost, and which go on to a fresh container.

    Answers count only if the container's end is known and nobody interfered. If the container
    died, the first unanswered question gets its outcome; if the container cannot run at all, or
    Python did not reach the first question, all unanswered ones do.
    """
    answered: list[Settled] = []
    unanswered: list[ProbeQuestion] = []
    whole = performed.outcome not in INFRASTRUCTURE
    for asked in pending:
        answer = performed.answers.get(asked.probe.name)
        if answer is not None:
            answered.append(
                Settled(question=asked, answer=answer, outcome=answer.outcome, reason=answer.reason)
            )
        if answer is None or not whole:
            unanswered.append(asked)
    ended, lost = (answered, []) if whole else ([], answered)
    outcome = performed.outcome if performed.outcome is not Outcome.OK else Outcome.NO_ANSWER
    reason = performed.reason or "the container ended without an answer"
    hopeless = outcome in _HOPELESS or not performed.begun
    blamed = unanswered if hopeless else unanswered[:1]
    ended += [
        Settled(question=asked, answer=None, outcome=outcome, reason=reason) for asked in blamed
    ]
    return Settlement(ended=tuple(ended), lost=tuple(lost), left=tuple(unanswered[len(blamed) :]))
