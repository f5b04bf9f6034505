"""Compiled files that the import loads and whose content is not what was installed."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.host import TargetHost
from harness.check.loading import loaded_modules, loading_of
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.images.inside import Inside

_SHOWN = 3


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """One reason for all files whose check sum differs from the recorded one.

    What the change does cannot be read in the files. Where a size differs too, the rule `whole`
    says more. Files of conda's packages are left out: conda writes the folder of the environment
    into them when it installs them.
    """
    inside = subject.inside
    if inside is None or not inside.sums:
        return
    told = loading_of(subject, host)
    if isinstance(told, str):
        return
    loaded = {one.real for one in (*told.started, *told.imported)}
    loaded |= loaded_modules(subject, told)
    known = _altered_sizes(inside)
    conda = tuple(
        f"{one.prefix}/" for one in inside.distributions if "/conda-meta/" in f"/{one.path}"
    )
    changed = [
        one.path
        for one in inside.objects
        if one.path in loaded
        and one.path not in known
        and not one.path.startswith(conda)
        and _differs(one.sums, inside.sums.get(one.path, frozenset()))
        and not one.problem
    ]
    if changed:
        more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        shown = ", ".join(f"/{one}" for one in sorted(changed)[:_SHOWN])
        evidence = [
            f"/{path} was installed with {', '.join(sorted(inside.sums[path]))}"
            for path in sorted(changed)[:_SHOWN]
        ]
        yield reason("objects-changed", evidence, paths=shown + more)


def _differs(own: frozenset[str], recorded: frozenset[str]) -> bool:
    """Whether a file has none of the sums that were recorded for it. Sums of another algorithm say
    nothing: a Python module may come from a package of the system."""
    kinds = {one.partition(":")[0] for one in own}
    alike = {one for one in recorded if one.partition(":")[0] in kinds}
    return bool(alike) and own.isdisjoint(alike)


def _altered_sizes(inside: Inside) -> frozenset[str]:
    return frozenset(f"{one.folder}/{path}" for one in inside.damages for path in one.altered)
