"""Whether the requirements of the framework and of its dependencies are met."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.requirements import Unmet, requirements_of
from harness.check.rules.sets import told_of
from harness.check.subject import Subject

_NAMED = 4


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """One reason for each unmet requirement that the import depends on, one for all others
    together, and one for each framework distribution whose requirements were not read."""
    inside = subject.inside
    if inside is None or inside.problems or (read := requirements_of(subject)) is None:
        return
    for holder in read.untold:
        yield reason(
            "requirements-not-read", [f"/{holder.path}"], name=holder.name, version=holder.version
        )
    # The rule `sets` says more about these than that a requirement is unmet.
    known = told_of(subject)
    unmet = [one for one in read.unmet if one.name not in known]
    deciding = [one for one in unmet if one.loaded]
    for one in deciding:
        yield _one(one)
    aside = [one for one in unmet if not one.loaded]
    if aside:
        yield reason("requirement-aside", _listed(map(_line, aside)), count=str(len(aside)))
    if read.unparsed:
        listed = _listed(read.unparsed)
        yield reason("requirements-unparsed", listed, count=str(len(read.unparsed)))
    if read.met and not read.untold and not any(one.loaded for one in read.unmet):
        yield reason(
            "requirements-met",
            name=subject.framework,
            version=subject.version,
            count=str(read.met),
        )


def _one(unmet: Unmet) -> Reason:
    facts = {"by": unmet.by, "name": unmet.name, "wanted": unmet.wanted}
    if unmet.have:
        return reason("requirement-unmet", have=f"{unmet.name} {unmet.have}", **facts)
    return reason("requirement-missing", **facts)


def _line(unmet: Unmet) -> str:
    have = f"{unmet.have} is installed" if unmet.have else "it is not installed"
    return f"{unmet.by} asks for {unmet.name} {unmet.wanted}".strip() + f"; {have}"


def _listed(lines: Iterable[str]) -> tuple[str, ...]:
    every = tuple(lines)
    more = (f"and {len(every) - _NAMED} more",) if len(every) > _NAMED else ()
    return (*every[:_NAMED], *more)
