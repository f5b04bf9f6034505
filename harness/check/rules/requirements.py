"""What the framework and all that it needs ask for, against what is installed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.requirements import Unmet, requirements_of
from harness.check.rules.sets import told_of
from harness.check.subject import Subject

_NAMED = 4


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """One reason for each requirement that is not met by what the import loads; the others
    together; and whether anybody could look."""
    inside = subject.inside
    if inside is None or inside.problems or (read := requirements_of(subject)) is None:
        return
    for holder in read.untold:
        yield reason(
            "requirements-not-read", [f"/{holder.path}"], name=holder.name, version=holder.version
        )
    # What is known of a set says more than that it is not what was asked for.
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
