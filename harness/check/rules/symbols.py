"""Symbols that no loaded object defines: the objects were built for other releases of each
other."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from harness.check.build_kind import SITE
from harness.check.host import TargetHost
from harness.check.loading import FROM_DRIVER, ImageLoading, loading_of
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.images.loader import LoadedObject
from harness.images.symbols import lacking
from harness.text import clean_line

_DRIVERS = re.compile(r"^(?:cu|nv)[A-Z]\w+(?:@|$)|^nvml")
"""Names of symbols that NVIDIA's driver defines."""
_SHOWN = 3
_WIDTH = 100


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Symbols missing for the framework, and for packages linked with it; or which objects could
    not be read."""
    told = loading_of(subject, host)
    if isinstance(told, str) or told.first:
        return
    loaded = (*told.started, *told.imported)
    if any(not FROM_DRIVER.match(one.name) for one in told.lacking):
        return
    unread = [one for one in loaded if one.object.unread or one.object.problem]
    if unread:
        evidence = [f"/{one.path}: {one.object.unread or one.object.problem}" for one in unread]
        yield reason("symbols-not-told", evidence[:_SHOWN], count=str(len(unread)))
        return
    driver = bool(told.lacking)
    lacks = _lacking(told, driver=driver)
    missing = {one: lacks[one] for one in told.imported if lacks.get(one)}
    if missing:
        count = str(len(set().union(*missing.values())))
        yield reason("symbols-missing", _listed(missing), count=count)
    yield from _extensions(subject, told, lacks)


def _lacking(told: ImageLoading, *, driver: bool) -> dict[LoadedObject, list[str]]:
    """The symbols that each object needs and no loaded object defines.

    With `driver`, symbols of NVIDIA's driver do not count: it is added when the container starts.
    """
    found = lacking(
        {one: one.object.undefined for one in told.loading.loaded},
        [(one.object.exports, one.object.versions) for one in told.loading.loaded],
    )
    return {
        one: [name for name in names if not (driver and _DRIVERS.match(name))]
        for one, names in found.items()
    }


def _extensions(
    subject: Subject, told: ImageLoading, lacks: dict[LoadedObject, list[str]]
) -> Iterator[Reason]:
    """Symbols missing for packages that are linked with the framework.

    Objects for which a whole library is missing are not judged: such packages contain several
    variants, one for each library that may be present.
    """
    incomplete = {one.by for one in told.lacking_extensions}
    missing: dict[str, dict[LoadedObject, list[str]]] = defaultdict(dict)
    for one in told.extensions:
        if lacks.get(one) and one not in incomplete:
            missing[_package(one)][one] = lacks[one]
    inside = subject.inside
    versions = {one.name: one.version for one in inside.distributions} if inside else {}
    for package, objects in sorted(missing.items()):
        name = package.replace("_", "-").lower()
        yield reason(
            "extension-misfit",
            _listed(objects),
            name=f"{name} {versions.get(name, '')}".strip(),
            framework=subject.framework,
            version=subject.version,
            count=str(len(set().union(*objects.values()))),
        )


def _package(one: LoadedObject) -> str:
    found = SITE.match(one.path)
    return found["below"].partition("/")[0] if found else one.path


def _listed(missing: dict[LoadedObject, list[str]]) -> list[str]:
    return [
        f"{name[:_WIDTH]}, needed by /{clean_line(one.path, 200)}"
        for one, names in missing.items()
        for name in names[:1]
    ][:_SHOWN]
