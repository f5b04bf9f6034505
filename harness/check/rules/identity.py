"""The identity of the image: the framework and version it is taken for, and the evidence."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.claims import ClaimOrigin
from harness.check.foreseen import Foreseen, Sign, foreseen
from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.images.manifest import Form
from harness.knowledge import frameworks


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Whether the release is known, supported by the image itself, and consistent with its tag."""
    if subject.reading.form is not Form.IMAGE or subject.reading.problem:
        return
    inside = subject.inside
    if inside is not None and not inside.problems and not _installed(subject):
        # If there is no Python at all, another rule reports that.
        if inside.pythons:
            count = len(inside.distributions)
            yield reason("no-framework-inside", [f"{count} distributions were found"])
        return
    for promise, own in subject.contradictions():
        yield reason(
            "tag-contradicted",
            [promise.evidence, f"{own.origin}: {own.evidence}"],
            _value(own.what, own.value),
            what=promise.what,
            promised=promise.value,
            own=own.value,
            digest=subject.reading.digest,
        )
    what = {"framework": subject.framework, "version": subject.version}
    claims = subject.all("framework")
    framework = foreseen(Sign.FRAMEWORK, subject.said("framework"))
    if subject.foreign:
        yield _foreign(subject)
    elif not subject.version:
        evidence = "no known repository, no `pip install` of a known framework"
        yield reason("framework-not-said", [evidence])
    elif subject.build is None:
        yield reason("release-not-known", **what)
    elif not subject.confirmed:
        told = [one.evidence for one in claims]
        yield reason("only-its-tag", told, framework, **what)
    else:
        python = subject.found("python")
        on = f" on Python {python}" if python else ""
        yield reason(
            "holds-inside" if _installed(subject) else "holds",
            [f"{one.origin}: {one.evidence}" for one in claims[:3]],
            (*framework, *foreseen(Sign.PYTHON, python)),
            what=f"{subject.framework} {subject.version}{on}",
            framework=subject.framework,
            minor=subject.build.minor,
        )


def _foreign(subject: Subject) -> Reason:
    """The reason for a build that the tables do not cover, even if its release is known."""
    claims = [one for one in subject.all("framework") if one.origin is not ClaimOrigin.TAG]
    evidence = [f"{one.origin}: {one.evidence}" for one in claims[:3]]
    framework = foreseen(Sign.FRAMEWORK, subject.framework)
    what = {"framework": subject.framework, "version": subject.version}
    package = subject.said("package") if subject.all("package") else ""
    own = package in frameworks.packages(subject.framework)
    if package and not own:
        variant = frameworks.variants(subject.framework).get(package)
        told = [variant.what] if variant else []
        id = f"variant-{package}" if variant else ""
        return reason(
            "foreign-build", [*told, *evidence], framework, package=package, id=id, **what
        )
    if subject.version:
        return reason("foreign-package", evidence, framework, **what)
    return reason("package-without-release", evidence, framework, **what)


def _value(what: str, value: str) -> tuple[Foreseen, ...]:
    """A claim as a prediction; empty for subjects that no probe reports."""
    return foreseen(Sign(what), value) if what in _TOLD else ()


def _installed(subject: Subject) -> bool:
    return any(one.origin is ClaimOrigin.CONTENT for one in subject.all("framework"))


_TOLD = frozenset({"framework", "python", "system"})
