"""Is what is installed whole: every module that a distribution's own list (RECORD) has?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.images.inside import Damage
from harness.knowledge import frameworks, loaded
from harness.knowledge.versions import minor

_SPARED = re.compile(
    r"(?:^|/)(?:tests?|testing|testdata|examples?|benchmarks?|contrib|lite|tools|docs?)/"
    r"|_tests?\.py$|(?:^|/)test_[^/]*$|(?:^|/)conftest\.py$"
)
"""What images are slimmed by, and what is only loaded when it is asked for: where no release near
enough was measured."""
_NAMED = 3


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Reasons for each damaged distribution of the Python that has the framework."""
    inside = subject.inside
    if inside is None or inside.problems or not subject.version:
        return
    own = frameworks.packages(subject.framework)
    holders = {
        one.path.rpartition("/")[0].rpartition("/")[0]
        for one in inside.distributions
        if one.name in own
    }
    for damage in inside.damages:
        if damage.folder in holders:
            yield from _told(damage, subject, own)


def _told(damage: Damage, subject: Subject, own: frozenset[str]) -> Iterator[Reason]:
    # A module of Python that was edited may well be meant; compiled code is not edited.
    edited = [one for one in damage.altered if one.endswith(".py")]
    broken = [*damage.missing, *(one for one in damage.altered if not one.endswith(".py"))]
    measured, modules = loaded.nearest(subject.framework, subject.version)
    # Of other distributions every release loads much the same; of its own modules it does not.
    alike = damage.name not in own or minor(measured) == minor(subject.version)
    deciding = _decide(broken, modules, alike=alike)
    facts = {"name": damage.name, "version": damage.version}
    if deciding:
        count = str(len(deciding))
        yield reason("damaged", _listed(deciding), count=count, measured=measured, **facts)
    spared = sorted({*broken} - {*deciding})
    for id, what in (("slimmed", spared), ("edited", edited)):
        if what:
            yield reason(id, _listed(what), count=str(len(what)), **facts)


def _decide(paths: list[str], modules: frozenset[str], *, alike: bool) -> list[str]:
    """Those that an import loads; compiled modules have another name for each Python."""
    if not alike:
        return [one for one in paths if not _SPARED.search(one)]
    stems = {_stem(one) for one in modules}
    return [one for one in paths if _stem(one) in stems or _linked(one)]


def _stem(path: str) -> str:
    return re.sub(r"(?:\.(?:cpython|abi3)[^/]*)?\.so[.\d]*$", ".so", path)


def _linked(path: str) -> bool:
    """Whether it is a library that compiled modules need: the linker loads it, no import does."""
    name = path.rpartition("/")[2]
    return name.startswith("lib") and ".so" in name and not _SPARED.search(path)


def _listed(what: list[str]) -> tuple[str, ...]:
    more = (f"and {len(what) - _NAMED} more",) if len(what) > _NAMED else ()
    return (*what[:_NAMED], *more)
