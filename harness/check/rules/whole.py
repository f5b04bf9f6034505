"""Whether installed distributions are complete: every module in their list of files (RECORD)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.check.host import TargetHost
from harness.check.loading import loading_of
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.images.inside import Damage
from harness.knowledge import frameworks, loaded
from harness.knowledge.versions import minor

_SPARED = re.compile(
    r"(?:^|/)(?:tests?|testing|testdata|examples?|benchmarks?|contrib|lite|tools|docs?)/"
    r"|_tests?\.py$|(?:^|/)test_[^/]*$|(?:^|/)conftest\.py$"
)
"""Paths that people remove to slim an image, or that are loaded only on demand. Used where no
measured release is near enough to tell what an import loads."""
_NAMED = 3


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Reasons for each damaged distribution in the framework's own folder of packages."""
    inside = subject.inside
    if inside is None or inside.problems or not subject.version:
        return
    own = frameworks.packages(subject.framework)
    holders = {
        one.path.rpartition("/")[0].rpartition("/")[0]
        for one in inside.distributions
        if one.name in own
    }
    damages = [one for one in inside.damages if one.folder in holders]
    # What the loader finds decides about libraries: one that is missing may have been moved to a
    # folder where the loader looks.
    modelled = bool(damages) and not isinstance(loading_of(subject, host), str)
    for damage in damages:
        yield from _told(damage, subject, own, modelled=modelled)


def _told(
    damage: Damage, subject: Subject, own: frozenset[str], *, modelled: bool
) -> Iterator[Reason]:
    # A changed Python module may have been edited on purpose; compiled code is never edited.
    edited = [one for one in damage.altered if one.endswith(".py")]
    compiled = [one for one in damage.altered if not one.endswith(".py")]
    broken = [*damage.missing, *(one for one in compiled if not _only_longer(damage, one, subject))]
    measured, modules = loaded.nearest(subject.framework, subject.version)
    # All releases load much the same modules of other distributions, but not of the framework.
    alike = damage.name not in own or minor(measured) == minor(subject.version)
    judged = [one for one in broken if not (modelled and _linked(one) and one in damage.missing)]
    deciding = _decide(judged, modules, alike=alike)
    facts = {"name": damage.name, "version": damage.version}
    if deciding:
        found = {**facts, "count": str(len(deciding)), "measured": measured}
        spare = loaded.guarded(subject.framework, subject.version)
        # A module that is missing raises an ImportError, for which the framework is prepared.
        missing = set(deciding) <= set(damage.missing)
        aside = missing and all(loaded.is_guarded(one, spare) for one in deciding)
        yield reason("damaged-aside" if aside else "damaged", _listed(deciding), **found)
    spared = sorted({*judged} - {*deciding})
    for id, what in (("slimmed", spared), ("edited", edited)):
        if what:
            yield reason(id, _listed(what), count=str(len(what)), **facts)


def _only_longer(damage: Damage, path: str, subject: Subject) -> bool:
    """Whether a compiled file is the recorded one with something appended, which nobody reads."""
    inside, full = subject.inside, f"{damage.folder}/{path}"
    recorded = inside.sums.get(full, frozenset()) if inside else frozenset()
    objects = inside.objects if inside else ()
    return any(one.path == full and not one.sums.isdisjoint(recorded) for one in objects)


def _decide(paths: list[str], modules: frozenset[str], *, alike: bool) -> list[str]:
    """The damaged paths that an import loads. Compiled modules are compared without the suffix
    that names their Python."""
    if not alike:
        return [one for one in paths if not _SPARED.search(one)]
    stems = {_stem(one) for one in modules}
    return [one for one in paths if _stem(one) in stems or _linked(one)]


def _stem(path: str) -> str:
    return re.sub(r"(?:\.(?:cpython|abi3)[^/]*)?\.so[.\d]*$", ".so", path)


def _linked(path: str) -> bool:
    """Whether the path is a library that compiled modules are linked with, and no module."""
    name = path.rpartition("/")[2]
    return name.startswith("lib") and ".so" in name and not _SPARED.search(path)


def _listed(what: list[str]) -> tuple[str, ...]:
    more = (f"and {len(what) - _NAMED} more",) if len(what) > _NAMED else ()
    return (*what[:_NAMED], *more)
