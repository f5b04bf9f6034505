"""What is it: the framework and version that it is taken for, and who says so."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.claims import ClaimOrigin
from harness.check.foreseen import NO, Foreseen, Sign, foreseen
from harness.check.host import TargetHost
from harness.check.reasons import Confidence, Reason, Weight
from harness.check.subject import Subject
from harness.images.manifest import Form


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Whether it is known, borne out by the image, and at one with its tag."""
    if subject.reading.form is not Form.IMAGE or subject.reading.problem:
        return
    if subject.inside is not None and not subject.inside.problems and not _installed(subject):
        yield Reason(
            weight=Weight.BLOCKS,
            title="no framework that is known here is installed in it",
            evidence=(f"{len(subject.inside.distributions)} distributions were found",),
            remedy="use an image that has one",
            source="its layers, read without running anything",
            confidence=Confidence.READ,
            foresees=foreseen(Sign.INSTALLED, NO),
        )
        return
    for promise, own in subject.contradictions():
        yield Reason(
            weight=Weight.CHANGE,
            title=f"its tag promises {promise.what} {promise.value}; the image says {own.value}",
            evidence=(promise.evidence, f"{own.origin}: {own.evidence}"),
            remedy="believe the image, not the tag, and name it by its digest: "
            f"{subject.reading.digest}",
            source="the image's configuration",
            confidence=Confidence.READ,
            foresees=_value(own.what, own.value),
        )
    if not subject.version:
        yield Reason(
            weight=Weight.UNTOLD,
            title="neither its name nor its configuration says which framework it holds",
            evidence=("no known repository, no `pip install` of a known framework",),
            remedy=_LOOK,
            confidence=Confidence.READ,
        )
    elif subject.build is None:
        yield Reason(
            weight=Weight.UNTOLD,
            title=f"nothing is known of {subject.framework} {subject.version}",
            remedy="run it: a cell with `image:` in matrix.yaml, then `harness run`",
            confidence=Confidence.TABLE,
        )
    elif not subject.confirmed:
        yield Reason(
            weight=Weight.UNTOLD,
            title=f"only its tag says that it holds {subject.framework} {subject.version}",
            evidence=tuple(one.evidence for one in subject.all("framework")),
            remedy=_LOOK,
            confidence=Confidence.TABLE,
            foresees=foreseen(Sign.FRAMEWORK, subject.said("framework")),
        )
    else:
        python = subject.said("python")
        yield Reason(
            weight=Weight.FINE,
            title=f"it holds {subject.framework} {subject.version}"
            + (f" on Python {python}" if python else ""),
            evidence=tuple(f"{one.origin}: {one.evidence}" for one in subject.all("framework")[:3]),
            source="its layers; nothing was run"
            if _installed(subject)
            else "its own account; nothing was run",
            confidence=Confidence.READ,
            explain=f"{subject.framework}-{subject.build.minor}",
            foresees=(
                *foreseen(Sign.FRAMEWORK, subject.said("framework")),
                *foreseen(Sign.PYTHON, python),
            ),
        )


def _value(what: str, value: str) -> tuple[Foreseen, ...]:
    """A claim as running would show it; nothing for what no probe tells."""
    return foreseen(Sign(what), value) if what in _TOLD else ()


def _installed(subject: Subject) -> bool:
    return any(one.origin is ClaimOrigin.CONTENT for one in subject.all("framework"))


_TOLD = frozenset({"framework", "python", "system"})
_LOOK = "look inside: harness check --static"
