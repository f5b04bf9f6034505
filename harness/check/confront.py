"""Compare predictions with what running the image showed: confirmed, refuted or untested. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from harness.check.claims import ClaimOrigin, agree
from harness.check.foreseen import NO, Foreseen, Sign
from harness.check.measured import Seen
from harness.check.reasons import Confidence, PredictionStanding, Reason, Weight
from harness.check.subject import Subject
from harness.check.trial import Trial
from harness.compare.judgement import CellJudgement, Finding
from harness.model import Verdict
from harness.text import clean_line

_VERSIONS = frozenset({Sign.FRAMEWORK, Sign.PYTHON, Sign.SYSTEM})
_LINES = 4


def confronted(reasons: Iterable[Reason], trial: Trial) -> tuple[Reason, ...]:
    """The same reasons, each marked as confirmed, refuted or untested, and weighed anew.

    A refuted reason weighs nothing. Where the trial settles the question, reasons of weight
    `untold` become notes. Reasons of weight `blocks` become notes where the image works, and
    changes where it works with the change that was tried.
    """
    return tuple(_reweighed(_judged(one, trial), trial) for one in reasons)


def measured_reasons(subject: Subject, trial: Trial) -> Iterator[Reason]:
    """The reasons that follow from the trial alone, whether or not anything was predicted."""
    if trial.works:
        yield _fine(trial, "as it is", trial.as_is)
    elif trial.works_on_cpu:
        yield _fine(trial, "as it is, on the CPU", trial.as_is)
        yield _failed(trial, Weight.CPU, "it was run here, and no GPU computes in it")
    elif trial.works_changed and trial.changed is not None:
        told = trial.changed.change.told
        yield _failed(trial, Weight.CHANGE, "it was run here, and fails as it is", told)
        yield _fine(trial, f"with {told}", trial.changed.judgement)
    elif (seen := trial.seen_by(None).get(Sign.INSTALLED)) is not None and seen.value == NO:
        yield replace(
            _failed(trial, Weight.BLOCKS, "it was run here, and holds no framework"),
            evidence=(seen.evidence,),
        )
    elif trial.fails and trial.changed is not None:
        told = trial.changed.change.told
        yield _failed(trial, Weight.BLOCKS, f"it was run here, and fails, with {told} too")
    elif trial.fails:
        yield _failed(trial, Weight.BLOCKS, "it was run here, and fails")
    yield from _lies(subject, trial)


def _judged(reason: Reason, trial: Trial) -> Reason:
    signs = trial.seen_by(reason.change)
    found = [(one, signs.get(one.sign)) for one in reason.foresees]
    against = [seen for one, seen in found if seen is not None and not _agrees(one, seen)]
    if against:
        return replace(reason, standing=PredictionStanding.REFUTED, seen=against[0].evidence)
    if reason.explain in trial.recognised:
        line = trial.recognised[reason.explain]
        return replace(reason, standing=PredictionStanding.CONFIRMED, seen=clean_line(line, 300))
    shown = [seen.evidence for _, seen in found if seen is not None]
    if shown and len(shown) == len(found):
        told = "; ".join(dict.fromkeys(shown))
        return replace(reason, standing=PredictionStanding.CONFIRMED, seen=told)
    return replace(reason, standing=PredictionStanding.UNTESTED)


def _agrees(one: Foreseen, seen: Seen) -> bool:
    if one.sign in _VERSIONS:
        return agree(one.sign.value, one.value, seen.value)
    return one.value == seen.value


def _reweighed(reason: Reason, trial: Trial) -> Reason:
    if reason.standing is PredictionStanding.REFUTED:
        return replace(reason, weight=Weight.REFUTED)
    if reason.weight is Weight.UNTOLD and trial.settled:
        return replace(reason, weight=Weight.NOTE)
    if reason.weight is Weight.BLOCKS and (trial.works or trial.works_on_cpu):
        return replace(reason, weight=Weight.NOTE)
    if reason.weight is Weight.BLOCKS and trial.works_changed:
        return replace(reason, weight=Weight.CHANGE)
    return reason


def _fine(trial: Trial, how: str, judgement: CellJudgement) -> Reason:
    level = judgement.level
    accuracy = judgement.headline.accuracy
    told = f"trained here to a test accuracy of {accuracy:.4f}" if accuracy is not None else ""
    return Reason(
        weight=Weight.FINE,
        title=f"it was run here {how}, and reaches {level} ({level.meaning})",
        evidence=(told,) if told else (),
        source=_source(trial),
        confidence=Confidence.MEASURED,
    )


def _failed(trial: Trial, weight: Weight, title: str, remedy: str = "") -> Reason:
    # Where a change mends it, the failure is in the attempt without the change.
    finding = _worst(trial.as_is if trial.works_changed else trial.last)
    evidence = () if finding is None else (finding.title, *finding.evidence)
    return Reason(
        weight=weight,
        title=title,
        evidence=tuple(clean_line(one, 300) for one in evidence[:_LINES]),
        remedy=f"start it with {remedy}" if remedy else (finding.remedy if finding else ""),
        source=_source(trial),
        confidence=Confidence.MEASURED,
        explain=next(iter(trial.recognised), ""),
    )


def _worst(judgement: CellJudgement) -> Finding | None:
    failed = [one for one in judgement.findings if one.verdict is Verdict.FAIL]
    return next(iter(failed or judgement.findings), None)


def _lies(subject: Subject, trial: Trial) -> Iterator[Reason]:
    """Promises of the tag that running the image showed to be broken, and that no claim of the
    image contradicted before."""
    known = {promise.what for promise, _ in subject.contradictions()}
    for promise in subject.claims_by(ClaimOrigin.TAG):
        if promise.what not in {one.value for one in _VERSIONS} or promise.what in known:
            continue
        seen = trial.seen.get(Sign(promise.what))
        if seen is not None and not agree(promise.what, promise.value, seen.value):
            yield Reason(
                weight=Weight.CHANGE,
                title=f"its tag promises {promise.what} {promise.value}; "
                f"{seen.value} was found when it was run",
                evidence=(promise.evidence, seen.evidence),
                remedy="believe the image, not the tag, and name it by its digest: "
                f"{subject.reading.digest}",
                source=_source(trial),
                confidence=Confidence.MEASURED,
            )


def _source(trial: Trial) -> str:
    return f"run {trial.run} on {trial.engine}"
